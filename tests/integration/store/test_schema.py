"""Tables and migrations: equal to each other, on both databases, and safe to bring up to date."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, UniqueConstraint, inspect, text

from newsletter.errors import StoreError
from newsletter.store import event_tables, schema, trial_tables
from newsletter.store.engine import Database, open_database
from newsletter.store.tables import metadata
from subscribers.store.tables import metadata as subscriber_metadata
from tests.house.source import ROOT

ALL_TABLES = (event_tables, trial_tables)
"""Imported, so that their tables are among those of the metadata."""

MIGRATIONS = ROOT / "newsletter" / "store" / "migrations"

UPGRADE = """
import sys
from newsletter.store.engine import open_database
from newsletter.store.schema import upgrade
database = open_database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(upgrade(database))
"""

ALEMBIC_OR_NOT = """
import sys
from newsletter.store.engine import open_database
from newsletter.store.schema import upgrade
print(upgrade(open_database(sys.argv[1])), "alembic" in sys.modules)
"""


def test_the_migrations_make_exactly_the_tables_of_the_code(database: Database) -> None:
    """Else the next migration would be surprised, and a query would fail at a user's."""
    with database.read() as connection:
        # Alembic takes every empty default of a reflected SQLite table for another one.
        defaults = not database.is_sqlite
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": defaults}
        )
        assert compare_metadata(context, [metadata, subscriber_metadata]) == []  # type: ignore[arg-type]


def test_the_rules_of_the_tables_are_there(database: Database) -> None:
    """Checks and unique keys, which a comparison of tables does not look at on every database."""
    for table in (*metadata.tables.values(), *subscriber_metadata.tables.values()):
        with database.read() as connection:
            look = inspect(connection)
            checks = {each["name"] for each in look.get_check_constraints(table.name)}
            unique = {
                tuple(each["column_names"]) for each in look.get_unique_constraints(table.name)
            }
            key = look.get_pk_constraint(table.name)["constrained_columns"]
        assert checks == {c.name for c in table.constraints if isinstance(c, CheckConstraint)}
        wanted = {
            tuple(column.name for column in constraint.columns)
            for constraint in table.constraints
            if isinstance(constraint, UniqueConstraint)
        }
        assert wanted <= unique
        assert key == [column.name for column in table.primary_key]


def test_head_is_the_newest_script() -> None:
    """`HEAD` is written down so that Alembic need not be imported."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]


def test_an_empty_database_is_brought_up_to_date_once(database_url: str) -> None:
    database = open_database(database_url)
    try:
        with database.read() as connection:
            assert schema.revision(connection) is None
        assert schema.upgrade(database) is True
        assert schema.upgrade(database) is False
        with database.read() as connection:
            assert schema.revision(connection) == schema.HEAD
    finally:
        database.close()


def test_a_newer_database_is_refused_in_words(database: Database) -> None:
    """An older program must not write what a newer one has laid out otherwise."""
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"newer version .*9999") as raised:
        schema.upgrade(database)
    assert "Install the newer version" in raised.value.mend
    with database.read() as connection:
        assert schema.revision(connection) == "9999"


def test_processes_that_upgrade_at_once_all_succeed(database_url: str) -> None:
    """One does it, the others wait and find it done."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADE, database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(5)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = sorted(process.communicate(timeout=60)[0].strip() for process in processes)
    assert [process.returncode for process in processes] == [0] * 5
    assert said == ["False"] * 4 + ["True"]


def test_alembic_is_not_imported_when_the_tables_are_current(migrated_url: str) -> None:
    """It would cost every run a quarter of a second."""
    done = subprocess.run(
        [sys.executable, "-c", ALEMBIC_OR_NOT, migrated_url],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file modes")
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_only_the_owner_may_read_the_file(database_url: str) -> None:
    """Membership of the list is health information; that goes for SQLite's other files too."""
    database = open_database(database_url)
    try:
        schema.upgrade(database)
        with database.begin() as connection:
            connection.execute(text("INSERT INTO feed (url) VALUES ('https://example.org/')"))
            path = database.path
            assert path is not None
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        database.close()
    assert "newsletter.db-wal" in modes
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_is_committed_survives_a_power_cut(database: Database) -> None:
    """Write-ahead log, `synchronous=FULL`, and keys that are enforced, on every connection."""
    with database.read() as one, database.read() as two:
        for connection in (one, two):
            for name, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
                assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    """The web application and a send live together."""
    with database.begin() as writer:
        writer.execute(text("INSERT INTO feed (url) VALUES ('https://example.org/')"))
        with database.read() as reader:
            assert reader.execute(text("SELECT count(*) FROM feed")).scalar() == 0
    with database.read() as reader:
        assert reader.execute(text("SELECT count(*) FROM feed")).scalar() == 1


def test_what_is_raised_in_a_transaction_takes_it_back(database: Database) -> None:
    class Wrong(Exception):
        pass

    def fail() -> None:
        with database.begin() as connection:
            connection.execute(text("INSERT INTO feed (url) VALUES ('https://example.org/')"))
            raise Wrong

    with pytest.raises(Wrong):
        fail()
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM feed")).scalar() == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "cannot be read"),
        ("postgresql://nobody@127.0.0.1:1/nothing", "cannot be used"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_in_words(url: str, words: str) -> None:
    def use() -> None:
        database = open_database(url)
        try:
            schema.upgrade(database)
        finally:
            database.close()

    with pytest.raises(StoreError, match=words) as raised:
        use()
    assert "[store] url" in raised.value.mend


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    path.write_bytes(b"Dear diary, " * 100)
    database = open_database(f"sqlite:///{path}")
    try:
        with pytest.raises(StoreError, match="not a SQLite database"):
            schema.upgrade(database)
    finally:
        database.close()


def test_a_folder_that_is_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file")
    with pytest.raises(StoreError, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path / 'folder' / 'newsletter.db'}")
