"""Queries of the archive: which editions were sent, and what of them is no longer shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from newsletter.model.edition import Rendered
from newsletter.store.editions import rendered_of
from newsletter.store.tables import edition, edition_item, edition_variant, removal

WHOLE = 0
"""In the place of a post's number: all of the edition."""


def variant(connection: Connection, edition_id: int, key: str) -> Rendered | None:
    """The bytes of one variant, if there is such a one."""
    row = connection.execute(
        select(edition_variant).where(
            edition_variant.c.edition_id == edition_id, edition_variant.c.key == key
        )
    ).one_or_none()
    return rendered_of(row) if row else None


def removed(connection: Connection, edition_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """What is no longer shown of each of these editions: posts, or WHOLE."""
    rows = connection.execute(
        select(removal.c.edition_id, removal.c.post_id).where(
            removal.c.edition_id.in_(list(edition_ids))
        )
    )
    found: dict[int, set[int]] = {}
    for row in rows:
        found.setdefault(row.edition_id, set()).add(row.post_id)
    return {edition_id: frozenset(posts) for edition_id, posts in found.items()}


def remove(connection: Connection, edition_id: int, post_ids: Sequence[int], at: datetime) -> None:
    """Shows these posts (or WHOLE) no longer; what was removed before stays so."""
    there = removed(connection, [edition_id]).get(edition_id, frozenset())
    rows = [
        {"edition_id": edition_id, "post_id": post_id, "removed_at": at}
        for post_id in post_ids
        if post_id not in there
    ]
    if rows:
        connection.execute(insert(removal), rows)


def restore(connection: Connection, edition_id: int, post_ids: Sequence[int]) -> int:
    """Shows these posts (or WHOLE) again; how many of them were not shown."""
    return connection.execute(
        delete(removal).where(
            removal.c.edition_id == edition_id, removal.c.post_id.in_(list(post_ids))
        )
    ).rowcount


def editions_with(connection: Connection, post_id: int, channel: str) -> list[str]:
    """The keys of the channel's editions that show a post, newest first."""
    query = (
        select(edition.c.key)
        .join(edition_item, edition_item.c.edition_id == edition.c.id)
        .where(
            edition_item.c.post_id == post_id,
            edition_item.c.dropped.is_(False),
            edition.c.channel == channel,
            edition.c.frozen_at.is_not(None),
        )
        .order_by(edition.c.scheduled_at.desc())
    )
    return list(connection.execute(query).scalars())
