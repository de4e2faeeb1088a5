"""The calendar of editions: which period a moment belongs to, and which one is owed.

A period has the key of its *scheduled* moment: `2026-W47` (ISO 8601 week), `2026-11-22`, `2026-11`.
All is reckoned in the newsletter's time zone. A local time that a change of clocks skips is taken
as the same distance after the gap; one that comes twice, as the first (PEP 495, fold=0).
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from newsletter.model.edition import Period

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Every = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When editions are due. `on` is a weekday for weeks, 1-31 or "last" for months, "" for days.

    A day that a month does not have means its last one. `at` is local; `grace` is how late a missed
    run is still sent.
    """

    every: Every
    on: str
    at: time
    zone: ZoneInfo
    grace: timedelta


def period_of(schedule: Schedule, now: datetime) -> Period:
    """The period that `now` (aware) falls in: the calendar day, ISO week or month."""
    return _period(schedule, now.astimezone(schedule.zone).date())


def due_period(schedule: Schedule, now: datetime) -> Period:
    """The period whose scheduled moment was the last to come before `now` (or is `now`)."""
    period = period_of(schedule, now)
    while period.scheduled_at > now:
        period = _period(schedule, period.first_day - timedelta(days=1))
    return period


def next_period(schedule: Schedule, now: datetime) -> Period:
    """The first period whose scheduled moment is still to come."""
    period = due_period(schedule, now)
    while period.scheduled_at <= now:
        period = _period(schedule, _after(schedule.every, period.first_day))
    return period


def is_late(schedule: Schedule, period: Period, now: datetime) -> bool:
    """Whether the grace time of a missed run is over."""
    return now > period.scheduled_at + schedule.grace


def length(every: Every) -> timedelta:
    """How long one period is, the longest where they differ: what counts as old on a first run."""
    return timedelta(days={"day": 1, "week": 7, "month": 31}[every])


def _period(schedule: Schedule, day: date) -> Period:
    first = _first_day(schedule.every, day)
    local = datetime.combine(_scheduled_day(schedule, first), schedule.at, schedule.zone)
    return Period(
        key=_key(schedule.every, first), scheduled_at=local.astimezone(UTC), first_day=first
    )


def _first_day(every: Every, day: date) -> date:
    if every == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if every == "month" else day


def _scheduled_day(schedule: Schedule, first: date) -> date:
    if schedule.every == "week":
        return first + timedelta(days=WEEKDAYS.index(schedule.on))
    if schedule.every == "day":
        return first
    last = monthrange(first.year, first.month)[1]
    return first.replace(day=last if schedule.on == "last" else min(int(schedule.on), last))


def _key(every: Every, first: date) -> str:
    if every == "week":
        year, week, _ = first.isocalendar()
        return f"{year}-W{week:02d}"
    return first.isoformat() if every == "day" else f"{first:%Y-%m}"


def _after(every: Every, first: date) -> date:
    if every == "month":
        return (first + timedelta(days=31)).replace(day=1)
    return first + timedelta(days=7 if every == "week" else 1)
