"""Absorbs the posts of events that wait: by the server's own thread, by the next run, or by hand.

A post is absorbed, and removed, in one transaction, so that it is never lost and never matters how
often it is begun.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newsletter.config import Settings
from newsletter.errors import StoreError
from newsletter.events.posted import unpacked
from newsletter.pipeline.absorb import BLOCK, Absorbed, absorb_block
from newsletter.store import events as events_store
from newsletter.store import posted_events as store
from newsletter.store.engine import Database
from newsletter.store.posted_events import Posted
from subscribers import softbounces
from subscribers.softbounces import SoftLimit

EVEN_SET_ASIDE = 1_000_000
"""As a number of tries: posts that were set aside are tried once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What absorbing came to. `posts` were absorbed, `failed` could not be, this time."""

    posts: int = 0
    failed: int = 0
    absorbed: Absorbed = field(default_factory=Absorbed)

    def __add__(self, other: Drained) -> Drained:
        return Drained(
            posts=self.posts + other.posts,
            failed=self.failed + other.failed,
            absorbed=self.absorbed + other.absorbed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How reports are absorbed: when a mailbox is given up, and how long events are kept."""

    limit: SoftLimit
    retention: timedelta

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """As the settings say."""
        given = settings.suppressions
        span = timedelta(days=given.soft_bounce_days)
        return cls(
            limit=SoftLimit(times=given.soft_bounces, span=span),
            retention=timedelta(days=settings.privacy.retention_days),
        )


def drain(
    database: Database,
    rules: Rules,
    *,
    now: Callable[[], datetime],
    ended: Callable[[], bool] = lambda: False,
    tries: int = store.MOST_TRIES,
) -> Drained:
    """Absorbs all that waits, block by block, until `ended` says so or nothing is left.

    Several processes may do it at once; on SQLite each lets the others write in between. A post
    that cannot be absorbed is counted, and holds up no other one; after ten times it is set aside.
    Raises StoreError when the database cannot be used.
    """
    with database.read() as connection:
        if not store.any_waiting(connection) and tries == store.MOST_TRIES:
            return Drained()
    done, after = Drained(), 0
    while not ended():
        block, last = _block(database, rules, now(), tries=tries, after=after)
        if last is None:
            break
        done, after = done + block, last
        database.give_way()
    forget_old(database, rules, now())
    return done


def forget_old(database: Database, rules: Rules, now: datetime) -> None:
    """Removes what is older than it may be kept, some with each call."""
    with database.begin() as connection:
        events_store.forget_before(connection, now - rules.retention)
        store.forget_before(connection, now - rules.retention)
        softbounces.forget_old(connection, now)


def _block(
    database: Database, rules: Rules, now: datetime, *, tries: int, after: int
) -> tuple[Drained, int | None]:
    """One block, in one transaction, and the number of its last post; None: there was none."""
    posts: list[Posted] = []
    try:
        with database.begin() as connection:
            posts = store.take(connection, most_events=BLOCK, tries=tries, after=after)
            if not posts:
                return Drained(), None
            events = [event for post in posts for event in unpacked(post.body)]
            absorbed = absorb_block(connection, events, now=now, limit=rules.limit)
            store.remove(connection, posts)
    except Exception as error:
        if not posts:
            raise
        return _one_by_one(database, rules, now, posts, error), posts[-1].id
    return Drained(posts=len(posts), absorbed=absorbed), posts[-1].id


def _one_by_one(
    database: Database, rules: Rules, now: datetime, posts: list[Posted], error: Exception
) -> Drained:
    """The posts of a block that failed: the one that is to blame must not hold up the others."""
    if len(posts) == 1:
        with database.begin() as connection:  # where even this fails, it is not the post's fault
            store.note_failure(connection, posts[0], _said(error))
        return Drained(failed=1)
    done = Drained()
    for post in posts:
        done += _single(database, rules, now, post)
    return done


def _single(database: Database, rules: Rules, now: datetime, post: Posted) -> Drained:
    try:
        with database.begin() as connection:
            if not store.lock(connection, post):
                return Drained()
            absorbed = absorb_block(connection, unpacked(post.body), now=now, limit=rules.limit)
            store.remove(connection, [post])
    except Exception as error:  # noqa: BLE001 - a defect in one post is noted, and told of
        return _one_by_one(database, rules, now, [post], error)
    return Drained(posts=1, absorbed=absorbed)


def _said(error: Exception) -> str:
    """The error's kind, and its own words where they are ours: others could hold an address."""
    return error.message if isinstance(error, StoreError) else type(error).__name__
