"""What all processes together may take: people of a day, and requests of a second.

Both are rows of one table that a claim takes from in its own transaction, so that two processes
never take the same. To keep two claims from waiting for each other in a circle, all take in one
order: the request first, then the batch, then the people.
"""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    update,
)

from newsletter.model.delivery import BatchState
from newsletter.model.edition import Channel
from newsletter.store.tables import allowance, batch, edition
from newsletter.store.upsert import insert_or_update

PEOPLE = "people"
REQUEST = "request"

KEPT_DAYS = 31
"""How many days back it is known what was taken on each."""

_NEXT = "next"
_MICROSECONDS = 1_000_000
_DOUBTFUL = 60 * _MICROSECONDS
_HANDED_OVER = batch.c.state.in_([BatchState.ACCEPTED, BatchState.UNKNOWN])
_CLOCK = {
    "sqlite": "SELECT CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000",
    "postgresql": "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)",
}


def take_people(connection: Connection, day: str, number: int, cap: int) -> bool:
    """Takes `number` people of a day (`2026-11-16`); False, and nothing is taken, above its cap.

    Holds the day's row until the transaction ends. What is rolled back was never taken.
    """
    if number > cap:
        return False
    statement = insert_or_update(connection, allowance).values(name=PEOPLE, window=day, used=number)
    together = allowance.c.used + statement.excluded.used
    used = connection.execute(
        statement.on_conflict_do_update(
            index_elements=["name", "window"], set_={"used": together}, where=together <= cap
        ).returning(allowance.c.used)
    ).scalar()
    if used is not None and used == number:
        _forget_days(connection, before=date.fromisoformat(day) - timedelta(days=KEPT_DAYS))
    return used is not None


def give_back_people(connection: Connection, day: str, number: int) -> None:
    """Gives back what was taken on that day for people who certainly were not written to."""
    less = case((allowance.c.used > number, allowance.c.used - number), else_=0)
    connection.execute(update(allowance).where(_is_day(day)).values(used=less))


def people_taken(connection: Connection, day: str) -> int:
    """How many people of a day are taken."""
    return connection.execute(select(allowance.c.used).where(_is_day(day))).scalar() or 0


def take_request(connection: Connection, moment: int, per_second: float) -> float:
    """Takes the right to one request; 0.0 when it is taken, else the seconds until it can be.

    `moment` is in microseconds, of a clock that all processes share: see `clock`. The row holds
    the moment of the next free request, so that k requests take at least (k - 1) / `per_second`
    seconds, whoever makes them. End the transaction before waiting.
    """
    gap = math.ceil(_MICROSECONDS / per_second)
    statement = insert_or_update(connection, allowance).values(
        name=REQUEST, window=_NEXT, used=moment + gap
    )
    # A moment further off than any request can have set it is from before the clock was set back
    # or the rate was raised.
    free = or_(allowance.c.used <= moment, allowance.c.used > moment + gap + _DOUBTFUL)
    taken = connection.execute(
        statement.on_conflict_do_update(
            index_elements=["name", "window"],
            set_={"used": statement.excluded.used},
            where=free,
        ).returning(allowance.c.used)
    ).scalar()
    return 0.0 if taken is not None else _seconds_until_next(connection, moment)


def clock(connection: Connection) -> int:
    """The database's own time in microseconds since 1970: one clock for every process.

    On SQLite it is that of the machine, to the millisecond.
    """
    return int(connection.execute(text(_CLOCK[connection.dialect.name])).scalar_one())


def first_handed_over(connection: Connection) -> datetime | None:
    """When (UTC) a batch of a real edition was first handed over; None when none ever was.

    One whose end nobody saw counts, with the moment its edition was planned; one that was taken
    back in order to be sent again does not.
    """
    begun = (
        select(edition.c.id)
        .where(edition.c.channel == Channel.REAL)
        .where(exists().where(batch.c.edition_id == edition.c.id, _HANDED_OVER))
        .order_by(edition.c.planned_at)
        .limit(1)
    )
    first = _earliest(connection, edition.c.id == begun.scalar_subquery())
    if first is None:
        return None
    # Nothing is handed over before it is planned, so few editions are left that can be earlier.
    return _earliest(connection, edition.c.planned_at <= first)


def _earliest(connection: Connection, of: ColumnElement[bool]) -> datetime | None:
    moment = func.min(func.coalesce(batch.c.settled_at, edition.c.planned_at))
    query = (
        select(moment)
        .join(edition, edition.c.id == batch.c.edition_id)
        .where(edition.c.channel == Channel.REAL, of, _HANDED_OVER)
    )
    found: datetime | None = connection.execute(query).scalar()
    return found


def _is_day(day: str) -> Any:
    return (allowance.c.name == PEOPLE) & (allowance.c.window == day)


def _forget_days(connection: Connection, *, before: date) -> None:
    old = (allowance.c.name == PEOPLE) & (allowance.c.window < before.isoformat())
    connection.execute(delete(allowance).where(old))


def _seconds_until_next(connection: Connection, moment: int) -> float:
    query = select(allowance.c.used).where(allowance.c.name == REQUEST, allowance.c.window == _NEXT)
    return max(1, int(connection.execute(query).scalar_one()) - moment) / _MICROSECONDS
