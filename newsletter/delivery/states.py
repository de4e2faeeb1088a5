"""The state machines of the ledger: which change of state is allowed, and nothing else is.

The store makes each change as a compare-and-swap; these tables say which ones exist, so that a test
can walk them, and so that a change nobody planned is an error and not a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from newsletter.model.delivery import BatchState, DeliveryState, ProviderIdState
from newsletter.model.edition import EditionState

S = TypeVar("S", bound=StrEnum)

EDITION: Mapping[EditionState, frozenset[EditionState]] = {
    EditionState.DRAFT: frozenset({EditionState.HELD, EditionState.FROZEN, EditionState.CANCELLED}),
    EditionState.HELD: frozenset({EditionState.DRAFT, EditionState.FROZEN, EditionState.CANCELLED}),
    EditionState.FROZEN: frozenset({EditionState.SENDING, EditionState.CANCELLING}),
    EditionState.SENDING: frozenset(
        {
            EditionState.SCHEDULED,
            EditionState.SENT,
            EditionState.PARTIAL,
            EditionState.PAUSED,
            EditionState.CANCELLING,
        }
    ),
    EditionState.PAUSED: frozenset({EditionState.SENDING, EditionState.CANCELLING}),
    EditionState.SCHEDULED: frozenset(
        {EditionState.SENT, EditionState.PARTIAL, EditionState.SENDING, EditionState.CANCELLING}
    ),
    EditionState.PARTIAL: frozenset(
        {EditionState.SENDING, EditionState.SENT, EditionState.CANCELLING}
    ),
    EditionState.CANCELLING: frozenset({EditionState.CANCELLED}),
    EditionState.CANCELLED: frozenset({EditionState.SENDING, EditionState.FROZEN}),
    EditionState.SENT: frozenset(),
}
"""An edition: a held one is still a draft, a frozen one never changes its bytes again."""

BATCH: Mapping[BatchState, frozenset[BatchState]] = {
    # Accepted at once: an attempt that counted as not taken, or as cancelled, was mailed after all.
    BatchState.PLANNED: frozenset({BatchState.SUBMITTING, BatchState.ACCEPTED}),
    BatchState.SUBMITTING: frozenset(
        {
            BatchState.ACCEPTED,
            BatchState.UNKNOWN,
            BatchState.FAILED,
            BatchState.EMPTY,
            BatchState.PLANNED,
        }
    ),
    BatchState.UNKNOWN: frozenset({BatchState.ACCEPTED, BatchState.PLANNED}),
    BatchState.ACCEPTED: frozenset({BatchState.PLANNED, BatchState.UNKNOWN}),
    BatchState.FAILED: frozenset(),
    BatchState.EMPTY: frozenset(),
}
"""A batch: an accepted one is planned anew only with its provider id confirmed as cancelled, and is
unknown when nobody can say whether a cancel came in time."""

DELIVERY: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.PLANNED: frozenset(set(DeliveryState) - {DeliveryState.PLANNED}),
    DeliveryState.UNKNOWN: frozenset(
        {DeliveryState.ACCEPTED, DeliveryState.PLANNED, DeliveryState.CANCELLED}
    ),
    DeliveryState.ACCEPTED: frozenset(
        {DeliveryState.PLANNED, DeliveryState.CANCELLED, DeliveryState.UNKNOWN}
    ),
    # Accepted: the mail is reported as delivered although its cancel was confirmed.
    DeliveryState.CANCELLED: frozenset({DeliveryState.PLANNED, DeliveryState.ACCEPTED}),
    DeliveryState.REJECTED: frozenset(),
    DeliveryState.SKIPPED: frozenset(),
}
"""A delivery: it goes back to planned only with its batch, or when a cancelled edition reopens."""

PROVIDER_ID: Mapping[ProviderIdState, frozenset[ProviderIdState]] = {
    ProviderIdState.OPEN: frozenset({ProviderIdState.CLOSING, ProviderIdState.DELETED}),
    ProviderIdState.CLOSING: frozenset({ProviderIdState.CANCELLED, ProviderIdState.DELETED}),
    ProviderIdState.CANCELLED: frozenset({ProviderIdState.DELETED}),
    ProviderIdState.DELETED: frozenset(),
}
"""A provider's batch id: nothing is claimed under it once it is closing."""

UNFINISHED = (
    EditionState.FROZEN,
    EditionState.SENDING,
    EditionState.PAUSED,
    EditionState.CANCELLING,
)
"""Editions that the next run goes on with before it makes a new one."""

OPEN_DRAFT = (EditionState.DRAFT, EditionState.HELD)
"""Editions whose contents may still change."""


def allowed(machine: Mapping[S, frozenset[S]], old: S, new: S) -> bool:
    """Whether `machine` knows a step from `old` to `new`."""
    return new in machine[old]
