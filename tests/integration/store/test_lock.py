"""One run at a time on a database; a run that dies gives the lock back by dying."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from newsletter.errors import BusyError
from newsletter.store.engine import Database, open_database
from newsletter.store.lock import run_lock

HOLD = """
import sys
from newsletter.store.engine import open_database
from newsletter.store.lock import run_lock
with run_lock(open_database(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def other_run(url: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def free_soon(database: Database) -> bool:
    """Whether the lock is free within ten seconds: a server sees a death a moment later."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with run_lock(database):
                return True
        except BusyError:
            time.sleep(0.01)
    return False


def test_a_second_run_is_told_at_once_that_another_one_is_at_work(
    database: Database, migrated_url: str
) -> None:
    with other_run(migrated_url):
        begin = time.monotonic()
        with pytest.raises(BusyError, match="Another run") as raised, run_lock(database):
            pytest.fail("both hold the lock")
        assert time.monotonic() - begin < 5
    assert raised.value.exit_code == 1


def test_the_lock_is_free_after_the_run(database: Database, migrated_url: str) -> None:
    with other_run(migrated_url) as process:
        process.communicate("\n", timeout=30)
        assert process.returncode == 0
        assert free_soon(database)


def test_the_lock_is_free_after_a_kill(database: Database, migrated_url: str) -> None:
    """No file and no row is left that would have to be removed by hand."""
    with other_run(migrated_url) as process:
        process.kill()
        process.wait()
        assert free_soon(database)


def test_the_lock_is_free_after_an_error(database: Database) -> None:
    class Wrong(Exception):
        pass

    with pytest.raises(Wrong), run_lock(database):
        raise Wrong
    with run_lock(database):
        pass


def test_two_runs_of_one_process_are_kept_apart_too(database: Database, migrated_url: str) -> None:
    second = open_database(migrated_url)
    try:
        with run_lock(database), pytest.raises(BusyError), run_lock(second):
            pytest.fail("both hold the lock")
    finally:
        second.close()


def test_the_run_that_holds_the_lock_can_read_and_write(database: Database) -> None:
    """The lock is beside the database, not in the way of it."""
    with run_lock(database), database.begin() as connection:
        connection.exec_driver_sql("INSERT INTO feed (url) VALUES ('https://example.org/')")
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM feed").scalar() == 1


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_server_that_goes_away_takes_the_lock_and_nothing_else_fails(
    database: Database, migrated_url: str
) -> None:
    """What the run had to say of the loss is not hidden behind a failing unlock."""
    end_all = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    second = open_database(migrated_url)
    try:
        with run_lock(database), second.begin() as connection:
            connection.exec_driver_sql(end_all)
        assert free_soon(second)
    finally:
        second.close()
