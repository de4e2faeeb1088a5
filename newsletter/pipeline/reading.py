"""Reading: from a feed's bytes to what is written down of its posts.

Imported only when a feed did change, since the parsers it needs take longer to import than a run
with nothing new takes altogether.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.feeds.beyond import Beyond, Window
from newsletter.feeds.clean import clean
from newsletter.feeds.compare import revision_of
from newsletter.feeds.decide import AddPost, Intent, Tally, decide, horizon_of, tally
from newsletter.feeds.identify import Known, identity_of, is_copy, match_all
from newsletter.feeds.parse import parse
from newsletter.feeds.pins import Scale
from newsletter.feeds.sentences import shortened
from newsletter.feeds.sources import merged, reconcile
from newsletter.model.feed import Entry, FeedState, Fetched, Means
from newsletter.model.post import Image, KnownPost, PostDraft, Source
from newsletter.store import posts as post_store

if TYPE_CHECKING:
    from sqlalchemy import Connection

_Match = tuple[PostDraft, KnownPost | None]

_TITLE_LENGTH = 80
"""A post without a title is called by the beginning of its text, at most so many characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was written down: `tally` counts it; `unseen` are the posts of this feed that were known
    before and are in none of the answers; `untold` are the titles of old posts that were edited and
    not known, so that nobody can say what changed in them; `emptied` is how many posts of the feed
    are known where it holds none any more.
    """

    tally: Tally
    unseen: int = 0
    untold: tuple[str, ...] = ()
    emptied: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A feed as it was read: its posts, cleaned, not yet told new from known.

    `window` is None when the feed had nothing to say, and only what is `beyond` it was read;
    `means` is how its site is followed, and `whole_site` whether all posts of that are the feed's.
    """

    title: str = ""
    notes: tuple[str, ...] = ()
    entries: int = 0
    drafts: tuple[PostDraft, ...] = ()
    window: Window | None = None
    beyond: tuple[PostDraft, ...] = ()
    means: Means | None = None
    whole_site: bool = True

    def with_beyond(self, found: Beyond, *, base_url: str, whole_site: bool) -> Reading:
        """The same with what was found outside of the window."""
        return replace(
            self,
            beyond=tuple(_beyond(entry, found, base_url) for entry in found.entries),
            means=found.follow.means,
            whole_site=whole_site,
        )

    def write(
        self,
        connection: Connection,
        state: FeedState,
        *,
        now: datetime,
        period: timedelta,
        followed: Collection[int],
        scale: Scale,
    ) -> Taken:
        """Decides what each post is, writes it down, and counts.

        `period`: how old is old. `followed`: the ids of the feeds in the settings; a post of
        another one, as after the blog moved, is taken over by the feed that shows it now. `scale`
        weighs what changed.
        """
        drafts = merged(self.drafts, self.beyond)
        known = post_store.known_posts(connection)
        index = Known.of(known)
        matched = _taken_over(connection, state, _matched(drafts, index), followed)
        matched = [match for match in matched if self._is_ours(state, match)]
        if self.window is None:
            post_store.touch_last_answer(connection, state.id, now=now)
        intents = _carry_out(
            connection,
            state,
            matched,
            now=now,
            period=period,
            scale=scale,
            means=self.means,
            met=_is_met(state, known, matched),
            copies=_copies(matched, index),
        )
        seen = {post.id for _, post in matched if post}
        own = [post for post in known if post.feed_id == state.id]
        return Taken(
            tally=tally(intents),
            unseen=sum(post.id not in seen for post in own),
            untold=_untold(intents, state),
            emptied=len(own) if self.window is not None and not self.entries else 0,
        )

    def _is_ours(self, state: FeedState, match: _Match) -> bool:
        """Whether what was found beyond the window is the feed's.

        One that by its date should be in the window, and is not, is kept out of it by the blog, or
        comes with the next reading.
        """
        draft, known = match
        if not draft.beyond:
            return True
        if known is not None:
            return known.feed_id == state.id
        oldest = min((d.published for d in self.drafts if d.published), default=None)
        if not self.whole_site or oldest is None or draft.published is None:
            return False
        return draft.published < oldest


def _is_met(state: FeedState, known: Sequence[KnownPost], matched: Sequence[_Match]) -> bool:
    """Whether anything of this blog was known before: its posts, or some that another feed has."""
    own = any(post.feed_id == state.id for post in known)
    return own or any(post is not None for _, post in matched)


def _untold(intents: Sequence[Intent], state: FeedState) -> tuple[str, ...]:
    """Old posts that are met for the first time because they were edited."""
    since = state.follow.followed_at
    if since is None:
        return ()
    return tuple(
        intent.draft.title
        for intent in intents
        if isinstance(intent, AddPost)
        and intent.baseline
        and intent.draft.beyond
        and intent.draft.updated is not None
        and intent.draft.updated >= since
    )


def read_feed(fetched: Fetched) -> Reading:
    """The posts of a server's answer. Raises FeedError when it is no feed."""
    parsed = parse(fetched)
    return Reading(
        title=parsed.title,
        notes=parsed.notes,
        entries=len(parsed.entries),
        drafts=tuple(draft_of(entry, parsed.link or fetched.final_url) for entry in parsed.entries),
        window=Window(fetched=fetched, parsed=parsed),
    )


def _beyond(entry: Entry, found: Beyond, base_url: str) -> PostDraft:
    draft = draft_of(entry, base_url)
    untold = {"image"} if draft.image is None and found.source is Source.REST else set()
    if entry.post_number in found.unnamed:
        untold.add("categories")
    return replace(draft, source=found.source, beyond=True, untold=frozenset(untold))


def draft_of(entry: Entry, base_url: str) -> PostDraft:
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
    means: Means | None,
    met: bool,
    copies: Collection[PostDraft],
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
        last_read=state.follow.followed_at or state.succeeded_at,
        met=met,
    )
    sorted_out = reconcile(matched, newest, means, feed_id=state.id)
    for revision_id, draft in sorted_out.retold:
        post_store.retell(connection, revision_id, draft.revision, draft.source)
    same = {revision_id for revision_id, _ in sorted_out.retold}
    newest = {of: revision for of, revision in newest.items() if revision.id not in same}
    post_store.touch(connection, sorted_out.left, now=now)
    intents = decide(
        sorted_out.compared, newest, horizon, feed_id=state.id, scale=scale, copies=copies
    )
    for intent in intents:
        _write(connection, state, intent, now)
    return intents


def _copies(matched: Sequence[_Match], known: Known) -> list[PostDraft]:
    unknown = (draft for draft, post in matched if post is None)
    return [draft for draft in unknown if is_copy(draft.identity, draft.title, known)]


def _matched(drafts: Sequence[PostDraft], known: Known) -> list[_Match]:
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
            source=intent.draft.source,
        )
