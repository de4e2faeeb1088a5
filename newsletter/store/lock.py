"""Keeps two runs on one database apart; a run that dies gives the lock back by dying.

On SQLite an operating-system lock on a file beside the database; on PostgreSQL an advisory lock of
a connection of its own, which the server drops with the connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from filelock import FileLock, Timeout
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from newsletter.errors import BusyError, StoreError
from newsletter.store.engine import Database

_RUN_KEY = 0x6E6C7275  # "nlru"


Again = Callable[[], bool]
"""Whether to try once more; called after each time that another run had the lock."""


@contextmanager
def run_lock(database: Database, again: Again = lambda: False) -> Iterator[None]:
    """Holds the database's one run lock. Raises BusyError when another run has it.

    `again` may wait, and says whether to try once more; without it that is at once. Raises
    StoreError when the lock file cannot be made.
    """
    path = database.path
    if path is None:
        with _postgresql_lock(database, again):
            yield
        return
    lock = FileLock(f"{path}.lock", mode=0o600)
    try:
        while not _taken(lock):
            if not again():
                raise _busy()
    except OSError as error:
        raise StoreError(
            f"The file {path}.lock beside the database cannot be opened: {error.strerror}.",
            "Check the folder of the database, and who may write to it.",
        ) from None
    try:
        yield
    finally:
        lock.release()


def _taken(lock: FileLock) -> bool:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True


@contextmanager
def _postgresql_lock(database: Database, again: Again) -> Iterator[None]:
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        key = {"key": _RUN_KEY}
        while not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar():
            if not again():
                raise _busy()
        try:
            yield
        finally:
            with suppress(DBAPIError):  # a connection that was lost has taken the lock with it
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)


def _busy() -> BusyError:
    return BusyError(
        "Another run is at work on this database.",
        "Wait until it has ended; `newsletter status` shows how far it is.",
    )
