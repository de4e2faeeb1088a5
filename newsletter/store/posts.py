"""Queries of posts and their revisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from newsletter.model.post import (
    Candidate,
    Change,
    Identity,
    Image,
    KnownPost,
    PostDraft,
    PostSummary,
    Revision,
    Source,
    StoredRevision,
    Weight,
)
from newsletter.store.tables import post, revision


def known_posts(connection: Connection) -> list[KnownPost]:
    """Every post, as far as matching entries needs it."""
    columns = (post.c.id, post.c.feed_id, post.c.guid, post.c.post_number, post.c.slug)
    rows = connection.execute(select(*columns, post.c.fingerprint, post.c.title, post.c.url))
    return [
        KnownPost(
            id=row.id,
            feed_id=row.feed_id,
            identity=Identity(
                guid=row.guid,
                post_number=row.post_number,
                slug=row.slug,
                fingerprint=row.fingerprint,
            ),
            title=row.title,
            url=row.url,
        )
        for row in rows
    ]


def hand_over(connection: Connection, post_ids: Sequence[int], feed_id: int) -> None:
    """Makes the posts those of another feed, which from now on tells what they say."""
    connection.execute(update(post).where(post.c.id.in_(post_ids)).values(feed_id=feed_id))


def reach(connection: Connection, feed_id: int) -> tuple[datetime | None, int | None]:
    """How far back the feed is known: its oldest post's date, and its highest post number."""
    oldest, highest = connection.execute(
        select(func.min(post.c.published), func.max(post.c.post_number)).where(
            post.c.feed_id == feed_id
        )
    ).one()
    return oldest, highest


def newest_hashes(connection: Connection, post_ids: Sequence[int]) -> dict[int, str]:
    """The text hash of the newest revision of each post."""
    newest = _newest_numbers().subquery()
    rows = connection.execute(
        select(revision.c.post_id, revision.c.text_hash)
        .join(newest, _is(newest))
        .where(revision.c.post_id.in_(post_ids))
    )
    return {row.post_id: row.text_hash for row in rows}


def newest_revisions(connection: Connection, post_ids: Sequence[int]) -> dict[int, StoredRevision]:
    """The newest revision of each post, whole."""
    newest = _newest_numbers().subquery()
    rows = connection.execute(
        select(revision).join(newest, _is(newest)).where(revision.c.post_id.in_(post_ids))
    )
    return {row.post_id: as_revision(row) for row in rows}


def add_post(
    connection: Connection, feed_id: int, draft: PostDraft, *, baseline: bool, now: datetime
) -> int:
    """Records a post seen for the first time, with its first revision; gives its id."""
    result = connection.execute(
        insert(post).values(
            feed_id=feed_id, baseline=baseline, first_seen_at=now, last_seen_at=now, **_facts(draft)
        )
    )
    post_id = _key(result.inserted_primary_key)
    first = Change(weight=Weight.NONE)
    add_revision(connection, post_id, draft.revision, first, now=now, number=1, source=draft.source)
    return post_id


def update_post(connection: Connection, post_id: int, draft: PostDraft, *, now: datetime) -> None:
    """Takes over what the entry says of a known post now, but for what it does not tell."""
    facts = {name: value for name, value in _facts(draft).items() if name not in draft.untold}
    connection.execute(update(post).where(post.c.id == post_id).values(last_seen_at=now, **facts))


def touch(connection: Connection, post_ids: Iterable[int], *, now: datetime) -> None:
    """Notes that the posts are still in a feed."""
    connection.execute(update(post).where(post.c.id.in_(list(post_ids))).values(last_seen_at=now))


def touch_last_answer(connection: Connection, feed_id: int, *, now: datetime) -> None:
    """Notes that the posts of the feed's last answer are still in it."""
    newest = select(func.max(post.c.last_seen_at)).where(post.c.feed_id == feed_id)
    connection.execute(
        update(post)
        .where(post.c.feed_id == feed_id, post.c.last_seen_at == newest.scalar_subquery())
        .values(last_seen_at=now)
    )


def post_numbers(connection: Connection) -> frozenset[int]:
    """The numbers that WordPress gave to the posts."""
    query = select(post.c.post_number).where(post.c.post_number.is_not(None))
    return frozenset(connection.execute(query).scalars())


def add_revision(
    connection: Connection,
    post_id: int,
    new: Revision,
    change: Change,
    *,
    now: datetime,
    number: int,
    source: Source = Source.FEED,
) -> None:
    """Adds a version to a post's history; `number` counts from 1."""
    connection.execute(
        insert(revision).values(
            post_id=post_id,
            number=number,
            seen_at=now,
            title=new.title,
            html=new.html,
            text=new.text,
            text_hash=new.text_hash,
            weight=change.weight,
            summary=change.summary,
            reasons=list(change.reasons),
            source=source,
        )
    )


def retell(connection: Connection, revision_id: int, same: Revision, source: Source) -> None:
    """The same version of a post in the words of another source: no change, and no new version."""
    connection.execute(
        update(revision)
        .where(revision.c.id == revision_id)
        .values(
            title=same.title,
            html=same.html,
            text=same.text,
            text_hash=same.text_hash,
            source=source,
        )
    )


def get(connection: Connection, post_id: int) -> PostSummary | None:
    """One post as `posts show` shows it; None when there is none of this number."""
    row = connection.execute(_summaries().where(post.c.id == post_id)).one_or_none()
    return _summary(row) if row else None


def summaries(connection: Connection, *, limit: int | None = None) -> list[PostSummary]:
    """All posts, newest first, as `posts list` shows them."""
    when = func.coalesce(post.c.published, post.c.first_seen_at)
    query = _summaries().order_by(when.desc(), post.c.id.desc()).limit(limit)
    return [_summary(row) for row in connection.execute(query)]


def _summaries() -> Select[Any]:
    counted = (
        select(revision.c.post_id, func.max(revision.c.number).label("number"))
        .group_by(revision.c.post_id)
        .subquery()
    )
    return (
        select(post, counted.c.number, revision.c.weight)
        .join(counted, counted.c.post_id == post.c.id)
        .join(revision, _is(counted))
    )


def history(connection: Connection, post_id: int) -> list[StoredRevision]:
    """All revisions of a post, oldest first."""
    rows = connection.execute(
        select(revision).where(revision.c.post_id == post_id).order_by(revision.c.number)
    )
    return [as_revision(row) for row in rows]


def latest(connection: Connection, count: int) -> list[Candidate]:
    """The last published posts that are open to everybody, as if nobody had been shown them."""
    newest = _newest_numbers().subquery()
    rows = connection.execute(
        select(post, revision.c.id.label("newest_id"))
        .join(newest, newest.c.post_id == post.c.id)
        .join(revision, _is(newest))
        .where(post.c.protected.is_(False))
        .order_by(func.coalesce(post.c.published, post.c.first_seen_at).desc(), post.c.id.desc())
        .limit(count)
    ).all()
    revisions = newest_revisions(connection, [row.id for row in rows])
    return [as_candidate(row, newest=revisions[row.id], shown=None) for row in rows]


def as_candidate(
    row: Row[Any], *, newest: StoredRevision, shown: StoredRevision | None
) -> Candidate:
    """A row of the table `post` as something an edition may show."""
    return Candidate(
        post_id=row.id,
        title=row.title,
        url=row.url,
        published=row.published,
        updated=row.updated,
        categories=tuple(row.categories),
        image=as_image(row.image),
        newest=newest,
        shown=shown,
    )


def as_revision(row: Row[Any]) -> StoredRevision:
    """A row of the table `revision` as a value."""
    return StoredRevision(
        id=row.id,
        post_id=row.post_id,
        number=row.number,
        seen_at=row.seen_at,
        revision=Revision(title=row.title, html=row.html, text=row.text, text_hash=row.text_hash),
        change=Change(weight=Weight(row.weight), summary=row.summary, reasons=tuple(row.reasons)),
        source=Source(row.source),
    )


def as_image(raw: dict[str, Any] | None) -> Image | None:
    """The picture kept in a JSON column."""
    return Image(**raw) if raw else None


def _summary(row: Row[Any]) -> PostSummary:
    return PostSummary(
        id=row.id,
        title=row.title,
        url=row.url,
        published=row.published,
        updated=row.updated,
        first_seen=row.first_seen_at,
        categories=tuple(row.categories),
        revisions=row.number,
        last_change=Weight(row.weight),
    )


def _facts(draft: PostDraft) -> dict[str, Any]:
    image = draft.image
    return {
        "guid": draft.identity.guid,
        "post_number": draft.identity.post_number,
        "slug": draft.identity.slug,
        "fingerprint": draft.identity.fingerprint,
        "url": draft.url,
        "title": draft.title,
        "published": draft.published,
        "updated": draft.updated,
        "categories": list(draft.categories),
        "image": image
        and {"url": image.url, "alt": image.alt, "width": image.width, "height": image.height},
        "protected": draft.protected,
    }


def _newest_numbers() -> Any:
    return select(revision.c.post_id, func.max(revision.c.number).label("number")).group_by(
        revision.c.post_id
    )


def _is(newest: Any) -> Any:
    return (newest.c.post_id == revision.c.post_id) & (newest.c.number == revision.c.number)


def _key(primary_key: Any) -> int:
    return int(primary_key[0])
