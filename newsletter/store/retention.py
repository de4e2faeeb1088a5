"""Queries of what is older than it may be kept; consents, suppressions and the ledger are never.

The caller owns the transaction. What was mailed to whom, and that somebody agreed or left, is the
proof of both, and what an edition or an import goes by; nothing here can touch it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, or_, select, update

from newsletter.model.notice import NoticeState
from newsletter.model.page import Standing
from newsletter.store.event_tables import posted_events
from newsletter.store.events import forget_before
from newsletter.store.tables import batch, event, notice, page
from subscribers.model import SubscriptionStatus
from subscribers.store.tables import bucket, consent, person, request, soft_bounce

_EVENTS_AT_ONCE: Final = 10_000

Old = Callable[[datetime, datetime], ColumnElement[bool]]
"""Which rows are from before a time and not needed any more; the second time is now."""


class Perishable(NamedTuple):
    """Rows that are kept for a time only; what `blanked` names is emptied, and the row stays."""

    table: Table
    old: Old
    blanked: tuple[str, ...] = ()


def _unused_requests(before: datetime, now: datetime) -> ColumnElement[bool]:
    """What was asked, and not what a link still holds for."""
    return and_(request.c.asked_at < before, request.c.expires_at < now)


def _never_confirmed(before: datetime, _now: datetime) -> ColumnElement[bool]:
    pending = person.c.status == SubscriptionStatus.PENDING.value
    return and_(pending, person.c.confirmed_at.is_(None), person.c.changed_at < before)


def _told(before: datetime, _now: datetime) -> ColumnElement[bool]:
    """What is still to be told keeps its text. That a thing was told stays known."""
    said = or_(notice.c.text != "", notice.c.error != "")
    return and_(said, notice.c.state != NoticeState.DUE, notice.c.created_at < before)


def _pages(before: datetime, _now: datetime) -> ColumnElement[bool]:
    """As `pages.forget`: that a page is gone is known for longer."""
    gone = page.c.standing.in_((Standing.GONE, Standing.PRIVATE))
    return and_(page.c.checked_at < before, ~gone)


PERISHABLE: Final[dict[str, Perishable]] = {
    "events": Perishable(event, lambda before, _now: event.c.at < before),
    "posts": Perishable(posted_events, lambda before, _now: posted_events.c.received_at < before),
    "soft_bounces": Perishable(
        soft_bounce,
        lambda before, _now: (
            func.coalesce(soft_bounce.c.bounced_at, soft_bounce.c.arrived_at) < before
        ),
    ),
    "batch_errors": Perishable(
        batch,
        lambda before, _now: and_(batch.c.error != "", batch.c.settled_at < before),
        blanked=("error",),
    ),
    "notices": Perishable(notice, _told, blanked=("text", "error")),
    "pages": Perishable(page, _pages),
    "networks": Perishable(
        consent,
        lambda before, _now: and_(consent.c.network != "", consent.c.recorded_at < before),
        blanked=("network",),
    ),
    "requests": Perishable(request, _unused_requests),
    "never_confirmed": Perishable(person, _never_confirmed),
    "limits": Perishable(bucket, lambda before, _now: bucket.c.updated_at < before),
}
"""All there is, by the word of the report."""


def count_old(connection: Connection, key: str, before: datetime, *, now: datetime) -> int:
    """How many rows of a kind are older."""
    kind = PERISHABLE[key]
    query = select(func.count()).select_from(kind.table).where(kind.old(before, now))
    return int(connection.execute(query).scalar_one())


def forget_old(
    connection: Connection, key: str, before: datetime, *, now: datetime
) -> tuple[int, bool]:
    """Forgets rows of a kind that are older; how many, and whether there may be more."""
    kind = PERISHABLE[key]
    if key == "events":
        number = forget_before(connection, before, most=_EVENTS_AT_ONCE)
        return number, number == _EVENTS_AT_ONCE
    old = kind.old(before, now)
    if kind.blanked:
        values: dict[str, Any] = dict.fromkeys(kind.blanked, "")
        return connection.execute(update(kind.table).where(old).values(values)).rowcount, False
    # Her evidence goes with a person by itself (ON DELETE CASCADE), and only if she does: who
    # confirms at the same moment keeps both.
    return connection.execute(delete(kind.table).where(old)).rowcount, False
