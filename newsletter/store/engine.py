"""The database: one URL, SQLite or PostgreSQL, read and write transactions alike on both.

SQLite runs in WAL mode with `synchronous=FULL`, so that a power cut takes back nothing that was
committed; only writing transactions begin IMMEDIATE, so that readers never wait.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from newsletter.errors import StoreError

BUSY_TIMEOUT_MS = 60_000
"""How long a writer waits for another one on SQLite before it gives up."""

_LOOK_SECONDS = 0.002
"""So often a writer looks whether it is its turn. SQLite's own looks are up to 0.1 s apart, and
miss the moments between two transactions of a program that writes all the time."""

_WAY_SECONDS = 0.05
_TRACE_WAIT_MS = 200
_WAL_PAUSE = 0.05
_WAL_ATTEMPTS = int(BUSY_TIMEOUT_MS / 1000 / _WAL_PAUSE)


class Database:
    """An open database. `read()` and `begin()` give connections in a transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_sqlite(self) -> bool:
        """Whether this is one file on one machine."""
        return self.engine.dialect.name == "sqlite"

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database; None for PostgreSQL."""
        name = self.engine.url.database
        return Path(name) if self.is_sqlite and name else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading; it never waits for a writer on SQLite."""
        with _mapped(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A connection for writing: committed at the end, rolled back when something is raised."""
        with _mapped(), self.engine.connect() as connection:
            connection.execution_options(newsletter_write=True)
            with connection.begin():
                yield connection

    def give_way(self) -> None:
        """Between long transactions: lets those write who had to wait, for a moment, on SQLite.

        It has no queue, so that whoever begins again at once is nearly always first.
        """
        if not self.is_sqlite:
            return
        with closing(self.engine.raw_connection()) as connection:
            until = time.monotonic() + _WAY_SECONDS
            before, now = -1, _others_commits(connection)
            while before != now and time.monotonic() < until:
                time.sleep(2 * _LOOK_SECONDS)
                before, now = now, _others_commits(connection)

    def leave_no_trace(self) -> None:
        """After people were deleted: empties SQLite's file of late changes (`-wal`), in which they
        still stand. Where others are at work it is left for the next time.
        """
        if not self.is_sqlite:
            return
        driver: Any
        with (
            suppress(sqlite3.DatabaseError, DBAPIError),
            closing(self.engine.raw_connection()) as connection,
        ):
            driver = connection.driver_connection
            driver.execute(f"PRAGMA busy_timeout={_TRACE_WAIT_MS}")
            try:
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")

    def close(self) -> None:
        """Gives all connections back."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Opens the database at `url` (`sqlite:///file` or `postgresql://…`); creates a SQLite file.

    The file is readable by its owner only. Raises StoreError for an address that cannot be used.
    The tables may still be missing: see `newsletter.store.schema.upgrade`.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return Database(_sqlite(parsed))
    return Database(_postgresql(parsed))


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(
            "The database address cannot be read.",
            "Set [store] url to sqlite:///newsletter.db or postgresql://user:password@host/name.",
        ) from None
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        _create_private(Path(url.database))
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    except (ImportError, NoSuchModuleError):
        raise StoreError(
            "PostgreSQL needs the package psycopg, which is not installed.",
            "Install it with `pip install 'newsletter-pipeline[postgresql]'`.",
        ) from None


def _create_private(path: Path) -> None:
    """Makes the file before SQLite does, so that it never is readable by others."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(
            f"The database file {path} cannot be opened: {error.strerror}.",
            "Check the folder and who may write to it, or set [store] url.",
        ) from None


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite alone
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten
    connection.execute("PRAGMA cache_size=-32768")


def _switch_to_wal(connection: Any) -> None:
    """Once per file: SQLite does not wait for another process that is about the same, but refuses.

    So it is asked again, for as long as a writer would be waited for.
    """
    for attempt in range(1, _WAL_ATTEMPTS + 1):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or attempt == _WAL_ATTEMPTS:
                raise
            time.sleep(_WAL_PAUSE)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get("newsletter_write", False):
        connection.exec_driver_sql("BEGIN")
    elif not _began_to_write(connection.connection.driver_connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, for an error that is ours


def _began_to_write(connection: Any) -> bool:
    """Waits for its turn, for as long as the connection is patient; False if it never came."""
    patience_ms = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    until = time.monotonic() + patience_ms / 1000
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while not _tried_to_write(connection):
            if time.monotonic() >= until:
                return False
            time.sleep(_LOOK_SECONDS)
    except sqlite3.OperationalError:
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout={patience_ms}")
    return True


def _tried_to_write(connection: Any) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        return False
    return True


def _others_commits(connection: Any) -> int:
    """A number that is another one after each commit of another connection."""
    return int(connection.driver_connection.execute("PRAGMA data_version").fetchone()[0])


@contextmanager
def _mapped() -> Iterator[None]:
    """Turns the driver's complaints into ours; a broken rule of the schema stays a defect."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise StoreError(*_explain(str(error.orig).strip())) from error


def _explain(said: str) -> tuple[str, str]:
    first = said.splitlines()[0] if said else "no reason given"
    if "database is locked" in said:
        return (
            "Another process holds the database for too long.",
            "Wait until it has ended, and run the command again.",
        )
    if "not a database" in said:
        return (
            "The database file is not a SQLite database.",
            "Check [store] url; if the file is damaged, put back a backup.",
        )
    if "malformed" in said:
        return (
            "The database file is damaged.",
            "Put back a backup, and take away the files beside it that end in -wal and -shm.",
        )
    if "disk" in said and "full" in said:
        return ("The disk is full; nothing was lost.", "Make room, and run the command again.")
    if "disk I/O error" in said:
        return (
            "The database file cannot be written or read (disk I/O error).",
            "See whether the disk is full and the folder can be written to; then run it again.",
        )
    return (
        f"The database cannot be used: {first}.",
        "Check [store] url, that the server is running, and that you may write to it.",
    )
