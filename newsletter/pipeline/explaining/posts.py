"""Why a post was in an edition, or was not; and its history: what was made of each change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.delivery.states import OPEN_DRAFT
from newsletter.editions.period import length, next_period, period_of
from newsletter.errors import UsageError
from newsletter.model.account import PostAccount
from newsletter.model.edition import Edition, EditionState
from newsletter.model.post import Change, KnownPost, Pin, StoredRevision
from newsletter.pipeline.context import Context, schedule_of
from newsletter.pipeline.explaining.judging import Case, foresee, judge
from newsletter.pipeline.weights import named_post, scale_of
from newsletter.store import accounts
from newsletter.store import editions as edition_store
from newsletter.store import news as news_store
from newsletter.store import posts as post_store

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LATELY = 5
"""So many editions are told of in any case, beside all that the post was in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A post and its editions, newest first; `next` is what would be, `next_key` where."""

    post: KnownPost
    pin: Pin
    editions: tuple[PostAccount, ...]
    next: PostAccount | None
    next_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A revision with the editions whose readers were shown it first."""

    revision: StoredRevision
    editions: tuple[str, ...]


def explain_post(context: Context, wanted: str, *, edition: str | None = None) -> Explained:
    """Why the post of this address or number is in the editions of this channel, or is not.

    With `edition` (a key) only in that one. Nothing is fetched. Raises UsageError.
    """
    now = context.now()
    with context.database.read() as connection:
        found = named_post(connection, wanted)
        editions = edition_store.listed(connection, channel=context.channel)
        case = _case(context, connection, found)
    asked = _asked(editions, case, edition)
    open_ = next((each for each in editions if each.state in OPEN_DRAFT), None)
    return Explained(
        post=found,
        pin=case.pin,
        editions=tuple(judge(case, editions, each, now) for each in asked),
        next=None if edition or open_ else foresee(case, editions, now),
        next_key=_next_key(context, editions),
    )


def history_of(context: Context, wanted: str) -> tuple[KnownPost, tuple[Told, ...]]:
    """The revisions of a post, oldest first, each with the editions that showed it.

    Raises UsageError when no post has this number or address.
    """
    with context.database.read() as connection:
        found = named_post(connection, wanted)
        revisions = post_store.history(connection, found.id)
        shown = accounts.appearances(connection, found.id, context.channel)
        editions = edition_store.listed(connection, channel=context.channel)
    keys: dict[int, list[str]] = {}
    for edition in reversed(editions):
        appearance = shown.get(edition.id)
        if appearance is not None and not appearance.dropped and _reaches_readers(edition):
            keys.setdefault(appearance.revision_id, []).append(edition.key)
    told = (Told(revision=each, editions=tuple(keys.get(each.id, ()))) for each in revisions)
    return found, tuple(told)


def _reaches_readers(edition: Edition) -> bool:
    return edition.frozen_at is not None and edition.state is not EditionState.CANCELLED


def _case(context: Context, connection: Connection, found: KnownPost) -> Case:
    scale = scale_of(context.settings, connection)

    def weigh(old: StoredRevision, new: StoredRevision) -> Change:
        return scale.weigh(found.id, found.url, old.revision, new.revision)

    begun = news_store.baseline(connection, context.channel)
    return Case(
        facts=accounts.post_facts(connection, found.id),
        pin=scale.pin(found.id, found.url),
        revisions=post_store.history(connection, found.id),
        appearances=accounts.appearances(connection, found.id, context.channel),
        since=begun or context.now() - length(context.settings.schedule.every),
        zone=context.settings.newsletter.zone,
        weigh=weigh,
    )


def _asked(editions: Sequence[Edition], case: Case, key: str | None) -> list[Edition]:
    """The editions to tell of: the one asked for, or the last ones and all it was in."""
    if key is None:
        return [e for at, e in enumerate(editions) if at < _LATELY or e.id in case.appearances]
    asked = [edition for edition in editions if edition.key == key]
    if not asked:
        raise UsageError(f"There is no edition {key}.", "See `newsletter editions list`.")
    return asked


def _next_key(context: Context, editions: Sequence[Edition]) -> str:
    """The key of the edition that would be composed now, or else of the one after it."""
    schedule, now = schedule_of(context.settings), context.now()
    current = period_of(schedule, now)
    settled = {edition.key for edition in editions if edition.state not in OPEN_DRAFT}
    return next_period(schedule, now).key if current.key in settled else current.key
