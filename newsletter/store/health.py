"""Whether the database is sound; looks only, and waits for nobody for long."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from newsletter.store.engine import Database
from newsletter.store.schema import HEAD, revision

PATIENCE_MS = 3_000
"""How long another writer is waited for on SQLite."""

_MOST_FAULTS = 5


def schema_state(database: Database) -> str:
    """`empty`, `current` or `other`: whose tables these are. Raises StoreError."""
    with database.read() as connection:
        found = revision(connection)
    return "empty" if found is None else "current" if found == HEAD else "other"


def faults(database: Database) -> tuple[str, ...]:
    """What SQLite finds wrong in its file (`PRAGMA quick_check`). Raises StoreError."""
    if not database.is_sqlite:
        return ()
    with database.read() as connection:
        said = connection.execute(text(f"PRAGMA quick_check({_MOST_FAULTS})")).scalars().all()
    return tuple(line for line in map(str, said) if line != "ok")


def write_failure(database: Database, *, patience_ms: int = PATIENCE_MS) -> str:
    """Why nothing can be written at present; empty when it can. Nothing is changed."""
    with database.engine.connect() as connection:
        try:
            if database.is_sqlite:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={patience_ms}")
                connection.rollback()
            connection.execution_options(newsletter_write=True)
            connection.execute(text("DELETE FROM alembic_version WHERE version_num = ''"))
        except DBAPIError as error:
            return str(error.orig).strip()
        finally:
            connection.rollback()
    return ""
