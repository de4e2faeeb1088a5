"""Mailboxes that took no mail for now, several times in a row: at a limit they are left alone.

Reports come in any order and more than once. So what is kept is what became of each mail, and
whether an address is barred follows from that alone: a report that comes late can lift the bar
again, if it says that a mail did arrive in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from subscribers.model import SuppressionReason
from subscribers.store import people, soft_bounces, suppressions
from subscribers.store.soft_bounces import Fate
from subscribers.store.suppressions import Bar

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST_AGE = timedelta(days=400)
"""What became of a mail longer ago does not count; the longest row of monthly mails fits in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftLimit:
    """So many mails in a row, none of which arrived, over at least this span; 0 means never."""

    times: int = 5
    span: timedelta = timedelta(days=14)


def is_dead(fates: Iterable[Fate], limit: SoftLimit) -> datetime | None:
    """Since when nothing has arrived any more, where that is often and long enough; else None."""
    if limit.times < 1:
        return None
    row: list[datetime] = []
    for at, bounced in sorted(_ends(fates)):
        row = [*row, at] if bounced else []
    enough = len(row) >= limit.times and row[-1] - row[0] >= limit.span
    return row[-1] if enough else None


def _ends(fates: Iterable[Fate]) -> Iterable[tuple[datetime, bool]]:
    """When each mail met its end, and whether that was a bounce."""
    for fate in fates:
        at = fate.bounced_at or fate.arrived_at
        if at is not None:
            yield at, fate.bounced_at is not None


def weigh(
    conn: Connection, news: Sequence[Fate], *, limit: SoftLimit, now: datetime, source: str
) -> int:
    """Takes in what became of mails, bars who is at the limit, and lets in who is not any more.

    How many people were barred. `source` begins the note of a bar, and only bars that it began are
    lifted. Erased people are passed over. May be repeated, in the caller's transaction.
    """
    keys = people.keys_of(conn, {fate.subscriber_id for fate in news})
    soft_bounces.take_in(conn, [fate for fate in news if fate.subscriber_id in keys])
    known: Mapping[int, list[Fate]] = _by_person(soft_bounces.of_people(conn, sorted(keys)))
    standing = suppressions.by_address(conn, sorted(keys.values()))
    bars, lifted = [], []
    for id_, key in sorted(keys.items()):
        recent = [f for f in known.get(id_, []) if max(_times(f)) >= now - MOST_AGE]
        since, bar = is_dead(recent, limit), standing.get(key)
        if since is not None and bar is None:
            note = f"{source}: {limit.times} or more mails in a row could not be delivered"
            bars.append(Bar(key, SuppressionReason.SOFT_BOUNCES, since, note))
        elif since is None and bar is not None and _is_ours(bar.reason, bar.note, source):
            lifted.append(key)
    suppressions.suppress_all(conn, bars)
    for key in lifted:
        suppressions.lift(conn, key)
    return len(bars)


def forget(conn: Connection, key: str) -> None:
    """For an address that is let in again: what was before does not count any more."""
    soft_bounces.forget_person(conn, key)


def forget_old(conn: Connection, now: datetime) -> int:
    """Removes what is too old to count; how many mails it was."""
    return soft_bounces.forget_before(conn, now - MOST_AGE)


def _by_person(fates: Iterable[Fate]) -> dict[int, list[Fate]]:
    found: dict[int, list[Fate]] = defaultdict(list)
    for fate in fates:
        found[fate.subscriber_id].append(fate)
    return found


def _times(fate: Fate) -> list[datetime]:
    return [at for at in (fate.bounced_at, fate.arrived_at) if at is not None]


def _is_ours(reason: SuppressionReason, note: str, source: str) -> bool:
    return reason is SuppressionReason.SOFT_BOUNCES and note.startswith(source)
