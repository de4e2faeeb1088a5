"""Whether the blog tells of edits of posts that have left its feed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from newsletter.config.checks import masked
from newsletter.errors import FeedError
from newsletter.feeds import wordpress
from newsletter.feeds.beyond import Window
from newsletter.feeds.means import Asker
from newsletter.feeds.parse import parse
from newsletter.feeds.probe import HONOURED, Honours, probe
from newsletter.model.remark import Remark, fine, warning
from newsletter.pipeline.examination.surroundings import Surroundings

_TIME = timedelta(seconds=60)


def edits(around: Surroundings, url: str) -> Iterator[Remark]:
    """What the site honours of all that can be asked for. A feed that cannot be read is not its
    matter.
    """
    if not around.settings.collect.most_pages:
        yield warning("feed", "Nothing but the feed is asked for ([collect] most_pages is 0).")
        return
    try:
        fetched = around.fetch(url, None)
        window = Window(fetched=fetched, parsed=parse(fetched))
    except FeedError:
        return
    if not wordpress.is_wordpress(window.fetched, window.parsed):
        yield _of_another(url, window)
        return
    ask = Asker(
        fetch=lambda address: around.fetch(address, None),
        pause=lambda _: None,
        clock=around.now,
        until=around.now() + _TIME,
        most_pages=1,
    )
    yield _said(masked(url), probe(ask, url, window))


def _of_another(url: str, window: Window) -> Remark:
    """Only WordPress is known to tell; other feeds may at least be read on (RFC 5005)."""
    further = "; its further pages are read when no known post is left in it"
    found = (
        f"{masked(url)}: an edit of a post that has left the feed is not seen"
        f"{further if window.parsed.next_page else ''}."
    )
    return fine("feed", found)


def _said(url: str, found: Honours) -> Remark:
    told = (
        f"REST API {found.rest}{', modified_after ' + found.since if found.since else ''};"
        f" ?orderby=modified {found.modified}; ?paged= {found.paged}"
    )
    if found.tells_edits:
        by = "by its REST API" if found.rest == HONOURED else "by its feed in the order of edits"
        return fine("feed", f"{url}: edits of old posts are told {by} ({told}).")
    if found.paged == HONOURED:
        return warning(
            "feed",
            f"{url}: edits of old posts are found only by reading page after page ({told}).",
            "Let the REST API (/wp-json/) be reached by this program, or let the feed show more"
            " posts (WordPress: Settings > Reading).",
        )
    return warning(
        "feed",
        f"{url}: an edit of a post that has left the feed is not seen ({told}).",
        "Let the REST API (/wp-json/) be reached by this program, or let the feed show more posts"
        " (WordPress: Settings > Reading).",
    )
