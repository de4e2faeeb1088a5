"""Many who write to one SQLite file: each gets its turn, and keeps its patience."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text

from newsletter.errors import StoreError
from newsletter.store.engine import BUSY_TIMEOUT_MS, Database
from newsletter.store.tables import channel
from tests.integration.store.ledger import NOW

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def write(database: Database, name: str) -> None:
    """One small commit."""
    with database.begin() as connection:
        connection.execute(channel.insert().values(name=name, baseline_at=NOW))


def names(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(channel.select()).scalars())


def patience(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one())


@contextmanager
def another_one_writing(database: Database) -> Iterator[None]:
    """Commits one after the other in another thread, without a pause."""
    ending, begun = threading.Event(), threading.Event()

    def go_on() -> int:
        number = 0
        while not ending.is_set():
            number += 1
            write(database, f"other{number}")
            begun.set()
        return number

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(go_on)
        try:
            assert begun.wait(30)
            yield
        finally:
            ending.set()
            other.result(60)


def test_a_writer_begins_when_the_one_before_has_ended(database: Database) -> None:
    with ThreadPoolExecutor(1) as pool:
        with database.begin() as connection:
            waiting = pool.submit(write, database, "second")
            connection.execute(channel.insert().values(name="first", baseline_at=NOW))
            assert not waiting.done()
        waiting.result(60)
    assert sorted(names(database)) == ["first", "second"]


def test_a_writer_without_patience_is_told_at_once_who_is_in_its_way(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("DELETE FROM channel"))
        with database.engine.connect() as other:
            other.exec_driver_sql("PRAGMA busy_timeout=0")
        with pytest.raises(StoreError, match="Another process holds the database"):
            write(database, "never")


def test_waiting_for_a_turn_changes_no_connections_patience(database: Database) -> None:
    with database.begin() as connection:
        assert patience(connection) == BUSY_TIMEOUT_MS
    with database.read() as connection:
        assert patience(connection) == BUSY_TIMEOUT_MS


def test_everybody_who_writes_all_the_time_gets_on(database: Database) -> None:
    with another_one_writing(database):
        for number in range(20):
            write(database, f"mine{number}")
    assert {f"mine{number}" for number in range(20)} < set(names(database))


def test_giving_way_ends_though_another_one_never_stops(database: Database) -> None:
    with another_one_writing(database):
        for _ in range(3):
            database.give_way()
        write(database, "mine")
    assert "mine" in names(database)


def test_traces_are_left_for_the_next_time_where_others_are_at_work(database: Database) -> None:
    """Nobody is kept waiting for it, and nothing is raised."""
    assert database.path is not None
    changes = database.path.with_name(f"{database.path.name}-wal")
    with database.read() as reader:
        reader.execute(channel.select()).all()
        write(database, "one")
        database.leave_no_trace()
        assert changes.stat().st_size > 0
    with database.begin() as writer:
        writer.execute(channel.delete())
        database.leave_no_trace()
    database.leave_no_trace()
    assert changes.stat().st_size == 0
    with database.read() as reader:
        assert patience(reader) == BUSY_TIMEOUT_MS
