"""Queries of the blog's pages: how they answered, and which posts that makes unavailable."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from newsletter.model.edition import Channel, EditionState
from newsletter.model.page import PageCheck, Standing, Withdrawn
from newsletter.store.tables import edition, edition_item, page, post

LONGEST = 2000
"""A longer address is not kept."""

_UNAVAILABLE = (Standing.GONE, Standing.PRIVATE)


def checks(connection: Connection, urls: Collection[str]) -> dict[str, PageCheck]:
    """What is known of these pages."""
    wanted = list(dict.fromkeys(urls))
    found: dict[str, PageCheck] = {}
    for at in range(0, len(wanted), 500):  # SQLite takes only so many variables
        some = select(page).where(page.c.url.in_(wanted[at : at + 500]))
        found |= {row.url: _check(row) for row in connection.execute(some)}
    return found


def record(connection: Connection, found: Sequence[PageCheck]) -> None:
    """Notes how pages answered; `since` stays as long as they answer the same."""
    known = checks(connection, [check.url for check in found])
    rows = [
        {
            "url": check.url,
            "standing": check.standing,
            "http_status": check.http_status,
            "trouble": check.trouble,
            "checked_at": check.checked_at,
            "since": _since(check, known.get(check.url)),
        }
        for check in found
        if len(check.url) <= LONGEST
    ]
    connection.execute(delete(page).where(page.c.url.in_([row["url"] for row in rows])))
    if rows:
        connection.execute(insert(page), rows)


def _since(check: PageCheck, before: PageCheck | None) -> datetime:
    same = before is not None and before.standing is check.standing
    return before.since if same and before is not None else check.since


def forget(connection: Connection, before: datetime) -> None:
    """Forgets pages that nobody has asked for since, but for those that are gone."""
    connection.execute(
        delete(page).where(page.c.checked_at < before, page.c.standing.not_in(_UNAVAILABLE))
    )


def unavailable(connection: Connection, since: datetime) -> list[tuple[str, PageCheck]]:
    """The posts, by title, whose page has been found gone or private since then."""
    rows = connection.execute(
        select(post.c.title, page)
        .join(page, page.c.url == post.c.url)
        .where(page.c.standing.in_(_UNAVAILABLE), page.c.since >= since)
        .order_by(page.c.since.desc(), post.c.id)
    )
    return [(row.title, _check(row)) for row in rows]


def shown_lately(connection: Connection, channel: Channel, editions: int) -> list[tuple[int, str]]:
    """The posts (number, address) of the last editions that went out."""
    last = (
        select(edition.c.id)
        .where(*_went_out(channel))
        .order_by(edition.c.scheduled_at.desc())
        .limit(editions)
    )
    rows = connection.execute(
        select(post.c.id, post.c.url)
        .join(edition_item, edition_item.c.post_id == post.c.id)
        .where(edition_item.c.edition_id.in_(last), edition_item.c.dropped.is_(False))
        .distinct()
        .order_by(post.c.id)
    )
    return [(row.id, row.url) for row in rows]


def withdrawn(connection: Connection, channel: Channel) -> list[Withdrawn]:
    """The posts that readers were shown, and that were found gone after the last edition."""
    frozen = select(func.max(edition.c.frozen_at)).where(*_went_out(channel)).scalar_subquery()
    rows = connection.execute(
        select(post.c.id, post.c.title, post.c.url, page.c.since, func.max(edition.c.key))
        .join(page, page.c.url == post.c.url)
        .join(edition_item, edition_item.c.post_id == post.c.id)
        .join(edition, edition.c.id == edition_item.c.edition_id)
        .where(*_went_out(channel), edition_item.c.dropped.is_(False))
        .where(page.c.standing.in_(_UNAVAILABLE), page.c.since >= frozen)
        .group_by(post.c.id, post.c.title, post.c.url, page.c.since)
        .order_by(post.c.id)
    )
    return [
        Withdrawn(post_id=row[0], title=row[1], url=row[2], since=row[3], edition_key=row[4])
        for row in rows
    ]


def _went_out(channel: Channel) -> tuple[Any, ...]:
    return (
        edition.c.channel == channel,
        edition.c.frozen_at.is_not(None),
        edition.c.state != EditionState.CANCELLED,
    )


def _check(row: Row[Any]) -> PageCheck:
    return PageCheck(
        url=row.url,
        standing=Standing(row.standing),
        http_status=row.http_status,
        trouble=row.trouble,
        checked_at=row.checked_at,
        since=row.since,
    )
