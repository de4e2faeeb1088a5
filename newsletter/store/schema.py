"""Brings the tables up to date; Alembic is imported only when there is something to do."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from newsletter.errors import StoreError
from newsletter.store.engine import Database

HEAD = "0011"
"""The newest revision in `migrations/versions`; a test keeps the two equal."""

_MIGRATIONS = Path(__file__).resolve().parent / "migrations"
_ADVISORY_LOCK = 0x6E6C6462  # "nldb": one migration at a time on PostgreSQL


def upgrade(database: Database) -> bool:
    """Makes or updates the tables; True when something was done.

    Two processes may call it at once: the second waits and finds the work done. Raises StoreError
    when a newer version of this program has written the database.
    """
    with database.read() as connection:
        if revision(connection) == HEAD:
            return False
    with database.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ADVISORY_LOCK})
        found = revision(connection)
        if found == HEAD:
            return False
        _migrate(connection, found)
    return True


def revision(connection: Connection) -> str | None:
    """The revision the tables have; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(connection: Connection, found: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise StoreError(
            f"The database is of a newer version of this program (its revision is {found}).",
            "Install the newer version again; nothing was changed.",
        ) from None
