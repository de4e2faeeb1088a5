"""Up to when each of the provider's lists of addresses was read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from newsletter.store.tables import provider_list
from newsletter.store.upsert import insert_or_update


def read_through(connection: Connection) -> dict[str, datetime]:
    """By the name of a list: all that came onto it before this time was taken over."""
    rows = connection.execute(select(provider_list.c.name, provider_list.c.through))
    return {row.name: row.through for row in rows}


def record(connection: Connection, name: str, *, through: datetime, now: datetime) -> None:
    """Notes that a list was read to its end, by a run that ended it at `now`."""
    values = {"through": through, "synced_at": now}
    statement = insert_or_update(connection, provider_list).values(name=name, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
