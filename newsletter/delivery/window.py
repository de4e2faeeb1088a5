"""The undo window: when handed-over mails leave, and until when they can be taken back.

The provider keeps a batch until its `send_at` and promises to discard one that is cancelled at
least ten minutes before (facts of SendGrid's scheduled sends). Times are aware, spans are exact.
"""

from __future__ import annotations

from datetime import datetime, timedelta

CANCEL_MARGIN = timedelta(minutes=10)
"""A cancel is promised to hold when it comes at least so long before the mails leave."""

FIRST_IDS = 50
"""So many provider ids suffice at first: the other half of what an account may have is for what
has to be sent again."""

FORGET_AFTER = timedelta(hours=24)
"""A cancelled id is kept for so long after its time: until then the provider may still look."""

CLOCKS_MAY_DIFFER = timedelta(seconds=60)
"""How far our clock and the provider's may be apart: deadlines are counted by ours."""

_SPARE = timedelta(minutes=2)
_CROWDED = 3  # minutes round the full and the half hour, when everybody sends


def send_time(now: datetime, undo_minutes: int) -> datetime:
    """When mails leave that are handed over from now on: a full minute, off the crowded ones."""
    at = now + timedelta(minutes=undo_minutes)
    if at.second or at.microsecond:
        at = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    past = (at.minute + _CROWDED) % 30
    return at + timedelta(minutes=2 * _CROWDED - past) if past < 2 * _CROWDED else at


def may_start(send_at: datetime, now: datetime, timeout: timedelta) -> bool:
    """Whether a request may start that could still be taken back if its end stayed unknown."""
    return send_at - now >= CANCEL_MARGIN + timeout + _SPARE


def cancel_before(send_at: datetime) -> datetime:
    """The last moment for a cancel that is promised to hold."""
    return send_at - CANCEL_MARGIN


def may_cancel(send_at: datetime, now: datetime) -> bool:
    """Whether a cancel is still promised to hold."""
    return now <= cancel_before(send_at)


def batches_per_id(batches: int) -> int:
    """How many consecutive batches share an id, so that the first ids suffice for all."""
    return max(1, -(-batches // FIRST_IDS))


def clock_trouble(ahead: timedelta | None) -> tuple[str, str] | None:
    """What is wrong, and how to mend it, when the provider's clock is too far from ours.

    `ahead`: how far it is before ours; a provider that shows none is trusted.
    """
    if ahead is None or abs(ahead) <= CLOCKS_MAY_DIFFER:
        return None
    side = "behind" if ahead > timedelta(0) else "ahead of"
    return (
        f"This computer's clock is {abs(ahead).total_seconds():,.0f} s {side} the provider's.",
        "Set it right (best by network time), then run `newsletter send` again.",
    )
