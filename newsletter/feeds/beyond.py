"""Looks beyond a feed's window: a feed shows ten posts, and an edited old one never re-enters it.

What a site honours is tried in the order of `Means`, remembered, and tried again once a week where
it was little. A site that is merely in trouble is asked again the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from newsletter.errors import FeedError
from newsletter.feeds import means, wordpress
from newsletter.feeds.due import EVERY
from newsletter.feeds.means import Asker, Found, NotHonouredError, mark_of
from newsletter.feeds.parse import parse
from newsletter.model.feed import Entry, Fetched, Follow, Means, ParsedFeed
from newsletter.model.post import Source

_TROUBLE: Final = frozenset(
    {"rate-limited", "server-error", "timeout", "dns", "refused", "connection", "certificate",
     "cut-short", "encoding", "too-large", "proxy", "bot-protection"}
)  # fmt: skip
"""Kinds of failure that may be over tomorrow; any other is an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A feed as it was just read."""

    fetched: Fetched
    parsed: ParsedFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """What was found outside of the window, and how the site is to be followed from now on.

    `whole`: nothing that was edited since the last time is missing. `again`: it is to be asked for
    once more, as it broke off or is older than the feed. `cut`: there was more than may be asked
    for at once. `gap`: no post of the window is known, nor of the pages before it. `wordpress`: the
    site is of that kind. `trouble` says why the site could not be asked. `unnamed` are the numbers
    of posts whose categories are not known.
    """

    follow: Follow
    entries: tuple[Entry, ...] = ()
    source: Source = Source.FEED
    whole: bool = False
    again: bool = False
    cut: bool = False
    gap: bool = False
    trouble: str = ""
    wordpress: bool = True
    unnamed: frozenset[int] = frozenset()


def follow(
    ask: Asker,
    feed_url: str,
    known: Follow,
    window: Window | None,
    *,
    wanted: frozenset[int] = frozenset(),
) -> Beyond:
    """Asks the site for what was edited since the last time, by the best means that it honours.

    `window` is None when the feed itself was not sent again. `wanted` are the numbers of posts in
    it that are not known yet.
    """
    now = ask.clock()
    trying = _is_to_be_tried(known, window, now)
    if not trying and known.means in (None, Means.NONE):
        kind = window is None or wordpress.is_wordpress(window.fetched, window.parsed)
        known = replace(known, means=Means.NONE, probed_at=known.probed_at or now)
        return Beyond(follow=known, wordpress=kind)
    tried = replace(known, api=wordpress.api_root(window.fetched)) if window and trying else known
    unsure = False
    for which in _from(None if trying else known.means):
        if which is not known.means and window is None:
            break  # another means is tried when the feed is there to hold it against
        ask.cut, ask.trouble = False, ""
        try:
            found = _by(which, ask, feed_url, tried, window, wanted)
        except NotHonouredError:
            continue
        except FeedError as error:
            if error.kind in _TROUBLE and not trying and not _is_long_ago(known, now):
                return Beyond(follow=known, trouble=error.message)
            unsure = unsure or error.kind in _TROUBLE
            continue
        probed_at = known.probed_at if which is known.means and not trying else now
        return _learnt(replace(tried, probed_at=None if unsure else probed_at), which, found, ask)
    lost = None if window is None or unsure else now
    return Beyond(follow=replace(tried, means=Means.NONE, probed_at=lost))


def read_on(
    ask: Asker, feed_url: str, window: Window, is_known: Callable[[Sequence[Entry]], bool]
) -> tuple[tuple[Entry, ...], bool]:
    """Older entries, page after page, until one is known; and whether one was.

    By the feed's own link to its next page (RFC 5005), else as WordPress pages. What cannot be had
    ends it.
    """
    seen = {mark_of(entry) for entry in window.parsed.entries}
    older: list[Entry] = []
    parsed = window.parsed
    for number in range(2, ask.most_pages + 1):
        address = parsed.next_page or _paged(feed_url, window, number)
        if not address or ask.clock() >= ask.until:
            break
        try:
            parsed = parse(ask.fetch(address))
        except FeedError:
            break
        new = [entry for entry in parsed.entries if mark_of(entry) not in seen]
        if not new:
            break
        seen |= {mark_of(entry) for entry in new}
        older += new
        if is_known(new):
            return tuple(older), True
    return tuple(older), False


def _paged(feed_url: str, window: Window, number: int) -> str:
    wordpress_site = wordpress.is_wordpress(window.fetched, window.parsed)
    return wordpress.page_address(feed_url, number) if wordpress_site else ""


def _is_to_be_tried(known: Follow, window: Window | None, now: datetime) -> bool:
    """Whether it is to be found out (again) what the site honours."""
    if window is None or not wordpress.is_wordpress(window.fetched, window.parsed):
        return False
    if known.means is None or known.probed_at is None:
        return True
    return known.means is not Means.REST and now - known.probed_at >= EVERY


def _from(which: Means | None) -> list[Means]:
    """The means to try, from a known one on."""
    usable = [Means.REST, Means.MODIFIED, Means.PAGED]
    return usable[usable.index(which) :] if which in usable else usable


def _is_long_ago(known: Follow, now: datetime) -> bool:
    """Whether the means has failed for so long that another one is better."""
    return known.followed_at is None or now - known.followed_at >= 2 * EVERY


def _by(
    which: Means,
    ask: Asker,
    feed_url: str,
    known: Follow,
    window: Window | None,
    wanted: frozenset[int],
) -> Found:
    """Asks by one means: since the last time by the same means, else for all there is."""
    entries = window.parsed.entries if window else ()
    through = known.through if which is known.means else None
    if which is Means.REST:
        if not known.api:
            raise NotHonouredError
        return means.by_rest(ask, known.api, through=through, window=entries, wanted=wanted)
    if which is Means.MODIFIED:
        return means.by_modified(ask, feed_url, through=through, window=entries)
    return means.by_pages(ask, feed_url, window=entries)


def _learnt(tried: Follow, which: Means, found: Found, ask: Asker) -> Beyond:
    """What is remembered of an answer. One that broke off, or is stale, is asked for again."""
    first = tried.means is not which
    again = found.stale or (bool(ask.trouble) and not first)
    now = ask.clock()
    dates = [entry.updated for entry in found.entries if entry.updated]
    newest = max((min(date, now) for date in dates), default=tried.through or now)
    return Beyond(
        follow=replace(
            tried,
            means=which,
            followed_at=tried.followed_at if again else now,
            through=tried.through if again else max(newest, tried.through or newest),
        ),
        entries=found.entries,
        source=Source.REST if which is Means.REST else Source.FEED,
        whole=which is not Means.PAGED and not again and (first or not ask.cut),
        again=again,
        cut=ask.cut,
        trouble=ask.trouble,
        unnamed=found.unnamed,
    )
