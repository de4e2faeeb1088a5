"""What came back from people's mailboxes: addresses are barred, and people taken off the list.

It is about people by their number, who are on the list now; about addresses see `reported`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from subscribers.model import SuppressionReason
from subscribers.reported import Decided, decide, standings_for, write_down
from subscribers.store import people, suppressions
from subscribers.store.suppressions import Bar

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """Why a person must not be mailed any more, since `at` (aware)."""

    subscriber_id: int
    reason: SuppressionReason
    at: datetime
    note: str = ""


def heed(conn: Connection, told: Sequence[Feedback], *, now: datetime, source: str) -> Decided:
    """Does what follows from up to 30,000 pieces of feedback, in the caller's transaction.

    Who left is taken off the list with a line of evidence that names `source`; anything else bars
    the address, and of two reports the graver stays, whichever comes first. Erased people are
    passed over, and who joined again since is neither put off, nor barred for a mail that had come
    back before. May be repeated.
    """
    keys = people.keys_of(conn, {each.subscriber_id for each in told})
    bars = [
        Bar(keys[each.subscriber_id], each.reason, each.at, each.note)
        for each in sorted(told, key=_gravest_first)
        if each.subscriber_id in keys
    ]
    standings = standings_for(conn, bars)
    standing = suppressions.by_address(conn, sorted(keys.values()))
    barred = standing.keys() - {
        bar.key
        for bar in bars
        if bar.key in standing and suppressions.is_graver(bar.reason, standing[bar.key].reason)
    }
    made = decide(bars, standings, barred)
    write_down(conn, made, now=now, source=source)
    return made


def _gravest_first(told: Feedback) -> tuple[int, datetime, int]:
    graver = suppressions.GRAVITY.index(told.reason) if told.reason in suppressions.GRAVITY else -1
    return -graver, told.at, told.subscriber_id
