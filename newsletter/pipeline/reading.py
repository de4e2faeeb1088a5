"""Reading: from a feed's bytes to what is written down of its posts.

Imported only when a feed did change, since the parsers it needs take longer to import than a run
with nothing new takes altogether.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.feeds.clean import clean
from newsletter.feeds.compare import revision_of
from newsletter.feeds.decide import AddPost, Intent, Tally, decide, horizon_of, tally
from newsletter.feeds.identify import Known, identity_of, match_all
from newsletter.feeds.parse import parse
from newsletter.feeds.pins import Scale
from newsletter.feeds.sentences import shortened
from newsletter.model.feed import Entry, FeedState, Fetched
from newsletter.model.post import Image, KnownPost, PostDraft
from newsletter.store import posts as post_store

if TYPE_CHECKING:
    from sqlalchemy import Connection

_Match = tuple[PostDraft, KnownPost | None]

_TITLE_LENGTH = 80
"""A post without a title is called by the beginning of its text, at most so many characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A feed as it was read: its posts, cleaned, not yet told new from known."""

    title: str
    notes: tuple[str, ...]
    entries: int
    drafts: tuple[PostDraft, ...]

    def write(
        self,
        connection: Connection,
        state: FeedState,
        *,
        now: datetime,
        period: timedelta,
        followed: Collection[int],
        scale: Scale,
    ) -> Tally:
        """Decides what each post is, writes it down, and counts.

        `period`: how old is old. `followed`: the ids of the feeds in the settings; a post of
        another one, as after the blog moved, is taken over by the feed that shows it now. `scale`
        weighs what changed.
        """
        matched = _taken_over(connection, state, _matched(connection, self.drafts), followed)
        return tally(_carry_out(connection, state, matched, now=now, period=period, scale=scale))


def read_feed(fetched: Fetched) -> Reading:
    """The posts of a server's answer. Raises FeedError when it is no feed."""
    parsed = parse(fetched)
    return Reading(
        title=parsed.title,
        notes=parsed.notes,
        entries=len(parsed.entries),
        drafts=tuple(_draft(entry, parsed.link or fetched.final_url) for entry in parsed.entries),
    )


def _draft(entry: Entry, base_url: str) -> PostDraft:
    """An entry made safe and comparable; the title, where there is none, comes from the text."""
    base = entry.base or entry.link or base_url
    cleaned = clean(entry.content or entry.summary, base_url=base)
    title = entry.title or shortened(cleaned.text.partition("\n")[0], _TITLE_LENGTH)
    return PostDraft(
        identity=identity_of(entry, cleaned.text),
        url=entry.link or base_url,
        title=title,
        published=entry.published,
        updated=entry.updated,
        categories=entry.categories,
        image=cleaned.image or (Image(url=entry.image) if entry.image else None),
        protected=entry.protected,
        revision=revision_of(title, cleaned),
    )


def _carry_out(
    connection: Connection,
    state: FeedState,
    matched: Sequence[_Match],
    *,
    now: datetime,
    period: timedelta,
    scale: Scale,
) -> list[Intent]:
    """Decides what each draft is, and writes it down."""
    ids = [known.id for _, known in matched if known is not None]
    hashes = post_store.newest_hashes(connection, ids)
    differing = [
        known.id
        for draft, known in matched
        if known is not None and hashes.get(known.id) != draft.revision.text_hash
    ]
    newest = post_store.newest_revisions(connection, differing)
    oldest, highest = post_store.reach(connection, state.id)
    horizon = horizon_of(
        baseline_at=state.baseline_at,
        now=now,
        period=period,
        oldest=oldest,
        highest_number=highest,
    )
    intents = decide(matched, newest, horizon, feed_id=state.id, scale=scale)
    for intent in intents:
        _write(connection, state, intent, now)
    return intents


def _matched(connection: Connection, drafts: Sequence[PostDraft]) -> list[_Match]:
    known = Known.of(post_store.known_posts(connection))
    matches = match_all([(draft.identity, draft.title) for draft in drafts], known)
    return [
        (draft, found.known)
        for draft, found in zip(drafts, matches, strict=True)
        if found.by != "duplicate"
    ]


def _taken_over(
    connection: Connection, state: FeedState, matched: list[_Match], followed: Collection[int]
) -> list[_Match]:
    """The matches, where posts of a feed that nobody follows any more are this feed's own."""
    left = {known.id for _, known in matched if known and known.feed_id not in followed}
    if not left:
        return matched
    post_store.hand_over(connection, sorted(left), state.id)
    return [
        (draft, replace(known, feed_id=state.id) if known and known.id in left else known)
        for draft, known in matched
    ]


def _write(connection: Connection, state: FeedState, intent: Intent, now: datetime) -> None:
    if isinstance(intent, AddPost):
        post_store.add_post(connection, state.id, intent.draft, baseline=intent.baseline, now=now)
        return
    post_store.update_post(connection, intent.post_id, intent.draft, now=now)
    if intent.change is not None:
        post_store.add_revision(
            connection,
            intent.post_id,
            intent.draft.revision,
            intent.change,
            now=now,
            number=intent.number,
        )
