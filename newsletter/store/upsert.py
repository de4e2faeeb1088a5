"""An INSERT that can turn into an update, in the words of the database at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table


def insert_or_update(connection: Connection, table: Table) -> Any:
    """An INSERT with `on_conflict_do_update` and `on_conflict_do_nothing`, alike on both databases.

    Only the dialect that is used is imported: the other one would cost each start of a command.
    """
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as on_postgresql

        return on_postgresql(table)
    from sqlalchemy.dialects.sqlite import insert as on_sqlite

    return on_sqlite(table)
