"""Which posts may be news for a channel: the newest revision, and the last one readers saw."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    insert,
    or_,
    select,
    update,
)

from newsletter.model.edition import Channel, EditionState
from newsletter.model.post import Candidate
from newsletter.store.posts import as_candidate, as_revision
from newsletter.store.tables import channel as channel_table
from newsletter.store.tables import edition, edition_item, post, revision


def baseline(connection: Connection, channel: Channel) -> datetime | None:
    """From when on the channel reports news; None before its first edition was composed."""
    query = select(channel_table.c.baseline_at).where(channel_table.c.name == channel)
    return connection.execute(query).scalar()


def set_baseline(connection: Connection, channel: Channel, at: datetime) -> None:
    """Fixes it, once."""
    connection.execute(insert(channel_table).values(name=channel, baseline_at=at))


def is_quiet(connection: Connection, channel: Channel, key: str) -> bool:
    """Whether the scheduled run of this period found nothing new, which settled it."""
    query = select(channel_table.c.quiet_period).where(channel_table.c.name == channel)
    return connection.execute(query).scalar() == key


def note_quiet(connection: Connection, channel: Channel, key: str) -> None:
    """Notes that the period's time has come and that there was nothing to say."""
    connection.execute(
        update(channel_table).where(channel_table.c.name == channel).values(quiet_period=key)
    )


def candidates(connection: Connection, channel: Channel, since: datetime) -> list[Candidate]:
    """Posts with a revision that the channel's readers were not shown.

    Shown is what was in a frozen edition of the channel that was not cancelled, or was left out of
    one by the admin; the first revision of a post that was known at the baseline; and, for posts
    older than the channel's own baseline `since`, what there was by then. Protected posts are
    never among them.
    """
    rows = connection.execute(_query(channel, since)).all()
    wanted = {row.newest_id for row in rows} | {row.shown_id for row in rows if row.shown_id}
    revisions = {
        row.id: as_revision(row)
        for row in connection.execute(select(revision).where(revision.c.id.in_(wanted)))
    }
    return [
        as_candidate(row, newest=revisions[row.newest_id], shown=revisions.get(row.shown_id))
        for row in rows
    ]


def posts_in_last_answers(connection: Connection, *, without: Collection[int]) -> int:
    """How many posts were in the last answer of their feed, leaving out those `without`."""
    last = (
        select(post.c.feed_id, func.max(post.c.last_seen_at).label("at"))
        .group_by(post.c.feed_id)
        .subquery()
    )
    query = select(post.c.id).join(
        last, and_(last.c.feed_id == post.c.feed_id, last.c.at == post.c.last_seen_at)
    )
    return len(set(connection.execute(query).scalars()) - set(without))


def _query(channel: Channel, since: datetime) -> Select[Any]:
    newest = _highest(revision.c.id, "newest_id").subquery()
    mailed = _mailed(channel).subquery()
    early = _highest(revision.c.id, "early_id").where(revision.c.seen_at <= since).subquery()
    first = select(revision.c.post_id, revision.c.id).where(revision.c.number == 1).subquery()
    at_baseline = case((post.c.baseline, first.c.id))
    shown = func.coalesce(mailed.c.mailed_id, early.c.early_id, at_baseline)
    return (
        select(post, newest.c.newest_id, shown.label("shown_id"))
        .join(newest, newest.c.post_id == post.c.id)
        .join(first, first.c.post_id == post.c.id)
        .outerjoin(mailed, mailed.c.post_id == post.c.id)
        .outerjoin(early, early.c.post_id == post.c.id)
        .where(post.c.protected.is_(False))
        .where(or_(shown.is_(None), shown < newest.c.newest_id))
        .order_by(post.c.id)
    )


def _highest(column: Any, name: str) -> Select[Any]:
    return select(revision.c.post_id, func.max(column).label(name)).group_by(revision.c.post_id)


def settled(channel: Channel, dropped: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether what an edition has counts as shown to the channel's readers; `dropped` is the column
    of what the admin left out.
    """
    return and_(
        edition.c.channel == channel,
        or_(
            and_(edition.c.frozen_at.is_not(None), edition.c.state != EditionState.CANCELLED),
            and_(
                dropped,
                or_(edition.c.frozen_at.is_not(None), edition.c.state == EditionState.CANCELLED),
            ),
        ),
    )


def _mailed(channel: Channel) -> Select[Any]:
    return (
        select(edition_item.c.post_id, func.max(edition_item.c.revision_id).label("mailed_id"))
        .join(edition, edition.c.id == edition_item.c.edition_id)
        .where(settled(channel, edition_item.c.dropped))
        .group_by(edition_item.c.post_id)
    )
