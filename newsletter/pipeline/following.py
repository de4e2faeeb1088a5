"""Following a site beyond its feed's window: when it is asked, within which limits, and the alarm.

Imported only when there is something to ask or to read, since it needs the parsers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from newsletter.feeds import beyond, wordpress
from newsletter.feeds.beyond import Beyond, Window
from newsletter.feeds.identify import Known, match_all
from newsletter.feeds.means import Asker
from newsletter.model.feed import Entry, FeedState, Means
from newsletter.model.post import PostDraft, Source
from newsletter.pipeline.context import Context
from newsletter.pipeline.reading import Reading, Taken, draft_of
from newsletter.store import posts as post_store

MOST_TIME = timedelta(minutes=2)
"""How long one site may be asked for older posts in one run."""

EMPTY = "posts may have been missed: the feed holds no posts"
"""How the alarm of an empty feed begins; it ends with the first post that is in the feed again."""

_MOST_TITLES = 5
_PAGED_ONLY = "it can only be read on page by page"
_NOTHING = "it tells neither by its REST API nor by `?orderby=modified` when one of them is edited"


def look_beyond(
    context: Context, state: FeedState, reading: Reading, marker: str | None
) -> tuple[Reading, Beyond]:
    """What there is outside of the feed's window, as far as the site tells.

    `marker` is the site's Last-Modified. Raises nothing: what cannot be had is said in the answer.
    """
    ask = _asker(context)
    window = reading.window
    found = Beyond(follow=state.follow, wordpress=False)
    if ask.most_pages:
        wanted = _unknown_numbers(context, reading)
        found = beyond.follow(ask, state.url, state.follow, window, wanted=wanted)
    if not (found.trouble and found.follow == state.follow) and not found.again:
        found = replace(found, follow=replace(found.follow, marker=marker or ""))
    if window is not None and not found.whole:
        found = _gap_closed(context, state, reading, window, found, ask)
    whole_site = found.source is Source.FEED or wordpress.is_of_whole_site(
        state.url, found.follow.api
    )
    base = window.parsed.link if window else None
    return reading.with_beyond(found, base_url=base or state.url, whole_site=whole_site), found


def _asker(context: Context) -> Asker:
    return Asker(
        fetch=lambda url: context.fetch(url, None),
        pause=context.pause,
        clock=context.now,
        until=context.now() + MOST_TIME,
        most_pages=context.settings.collect.most_pages,
    )


def _unknown_numbers(context: Context, reading: Reading) -> frozenset[int]:
    """The numbers of the posts in the window that nobody has seen."""
    shown = {draft.identity.post_number for draft in reading.drafts}
    with context.database.read() as connection:
        known = post_store.post_numbers(connection)
    return frozenset(number for number in shown if number is not None) - known


def _gap_closed(
    context: Context, state: FeedState, reading: Reading, window: Window, found: Beyond, ask: Asker
) -> Beyond:
    """Reads on until a post is known, where the feed's window shows none that is."""
    if state.baseline_at is None or found.source is Source.REST:
        return found
    with context.database.read() as connection:
        posts = post_store.known_posts(connection)
    known = Known.of(posts)

    def is_known(entries: Sequence[Entry]) -> bool:
        drafts = [draft_of(entry, state.url) for entry in entries]
        return _any_known(drafts, known)

    if _any_known(reading.drafts, known) or not posts or not reading.drafts:
        return found
    if is_known(found.entries):
        return found
    older, closed = beyond.read_on(ask, state.url, window, is_known)
    return replace(found, entries=(*found.entries, *older), gap=not closed)


def _any_known(drafts: Sequence[PostDraft], known: Known) -> bool:
    marks = [(draft.identity, draft.title) for draft in drafts]
    return any(match.known for match in match_all(marks, known))


def alarm_of(state: FeedState, found: Beyond, taken: Taken, *, posts: int) -> str:
    """Why posts may have been missed; "" when that is not to be feared. `posts` are in the feed.

    Pure. A site that tells of its edits misses nothing; one that is in trouble is asked again.
    """
    since = state.follow.followed_at or state.baseline_at
    if taken.emptied:
        return (
            f"{EMPTY}, though {_known(taken.emptied)}. Open it in a browser, and look at the blog;"
            " what is new is found when its posts are back in the feed."
        )
    if found.gap:
        return (
            f"posts may have been missed: none of the {posts} posts in the feed was known, so that"
            f" others may have come and gone{_since(since)}. Look at the blog for them; let the"
            " feed show more posts (WordPress: Settings > Reading), or collect more often."
        )
    if found.cut and not found.whole and found.follow.means is not Means.PAGED:
        return (
            f"posts may have been missed: more of them were edited{_since(since)} than are read at"
            " once. Raise [collect] most_pages."
        )
    paged = found.follow.means is Means.PAGED and found.cut  # else its very end was read
    little = (found.follow.means is Means.NONE or paged) and found.wordpress
    if little and taken.unseen and state.baseline_at is not None and not found.trouble:
        only = _PAGED_ONLY if found.follow.means is Means.PAGED else _NOTHING
        return (
            f"posts may have been missed: {_counted(taken.unseen)} no longer in the feed, and the"
            f" site hides what is edited there: {only}. Let its REST API (/wp-json/) be reached, or"
            " let the feed show more posts (WordPress: Settings > Reading)."
        )
    return ""


def notes_of(found: Beyond, taken: Taken) -> tuple[str, ...]:
    """What else is worth knowing of a look beyond the window."""
    trouble = f"older posts could not be asked for: {found.trouble} The next run asks again."
    return (
        *((trouble,) if found.trouble else ()),
        *(
            f"“{title}” is an old post that was edited and had not been seen before, so that nobody"
            " can say what changed; the next change of it will be seen."
            for title in taken.untold[:_MOST_TITLES]
        ),
    )


def _since(moment: datetime | None) -> str:
    return f" since {moment.day} {moment:%B %Y}" if moment else ""


def _known(number: int) -> str:
    return "1 post of it is known" if number == 1 else f"{number:,} posts of it are known"


def _counted(number: int) -> str:
    return "1 known post is" if number == 1 else f"{number:,} known posts are"
