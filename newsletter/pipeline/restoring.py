"""Restore: an older copy of the database is put back, and what it cannot know is not believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.errors import UsageError
from newsletter.store import events
from newsletter.store.engine import Database
from newsletter.store.lock import run_lock
from newsletter.store.restoring import ABOUT, exchange, mark_restored
from newsletter.store.schema import upgrade

_TOLD = (
    "An older copy of the database was put back. Who unsubscribed, joined or complained after it"
    " was made is not known any more, nor which editions went out: {people:,} people of unfinished"
    " editions count as unknown now. Before the next edition, bring the list up to date"
    " (`newsletter suppressions sync` where SendGrid keeps one; mails in which people asked to"
    " leave), and look at what your provider says was sent. The next real edition waits for your"
    " yes."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """How many people are unknown since, what to tell, and where the database from before is."""

    people: int
    text: str
    kept: Path | None


def restore(
    database: Database, copy: Path | None, *, now: datetime, reopen: Callable[[], Database]
) -> Restored:
    """Puts a copy back, where one is given (SQLite only), and marks what it cannot know.

    `reopen` opens the database anew. Raises UsageError, BusyError or StoreError.
    """
    path = database.path
    if copy is not None and path is None:
        raise UsageError(
            "Only a SQLite database is put back from a file.",
            "Put a PostgreSQL database back with its own tools (pg_restore), then run"
            " `newsletter db restore` without a file.",
        )
    kept = None
    with run_lock(database):
        if copy is not None and path is not None:
            kept = path.with_name(f"{path.name}.before-{now:%Y%m%dT%H%M%S}")
            database.close()
            exchange(path, copy, kept)
            database = reopen()
        upgrade(database)
        with database.begin() as connection:
            people = mark_restored(connection)
            text = _TOLD.format(people=people)
            events.alarm(connection, about=f"{ABOUT}{now:%Y%m%dT%H%M%S%f}", text=text, now=now)
    return Restored(people=people, text=text, kept=kept)
