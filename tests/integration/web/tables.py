"""All that a database holds, to see whether anything was changed."""

from __future__ import annotations

from sqlalchemy import select

from newsletter.store.tables import metadata
from subscribers.store.tables import metadata as subscriber_metadata
from tests.webapp import Served

Contents = dict[str, list[tuple[object, ...]]]


def contents(site: Served) -> Contents:
    """Every row of every table, in one order."""
    tables = (*metadata.tables.values(), *subscriber_metadata.tables.values())
    with site.wiring.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in tables
        }
