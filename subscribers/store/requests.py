"""Queries about what people asked for on pages, and the mails that answer it.

The caller owns the connection and its transaction. On PostgreSQL whoever reads a request to act on
it holds its row meanwhile; on SQLite there is one writer at a time anyway.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from subscribers.model import Form, Letter, Purpose, Request, RequestState, split_topics
from subscribers.store.tables import request

_OPEN = (RequestState.ASKED.value, RequestState.DUE.value, RequestState.MAILED.value)
_WITH_A_LINK = (*_OPEN, RequestState.FAILED.value)
"""A mail that counts as failed may have arrived all the same."""


class NewRequest(NamedTuple):
    """A request to be written; the names are those of the columns."""

    purpose: str
    nonce: str
    address: str
    address_key: str
    topics: str
    form: str
    wording: str
    source: str
    network: str
    asked_at: datetime
    expires_at: datetime


class Mailed(NamedTuple):
    """A mail that went to an address, or may have."""

    purpose: Purpose
    at: datetime


def add(conn: Connection, new: NewRequest) -> None:
    """Write a request; its mail is due at once."""
    asked = RequestState.ASKED.value
    row = {**new._asdict(), "state": asked, "not_before": new.asked_at}
    conn.execute(insert(request).values(row))


def next_due(conn: Connection, now: datetime) -> Request | None:
    """The oldest request whose mail is to be decided on or handed over now; others pass it by."""
    open_ = (RequestState.ASKED.value, RequestState.DUE.value)
    query = select(request).where(request.c.state.in_(open_), request.c.not_before <= now)
    waiting = query.order_by(request.c.not_before, request.c.id).limit(1)
    row = conn.execute(waiting.with_for_update(skip_locked=True)).first()
    return None if row is None else _request(row)


def hold_address(conn: Connection, address_key: str) -> None:
    """Nobody else decides on a request of this address before the transaction ends.

    Else two who answer two of them at once would each find that nothing was mailed of late.
    """
    if conn.dialect.name == "postgresql":
        lock = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
        conn.exec_driver_sql(lock, (f"request of {address_key}",))


def by_nonce(conn: Connection, nonce: str) -> Request | None:
    """The request that a mailed link belongs to."""
    query = select(request).where(request.c.nonce == nonce).with_for_update()
    row = conn.execute(query).first()
    return None if row is None else _request(row)


def of_address(conn: Connection, address_key: str) -> tuple[Request, ...]:
    """All that was asked with this address, oldest first."""
    query = select(request).where(request.c.address_key == address_key).order_by(request.c.id)
    return tuple(_request(row) for row in conn.execute(query))


def mailed_since(conn: Connection, address_key: str, since: datetime) -> tuple[Mailed, ...]:
    """The mails that answered this address since then; one being handed over counts."""
    at = request.c.mailed_at
    query = select(request.c.purpose, at).where(
        request.c.address_key == address_key, at.is_not(None), at > since
    )
    return tuple(Mailed(Purpose(row.purpose), row.mailed_at) for row in conn.execute(query))


def hand_over(
    conn: Connection,
    id_: int,
    letter: Letter,
    *,
    now: datetime,
    until: datetime,
    expires_at: datetime,
) -> None:
    """Note that its mail is being handed over; if nothing more is heard, it is due again `until`.

    It counts as mailed from now on: nobody can say what became of a mail whose sender died. Its
    link holds from now on, too.
    """
    _set(
        conn,
        id_,
        state=RequestState.DUE.value,
        letter=letter.value,
        mailed_at=now,
        not_before=until,
        expires_at=expires_at,
        tries=request.c.tries + 1,
    )


def end(conn: Connection, id_: int, state: RequestState, *, reason: str = "") -> None:
    """Bring a request to where no mail is due any more. One that was overtaken meanwhile stays."""
    unused = request.c.state.in_(_OPEN)
    values = {"state": state.value, "reason": reason}
    conn.execute(update(request).where(request.c.id == id_, unused).values(values))


def put_off(conn: Connection, id_: int, until: datetime, reason: str) -> None:
    """Its mail could not be handed over; it is tried again then."""
    due = request.c.state == RequestState.DUE.value
    values = {"not_before": until, "reason": reason}
    conn.execute(update(request).where(request.c.id == id_, due).values(values))


def use(conn: Connection, id_: int, now: datetime) -> None:
    """Its link was used."""
    _set(conn, id_, state=RequestState.USED.value, used_at=now)


def void_open(conn: Connection, keys: Collection[str]) -> None:
    """Let no link that was asked for before bring these people, by address key, onto the list."""
    if keys:
        joining = request.c.purpose == Purpose.SUBSCRIBE.value
        mine = update(request).where(request.c.address_key.in_(keys), joining)
        open_ = mine.where(request.c.state.in_(_WITH_A_LINK))
        conn.execute(open_.values(state=RequestState.VOID.value))


def delete_of(conn: Connection, address_key: str) -> int:
    """Delete all that was asked with this address; how many."""
    return conn.execute(delete(request).where(request.c.address_key == address_key)).rowcount


def is_due(conn: Connection, now: datetime) -> bool:
    """Whether there is anything to be decided on or handed over; asking costs no writer's turn."""
    due = request.c.state.in_((RequestState.ASKED.value, RequestState.DUE.value))
    query = select(request.c.id).where(due, request.c.not_before <= now).limit(1)
    return conn.execute(query).first() is not None


def waiting(conn: Connection, before: datetime) -> int:
    """How many requests from before then wait for their mail still."""
    due = request.c.state.in_((RequestState.ASKED.value, RequestState.DUE.value))
    query = select(func.count()).select_from(request).where(due, request.c.asked_at < before)
    return conn.execute(query).scalar_one()


def failed(conn: Connection, since: datetime) -> list[str]:
    """Why mails that were asked for since then could not be handed over; the newest first."""
    lost = request.c.state == RequestState.FAILED.value
    query = select(request.c.reason).where(lost, request.c.asked_at >= since)
    return list(conn.execute(query.order_by(request.c.id.desc())).scalars())


def _set(conn: Connection, id_: int, **values: Any) -> None:
    conn.execute(update(request).where(request.c.id == id_).values(**values))


def _request(row: Row[Any]) -> Request:
    return Request(
        id=row.id,
        purpose=Purpose(row.purpose),
        nonce=row.nonce,
        address=row.address,
        topics=split_topics(row.topics),
        form=Form(row.form),
        wording_version=row.wording,
        source=row.source,
        network=row.network,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        state=RequestState(row.state),
        letter=Letter(row.letter) if row.letter else None,
        reason=row.reason,
        tries=row.tries,
        mailed_at=row.mailed_at,
        used_at=row.used_at,
    )
