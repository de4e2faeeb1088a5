"""Queries of what the provider reported: kept once for each kind, however often and late it came.

The caller owns the transaction. What is kept of two events of the same kind is
`newsletter.model.event.join`, in SQL as well, so that two receivers at once come to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, tuple_

from newsletter.model.event import Event, EventKind, join
from newsletter.store.tables import delivery, edition, event, notice
from newsletter.store.upsert import insert_or_update
from subscribers.store import bulk

FORGOTTEN_AT_ONCE = 10_000
"""So many events are removed in one transaction: quick enough for others to wait for."""

_KINDS = {kind.value: kind for kind in EventKind}
_COLUMNS = ("delivery_id", "attempt", "kind", "at", "reason")

# In the order of their bytes, as Python compares: else two databases could keep different reasons.
_UPSERT = """
INSERT INTO event (delivery_id, attempt, kind, at, reason) {rows}
ON CONFLICT (delivery_id, attempt, kind) DO UPDATE SET at = excluded.at, reason = excluded.reason
WHERE CASE WHEN event.kind = 'processed' THEN excluded.at < event.at
      ELSE (excluded.at, excluded.reason{bytes}) > (event.at, event.reason{bytes}) END
"""


def record(connection: Connection, events: Iterable[Event]) -> int:
    """Keeps events; how many of them were new, or said more than what was kept."""
    merged: dict[tuple[str, int, EventKind], Event] = {}
    for each in events:
        known = merged.setdefault(each.key, each)
        if known is not each:
            merged[each.key] = join(known, each)
    if not merged:
        return 0
    # Always in the same order, so that two receivers wait for each other and not in a circle.
    rows = [merged[key] for key in sorted(merged)]
    to_driver = bulk.to_driver(connection)
    values = [(e.delivery_id, e.attempt, e.kind.value, to_driver(e.at), e.reason) for e in rows]
    return _upsert(connection, values)


def _upsert(connection: Connection, values: Sequence[tuple[Any, ...]]) -> int:
    if connection.dialect.name == "postgresql":
        types = (event.c[name].type.compile(connection.dialect) for name in _COLUMNS)
        arrays = ", ".join(f"%s::{kind}[]" for kind in types)
        rows = f"SELECT * FROM unnest({arrays})"  # noqa: S608 - our own names
        query = _UPSERT.format(rows=rows, bytes=' COLLATE "C"')
        columns = tuple(list(column) for column in zip(*values, strict=True))
        return connection.exec_driver_sql(query, columns).rowcount
    query = _UPSERT.format(rows="VALUES (?, ?, ?, ?, ?)", bytes="")
    return connection.exec_driver_sql(query, list(values)).rowcount


def reported(connection: Connection, delivery_ids: Sequence[str]) -> list[Event]:
    """All that is kept of up to 30,000 deliveries."""
    query = select(*(event.c[name] for name in _COLUMNS))
    rows = connection.execute(query.where(event.c.delivery_id.in_(delivery_ids)))
    return [_event(row) for row in rows]


def arrivals(
    connection: Connection, subscriber_ids: Sequence[int]
) -> list[tuple[int, str, datetime]]:
    """The mails that arrived with up to 30,000 people, by what is kept: person, delivery, time."""
    query = (
        select(delivery.c.subscriber_id, delivery.c.id, event.c.at)
        .join(event, event.c.delivery_id == delivery.c.id)
        .where(delivery.c.edition_id.in_(select(edition.c.id)))  # so that the key's index is used
        .where(delivery.c.subscriber_id.in_(subscriber_ids))
        .where(event.c.kind == EventKind.DELIVERED)
    )
    return [(id_, mail, at) for id_, mail, at in connection.execute(query)]


def forget_before(connection: Connection, at: datetime, *, most: int = FORGOTTEN_AT_ONCE) -> int:
    """Removes up to `most` events that are older, the oldest first; how many it were."""
    key = tuple_(event.c.delivery_id, event.c.attempt, event.c.kind)
    old = (
        select(event.c.delivery_id, event.c.attempt, event.c.kind)
        .where(event.c.at < at)
        .order_by(event.c.at)
        .limit(most)
    )
    return connection.execute(delete(event).where(key.in_(old))).rowcount


def alarm(connection: Connection, *, about: str, text: str, now: datetime) -> bool:
    """Notes what the admin must be told; False if it was noted before (and perhaps told)."""
    statement = insert_or_update(connection, notice)
    row = {"kind": "alarm", "about": about, "text": text, "state": "due", "created_at": now}
    fresh = statement.values(**row).on_conflict_do_nothing(index_elements=["kind", "about"])
    return connection.execute(fresh.returning(notice.c.id)).first() is not None


def _event(row: Sequence[Any]) -> Event:
    delivery_id, attempt, kind, at, reason = row
    return Event(delivery_id=delivery_id, attempt=attempt, kind=_KINDS[kind], at=at, reason=reason)
