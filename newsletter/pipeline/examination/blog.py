"""The blog: whether its feeds can be read, tell what was updated, and show enough; and the clock.

Each feed is fetched once, as if for the first time, and nothing is noted of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from newsletter.config.checks import masked
from newsletter.editions.period import length
from newsletter.errors import FeedError
from newsletter.feeds.discover import discover
from newsletter.feeds.parse import parse
from newsletter.model.feed import Entry, Fetched, ParsedFeed
from newsletter.model.remark import Remark, fine, problem, warning
from newsletter.pipeline.examination.surroundings import Surroundings

MOST_DRIFT = timedelta(seconds=60)
"""How far this computer's clock may be from the blog's; schedules and signatures rely on it."""

_ENOUGH = 5
"""A feed with fewer entries is that of a new blog, whatever their dates are."""


def feed(around: Surroundings, url: str) -> Iterator[Remark]:
    """All there is to say of one feed, and of the clock as its server's answer shows it."""
    try:
        fetched = around.fetch(url, None)
        asked_at = around.now()
        parsed = parse(fetched)
    except FeedError as error:
        yield problem("feed", error.message, error.mend)
        return
    yield _read(masked(url), parsed)
    yield from _format(around, url, parsed)
    yield from _window(around, parsed)
    yield from (warning("feed", note) for note in parsed.notes)
    yield from _clock(around, fetched, asked_at)


def _read(url: str, parsed: ParsedFeed) -> Remark:
    newest = max(_dates(parsed.entries), default=None)
    dated = f", the newest of {newest:%d %B %Y}" if newest else ""
    number = len(parsed.entries)
    found = f"{url}: {parsed.format}, {number} post{'' if number == 1 else 's'}{dated}."
    if not parsed.entries:
        return warning("feed", found, "Is this the feed of the blog's posts?")
    return fine("feed", found)


def _format(around: Surroundings, url: str, parsed: ParsedFeed) -> Iterator[Remark]:
    """Only Atom and JSON Feed have a date of change (RFC 4287 §4.2.15)."""
    if any(entry.updated for entry in parsed.entries) or not parsed.entries:
        return
    found = "The feed does not say when a post was updated; changes are seen by their text alone."
    sibling = _sibling(around, url) if parsed.format.startswith("rss") else ""
    if sibling:
        yield warning("feed", found, f"The blog has one that does: set the feed's url to {sibling}")
    else:
        yield fine("feed", found)


def _sibling(around: Surroundings, url: str) -> str:
    """The Atom feed beside an RSS feed, if the blog has one."""
    try:
        better = discover(url, fetch=lambda address: around.fetch(address, None))
    except FeedError:
        return ""
    return masked(better.feed_url) if better.kind == "atom" else ""


def _window(around: Surroundings, parsed: ParsedFeed) -> Iterator[Remark]:
    """A feed shows the last few posts only; what leaves it between two runs is never seen."""
    oldest = min(_dates(parsed.entries), default=None)
    if oldest is None or len(parsed.entries) < _ENOUGH:
        return
    if around.now() - oldest < length(around.settings.schedule.every):
        yield warning(
            "feed",
            f"All {len(parsed.entries)} posts of the feed are younger than the time between two"
            " editions, so that one may come and go unseen.",
            "Let the feed show more posts (WordPress: Settings > Reading), or run"
            " `newsletter collect` every day.",
        )


def _dates(entries: tuple[Entry, ...]) -> list[datetime]:
    return [date for entry in entries if (date := entry.published or entry.updated)]


def _clock(around: Surroundings, fetched: Fetched, asked_at: datetime) -> Iterator[Remark]:
    """Date is when the answer was made (RFC 9110 §6.6.1); a cache adds its Age."""
    if around.rehearsed_clock:
        yield warning("clock", "NEWSLETTER_NOW sets the calendar; this is for rehearsals only.")
        return
    theirs = _date(fetched.headers.get("date", ""))
    if theirs is None:
        return
    age = fetched.headers.get("age", "").strip()
    theirs += timedelta(seconds=int(age) if re.fullmatch("[0-9]{1,9}", age) else 0)
    drift = round((asked_at - theirs).total_seconds())
    if abs(drift) > MOST_DRIFT.total_seconds():
        way = "ahead of" if drift > 0 else "behind"
        found = f"This computer's clock is {abs(drift):,} seconds {way} the blog's."
        yield problem("clock", found, "Let the clock be set over the network (NTP).")
    else:
        yield fine("clock", "This computer's clock agrees with the blog's.")


def _date(header: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(header)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
