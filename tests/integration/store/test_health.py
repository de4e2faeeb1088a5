"""Whether a database is sound, current and writable."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from newsletter.errors import StoreError
from newsletter.store import health
from newsletter.store.engine import Database, open_database


def test_a_database_in_order(database: Database) -> None:
    assert health.schema_state(database) == "current"
    assert health.faults(database) == ()
    assert health.write_failure(database) == ""


def test_whose_tables_these_are(database_url: str) -> None:
    """An empty database is not brought up to date by being looked at."""
    database = open_database(database_url)
    assert health.schema_state(database) == "empty"
    assert health.schema_state(database) == "empty"
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('9999')"))
    assert health.schema_state(database) == "other"
    database.close()


def test_looking_changes_nothing(database: Database) -> None:
    health.write_failure(database)
    assert health.schema_state(database) == "current"


def test_a_file_that_others_hold_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "held.db"
    database = open_database(f"sqlite:///{path}")
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "locked" in health.write_failure(database, patience_ms=50)
    other.execute("ROLLBACK")
    other.close()
    assert health.write_failure(database) == ""
    database.close()


def test_a_damaged_file_is_found(tmp_path: Path) -> None:
    """Pages overwritten in the middle; what a backup that was cut off would look like."""
    path = tmp_path / "damaged.db"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE t (a TEXT)")
        made.executemany("INSERT INTO t VALUES (?)", [(f"{n} " * 200,) for n in range(300)])
    made.close()
    raw = bytearray(path.read_bytes())
    for page in range(5, 30):
        raw[page * 4096 : page * 4096 + 64] = b"\x00\xff" * 32
    path.write_bytes(raw)
    database = open_database(f"sqlite:///{path}")
    assert health.faults(database)
    database.close()
    path.write_bytes(b"This is no database at all. " * 200)
    database = open_database(f"sqlite:///{path}")
    with pytest.raises(StoreError):
        health.faults(database)
    database.close()
