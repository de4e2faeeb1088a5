"""Tries what a WordPress site honours of all that it can be asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from newsletter.errors import FeedError
from newsletter.feeds import means, wordpress
from newsletter.feeds.beyond import Window
from newsletter.feeds.means import Asker, NotHonouredError
from newsletter.feeds.restposts import read_posts
from newsletter.model.feed import Entry

HONOURED = "honoured"
IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Honours:
    """What became of each question: `honoured`, `ignored`, or why there was no answer.

    `since` is of the REST API's `modified_after`, "" where there is no API to ask.
    """

    api: str
    rest: str
    since: str
    modified: str
    paged: str

    @property
    def tells_edits(self) -> bool:
        """Whether an edit of any post, however old, can be seen."""
        return HONOURED in (self.rest, self.modified)


def probe(ask: Asker, feed_url: str, window: Window) -> Honours:
    """Asks for one page by each means, and looks whether the answer fits the question."""
    entries, api = window.parsed.entries, wordpress.api_root(window.fetched)
    rest, listed = _tried(lambda: _by_rest(ask, api))
    modified, _ = _tried(
        lambda: means.by_modified(ask, feed_url, through=None, window=entries).entries
    )
    ask.most_pages = 2
    paged, _ = _tried(lambda: means.by_pages(ask, feed_url, window=entries).entries)
    return Honours(
        api=api,
        rest=rest,
        since=_since(ask, api, listed) if rest == HONOURED else "",
        modified=modified,
        paged=paged,
    )


def _by_rest(ask: Asker, api: str) -> tuple[Entry, ...]:
    if not api:
        raise NotHonouredError
    return means.by_rest(ask, api, through=None, window=(), wanted=frozenset()).entries


def _tried(ask: Callable[[], tuple[Entry, ...]]) -> tuple[str, tuple[Entry, ...]]:
    try:
        return HONOURED, ask()
    except NotHonouredError:
        return IGNORED, ()
    except FeedError as error:
        status = f" ({error.http_status})" if error.http_status else ""
        return f"{error.kind}{status}", ()


def _since(ask: Asker, api: str, listed: tuple[Entry, ...]) -> str:
    """Nothing was edited two days after the newest edit: who lists posts did not listen."""
    newest = max((entry.updated for entry in listed if entry.updated), default=None)
    if newest is None:
        return IGNORED
    address = wordpress.posts_address(api, since=newest + timedelta(days=2))
    try:
        return IGNORED if read_posts(ask.fetch(address)).posts else HONOURED
    except FeedError as error:
        return error.kind
