"""Queries of the feeds: what we know before a fetch, and what a fetch came to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Update, bindparam, func, insert, select, update

from newsletter.model.feed import FeedState, FeedStatus, Follow, Means, Validators
from newsletter.store.tables import feed

# Written down once: to make them up anew would take longer than to carry them out.
_FEEDS = select(feed).where(feed.c.url.in_(bindparam("urls", expanding=True)))


@cache
def _noting(names: tuple[str, ...]) -> Update:
    """The statement that sets these columns of a feed."""
    values = {name: bindparam(name, type_=feed.c[name].type) for name in names}
    return update(feed).where(feed.c.id == bindparam("feed_id")).values(values)


def register(connection: Connection, urls: Sequence[str]) -> None:
    """Adds the feeds that are new in the settings; one that was removed keeps its history."""
    known = set(connection.execute(select(feed.c.url)).scalars())
    missing = [{"url": url} for url in urls if url not in known]
    if missing:
        connection.execute(insert(feed), missing)


def states(connection: Connection, urls: Sequence[str]) -> list[FeedState]:
    """What is known of each of `urls`, in their order; unregistered ones are left out."""
    rows = {row.url: row for row in connection.execute(_FEEDS, {"urls": list(urls)})}
    return [
        FeedState(
            id=row.id,
            url=row.url,
            validators=Validators(etag=row.etag, last_modified=row.last_modified),
            body_hash=row.body_hash,
            unconditional_at=row.unconditional_at,
            baseline_at=row.baseline_at,
            succeeded_at=row.succeeded_at,
            follow=_follow(row),
        )
        for row in (rows[url] for url in urls if url in rows)
    ]


def statuses(connection: Connection, urls: Sequence[str]) -> list[FeedStatus]:
    """What the last fetch of each feed came to, in the order of `urls`."""
    rows = {row.url: row for row in connection.execute(_FEEDS, {"urls": list(urls)})}
    return [
        FeedStatus(
            url=row.url,
            title=row.title,
            status=row.status,
            http_status=row.http_status,
            error=row.error,
            failures=row.failures,
            fetched_at=row.fetched_at,
            succeeded_at=row.succeeded_at,
            means=Means(row.means) if row.means else None,
            alarm=row.alarm,
            alarm_at=row.alarm_at,
        )
        for row in (rows[url] for url in urls if url in rows)
    ]


def record_success(
    connection: Connection,
    state: FeedState,
    *,
    now: datetime,
    http_status: int,
    validators: Validators,
    body_hash: str | None,
    title: str | None,
    unconditional: bool,
) -> None:
    """Notes a fetch that worked; validators and the body's hash only now count as seen."""
    values: dict[str, object] = {
        "status": "unchanged" if title is None else "ok",
        "http_status": http_status,
        "error": "",
        "failures": 0,
        "fetched_at": now,
        "succeeded_at": now,
        "etag": validators.etag,
        "last_modified": validators.last_modified,
        "body_hash": body_hash,
        "baseline_at": state.baseline_at or now,
    }
    if title is not None:
        values["title"] = title
    if unconditional:
        values["unconditional_at"] = now
    connection.execute(_noting(tuple(values)), {**values, "feed_id": state.id})


def record_failure(
    connection: Connection, state: FeedState, *, now: datetime, error: str, http_status: int | None
) -> None:
    """Notes a fetch that failed; what was known of the feed stays."""
    connection.execute(
        update(feed)
        .where(feed.c.id == state.id)
        .values(
            status="failed",
            error=error,
            http_status=http_status,
            fetched_at=now,
            failures=feed.c.failures + 1,
        )
    )


def record_follow(connection: Connection, feed_id: int, follow: Follow) -> None:
    """Notes how the site is followed beyond its feed's window, and how far that is done."""
    connection.execute(
        update(feed)
        .where(feed.c.id == feed_id)
        .values(
            means=follow.means,
            api=follow.api,
            probed_at=follow.probed_at,
            followed_at=follow.followed_at,
            followed_through=follow.through,
            followed_marker=follow.marker,
        )
    )


def record_alarm(connection: Connection, feed_id: int, alarm: str, *, now: datetime) -> None:
    """Notes that posts may have been missed, and why; "" takes the alarm back."""
    values = {"alarm": alarm, "alarm_at": now if alarm else None}
    connection.execute(update(feed).where(feed.c.id == feed_id).values(**values))


def end_alarm(connection: Connection, feed_id: int, beginning: str) -> None:
    """Takes an alarm back that begins with these words; any other one stays."""
    begins = feed.c.alarm.startswith(beginning, autoescape=True)
    ended = update(feed).where(feed.c.id == feed_id, begins)
    connection.execute(ended.values(alarm="", alarm_at=None))


def _follow(row: Row[Any]) -> Follow:
    return Follow(
        means=Means(row.means) if row.means else None,
        api=row.api,
        probed_at=row.probed_at,
        followed_at=row.followed_at,
        through=row.followed_through,
        marker=row.followed_marker,
    )


def first_read(connection: Connection) -> datetime | None:
    """When a feed was read for the first time: since then there has been a newsletter."""
    return connection.execute(select(func.min(feed.c.baseline_at))).scalar()
