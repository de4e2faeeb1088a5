"""How many people a new sender may write to on each of its first days, and on any day after.

Mail services trust a sender by what it sent before. Who begins with a few hundred mails and about
doubles that each day is believed; who begins with thousands is taken for a sender of spam.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

FIRST_DAY = 500
"""So many people a plan begins with, if the days are enough."""

AT_ONCE = 2_000
"""Up to so many people a new sender may write to on one day without a plan."""


def propose(people: int, days_until_next: int) -> tuple[int, ...]:
    """How many people to write to on the first day, the second, and so on; together `people`.

    Each day is twice the one before, and the last is what is left. `days_until_next` are the days
    from the first one to the next edition's. The plan ends with a day to spare, for a run that was
    missed; where that leaves a single day (a daily newsletter), it is no warm-up: everybody at
    once. Up to `AT_ONCE` people need a single day anyway.
    """
    days = max(1, days_until_next - 1)
    if people <= AT_ONCE or days == 1:
        return (people,) if people > 0 else ()
    plan: list[int] = []
    day = _first_day(people, days)
    while (left := people - sum(plan)) > 0:
        plan.append(min(day, left))
        day *= 2
    return tuple(plan)


def is_gradual(people: int, plan: tuple[int, ...], per_day: int) -> bool:
    """Whether so many people are written to by and by: on no day more than twice the day before.

    What a plan does not cover goes out on the day after it, `per_day` people at the most (0: all).
    """
    left = people - sum(plan)
    rest = min(left, per_day) if per_day else left
    return rest <= (2 * plan[-1] if plan else AT_ONCE)


def day_number(first: datetime | None, now: datetime, zone: ZoneInfo) -> int:
    """Which day of sending real mail `now` is, in the newsletter's time zone; the first is 1.

    `first` (aware, as `now`) is when a real edition was first handed over; None: not yet.
    """
    if first is None:
        return 1
    return max(1, (now.astimezone(zone).date() - first.astimezone(zone).date()).days + 1)


def cap_on(day: int, plan: tuple[int, ...], per_day: int) -> int | None:
    """How many people may be written to on a day of sending (1 is the first); None: no limit.

    `plan` counts for its own days, `per_day` (0: none) for all of them; of two the smaller.
    """
    caps = [per_day] if per_day else []
    if 1 <= day <= len(plan):
        caps.append(plan[day - 1])
    return min(caps, default=None)


def daily_batch_size(batch_size: int, cap: int | None) -> int:
    """How large batches are that use up a day's cap: 1,500 a day at 1,000 a batch makes 750.

    At most `batch_size`, and never more batches a day than that would need.
    """
    if cap is None:
        return batch_size
    batches = max(1, -(-cap // batch_size))
    return max(1, cap // batches)


def _first_day(people: int, days: int) -> int:
    """With so many days of doubling everybody is reached; a round number."""
    least: int = -(-people // (2**days - 1))
    return max(FIRST_DAY, -(-least // 100) * 100)
