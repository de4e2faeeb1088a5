"""The stand-in's own database: its tables, and how it is opened."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from newsletter.errors import UsageError

FILE = "standin.db"
_LOCK = "standin.lock"

_TABLES = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS request (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    status INTEGER NOT NULL, fault TEXT NOT NULL, recipients INTEGER NOT NULL, body BLOB);
CREATE TABLE IF NOT EXISTS batch (id TEXT PRIMARY KEY, made_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mark (
    batch_id TEXT PRIMARY KEY, status TEXT NOT NULL, set_at REAL NOT NULL, lots INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lot (
    id INTEGER PRIMARY KEY, request_id INTEGER NOT NULL, message_id TEXT NOT NULL,
    batch_id TEXT NOT NULL, send_at REAL NOT NULL, accepted_at REAL NOT NULL,
    recipients INTEGER NOT NULL, people TEXT NOT NULL, categories TEXT NOT NULL,
    cancel_holds INTEGER NOT NULL, fate TEXT NOT NULL, done_at REAL, told INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS lot_waiting ON lot (send_at) WHERE fate = 'waiting';
CREATE INDEX IF NOT EXISTS lot_untold ON lot (id) WHERE told = 0 AND fate <> 'waiting';
CREATE TABLE IF NOT EXISTS bypass (
    lot_id INTEGER NOT NULL, list TEXT NOT NULL, PRIMARY KEY (lot_id, list)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS result (
    lot_id INTEGER NOT NULL, place INTEGER NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (lot_id, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS suppression (
    list TEXT NOT NULL, email TEXT NOT NULL, created INTEGER NOT NULL, reason TEXT NOT NULL,
    status TEXT NOT NULL, PRIMARY KEY (list, email)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY, place REAL NOT NULL, body TEXT NOT NULL, given INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS event_waiting ON event (place) WHERE given = 0;
"""


def open_book(folder: Path) -> sqlite3.Connection:
    """The database in a folder, made if it is not there. Raises UsageError.

    What was committed outlives the death of the process; that of the whole machine is not its aim.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(
            folder / FILE, check_same_thread=False, isolation_level=None, timeout=30
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_TABLES)
    except (OSError, sqlite3.Error) as error:
        raise UsageError(
            f"The stand-in cannot keep its records in {folder}: {error}.", "Name another folder."
        ) from error
    return connection


def claim(folder: Path) -> sqlite3.Connection:
    """Holds the folder for this process, until it is closed or the process dies.

    Two stand-ins would give the same numbers to different requests. Raises UsageError.
    """
    claimed = sqlite3.connect(
        folder / _LOCK, check_same_thread=False, isolation_level=None, timeout=0
    )
    try:
        claimed.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        claimed.close()
        raise UsageError(
            f"Another stand-in is at work in {folder}.", "End it, or name another folder."
        ) from error
    return claimed


def open_to_read(file: Path) -> sqlite3.Connection:
    """The same database for somebody who only asks. Raises UsageError if it is not there."""
    try:
        return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=30)
    except sqlite3.Error as error:
        raise UsageError(
            f"There are no records of a stand-in in {file}: {error}.", "Name another folder."
        ) from error
