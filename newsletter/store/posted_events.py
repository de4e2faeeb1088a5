"""Queries of the posts of events that wait to be absorbed. The caller owns the transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from newsletter.store.event_tables import posted_events

MOST_TRIES = 10
"""A post that failed so often is set aside; it waits for somebody to look."""

_AT_ONCE = 32
_LONGEST_ERROR = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A post that waits; `body` is what `newsletter.events.posted` has packed."""

    id: int
    events: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much waits. `since` is when the oldest came; `aside` of the posts are set aside."""

    posts: int = 0
    events: int = 0
    since: datetime | None = None
    aside: int = 0


def keep(connection: Connection, body: bytes, *, events: int, now: datetime) -> None:
    """Writes a post down."""
    values = {"received_at": now, "events": events, "body": body}
    connection.execute(insert(posted_events).values(**values))


def take(
    connection: Connection, *, most_events: int, tries: int = MOST_TRIES, after: int = 0
) -> list[Posted]:
    """The oldest posts with a number above `after`, at least one and about so many events.

    Those that others are absorbing are passed over (PostgreSQL; on SQLite one writes at a time).
    For a transaction that absorbs and removes them; if it fails, they are as they were.
    """
    table = posted_events.c
    query = (
        select(table.id, table.events, table.body)
        .where(table.id > after, table.tries < tries)
        .order_by(table.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    found: list[Posted] = []
    total = 0
    for id_, events, body in connection.execute(query):
        if found and total + events > most_events:
            break
        found.append(Posted(id=id_, events=events, body=bytes(body)))
        total += events
    return found


def lock(connection: Connection, post: Posted) -> bool:
    """Takes one post alone; False when somebody else has it, or has absorbed it."""
    query = select(posted_events.c.id).where(posted_events.c.id == post.id)
    return connection.execute(query.with_for_update(skip_locked=True)).first() is not None


def remove(connection: Connection, posts: list[Posted]) -> None:
    """Removes posts that were absorbed."""
    ids = [post.id for post in posts]
    connection.execute(delete(posted_events).where(posted_events.c.id.in_(ids)))


def leave(connection: Connection, left: Posted) -> None:
    """Keeps of a post only what is left of it."""
    query = update(posted_events).where(posted_events.c.id == left.id)
    connection.execute(query.values(events=left.events, body=left.body))


def note_failure(connection: Connection, post: Posted, error: str) -> int:
    """Counts one more failure of a post; how often it has failed."""
    table = posted_events.c
    query = update(posted_events).where(table.id == post.id).returning(table.tries)
    values = query.values(tries=table.tries + 1, error=error[:_LONGEST_ERROR])
    return connection.execute(values).scalar() or 0


def any_waiting(connection: Connection) -> bool:
    """Whether a post waits that is not set aside."""
    query = select(posted_events.c.id).where(posted_events.c.tries < MOST_TRIES)
    return connection.execute(query.limit(1)).first() is not None


def waiting(connection: Connection) -> Waiting:
    """How much waits."""
    table = posted_events.c
    aside = func.count().filter(table.tries >= MOST_TRIES)
    query = select(func.count(), func.sum(table.events), func.min(table.received_at), aside)
    posts, events, since, set_aside = connection.execute(query).one()
    return Waiting(posts=posts, events=int(events or 0), since=since, aside=set_aside)


def forget_before(connection: Connection, at: datetime) -> int:
    """Removes posts that came before; how many."""
    old = delete(posted_events).where(posted_events.c.received_at < at)
    return connection.execute(old).rowcount
