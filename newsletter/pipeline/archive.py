"""The archive: editions that went out, as everybody may read them, and what was taken out of it.

What is shown are the frozen bytes of the variant `all`, with links that belong to nobody. Taking a
text out of the archive changes nothing in the ledger: what was sent stays known by its checksum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from newsletter.delivery.links import links_for
from newsletter.editions.select import ALL
from newsletter.editions.wording import period_label
from newsletter.errors import UsageError
from newsletter.model.edition import Channel, Edition, EditionState, Tags
from newsletter.model.personal import fill_html
from newsletter.pipeline.compose import as_stored
from newsletter.pipeline.context import Context
from newsletter.pipeline.layout import Entries, lay_out
from newsletter.pipeline.naming import named
from newsletter.pipeline.weights import named_post
from newsletter.store import archive, edition_trials, provider_ids
from newsletter.store import editions as edition_store

if TYPE_CHECKING:
    from sqlalchemy import Connection

OUT = (
    EditionState.SENDING,
    EditionState.PAUSED,
    EditionState.SCHEDULED,
    EditionState.SENT,
    EditionState.PARTIAL,
)
"""The states in which mails of an edition may have arrived; those that wait at the provider for
their time to come have not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An edition in the list of all; `titles` are those of its posts and trials. Times are UTC.

    Of a removed one nothing is said but that it was there; `missing` counts removed posts of one
    that is there.
    """

    key: str
    label: str
    sent_at: datetime
    subject: str
    titles: tuple[str, ...]
    removed: bool = False
    missing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An edition as a page: `html` is "" when all of it was removed, or when what is left cannot be
    laid out at present.
    """

    entry: Entry
    html: str
    rehearsal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What was taken out of the archive, or put back; `elsewhere` are editions that have it too."""

    edition: str
    title: str
    elsewhere: tuple[str, ...] = ()


def entries(context: Context, *, limit: int | None = None) -> tuple[Entry, ...]:
    """The editions that were really sent, newest first."""
    with context.database.read() as connection:
        listed = edition_store.listed(connection, channel=Channel.REAL, states=OUT)
        found = ((e, at) for e in listed if (at := _out_since(connection, e, context.now())))
        came = list(islice(found, limit))
        removed = archive.removed(connection, [edition.id for edition, _ in came])
        return tuple(
            _entry(connection, edition, at, removed.get(edition.id, frozenset()))
            for edition, at in came
        )


def page(context: Context, key: str) -> Page | None:
    """The page of a sent edition; None when there is none.

    Where nothing is really sent, a rehearsed edition can be looked at as well.
    """
    with context.database.read() as connection:
        edition, at = _shown(context, connection, key)
        if edition is None or at is None:
            return None
        gone = archive.removed(connection, [edition.id]).get(edition.id, frozenset())
        entry = _entry(connection, edition, at, gone)
        return Page(
            entry=entry,
            html="" if entry.removed else _html(context, connection, edition, gone),
            rehearsal=edition.channel is Channel.REHEARSAL,
        )


def hide(context: Context, key: str, post: str | None, *, undo: bool = False) -> Hidden:
    """Takes an edition, or one post of it, out of the archive; or puts it back.

    It is the edition that the page shows, or one that is yet to come. `post` is its address or
    number. Raises UsageError for what is not there.
    """
    with context.database.read() as connection:
        edition, _ = _shown(context, connection, key)
    edition = edition or named(context, key)
    with context.database.begin() as connection:
        post_id, title = _part(connection, edition, post)
        if undo:
            archive.restore(connection, edition.id, [post_id])
        else:
            archive.remove(connection, edition.id, [post_id], context.now())
        others = archive.editions_with(connection, post_id, edition.channel)
    elsewhere = tuple(other for other in others if other != key)
    return Hidden(edition=key, title=title, elsewhere=elsewhere)


def _shown(
    context: Context, connection: Connection, key: str
) -> tuple[Edition | None, datetime | None]:
    """The edition that the archive shows under a key, and since when; the real one before a
    rehearsal.
    """
    rehearsing = context.channel is Channel.REHEARSAL
    for channel in (Channel.REAL, Channel.REHEARSAL) if rehearsing else (Channel.REAL,):
        edition = edition_store.find(connection, key, channel)
        at = _out_since(connection, edition, context.now()) if edition else None
        if at is not None:
            return edition, at
    return None, None


def _part(connection: Connection, edition: Edition, post: str | None) -> tuple[int, str]:
    if post is None:
        return archive.WHOLE, edition_store.subject(connection, edition.id)
    found = named_post(connection, post)
    shown = {item.post_id: item.title for item in edition_store.items(connection, edition.id)}
    if found.id not in shown:
        within = archive.editions_with(connection, found.id, edition.channel)
        raise UsageError(
            f"“{found.title}” is not in {edition.key}.",
            f"It is in {', '.join(within)}." if within else "It is in no edition.",
        )
    return found.id, shown[found.id]


def _out_since(connection: Connection, edition: Edition, now: datetime) -> datetime | None:
    """When its mails began to arrive; None if they have not."""
    if edition.state not in OUT:
        return None
    if edition.undo_minutes:
        first = provider_ids.earliest_time(connection, edition.id)
        if first is not None:
            return first if first <= now else None
        if edition.state not in (EditionState.SENT, EditionState.PARTIAL):
            return None
    return edition.planned_at or edition.frozen_at


def _entry(connection: Connection, edition: Edition, at: datetime, gone: frozenset[int]) -> Entry:
    label = period_label(edition.period)
    updates = edition_trials.updates(connection, edition.id)
    trials = [update.note.title or update.note.number for update in updates]
    items = edition_store.items(connection, edition.id)
    posts = [item.title for item in items if item.post_id not in gone]
    if archive.WHOLE in gone or (gone and not trials and not posts):
        return Entry(key=edition.key, label=label, sent_at=at, subject="", titles=(), removed=True)
    subject = edition_store.subject(connection, edition.id) if not gone else ""
    return Entry(
        key=edition.key,
        label=label,
        sent_at=at,
        subject=subject or (posts[0] if posts else label),
        titles=(*trials, *posts),
        missing=len(gone),
    )


def _html(context: Context, connection: Connection, edition: Edition, gone: frozenset[int]) -> str:
    html = _without(context, connection, edition, gone) if gone else _frozen(connection, edition)
    links = links_for(
        context.settings.newsletter.public_url,
        edition.key,
        reply_to=context.settings.newsletter.reply_address,
    )
    return fill_html(html, Tags.of(edition.nonce), links)


def _frozen(connection: Connection, edition: Edition) -> str:
    found = archive.variant(connection, edition.id, ALL)
    return found.html if found else ""


def _without(
    context: Context, connection: Connection, edition: Edition, gone: frozenset[int]
) -> str:
    """The edition laid out anew, as it would have been without these posts."""
    stored = as_stored(connection, edition)
    urls = {item.url for item in stored.items if item.post_id in gone}
    kept = Entries(
        items=tuple(item for item in stored.items if item.post_id not in gone),
        trials=tuple(
            replace(trial, posts=tuple(post for post in trial.posts if post.url not in urls))
            for trial in stored.trials
        ),
    )
    layout = lay_out(context, edition, kept, ())
    for hold in layout.holds:
        context.tell(f"Warning: {edition.key} in the archive: {hold.message} {hold.mend}")
    return next((variant.html for variant in layout.variants if variant.key == ALL), "")
