"""The words of the ledger: deliveries, batches, provider ids, and their states."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

COPY_APART: Final = 10_000
"""Attempts are counted on from the next multiple of this when an older copy of the database was put
back: so no new attempt has the number of one that was made since, and of an earlier one it is known
that the copy cannot say who was in it.
"""


class DeliveryState(StrEnum):
    """What became of one edition for one subscriber."""

    PLANNED = "planned"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class BatchState(StrEnum):
    """Where one batch of deliveries is."""

    PLANNED = "planned"
    SUBMITTING = "submitting"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    FAILED = "failed"
    EMPTY = "empty"


class ProviderIdState(StrEnum):
    """Where a provider's own batch id (SendGrid's `batch_id`) is; only with an undo window."""

    OPEN = "open"
    CLOSING = "closing"
    CANCELLED = "cancelled"
    DELETED = "deleted"


class Outcome(StrEnum):
    """What a `send` came to; the contract of `send --json`."""

    SENT = "sent"
    SCHEDULED = "scheduled"
    CONTINUES = "continues"
    NOTHING_NEW = "nothing-new"
    ALREADY_SENT = "already-sent"
    NOT_DUE = "not-due"
    BUSY = "busy"
    HELD = "held"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    PARTIAL = "partial"
    FAILED = "failed"
    DRY_RUN = "dry-run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """How many people an edition was planned for, and what became of each of them."""

    accepted: int = 0
    rejected: int = 0
    unknown: int = 0
    cancelled: int = 0
    pending: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    @property
    def planned(self) -> int:
        """The sum of the others."""
        return (
            self.accepted
            + self.rejected
            + self.unknown
            + self.cancelled
            + self.pending
            + sum(self.skipped.values())
        )


class Recipient(NamedTuple):
    """One delivery of a claimed batch, as the transport needs it. Never logged.

    A tuple, which is made in a quarter of the time, since there is one for everybody.
    """

    delivery_id: str
    subscriber_id: int
    address: str
    name: str
    token: str
    """The person's random, stored token for personal links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderId:
    """A provider's batch id as the ledger has it. Times are UTC.

    `send_at` is when all mails under it leave, None before the first of them is claimed;
    `tried_at` is when the provider was first asked to cancel it.
    """

    id: int
    edition_id: int
    value: str
    state: ProviderIdState
    send_at: datetime | None = None
    tried_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedBatch:
    """A batch that this run, and nobody else, may submit.

    `provider_id`: only with a window. `day`: on whose account the people count, "" without a cap.
    """

    id: int
    edition_id: int
    number: int
    variant: str
    attempt: int
    owner: str
    recipients: tuple[Recipient, ...]
    size: int = 0
    """How many people were planned for it, those since skipped or rejected included."""
    provider_id: ProviderId | None = None
    day: str = ""
