"""The state machines of the ledger are whole: no state is forgotten, and none is a trap."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from newsletter.delivery.states import (
    BATCH,
    DELIVERY,
    EDITION,
    OPEN_DRAFT,
    PROVIDER_ID,
    UNFINISHED,
    allowed,
)
from newsletter.model.delivery import BatchState, DeliveryState, ProviderIdState
from newsletter.model.edition import EditionState

MACHINES: list[Any] = [
    (EDITION, EditionState, EditionState.DRAFT, {EditionState.SENT}),
    (BATCH, BatchState, BatchState.PLANNED, {BatchState.FAILED, BatchState.EMPTY}),
    (
        DELIVERY,
        DeliveryState,
        DeliveryState.PLANNED,
        {DeliveryState.REJECTED, DeliveryState.SKIPPED},
    ),
    (PROVIDER_ID, ProviderIdState, ProviderIdState.OPEN, {ProviderIdState.DELETED}),
]
"""Each machine with its states, the first one, and those that nothing follows."""

each_machine = pytest.mark.parametrize(
    ("machine", "states", "first", "last"), MACHINES, ids=[m[1].__name__ for m in MACHINES]
)
Machine = Mapping[Any, frozenset[Any]]


def reached(machine: Machine, first: StrEnum) -> set[StrEnum]:
    """All states there is a way to."""
    found = {first}
    while more := {new for old in found for new in machine[old]} - found:
        found |= more
    return found


@each_machine
def test_every_state_is_known_and_can_be_reached(
    machine: Machine, states: type[StrEnum], first: StrEnum, last: set[StrEnum]
) -> None:
    assert set(machine) == set(states)
    assert reached(machine, first) == set(states)


@each_machine
def test_only_the_documented_states_are_final(
    machine: Machine, states: type[StrEnum], first: StrEnum, last: set[StrEnum]
) -> None:
    assert {state for state, following in machine.items() if not following} == last


@each_machine
def test_no_state_follows_itself(
    machine: Machine, states: type[StrEnum], first: StrEnum, last: set[StrEnum]
) -> None:
    """A change of state is a change, or the compare-and-swap would let two win."""
    assert not [state for state in states if allowed(machine, state, state)]


def test_an_edition_that_was_begun_never_becomes_a_draft_again() -> None:
    """What is frozen never changes its bytes."""
    assert set(OPEN_DRAFT).isdisjoint(reached(EDITION, EditionState.FROZEN))


def test_every_edition_between_freezing_and_its_end_is_gone_on_with() -> None:
    """No state exists in which an edition is neither a draft, nor over, nor resumed."""
    over = {
        EditionState.SENT,
        EditionState.PARTIAL,
        EditionState.SCHEDULED,
        EditionState.CANCELLING,
        EditionState.CANCELLED,
    }
    assert set(UNFINISHED) | set(OPEN_DRAFT) | over == set(EditionState)


def test_nothing_undoes_a_rejection_or_a_skip() -> None:
    """They are facts about a person in an edition."""
    for state in (DeliveryState.REJECTED, DeliveryState.SKIPPED):
        assert not any(allowed(DELIVERY, state, new) for new in DeliveryState)
