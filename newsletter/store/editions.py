"""Queries of editions: the draft that may change, and the frozen one that never does.

Each change of state is a compare-and-swap on the old state; False means that somebody else was
there first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from newsletter.model.edition import (
    Channel,
    Choice,
    DigestItem,
    Edition,
    EditionState,
    Form,
    Period,
    Rendered,
)
from newsletter.store.shown import item_of, item_row
from newsletter.store.tables import edition, edition_choice, edition_item, edition_variant
from newsletter.store.trial_tables import edition_trial


def find(connection: Connection, key: str, channel: Channel) -> Edition | None:
    """The edition of a period in a channel, if there is one."""
    query = select(edition).where(edition.c.key == key, edition.c.channel == channel)
    row = connection.execute(query).one_or_none()
    return _edition(row) if row else None


def get(connection: Connection, edition_id: int) -> Edition:
    """The edition with this id, as it is now."""
    return _edition(connection.execute(select(edition).where(edition.c.id == edition_id)).one())


def listed(
    connection: Connection,
    *,
    channel: Channel | None = None,
    states: Sequence[EditionState] | None = None,
    limit: int | None = None,
) -> list[Edition]:
    """Editions, newest period first."""
    query = select(edition).order_by(edition.c.scheduled_at.desc(), edition.c.id.desc())
    if channel is not None:
        query = query.where(edition.c.channel == channel)
    if states is not None:
        query = query.where(edition.c.state.in_(states))
    return [_edition(row) for row in connection.execute(query.limit(limit))]


def create(connection: Connection, period: Period, channel: Channel, nonce: str) -> Edition:
    """A new, empty draft of the period."""
    result = connection.execute(
        insert(edition).values(
            key=period.key,
            channel=channel,
            state=EditionState.DRAFT,
            scheduled_at=period.scheduled_at,
            first_day=period.first_day.isoformat(),
            nonce=nonce,
            reasons=[],
        )
    )
    assert result.inserted_primary_key is not None
    return get(connection, int(result.inserted_primary_key[0]))


def save_draft(
    connection: Connection,
    draft: Edition,
    *,
    state: EditionState,
    reasons: Sequence[str],
    checksum: str,
    items: Sequence[DigestItem],
    left_out: Sequence[DigestItem],
    variants: Sequence[Rendered],
    choices: Sequence[Choice],
    now: datetime,
) -> bool:
    """Replaces what a draft shows; `left_out` are the posts that the admin dropped.

    False, and nothing is replaced, when it was frozen meanwhile.
    """
    values = {"state": state, "reasons": list(reasons), "checksum": checksum, "composed_at": now}
    open_draft = and_(edition.c.id == draft.id, edition.c.frozen_at.is_(None))
    if connection.execute(update(edition).where(open_draft).values(**values)).rowcount != 1:
        return False
    _replace_items(connection, draft.id, items, left_out)
    connection.execute(delete(edition_variant).where(edition_variant.c.edition_id == draft.id))
    rows = [{"edition_id": draft.id, **_variant_row(variant)} for variant in variants]
    if rows:
        connection.execute(insert(edition_variant), rows)
    save_choices(connection, draft.id, choices)
    return True


def save_choices(connection: Connection, edition_id: int, choices: Sequence[Choice]) -> None:
    """Replaces which variant the people of each choice get."""
    connection.execute(delete(edition_choice).where(edition_choice.c.edition_id == edition_id))
    rows = [
        {"edition_id": edition_id, "topics": c.topics, "form": c.form, "variant": c.variant}
        for c in choices
    ]
    if rows:
        connection.execute(insert(edition_choice), rows)


def move(
    connection: Connection,
    edition_id: int,
    old: EditionState,
    new: EditionState,
    **values: Any,
) -> bool:
    """Changes the state from `old` to `new`, with further columns; False if it was not `old`."""
    result = connection.execute(
        update(edition)
        .where(edition.c.id == edition_id, edition.c.state == old)
        .values(state=new, **values)
    )
    return result.rowcount == 1


def freeze(connection: Connection, draft: Edition, *, now: datetime, **values: Any) -> bool:
    """Freezes exactly the bytes with the draft's checksum; False if they are not those any more.

    `values`: transport, sender, public_url, undo_minutes, plan_until.
    """
    result = connection.execute(
        update(edition)
        .where(
            edition.c.id == draft.id,
            edition.c.state == draft.state,
            edition.c.frozen_at.is_(None),
            edition.c.checksum == draft.checksum,
        )
        .values(state=EditionState.FROZEN, reasons=[], frozen_at=now, **values)
    )
    return result.rowcount == 1


def widen_window(connection: Connection, edition_id: int, undo_minutes: int) -> None:
    """Lets the mails of a frozen edition wait longer, as long as nothing of it is handed over."""
    connection.execute(
        update(edition)
        .where(edition.c.id == edition_id, edition.c.state == EditionState.FROZEN)
        .where(edition.c.undo_minutes < undo_minutes)
        .values(undo_minutes=undo_minutes)
    )


def note_preview(connection: Connection, edition_id: int, checksum: str) -> None:
    """Remembers that the admin has looked at exactly these bytes."""
    connection.execute(
        update(edition).where(edition.c.id == edition_id).values(previewed_checksum=checksum)
    )


def set_note(connection: Connection, edition_id: int, note: str) -> None:
    """Sets the author's introduction (Markdown) of a draft."""
    connection.execute(
        update(edition)
        .where(edition.c.id == edition_id, edition.c.frozen_at.is_(None))
        .values(note=note)
    )


def drop(connection: Connection, edition_id: int, post_id: int, *, dropped: bool) -> bool:
    """Leaves a post out of a draft, or takes it in again; False if it is in no draft."""
    open_draft = select(edition.c.id).where(edition.c.frozen_at.is_(None))
    result = connection.execute(
        update(edition_item)
        .where(edition_item.c.edition_id == edition_id, edition_item.c.post_id == post_id)
        .where(edition_item.c.edition_id.in_(open_draft))
        .values(dropped=dropped)
    )
    return result.rowcount == 1


def drop_all(connection: Connection, edition_id: int) -> None:
    """Marks all of a skipped edition as what readers will not be told of again."""
    for table in (edition_item, edition_trial):
        here = table.c.edition_id == edition_id
        connection.execute(update(table).where(here).values(dropped=True))


def items(connection: Connection, edition_id: int, *, dropped: bool = False) -> list[DigestItem]:
    """What an edition shows, in its order; or with `dropped` what was left out of it."""
    rows = connection.execute(
        select(edition_item.c.shown)
        .where(edition_item.c.edition_id == edition_id, edition_item.c.dropped == dropped)
        .order_by(edition_item.c.position)
    )
    return [item_of(row.shown) for row in rows]


def dropped_posts(connection: Connection, edition_id: int) -> frozenset[int]:
    """The posts that the admin left out."""
    query = select(edition_item.c.post_id).where(
        edition_item.c.edition_id == edition_id, edition_item.c.dropped.is_(True)
    )
    return frozenset(connection.execute(query).scalars())


def variants(connection: Connection, edition_id: int) -> list[Rendered]:
    """The bytes of every variant, `all` first."""
    rows = connection.execute(
        select(edition_variant).where(edition_variant.c.edition_id == edition_id)
    )
    return sorted(map(rendered_of, rows), key=lambda v: (v.key != "all", v.key))


def rendered_of(row: Row[Any]) -> Rendered:
    """A variant from its row."""
    return Rendered(
        key=row.key,
        form=Form(row.form),
        subject=row.subject,
        mjml=row.mjml,
        html=row.html,
        text=row.text,
        checksum=row.checksum,
        preheader=row.preheader,
        sender=row.sender,
    )


def subject(connection: Connection, edition_id: int) -> str:
    """The subject of variant `all`; "" for an edition that was never composed."""
    query = select(edition_variant.c.subject).where(
        edition_variant.c.edition_id == edition_id, edition_variant.c.key == "all"
    )
    return connection.execute(query).scalar() or ""


def _replace_items(
    connection: Connection,
    edition_id: int,
    shown: Sequence[DigestItem],
    left_out: Sequence[DigestItem],
) -> None:
    connection.execute(delete(edition_item).where(edition_item.c.edition_id == edition_id))
    rows = [
        {
            "edition_id": edition_id,
            "post_id": item.post_id,
            "position": position,
            "kind": item.kind,
            "revision_id": item.revision_id,
            "dropped": position >= len(shown),
            "shown": item_row(item),
        }
        for position, item in enumerate((*shown, *left_out))
    ]
    if rows:
        connection.execute(insert(edition_item), rows)


def _edition(row: Row[Any]) -> Edition:
    return Edition(
        id=row.id,
        period=Period(
            key=row.key,
            scheduled_at=row.scheduled_at,
            first_day=date.fromisoformat(row.first_day),
        ),
        channel=Channel(row.channel),
        state=EditionState(row.state),
        nonce=row.nonce,
        note=row.note,
        reasons=tuple(row.reasons),
        checksum=row.checksum,
        previewed_checksum=row.previewed_checksum,
        transport=row.transport,
        sender=row.sender,
        public_url=row.public_url,
        undo_minutes=row.undo_minutes,
        composed_at=row.composed_at,
        frozen_at=row.frozen_at,
        planned_at=row.planned_at,
        finished_at=row.finished_at,
    )


def _variant_row(variant: Rendered) -> dict[str, Any]:
    return {name: getattr(variant, name) for name in Rendered.__slots__}
