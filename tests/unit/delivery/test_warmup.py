"""The plan of a warm-up, its days, and how large batches are under a cap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.warmup import (
    AT_ONCE,
    FIRST_DAY,
    cap_on,
    daily_batch_size,
    day_number,
    is_gradual,
    propose,
)

LONDON = ZoneInfo("Europe/London")
plans = st.lists(st.integers(1, 10_000), max_size=8).map(tuple)


@pytest.mark.parametrize(
    ("people", "days", "plan"),
    [
        (0, 7, ()),
        (300, 7, (300,)),
        (2000, 7, (2000,)),
        (2001, 7, (500, 1000, 501)),
        (27_000, 7, (500, 1000, 2000, 4000, 8000, 11_500)),
        (27_000, 30, (500, 1000, 2000, 4000, 8000, 11_500)),
        (31_501, 7, (600, 1200, 2400, 4800, 9600, 12_901)),
        (27_000, 3, (9000, 18_000)),
        (27_000, 1, (27_000,)),
    ],
)
def test_plans_as_they_are_shown(people: int, days: int, plan: tuple[int, ...]) -> None:
    assert propose(people, days) == plan


@given(people=st.integers(0, 5_000_000), days=st.integers(1, 31))
def test_a_plan_reaches_everybody_and_ends_before_the_next_edition(people: int, days: int) -> None:
    """It has no day of nobody and none too many, and leaves a day to spare where there is one."""
    plan = propose(people, days)
    assert sum(plan) == people
    assert all(day > 0 for day in plan)
    assert len(plan) <= max(1, days - 1)


@given(people=st.integers(AT_ONCE + 1, 5_000_000), days=st.integers(3, 31))
def test_each_day_is_twice_the_one_before_but_the_last_is_what_is_left(
    people: int, days: int
) -> None:
    *grown, last = propose(people, days)
    assert all(after == 2 * before for before, after in pairwise(grown))
    assert last <= 2 * grown[-1]
    assert grown[0] >= FIRST_DAY


@given(people=st.integers(AT_ONCE + 1, 31_500))
def test_a_week_is_enough_for_most_lists_to_begin_small(people: int) -> None:
    assert propose(people, 7)[0] == FIRST_DAY


@given(people=st.integers(0, 100_000), days=st.integers(3, 31), per_day=st.integers(0, 100_000))
def test_what_is_proposed_is_gradual(people: int, days: int, per_day: int) -> None:
    assert is_gradual(people, propose(people, days), per_day)


@pytest.mark.parametrize(
    ("people", "plan", "per_day", "gradual"),
    [
        (2000, (), 0, True),
        (2001, (), 0, False),
        (27_000, (), 2000, True),
        (27_000, (), 2001, False),
        (27_000, (500, 1000), 0, False),
        (27_000, (500, 1000), 2000, True),
        (3500, (500, 1000), 0, True),
        (3501, (500, 1000), 0, False),
    ],
)
def test_what_a_plan_leaves_over_counts_too(
    people: int, plan: tuple[int, ...], per_day: int, gradual: bool
) -> None:
    assert is_gradual(people, plan, per_day) is gradual


@given(day=st.integers(1, 20), plan=plans, per_day=st.integers(0, 5000))
def test_on_each_day_the_smaller_of_both_limits_counts(
    day: int, plan: tuple[int, ...], per_day: int
) -> None:
    limits = ([per_day] if per_day else []) + list(plan[day - 1 : day])
    assert cap_on(day, plan, per_day) == (min(limits) if limits else None)


def test_without_a_plan_and_after_it_only_the_daily_limit_counts() -> None:
    assert cap_on(1, (), 0) is None
    assert cap_on(1, (), 100) == 100
    assert cap_on(2, (500, 1000), 700) == 700
    assert cap_on(3, (500, 1000), 0) is None
    assert cap_on(3, (500, 1000), 700) == 700


@pytest.mark.parametrize(
    ("batch_size", "cap", "size"),
    [
        (1000, None, 1000),
        (1000, 1500, 750),
        (1000, 500, 500),
        (1000, 1000, 1000),
        (1000, 1, 1),
        (1000, 1001, 500),
        (1, 1500, 1),
    ],
)
def test_batches_fit_the_cap(batch_size: int, cap: int | None, size: int) -> None:
    assert daily_batch_size(batch_size, cap) == size


@given(batch_size=st.integers(1, 1000), cap=st.integers(1, 100_000))
def test_a_cap_is_used_but_for_less_than_one_person_a_batch(batch_size: int, cap: int) -> None:
    size = daily_batch_size(batch_size, cap)
    batches = -(-cap // batch_size)
    assert 1 <= size <= min(batch_size, cap)
    assert cap - batches < batches * size <= cap


def test_days_are_those_of_the_calendar_in_the_newsletters_time_zone() -> None:
    """An hour after an edition that began at half past eleven at night is the second day."""
    first = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)  # 23:30 in London
    days = [day_number(first, first + timedelta(hours=h), LONDON) for h in (0, 1, 24, 25)]
    assert days == [1, 2, 2, 3]
    assert day_number(first, first + timedelta(hours=1), ZoneInfo("UTC")) == 1


def test_before_the_first_edition_it_is_the_first_day() -> None:
    now = datetime(2026, 11, 16, 8, tzinfo=UTC)
    assert day_number(None, now, LONDON) == 1
    assert day_number(now, now - timedelta(days=3), LONDON) == 1  # the clock was set back


def test_a_change_of_clocks_loses_no_day() -> None:
    """The night of 25 October 2026 has 25 hours in London."""
    first = datetime(2026, 10, 24, 12, tzinfo=LONDON)
    days = [day_number(first, first + timedelta(days=d), LONDON) for d in range(4)]
    assert days == [1, 2, 3, 4]
