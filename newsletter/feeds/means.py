"""The ways to learn of posts outside of a feed's window, each with a proof that it is honoured.

A site may ignore what it is asked for and answer as ever. So nothing is taken for an answer that
its own dates, order or contents do not bear out; then `NotHonouredError` is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from newsletter.errors import FeedError
from newsletter.feeds import wordpress
from newsletter.feeds.parse import parse
from newsletter.feeds.restposts import RestPage, RestPost, read_names, read_posts
from newsletter.model.feed import Entry, Fetched, ParsedFeed

MARGIN: Final = timedelta(days=1)
"""WordPress compares with the site's local time, which is up to 14 hours from UTC."""

_LOCAL: Final = timedelta(hours=15)
_PAUSE: Final = 0.5
"""Seconds between two pages."""

_END: Final = frozenset({"not-found", "gone", "http-status"})
"""What WordPress says beyond the last page: 404 of a feed, 400 of the REST API."""


class NotHonouredError(Exception):
    """The site answers, and not what it was asked."""


@dataclass(slots=True)
class Asker:
    """Asks the site, page after page, within limits. `fetch` raises FeedError.

    `cut` becomes True when there was more than `most_pages`, or than could be had before `until`;
    `trouble` says why a page after the first one could not be had.
    """

    fetch: Callable[[str], Fetched]
    pause: Callable[[float], None]
    clock: Callable[[], datetime]
    until: datetime
    most_pages: int
    cut: bool = False
    trouble: str = ""

    def pages(self, address: Callable[[int], str], first: int = 1) -> Iterator[tuple[int, Fetched]]:
        """Page after page with its number, until there is none; what page 1 raises is raised."""
        for number in range(first, self.most_pages + 1):
            if number > first:
                if self.clock() >= self.until:
                    break
                self.pause(_PAUSE)
            try:
                fetched = self.fetch(address(number))
            except FeedError as error:
                if number > 1 and error.kind in _END:
                    return
                if number == first:
                    raise
                self.trouble = error.message
                return
            yield number, fetched
        self.cut = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Entries from beyond a feed's window. `unnamed` are the numbers of posts whose categories
    could not be learnt; `stale`: the answer lacks an edit that the feed itself shows.
    """

    entries: tuple[Entry, ...] = ()
    unnamed: frozenset[int] = frozenset()
    stale: bool = False


# By the REST API


def by_rest(
    ask: Asker,
    root: str,
    *,
    through: datetime | None,
    window: Sequence[Entry],
    wanted: frozenset[int],
) -> Found:
    """All posts that were edited since `through`; without it all there are.

    `wanted` are numbers of posts whose text is asked for in any case, since only the feed's
    `window` shows them. Raises FeedError, NotHonouredError.
    """
    posts = _edited(ask, root, through)
    unseen = _lacking(window, posts, through)
    missing = sorted((wanted | unseen) - posts.keys())
    for numbers in _hundreds(missing):
        answer = read_posts(ask.fetch(wordpress.posts_address(root, numbers=numbers)))
        posts |= {post.number: post for post in answer.posts if post.number in numbers}
    names = _names(ask, root, posts.values())
    return Found(
        entries=tuple(post.named(names) for post in posts.values()),
        unnamed=frozenset(
            number for number, post in posts.items() if not names.keys() >= set(post.terms)
        ),
        stale=bool(unseen),
    )


def _edited(ask: Asker, root: str, through: datetime | None) -> dict[int, RestPost]:
    since = through - MARGIN if through else None
    posts: dict[int, RestPost] = {}
    for number, fetched in ask.pages(
        lambda page: wordpress.posts_address(root, page=page, since=since)
    ):
        answer = read_posts(fetched)
        new = {post.number: post for post in answer.posts if post.number not in posts}
        posts |= new
        _prove(answer, posts, since)
        if not new or _is_older(answer, since) or answer.pages <= number:
            return posts
    return posts


def _prove(answer: RestPage, posts: dict[int, RestPost], since: datetime | None) -> None:
    """Posts in the order of their edits, none from before the time that was asked for, with text.

    An answer that is in order will do even if it goes back further.
    """
    dates = [post.entry.updated for post in answer.posts]
    in_order = None not in dates and _descends(list(filter(None, dates)))
    if not in_order and (since is None or _is_older(answer, since)):
        raise NotHonouredError
    open_posts = [post for post in posts.values() if not post.entry.protected]
    if open_posts and not any(post.entry.content.strip() for post in open_posts):
        raise NotHonouredError


def _is_older(answer: RestPage, since: datetime | None) -> bool:
    """Whether the answer has gone back beyond the time asked for."""
    if since is None:
        return False
    return any(post.entry.updated and post.entry.updated < since - _LOCAL for post in answer.posts)


def _descends(dates: Sequence[datetime]) -> bool:
    return all(one >= other for one, other in pairwise(dates))


def _lacking(
    window: Sequence[Entry], posts: dict[int, RestPost], through: datetime | None
) -> frozenset[int]:
    """The posts that the feed shows as edited since, and the API, cached perhaps, does not."""
    if through is None:
        return frozenset()
    lacking = set()
    for entry in window:
        if entry.post_number is None or entry.updated is None or entry.updated <= through:
            continue
        listed = posts.get(entry.post_number)
        if listed is None or (listed.entry.updated or through) < entry.updated:
            lacking.add(entry.post_number)
    return frozenset(lacking)


def _hundreds(numbers: Sequence[int]) -> list[Sequence[int]]:
    size = wordpress.PER_PAGE
    return [numbers[at : at + size] for at in range(0, len(numbers), size)]


def _names(ask: Asker, root: str, posts: Iterable[RestPost]) -> dict[tuple[str, int], str]:
    """The names of all terms of the posts, as far as the site tells them."""
    terms = {term for post in posts for term in post.terms}
    names: dict[tuple[str, int], str] = {}
    for kind in ("categories", "tags"):
        numbers = sorted(number for of, number in terms if of == kind)
        for some in _hundreds(numbers)[: ask.most_pages]:
            try:
                answer = read_names(ask.fetch(wordpress.terms_address(root, kind, some)))
            except FeedError:
                return names
            names |= {(kind, number): name for number, name in answer.items()}
    return names


# By feeds


def by_modified(
    ask: Asker, feed_url: str, *, through: datetime | None, window: Sequence[Entry] | None
) -> Found:
    """All entries edited since `through`, by the Atom feed in the order of edits.

    With `window`, the entries of the plain feed, it is tried whether the order is one that was
    asked for. Raises FeedError, NotHonouredError.
    """
    if not wordpress.modified_address(feed_url):
        raise NotHonouredError
    since = through - MARGIN if through else None
    found: dict[str, Entry] = {}
    for number, fetched in ask.pages(lambda n: wordpress.modified_address(feed_url, page=n)):
        parsed = parse(fetched)
        dates = [entry.updated for entry in parsed.entries]
        if not parsed.format.startswith("atom") or None in dates:
            raise NotHonouredError
        edited = [date for date in dates if date]
        if not _descends(edited):
            raise NotHonouredError
        if number == 1 and window and _is_deaf(ask, feed_url, parsed, window):
            raise NotHonouredError
        new = {mark_of(entry): entry for entry in parsed.entries if mark_of(entry) not in found}
        found |= new
        if not new or (since and min(edited) < since):
            break
    return Found(entries=tuple(found.values()))


def _is_deaf(ask: Asker, feed_url: str, parsed: ParsedFeed, window: Sequence[Entry]) -> bool:
    """Whether the site gives the same order whatever is asked for.

    Posts that were never edited are in the same order either way, so the reverse is asked for too.
    """
    marks = [mark_of(entry) for entry in parsed.entries]
    if marks != [mark_of(entry) for entry in window]:
        return False
    reverse = parse(ask.fetch(wordpress.modified_address(feed_url, order="asc")))
    return [mark_of(entry) for entry in reverse.entries] == marks


def by_pages(ask: Asker, feed_url: str, *, window: Sequence[Entry]) -> Found:
    """What further pages of the feed hold. Raises FeedError, NotHonouredError."""
    known = {mark_of(entry) for entry in window}
    found: dict[str, Entry] = {}
    for _, fetched in ask.pages(lambda n: wordpress.page_address(feed_url, n), first=2):
        entries = parse(fetched).entries
        new = {mark: entry for entry in entries if (mark := mark_of(entry)) not in known}
        if entries and not new and not found:
            raise NotHonouredError  # the first page again
        found |= new
        known |= new.keys()
        if not new:
            break
    return Found(entries=tuple(found.values()))


def mark_of(entry: Entry) -> str:
    """What tells an entry from the others of its feed."""
    return str(entry.post_number or entry.id or entry.link or entry.title)
