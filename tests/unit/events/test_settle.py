"""What reported events mean for a batch, in every state and for every attempt."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.states import BATCH, allowed
from newsletter.events.settle import Alarm, Evidence, Verdict, evidence_of, verdict
from newsletter.model.delivery import BatchState
from newsletter.model.event import BatchFacts, Event, EventKind
from tests.unit.events.test_fold import event

KEEP = Verdict()


def batch(state: BatchState, attempt: int = 2, *, recalled: bool = False) -> BatchFacts:
    """A batch of an edition, by default in its second attempt."""
    return BatchFacts(
        id=7,
        edition_id=1,
        edition_key="2026-W47",
        number=3,
        state=state,
        attempt=attempt,
        provider_id=None,
        recalled=recalled,
    )


def decided(found: BatchFacts, *events: Event) -> Verdict:
    return verdict(found, evidence_of(events, recalled=found.recalled))


ANY_KIND = st.sampled_from(EventKind)
REPORTED = st.lists(
    st.builds(
        lambda kind, attempt, reason: event(kind, 0, reason, attempt=attempt),
        ANY_KIND,
        st.integers(1, 4),
        st.sampled_from(["", "Cancelled", "Bounced Address"]),
    ),
    max_size=6,
)


@pytest.mark.parametrize("kind", EventKind)
def test_any_event_of_the_present_attempt_settles_an_unknown_batch(kind: EventKind) -> None:
    """A request is taken or refused as a whole, so one event is proof for all of it."""
    unknown = batch(BatchState.UNKNOWN)
    assert decided(unknown, event(kind, attempt=2)) == Verdict(accepted=2)


def test_a_drop_for_a_cancel_settles_nothing() -> None:
    unknown = batch(BatchState.UNKNOWN)
    assert decided(unknown, event(EventKind.DROPPED, 0, "Cancelled", attempt=2)) == KEEP


@pytest.mark.parametrize("kind", [EventKind.PROCESSED, EventKind.DROPPED])
def test_where_cancels_were_tried_only_mails_that_left_settle(kind: EventKind) -> None:
    """The provider had it: the question is whether its cancel came in time."""
    unknown = batch(BatchState.UNKNOWN, recalled=True)
    assert decided(unknown, event(kind, attempt=2)) == KEEP
    assert decided(unknown, event(EventKind.DEFERRED, attempt=2)) == Verdict(accepted=2)


def test_nothing_reported_proves_nothing() -> None:
    for state in BatchState:
        assert decided(batch(state)) == KEEP


@pytest.mark.parametrize("recalled", [False, True])
def test_a_batch_that_was_mailed_after_all_is_not_sent_again(recalled: bool) -> None:
    """It counts by the attempt that left; after a cancel the admin is told that it did not hold."""
    alarms = (Alarm.CANCEL,) if recalled else ()
    found = decided(batch(BatchState.PLANNED, recalled=recalled), event(EventKind.DELIVERED))
    assert found == Verdict(accepted=1, detached=True, alarms=alarms)


def test_before_any_cancel_processed_is_enough_for_that() -> None:
    planned = batch(BatchState.PLANNED)
    assert decided(planned, event(EventKind.PROCESSED)).accepted == 1
    recalled = batch(BatchState.PLANNED, recalled=True)
    assert decided(recalled, event(EventKind.PROCESSED)) == KEEP


@pytest.mark.parametrize("reason", ["Cancelled", "Bounced Address"])
@pytest.mark.parametrize("recalled", [False, True])
def test_a_drop_of_an_earlier_attempt_is_its_ordinary_end(reason: str, recalled: bool) -> None:
    for state in BatchState:
        found = batch(state, recalled=recalled)
        assert decided(found, event(EventKind.DROPPED, 0, reason)) == KEEP


def test_an_unknown_batch_that_an_earlier_attempt_brought_is_detached() -> None:
    """So that a cancel of the later attempt takes back that copy, and plans nothing."""
    unknown = batch(BatchState.UNKNOWN, recalled=True)
    assert decided(unknown, event(EventKind.DELIVERED)) == Verdict(accepted=2, detached=True)


def test_an_earlier_attempt_beside_an_accepted_one_is_a_double() -> None:
    accepted = batch(BatchState.ACCEPTED)
    assert decided(accepted, event(EventKind.DELIVERED)) == Verdict(alarms=(Alarm.DOUBLE,))
    both = (event(EventKind.DELIVERED), event(EventKind.DELIVERED, attempt=2))
    assert decided(batch(BatchState.UNKNOWN), *both) == Verdict(accepted=2, alarms=(Alarm.DOUBLE,))


def test_two_attempts_that_left_are_a_double_in_any_state() -> None:
    both = (event(EventKind.DELIVERED), event(EventKind.BLOCKED, attempt=2))
    for state in BatchState:
        assert Alarm.DOUBLE in decided(batch(state, 3), *both).alarms


def test_a_batch_on_its_way_is_left_alone() -> None:
    """What becomes of it is for the one who submits it to say."""
    assert decided(batch(BatchState.SUBMITTING), event(EventKind.DELIVERED)) == KEEP


@pytest.mark.parametrize("state", [BatchState.UNKNOWN, BatchState.PLANNED])
def test_an_old_copy_of_the_database_is_known_by_attempts_it_never_made(state: BatchState) -> None:
    """And its people are not mailed once more."""
    found = decided(batch(state), event(EventKind.DELIVERED, attempt=3))
    assert found.accepted == 3
    assert Alarm.OLDER in found.alarms


def test_a_planned_attempt_that_is_reported_was_made_by_a_later_database() -> None:
    found = decided(batch(BatchState.PLANNED), event(EventKind.DELIVERED, attempt=2))
    assert found == Verdict(accepted=2, detached=True, alarms=(Alarm.OLDER,))


@given(REPORTED, st.sampled_from(BatchState), st.integers(1, 4), st.booleans())
def test_the_laws_of_settling(
    events: list[Event], state: BatchState, attempt: int, recalled: bool
) -> None:
    """Total; only steps the machine allows; only for attempts that are reported; and final."""
    found = batch(state, attempt, recalled=recalled)
    evidence = evidence_of(events, recalled=recalled)
    assert evidence.left <= evidence.taken <= evidence.reported
    made = verdict(found, evidence)
    if made.accepted is None:
        assert not made.detached
        return
    assert allowed(BATCH, state, BatchState.ACCEPTED)
    assert evidence.taken
    settled = batch(BatchState.ACCEPTED, made.accepted, recalled=recalled)
    assert verdict(settled, evidence).accepted is None


@given(REPORTED, st.booleans())
def test_more_events_never_take_back_a_verdict(events: list[Event], recalled: bool) -> None:
    """What is settled by some events is settled by these and any others."""
    for state, attempt in product((BatchState.PLANNED, BatchState.UNKNOWN), (1, 2, 3)):
        found = batch(state, attempt, recalled=recalled)
        few = verdict(found, evidence_of(events[:3], recalled=recalled))
        all_ = verdict(found, evidence_of(events, recalled=recalled))
        assert few.accepted is None or all_.accepted is not None
        assert set(few.alarms) <= set(all_.alarms)


def test_the_sets_of_evidence_are_parts_of_each_other() -> None:
    events = [
        event(EventKind.DROPPED, 0, "Cancelled"),
        event(EventKind.PROCESSED, attempt=2),
        event(EventKind.DELIVERED, attempt=3),
    ]
    one_of_three = Evidence(frozenset({1, 2, 3}), frozenset({2, 3}), frozenset({2, 3}))
    assert evidence_of(events, recalled=False) == one_of_three
    after_cancels = Evidence(frozenset({1, 2, 3}), frozenset({3}), frozenset({3}))
    assert evidence_of(events, recalled=True) == after_cancels
