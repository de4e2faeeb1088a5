"""Where things are kept: the database, the room on the disk, the outbox, and the lock of a run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.errors import BusyError, StoreError
from newsletter.model.remark import Remark, fine, problem, warning
from newsletter.pipeline.examination.configuration import readable_by_others
from newsletter.pipeline.examination.surroundings import Surroundings
from newsletter.store import health
from newsletter.store.engine import Database, open_database
from newsletter.store.lock import run_lock
from subscribers.errors import SecretKeyError
from subscribers.store import people, suppressions

if TYPE_CHECKING:
    from sqlalchemy import Connection

ROOM_NEEDED = 100 * 1024**2
"""Bytes without which the next run may fail."""

ROOM_WANTED = 1024**3
"""Bytes that a rehearsal for some ten thousand people takes."""

_MADE_LATER = "the first `newsletter collect` makes it"


def sqlite_file(around: Surroundings) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL."""
    url = urlsplit(around.settings.store_url())
    if not url.scheme.startswith("sqlite"):
        return None
    return Path(around.settings.store_url().partition(":///")[2].partition("?")[0])


@contextmanager
def opened(around: Surroundings) -> Iterator[Database | None]:
    """The database as it is, not brought up to date; None when it cannot be read as it is, which
    only the check of the database speaks of.
    """
    file = sqlite_file(around)
    if file is not None and not file.exists():
        yield None
        return
    try:
        found = open_database(around.settings.store_url())
    except StoreError:
        yield None
        return
    try:
        yield found if _is_current(found) else None
    finally:
        found.close()


def _is_current(found: Database) -> bool:
    try:
        return health.schema_state(found) == "current"
    except StoreError:
        return False


def active_people(around: Surroundings) -> int | None:
    """How many people would get an edition; None when the database cannot be read."""
    with opened(around) as database:
        if database is None:
            return None
        with database.read() as connection:
            return people.active_count(connection)


def database(around: Surroundings) -> Iterator[Remark]:
    """Whether it opens, is of this version, sound and writable, and its owner's only."""
    file = sqlite_file(around)
    if file is not None and not file.exists():
        yield fine("database", f"There is no {file.name} yet; {_MADE_LATER}.")
        return
    found = open_database(around.settings.store_url())
    try:
        yield from _state(found, around)
    finally:
        found.close()
    for part in (file, *map(Path, (f"{file}-wal", f"{file}-shm"))) if file else ():
        yield from readable_by_others("database", part)


def _state(found: Database, around: Surroundings) -> Iterator[Remark]:
    wrong = health.faults(found)
    if wrong:
        mend = "Put back a backup, and take away the files beside it that end in -wal and -shm."
        yield problem("database", f"The database is damaged: {'; '.join(wrong)}.", mend)
        return
    state = health.schema_state(found)
    if state == "empty":
        yield fine("database", f"The database is empty; {_MADE_LATER}.")
    elif state == "other":
        mend = "Make a backup; the next command brings it up to date, or says what it needs."
        yield warning("database", "The database is of another version of this program.", mend)
    else:
        yield from _in_use(found, around)


def _in_use(found: Database, around: Surroundings) -> Iterator[Remark]:
    failure = health.write_failure(found)
    if "locked" in failure:
        yield warning("database", "Another process is writing at the moment.", "Try again later.")
    elif failure:
        mend = "Check who may write to the file and its folder."
        yield problem("database", f"Nothing can be written: {failure}.", mend)
    with found.read() as connection:
        active = people.active_count(connection)
        unknown = _unknown_key(connection, around)
    yield fine("database", f"The database is sound; {active:,} active subscribers.")
    yield from unknown


def _unknown_key(connection: Connection, around: Surroundings) -> list[Remark]:
    """Without a key that somebody was erased under, nobody can join, and no list be imported."""
    keys = tuple(key.get_secret_value() for key in around.settings.secrets.keys)
    try:
        suppressions.secrets_in_use(connection, keys)
    except SecretKeyError as error:
        return [problem("secrets", f"{error.message} Nobody can join meanwhile.", error.mend)]
    return []


def disk(around: Surroundings) -> Iterator[Remark]:
    """How much room is left where database and outbox are."""
    folders = {around.settings.folder, (sqlite_file(around) or around.settings.path).parent}
    folder = min(filter(Path.exists, folders), key=lambda path: shutil.disk_usage(path).free)
    free = shutil.disk_usage(folder).free
    found = f"{free / 1024**3:,.1f} GB are free in {folder}."
    if free < ROOM_NEEDED:
        yield problem("disk", found, "Make room before the next edition.")
    elif free < ROOM_WANTED:
        yield warning("disk", found, "Make room soon.")
    else:
        yield fine("disk", found)


def outbox(around: Surroundings) -> Iterator[Remark]:
    """Whether the rehearsal's folder can be written to, or be made."""
    folder = around.settings.outbox_path()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        said = f"The outbox {folder} cannot be written: {error.strerror or error}."
        yield problem("outbox", said, "Check who may write to it, or set [delivery] outbox.")
        return
    yield fine("outbox", f"The rehearsal's mails go to {folder}.")


def lock(around: Surroundings) -> Iterator[Remark]:
    """Whether a run is at work at this moment."""
    with opened(around) as found:
        if found is None:
            return
        try:
            with run_lock(found):
                yield fine("lock", "No other run is at work.")
        except BusyError as error:
            yield warning("lock", error.message, error.mend)
