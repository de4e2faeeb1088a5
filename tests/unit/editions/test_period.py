"""The calendar: the period of a moment, and the one that is owed, through changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.editions.period import (
    WEEKDAYS,
    Every,
    Schedule,
    due_period,
    is_late,
    length,
    next_period,
    period_of,
)

LONDON = ZoneInfo("Europe/London")


def schedule(
    every: Every = "week", on: str = "thursday", at: time = time(9, 53), zone: ZoneInfo = LONDON
) -> Schedule:
    return Schedule(every=every, on=on, at=at, zone=zone, grace=timedelta(hours=48))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("every", "on", "now", "key", "scheduled"),
    [
        ("week", "thursday", "2026-11-16T08:00", "2026-W47", "2026-11-19T09:53"),
        ("week", "monday", "2026-11-16T08:00", "2026-W47", "2026-11-16T09:53"),
        ("week", "thursday", "2027-01-01T12:00", "2026-W53", "2026-12-31T09:53"),
        ("week", "thursday", "2026-06-15T12:00", "2026-W25", "2026-06-18T08:53"),
        ("day", "", "2026-11-16T23:30", "2026-11-16", "2026-11-16T09:53"),
        ("day", "", "2026-06-15T23:30", "2026-06-16", "2026-06-16T08:53"),
        ("month", "15", "2026-11-30T12:00", "2026-11", "2026-11-15T09:53"),
        ("month", "31", "2026-02-01T12:00", "2026-02", "2026-02-28T09:53"),
        ("month", "last", "2028-02-01T12:00", "2028-02", "2028-02-29T09:53"),
    ],
)
def test_a_moment_falls_in_the_calendar_period_of_its_time_zone(
    every: Every, on: str, now: str, key: str, scheduled: str
) -> None:
    period = period_of(schedule(every, on), utc(now))
    assert (period.key, period.scheduled_at) == (key, utc(scheduled))


def test_the_first_day_of_a_week_is_its_monday_whatever_the_day_of_sending() -> None:
    assert period_of(schedule(on="sunday"), utc("2026-11-22T12:00")).first_day == date(2026, 11, 16)


def test_before_its_time_the_period_owed_is_the_one_before() -> None:
    weekly = schedule()
    assert due_period(weekly, utc("2026-11-19T09:52:59")).key == "2026-W46"
    assert due_period(weekly, utc("2026-11-19T09:53:00")).key == "2026-W47"
    assert due_period(weekly, utc("2026-11-25T23:59:00")).key == "2026-W47"


def test_the_next_period_is_the_first_whose_time_is_still_to_come() -> None:
    assert next_period(schedule(), utc("2026-11-19T09:52:59")).key == "2026-W47"
    assert next_period(schedule(), utc("2026-11-19T09:53:00")).key == "2026-W48"


def test_a_missed_run_is_late_after_the_grace_time_and_not_a_second_before() -> None:
    weekly = schedule()
    period = due_period(weekly, utc("2026-11-20T00:00"))
    assert not is_late(weekly, period, utc("2026-11-21T09:53:00"))
    assert is_late(weekly, period, utc("2026-11-21T09:53:01"))


@pytest.mark.parametrize(
    ("day", "scheduled"),
    [
        ("2026-03-28T12:00", "2026-03-28T01:30"),  # winter time
        ("2026-03-29T12:00", "2026-03-29T01:30"),  # 01:30 does not exist: it is 02:30 summer time
        ("2026-03-30T12:00", "2026-03-30T00:30"),  # summer time
        ("2026-10-25T12:00", "2026-10-25T00:30"),  # 01:30 comes twice: the first one
        ("2026-10-26T12:00", "2026-10-26T01:30"),
    ],
)
def test_a_local_time_is_kept_through_the_changes_of_the_clocks(day: str, scheduled: str) -> None:
    daily = schedule("day", "", time(1, 30))
    assert period_of(daily, utc(day)).scheduled_at == utc(scheduled)


# Hypothesis takes bounds without a zone, and puts the zone on what it draws.
_BOUNDS = datetime(2000, 1, 1), datetime(2099, 12, 1)  # noqa: DTZ001
moments = st.datetimes(*_BOUNDS, timezones=st.just(UTC))
zones = st.sampled_from(["Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])
schedules = st.one_of(
    st.builds(schedule, st.just("day"), st.just(""), st.times(), zones.map(ZoneInfo)),
    st.builds(
        schedule, st.just("week"), st.sampled_from(WEEKDAYS), st.times(), zones.map(ZoneInfo)
    ),
    st.builds(
        schedule,
        st.just("month"),
        st.one_of(st.just("last"), st.integers(1, 31).map(str)),
        st.times(),
        zones.map(ZoneInfo),
    ),
)


@given(schedules, moments)
def test_what_is_owed_has_come_and_what_is_next_has_not(plan: Schedule, now: datetime) -> None:
    due, coming = due_period(plan, now), next_period(plan, now)
    assert due.scheduled_at <= now < coming.scheduled_at
    assert coming.scheduled_at - due.scheduled_at <= 2 * length(plan.every)


@given(schedules, moments)
def test_the_key_is_that_of_the_scheduled_moment(plan: Schedule, now: datetime) -> None:
    period = period_of(plan, now)
    assert period_of(plan, period.scheduled_at).key == period.key


@given(schedules, moments, st.integers(0, 60))
def test_hourly_calls_meet_every_period_once(plan: Schedule, now: datetime, hours: int) -> None:
    """Walking hour by hour, the period owed only ever changes to the next one."""
    later = now + timedelta(hours=hours)
    if due_period(plan, later).key != due_period(plan, now).key:
        assert next_period(plan, now).scheduled_at <= later
