"""The feeds that were found in the wild, served as their servers would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from newsletter.feeds.parse import parse
from newsletter.model.feed import Fetched, ParsedFeed
from tests.acceptance.runner import SHARED
from tests.webserver import Page

FEEDS = SHARED / "feeds"
ABSENT = "the sample feeds are not here: they belong at ../shared, seen from the repository"

ROOMY = "[fuse]\nmax_items = 100\n"
QUIET = frozenset({"d10_atom_intertwingly.xml", "d17_nodate_django_planet.xml"})
"""Their posts say nothing of when they were published, so that none is news on the first run."""

LANGUAGES = {
    "d14_enc_golem_iso8859_1.xml": "de",
    "d15_enc_iconv_cyrillic.xml": "ru",
    "d23_rtl_bbc_urdu.xml": "ur",
    "d28_mojibake_lemonde.xml": "fr",
}
"""Those that are not in English; Urdu is read from right to left."""


def names() -> list[str]:
    """The files of the feeds; one name that is none where they are not here."""
    return [path.name for path in sorted(FEEDS.glob("d*"))] if FEEDS.is_dir() else ["(none)"]


def kind_of(name: str) -> str:
    """What a real server says of such a feed."""
    if name.endswith(".json"):
        return "application/feed+json"
    return "application/atom+xml" if "atom" in name else "application/rss+xml; charset=UTF-8"


def page(name: str, more: bytes = b"") -> Page:
    """The feed as it is served, with some bytes more at its end."""
    body = (FEEDS / name).read_bytes() + more
    return Page(body=body, headers={"Content-Type": kind_of(name), "ETag": '"first"'})


def read(name: str, url: str) -> ParsedFeed:
    """The feed as it is read from this address."""
    fetched = Fetched(
        url=url,
        final_url=url,
        http_status=200,
        body=page(name).body,
        headers={"content-type": kind_of(name)},
    )
    return parse(fetched)


def just_after(name: str, url: str) -> datetime:
    """An hour after the newest post was published: a job that begins then has news."""
    dates = [entry.published for entry in read(name, url).entries if entry.published]
    latest = max((date for date in dates if date.year < 2030), default=datetime.now(UTC))
    return latest + timedelta(hours=1)
