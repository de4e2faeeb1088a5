"""Absorbs the posts of events that wait: by the server's own thread, by the next run, or by hand.

A post is absorbed, and removed, in one transaction, so that it is never lost and never matters how
often it is begun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from newsletter.config import Settings
from newsletter.errors import StoreError
from newsletter.events.posted import packed, unpacked
from newsletter.pipeline.absorb import BLOCK, Absorbed, Raised, absorb_block
from newsletter.store import events as events_store
from newsletter.store import posted_events as store
from newsletter.store.engine import Database
from newsletter.store.posted_events import Posted
from subscribers import softbounces
from subscribers.softbounces import SoftLimit

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MOST_FAILURES = 50
"""Parts of a post that fail before it is left as it is: enough to find some events among thousands,
and few enough for others to wait for."""

_ASIDE = (
    "Reports of SendGrid's could not be absorbed, and were set aside: whoever bounced, complained"
    " or left by them may be mailed on. Try them once more with `newsletter db absorb`, and report"
    " what `newsletter --debug db absorb` says."
)

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

    Several processes may do it at once; on SQLite each lets the others write in between. What
    cannot be absorbed is counted, and holds up nothing else, not even in its own post; after ten
    times it is set aside, and the admin told.
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
        return _sifted(database, rules, now, posts[0], error)
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
        return _sifted(database, rules, now, post, error)
    return Drained(posts=1, absorbed=absorbed)


def _sifted(
    database: Database, rules: Rules, now: datetime, post: Posted, error: Exception
) -> Drained:
    """Absorbs what can be of a post that failed; what is left of it waits, with one more failure.

    By halves, each in a transaction of its own, together with what is left then: the same event may
    be absorbed twice, which does no harm. Where even noting fails, it is not the post's fault.
    """
    done, waiting, bad, failures = Absorbed(), _events_of(post), list[object](), 0
    while waiting and failures < _MOST_FAILURES:
        part = waiting.pop()
        left = _with(post, chain(bad, *waiting))
        try:
            with database.begin() as connection:
                if not store.lock(connection, post):
                    return Drained(absorbed=done)
                absorbed = absorb_block(connection, part, now=now, limit=rules.limit)
                store.leave(connection, left)
        except StoreError:
            waiting.append(part)
            break
        except Exception:  # noqa: BLE001 - what it is was said by the failure of the whole post
            failures += 1
            middle = len(part) // 2
            waiting += [part[middle:], part[:middle]] if middle else []
            bad += [] if middle else part
        else:
            done, post = done + absorbed, left
    with database.begin() as connection:
        if not post.events:
            store.remove(connection, [post])
            return Drained(posts=1, absorbed=done)
        tries = store.note_failure(connection, post, _said(error))
        raised = _set_aside(connection, now) if tries == store.MOST_TRIES else None
    return Drained(failed=1, absorbed=done + Absorbed(alarms=(raised,) if raised else ()))


def _events_of(post: Posted) -> list[list[object]]:
    """All its events, to begin with; nothing of a post that was damaged on the disk."""
    try:
        return [unpacked(post.body)]
    except Exception:  # noqa: BLE001 - as above
        return []


def _with(post: Posted, events: Iterable[object]) -> Posted:
    left = packed(list(events))
    return replace(post, events=left.events, body=left.body)


def _set_aside(connection: Connection, now: datetime) -> Raised | None:
    """Tells the admin, once a day at the most."""
    about = f"set-aside:{now:%Y-%m-%d}"
    fresh = events_store.alarm(connection, about=about, text=_ASIDE, now=now)
    return Raised(about=about, text=_ASIDE) if fresh else None


def _said(error: Exception) -> str:
    """The error's kind, and its own words where they are ours: others could hold an address."""
    return error.message if isinstance(error, StoreError) else type(error).__name__
