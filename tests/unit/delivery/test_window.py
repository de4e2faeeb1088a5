"""The undo window: when mails leave, until when they can be taken back, and whose clock counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.operation import DeliverySettings
from newsletter.delivery.window import (
    CANCEL_MARGIN,
    FIRST_IDS,
    batches_per_id,
    cancel_before,
    clock_trouble,
    may_cancel,
    may_start,
    send_time,
)

MINUTE, SECOND, MICROSECOND = timedelta(minutes=1), timedelta(seconds=1), timedelta(microseconds=1)
MOST_AHEAD = timedelta(hours=72)  # SendGrid's page "Scheduling Parameters"

FOUR_YEARS = 4 * 366 * 86_400 * 10**6
MOMENTS = st.integers(0, FOUR_YEARS).map(
    lambda passed: datetime(2026, 1, 1, tzinfo=UTC) + passed * MICROSECOND
)
UNDO = st.just(20) | st.integers(20, 4000)
TIMEOUTS = st.floats(1, 300).map(lambda seconds: timedelta(seconds=seconds))
SPANS = st.integers(-7200, 7200).map(lambda seconds: timedelta(seconds=seconds))


@given(now=MOMENTS, undo=UNDO)
def test_mails_leave_after_the_window_and_soon_after_it(now: datetime, undo: int) -> None:
    """Nobody has less time to stop it than the settings say, nor much more; and SendGrid takes
    it, for the longest window as well.
    """
    at = send_time(now, undo)
    assert now + undo * MINUTE <= at < now + (undo + 8) * MINUTE
    assert at - now < MOST_AHEAD


@given(now=MOMENTS, undo=UNDO)
def test_mails_leave_at_a_full_minute_that_is_not_crowded(now: datetime, undo: int) -> None:
    """Not within three minutes of the full and the half hour, when everybody sends."""
    at = send_time(now, undo)
    assert (at.second, at.microsecond) == (0, 0)
    assert min(at.minute % 30, -at.minute % 30) >= 3


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        ("08:00:00", "08:33"),  # 08:30 is crowded
        ("07:56:00", "08:26"),
        ("07:56:01", "08:33"),
        ("08:03:00", "08:33"),
        ("08:10:00", "08:40"),
        ("08:10:00.000001", "08:41"),
        ("08:26:00", "08:56"),
        ("08:27:00", "09:03"),
        ("08:33:00", "09:03"),
        ("23:29:00", "00:03"),
    ],
)
def test_half_an_hour_from_now(now: str, leaves: str) -> None:
    at = send_time(datetime.fromisoformat(f"2026-11-16T{now}+00:00"), 30)
    assert f"{at:%H:%M}" == leaves


@given(send_at=MOMENTS, left=SPANS, timeout=TIMEOUTS)
def test_what_may_start_can_still_be_taken_back_when_it_ends_badly(
    send_at: datetime, left: timedelta, timeout: timedelta
) -> None:
    """After the whole timeout there are two minutes to ask for the cancel."""
    now = send_at - left
    if may_start(send_at, now, timeout):
        assert may_cancel(send_at, now + timeout + 2 * MINUTE)
    else:
        assert not may_cancel(send_at, now + timeout + 2 * MINUTE + MICROSECOND)


@given(send_at=MOMENTS, left=SPANS)
def test_a_cancel_is_asked_for_with_ten_minutes_left_and_not_later(
    send_at: datetime, left: timedelta
) -> None:
    now = send_at - left
    assert may_cancel(send_at, now) == (left >= 10 * MINUTE)
    assert may_cancel(send_at, now) == (now <= cancel_before(send_at))
    assert cancel_before(send_at) == send_at - CANCEL_MARGIN


@given(now=MOMENTS, undo=UNDO, timeout=TIMEOUTS)
def test_a_request_may_start_at_once_under_a_new_id(
    now: datetime, undo: int, timeout: timedelta
) -> None:
    """Else ids would be made and never used, with the shortest window and the longest timeout."""
    assert may_start(send_time(now, undo), now, timeout)


def test_the_settings_allow_no_window_or_timeout_beyond_that() -> None:
    """What the laws above go through is what can be set."""
    for minutes in (0, 20, 4000):
        assert DeliverySettings(undo_minutes=minutes).undo_minutes == minutes
    for minutes in (1, 19, 4001):
        with pytest.raises(ValueError, match="undo_minutes"):
            DeliverySettings(undo_minutes=minutes)
    with pytest.raises(ValueError, match="timeout_seconds"):
        DeliverySettings.model_validate({"sendgrid": {"timeout_seconds": 300.1}})


@given(batches=st.integers(0, 5000))
def test_fifty_ids_suffice_at_first(batches: int) -> None:
    """And each batch has its own where there are no more than that."""
    each = batches_per_id(batches)
    assert each >= 1
    assert -(-batches // each) <= FIRST_IDS
    assert each == 1 or batches > FIRST_IDS


@given(batches=st.integers(1, 5000))
def test_as_few_batches_as_possible_share_an_id(batches: int) -> None:
    """A doubt takes back as little as it can."""
    each = batches_per_id(batches)
    assert each == 1 or -(-batches // (each - 1)) > FIRST_IDS


@pytest.mark.parametrize("seconds", [None, 0, 60, -60, 59.9])
def test_a_minute_between_two_clocks_is_no_trouble(seconds: float | None) -> None:
    """And a provider that shows no clock is trusted."""
    assert clock_trouble(None if seconds is None else seconds * SECOND) is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (60.1, "60 s behind"),
        (300, "300 s behind"),
        (-61, "61 s ahead of"),
        (-7200, "7,200 s ahead of"),
    ],
)
def test_a_wrong_clock_is_told_with_its_direction_and_the_mend(seconds: float, said: str) -> None:
    """By the admin's computer: it is that one which can be set."""
    trouble = clock_trouble(seconds * SECOND)
    assert trouble is not None
    assert said in trouble[0]
    assert "newsletter send" in trouble[1]
