"""The laws of folding: order, repetition and grouping of events never matter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.events.fold import fold, is_recall, merge, suppression_of
from newsletter.model.event import Event, EventKind, Outcome, join
from subscribers.model import SuppressionReason

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


def event(kind: EventKind, seconds: int = 0, reason: str = "", *, attempt: int = 1) -> Event:
    """An event some seconds after the first one."""
    at = NOW + timedelta(seconds=seconds)
    return Event(delivery_id="d1", attempt=attempt, kind=kind, at=at, reason=reason)


def made(kind: EventKind, seconds: int, reason: str) -> Event:
    """The same as normalising makes it: `processed` has no reason."""
    return event(kind, seconds, "" if kind is EventKind.PROCESSED else reason)


EVENTS = st.builds(
    made, st.sampled_from(EventKind), st.integers(0, 5), st.sampled_from(["", "a", "B", "é"])
)
OF_ONE = st.lists(EVENTS, max_size=12)


@given(OF_ONE, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(events: list[Event], chance: object) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fold(shuffled) == fold(events)
    assert merge(shuffled) == merge(events)


@given(OF_ONE, OF_ONE)
def test_repetition_does_not_matter(events: list[Event], again: list[Event]) -> None:
    repeated = events + [each for each in again if each in events] + events
    assert fold(repeated) == fold(events)
    assert merge(repeated) == merge(events)


@given(OF_ONE, OF_ONE, OF_ONE)
def test_grouping_does_not_matter(a: list[Event], b: list[Event], c: list[Event]) -> None:
    """What is kept of parts, folded, is what comes of the whole."""
    whole = merge([*a, *b, *c])
    left = merge([*merge([*a, *b]).values(), *c])
    right = merge([*a, *merge([*b, *c]).values()])
    assert left == right == whole
    assert fold(merge(a + b + c).values()) == fold([*a, *b, *c])


@given(OF_ONE)
def test_the_outcome_is_that_of_one_of_the_events(events: list[Event]) -> None:
    """None for none; else whatever happened proves that the request was taken."""
    outcome = fold(events)
    assert outcome.proves_acceptance == bool(events)
    if events:
        assert (outcome.kind, outcome.at, outcome.reason) in {
            (each.kind, each.at, each.reason) for each in events
        }
        assert all(
            list(EventKind).index(each.kind) <= list(EventKind).index(outcome.kind)
            for each in events
            if outcome.kind
        )


@given(EVENTS, EVENTS)
def test_joining_two_events_is_a_greatest_value(one: Event, other: Event) -> None:
    if one.kind is other.kind:
        assert join(one, other) == join(other, one)
        assert join(one, join(one, other)) == join(one, other)
        assert join(one, one) == one


@pytest.mark.parametrize(
    ("kinds", "wins"),
    [
        ((EventKind.DELIVERED, EventKind.BOUNCED), EventKind.BOUNCED),
        ((EventKind.DELIVERED, EventKind.BLOCKED), EventKind.BLOCKED),
        ((EventKind.DEFERRED, EventKind.DELIVERED, EventKind.PROCESSED), EventKind.DELIVERED),
        ((EventKind.PROCESSED, EventKind.DROPPED), EventKind.DROPPED),
        ((EventKind.DELIVERED, EventKind.UNSUBSCRIBED), EventKind.UNSUBSCRIBED),
        ((EventKind.COMPLAINED, EventKind.UNSUBSCRIBED, EventKind.BOUNCED), EventKind.COMPLAINED),
    ],
)
def test_what_says_more_wins(kinds: tuple[EventKind, ...], wins: EventKind) -> None:
    assert fold(event(kind) for kind in kinds).kind is wins


def test_of_processed_the_earlier_is_kept() -> None:
    """The later may be when somebody opened the mail, which is nobody's business."""
    processed, opened = event(EventKind.PROCESSED, 1), event(EventKind.PROCESSED, 3600)
    assert fold([opened, processed]).at == processed.at


def test_of_anything_else_the_later_is_kept() -> None:
    events = [event(EventKind.DEFERRED, 1, "first"), event(EventKind.DEFERRED, 9, "last")]
    assert fold(events) == Outcome(
        kind=EventKind.DEFERRED, at=NOW + timedelta(seconds=9), reason="last"
    )


@pytest.mark.parametrize(
    ("kind", "reason", "live", "gone"),
    [
        (EventKind.BOUNCED, "550", SuppressionReason.HARD_BOUNCE, SuppressionReason.HARD_BOUNCE),
        (EventKind.COMPLAINED, "", SuppressionReason.COMPLAINT, SuppressionReason.COMPLAINT),
        (EventKind.UNSUBSCRIBED, "", *[SuppressionReason.UNSUBSCRIBED] * 2),
        (EventKind.BLOCKED, "550 5.7.1", None, None),
        (EventKind.DEFERRED, "451", None, None),
        (EventKind.DELIVERED, "", None, None),
        (EventKind.PROCESSED, "", None, None),
        (EventKind.DROPPED, "Bounced Address", SuppressionReason.HARD_BOUNCE, None),
        (EventKind.DROPPED, "Invalid", SuppressionReason.HARD_BOUNCE, None),
        (EventKind.DROPPED, "Unsubscribed Address", SuppressionReason.UNSUBSCRIBED, None),
        (EventKind.DROPPED, " spam reporting ADDRESS ", SuppressionReason.COMPLAINT, None),
        (EventKind.DROPPED, "Invalid SMTPAPI header", None, None),
        (EventKind.DROPPED, "Cancelled", None, None),
        (EventKind.DROPPED, "Expired", None, None),
        (EventKind.DROPPED, "", None, None),
    ],
)
def test_who_must_not_be_mailed_again(
    kind: EventKind,
    reason: str,
    live: SuppressionReason | None,
    gone: SuppressionReason | None,
) -> None:
    """A drop of an attempt that was cancelled says nothing about the address."""
    outcome = fold([event(kind, 0, reason)])
    assert suppression_of(outcome, attempt_live=True) is live
    assert suppression_of(outcome, attempt_live=False) is gone


def test_nothing_reported_bars_nobody() -> None:
    assert suppression_of(Outcome(), attempt_live=True) is None


def test_a_drop_for_a_cancel_is_known_by_its_words() -> None:
    assert is_recall(event(EventKind.DROPPED, reason="Cancelled"))
    assert is_recall(event(EventKind.DROPPED, reason="cancel_drop"))
    assert not is_recall(event(EventKind.DROPPED, reason="Bounced Address"))
    assert not is_recall(event(EventKind.BLOCKED, reason="cancelled by the reader"))
