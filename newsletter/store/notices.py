"""Queries of what the admin is told: each thing once, written down before it is mailed.

The caller owns the transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from newsletter.model.notice import NoticeKind, NoticeRecord, NoticeState
from newsletter.store.tables import notice
from newsletter.store.upsert import insert_or_update


def find(connection: Connection, kind: NoticeKind, about: str) -> NoticeRecord | None:
    """What is known of this thing, if it was ever noted."""
    query = select(notice).where(notice.c.kind == kind, notice.c.about == about)
    row = connection.execute(query).one_or_none()
    return _record(row) if row else None


def note(
    connection: Connection,
    kind: NoticeKind,
    about: str,
    text: str,
    *,
    now: datetime,
    told: bool = False,
) -> NoticeRecord:
    """Notes what is to be told, and gives it as it is then; what was told already stays so.

    The text is the newest while it was not told. `told`: the admin has seen it in another way.
    """
    state = NoticeState.SENT if told else NoticeState.DUE
    row = {"kind": kind, "about": about, "text": text, "state": state, "created_at": now}
    insert = insert_or_update(connection, notice).values(**row, sent_at=now if told else None)
    newer = {"text": text, **({"state": state, "sent_at": now} if told else {})}
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["kind", "about"],
            set_=newer,
            where=notice.c.state != NoticeState.SENT,
        )
    )
    found = find(connection, kind, about)
    assert found is not None
    return found


def untold(connection: Connection, *, since: datetime) -> list[NoticeRecord]:
    """What is due, or could not be told, and was noted after `since`; the oldest first."""
    query = (
        select(notice)
        .where(notice.c.state != NoticeState.SENT, notice.c.created_at > since)
        .order_by(notice.c.id)
    )
    return [_record(row) for row in connection.execute(query)]


def note_sent(connection: Connection, notice_id: int, *, now: datetime) -> None:
    """The provider has taken the mail."""
    _set(connection, notice_id, state=NoticeState.SENT, sent_at=now, error="")


def note_failed(connection: Connection, notice_id: int, *, error: str) -> None:
    """The mail could not be handed over, or nobody knows whether it was."""
    _set(connection, notice_id, state=NoticeState.FAILED, error=error, tries=notice.c.tries + 1)


def _set(connection: Connection, notice_id: int, **values: Any) -> None:
    connection.execute(update(notice).where(notice.c.id == notice_id).values(**values))


def _record(row: Row[Any]) -> NoticeRecord:
    return NoticeRecord(
        id=row.id,
        kind=NoticeKind(row.kind),
        about=row.about,
        text=row.text,
        state=NoticeState(row.state),
        error=row.error,
        tries=row.tries,
        created_at=row.created_at,
    )
