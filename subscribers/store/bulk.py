"""Many rows at once, past the expression language.

SQLAlchemy builds and converts every parameter of every row by itself, which costs four times what
the database does with them (`benchmarks/import_subscribers.py`). Here the statement is plain SQL,
and times are converted once per value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Connection, Table

from subscribers.store.types import UtcDateTime


def insert_rows(
    conn: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    ignoring: str | None = None,
) -> None:
    """Insert rows of driver values; one whose column `ignoring` is there already is passed over."""
    if not rows:
        return
    names = ", ".join(columns)
    clause = f" ON CONFLICT ({ignoring}) DO NOTHING" if ignoring else ""
    target = f"INSERT INTO {table.name} ({names})"
    if conn.dialect.name == "postgresql":
        # One array for each column: a tenth of the time of a statement for each row.
        types = (table.c[name].type.compile(conn.dialect) for name in columns)
        arrays = ", ".join(f"%s::{kind}[]" for kind in types)
        values = tuple(list(column) for column in zip(*rows, strict=True))
        statement = f"{target} SELECT * FROM unnest({arrays}){clause}"  # noqa: S608 - our names
        conn.exec_driver_sql(statement, values)
    else:
        marks = ", ".join("?" * len(columns))
        conn.exec_driver_sql(f"{target} VALUES ({marks}){clause}", list(rows))


def select_in(
    conn: Connection, columns: Sequence[Column[Any]], where: Column[Any], values: Sequence[str]
) -> list[tuple[Any, ...]]:
    """The columns, as driver values, of the rows whose `where` is among up to 30,000 values."""
    if not values:
        return []
    names = ", ".join(column.name for column in columns)
    query = f"SELECT {names} FROM {where.table.name} WHERE {where.name}"  # noqa: S608
    if conn.dialect.name == "postgresql":
        found = conn.exec_driver_sql(f"{query} = ANY(%s)", (list(values),))
    else:
        marks = ",".join("?" * len(values))
        found = conn.exec_driver_sql(f"{query} IN ({marks})", tuple(values))
    return [tuple(row) for row in found]


def to_driver(conn: Connection) -> Callable[[datetime | None], Any]:
    """Turns times into what this database's driver stores; each distinct time only once."""
    bind = UtcDateTime().dialect_impl(conn.dialect).bind_processor(conn.dialect)
    if bind is None:
        return lambda time: time
    return lru_cache(maxsize=10_000)(bind)
