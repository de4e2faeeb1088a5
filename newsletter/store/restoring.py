"""A ledger that is an older copy: what became of anybody since it was made, nobody knows."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, select, update

from newsletter.errors import StoreError
from newsletter.model.delivery import COPY_APART, BatchState, DeliveryState, ProviderIdState
from newsletter.model.edition import EditionState
from newsletter.store.tables import batch, delivery, edition, notice, provider_id

ABOUT = "restored:"
"""How the alarm begins that says that an older copy was put back, followed by when."""

_NOT_HANDED_OVER = (
    "An older copy of the database was put back, and it does not know whether this was \
sent meanwhile. If it was not, `newsletter editions reopen` and `newsletter send` send it."
)
_UNFINISHED = (
    *(EditionState.FROZEN, EditionState.SENDING, EditionState.PAUSED, EditionState.SCHEDULED),
    *(EditionState.PARTIAL, EditionState.CANCELLING, EditionState.CANCELLED),
)
_OPEN_PEOPLE = (DeliveryState.PLANNED, DeliveryState.ACCEPTED, DeliveryState.CANCELLED)
_OPEN_BATCHES = (
    *(BatchState.PLANNED, BatchState.SUBMITTING),
    *(BatchState.ACCEPTED, BatchState.UNKNOWN),
)


def mark_restored(connection: Connection) -> int:
    """Makes everybody unknown of whom the copy does not say for certain how it ended; how many.

    Also who was accepted, or taken back: that may have been undone since. Ids at the provider are
    given up, since it may know others by now. An edition that the copy has not begun to hand over
    is closed: it may have gone out to everybody.
    """
    unfinished = select(edition.c.id).where(edition.c.state.in_(_UNFINISHED)).scalar_subquery()
    people = connection.execute(
        update(delivery)
        .where(delivery.c.edition_id.in_(unfinished), delivery.c.state.in_(_OPEN_PEOPLE))
        .values(state=DeliveryState.UNKNOWN, reason=None)
    )
    connection.execute(
        update(batch)
        .where(batch.c.edition_id.in_(unfinished), batch.c.state.in_(_OPEN_BATCHES))
        .values(
            state=BatchState.UNKNOWN,
            attempt=(batch.c.attempt // COPY_APART + 1) * COPY_APART,
            provider_id=None,
            owner=None,
            lease_until=None,
        )
    )
    connection.execute(
        update(provider_id)
        .where(provider_id.c.edition_id.in_(unfinished))
        .values(state=ProviderIdState.DELETED)
    )
    connection.execute(
        update(edition)
        .where(edition.c.state == EditionState.SCHEDULED)
        .values(state=EditionState.PARTIAL)
    )
    connection.execute(
        update(edition)
        .where(edition.c.state == EditionState.FROZEN)
        .values(state=EditionState.CANCELLED, reasons=[_NOT_HANDED_OVER])
    )
    return people.rowcount


def restored_at(connection: Connection) -> datetime | None:
    """When an older copy was last put back; None: never, as far as this database knows."""
    query = select(func.max(notice.c.created_at)).where(notice.c.about.startswith(ABOUT))
    return connection.execute(query).scalar()


def exchange(path: Path, copy: Path, kept: Path) -> None:
    """Puts a copy in the place of a SQLite database, and keeps what is there as `kept`.

    The caller holds the run lock, and no connection. Raises StoreError; nothing is changed then.
    """
    if not _is_ours(copy):
        raise StoreError(
            f"{copy} is not a copy of this program's database.",
            "Name a file that was made by copying the database; nothing was changed.",
        )
    try:
        _keep(path, kept)
        _copied(copy, path)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"The copy could not be put back ({error}).",
            "End every program that works on the database, see that there is room for a second one"
            " beside it, and try again.",
        ) from error


def _keep(path: Path, kept: Path) -> None:
    if not path.exists():
        return
    try:
        _copied(path, kept)
    except sqlite3.OperationalError:  # it is in use, or there is no room
        raise
    except sqlite3.DatabaseError:  # it is damaged, which may be why a copy is put back
        _set_aside(path, kept)


def _is_ours(copy: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)) as found:
            tables = {row[0] for row in found.execute("SELECT name FROM sqlite_master")}
            sound = found.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except sqlite3.Error:
        return False
    return sound and {"alembic_version", "edition", "delivery"} <= tables


def _copied(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_RDWR | os.O_CREAT, 0o600))
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _set_aside(path: Path, kept: Path) -> None:
    for end in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{end}").replace(f"{kept}{end}")
