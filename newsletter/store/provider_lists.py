"""Up to when each of the provider's lists of addresses was read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.store.tables import provider_list


def read_through(connection: Connection) -> dict[str, datetime]:
    """By the name of a list: all that came onto it before this time was taken over."""
    rows = connection.execute(select(provider_list.c.name, provider_list.c.through))
    return {row.name: row.through for row in rows}


def record(connection: Connection, name: str, *, through: datetime, now: datetime) -> None:
    """Notes that a list was read to its end, by a run that ended it at `now`."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {"through": through, "synced_at": now}
    statement = dialect.insert(provider_list).values(name=name, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
