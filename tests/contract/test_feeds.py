"""26 real feeds read as an independent reader sees them, and one blog in two weeks and formats."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urljoin

import pytest

from newsletter.feeds.parse import parse
from newsletter.model.feed import Entry, Fetched, ParsedFeed

SHARED = Path(__file__).parents[2].parent / "shared"
FEEDS, BLOG = SHARED / "feeds", SHARED / "blog"

pytestmark = pytest.mark.skipif(
    not (FEEDS.is_dir() and BLOG.is_dir()),
    reason="the sample feeds are not here: they belong at ../shared, seen from the repository",
)


def facts() -> list[dict[str, Any]]:
    path = FEEDS / "facts.json"
    return cast("list[dict[str, Any]]", json.loads(path.read_text("utf-8"))["feeds"]) \
        if path.exists() else []  # fmt: skip


def read(path: Path, content_type: str = "") -> ParsedFeed:
    url = "https://feed.test/some/feed"
    return parse(
        Fetched(url=url, final_url=url, http_status=200, body=path.read_bytes(),
                headers={"content-type": content_type})
    )  # fmt: skip


def told(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def utc(text: str | None) -> str | None:
    return text.replace(" (no zone)", "Z") if text else None


def meant(title: str) -> str:
    """What a title says once UTF-8 read as Latin-1 is undone; the facts have it as it stands."""
    try:
        return " ".join(title.replace("Ã ", "Ã\xa0 ").replace("Â ", "Â\xa0").encode("latin-1")
                        .decode("utf-8").split())  # fmt: skip
    except UnicodeError:
        return title


def seen(entry: Entry) -> dict[str, Any]:
    return {
        "title": entry.title,
        "id": entry.id,
        "link": entry.link,
        "published": told(entry.published),
        "updated": told(entry.updated),
        "categories": list(entry.categories),
    }


def expected(item: dict[str, Any], feed: ParsedFeed) -> dict[str, Any]:
    base = feed.link or ""
    return {
        "title": meant(item["title"]),
        "id": item["id"],
        "link": urljoin(base, item["link"]) if item["link"] else None,
        "published": utc(item["published"]),
        "updated": utc(item["updated"]),
        "categories": item["categories"],
    }


def test_there_are_26_feeds() -> None:
    assert len(facts()) == 26


@pytest.mark.parametrize("fact", facts(), ids=lambda fact: fact["file"])
def test_a_real_feed_is_read_as_the_facts_say(fact: dict[str, Any]) -> None:
    feed = read(FEEDS / fact["file"])
    assert len(feed.entries) == fact["n_items"]
    assert feed.title == meant(fact["feed_title"])
    assert seen(feed.entries[0]) == expected(fact["first_item"], feed)
    assert seen(feed.entries[-1]) == expected(fact["last_item"], feed)
    assert sum(bool(entry.content) for entry in feed.entries) == fact["has_full_content"]


@pytest.mark.parametrize("fact", facts(), ids=lambda fact: fact["file"])
def test_every_entry_of_a_real_feed_is_whole(fact: dict[str, Any]) -> None:
    feed = read(FEEDS / fact["file"])
    for entry in feed.entries:
        assert entry.title
        assert "&amp;" not in entry.title
        assert "<" not in entry.title
        assert entry.content or entry.summary
        assert entry.link is None or entry.link.startswith(("http://", "https://"))
        assert not entry.protected
        for moment in (entry.published, entry.updated):
            assert moment is None or moment.utcoffset() is not None
    dated = "without any date" not in " ".join(fact["oddities"])
    assert all((entry.published or entry.updated) for entry in feed.entries) == dated


@pytest.mark.parametrize("name", ["d14_enc_golem_iso8859_1.xml", "d15_enc_iconv_cyrillic.xml"])
def test_a_header_with_the_wrong_charset_does_no_harm(name: str) -> None:
    as_declared = read(FEEDS / name, "text/xml")
    assert read(FEEDS / name, "text/xml; charset=UTF-8").entries == as_declared.entries


def test_the_repaired_titles_read_as_french() -> None:
    titles = " ".join(entry.title for entry in read(FEEDS / "d28_mojibake_lemonde.xml").entries)
    assert "Ã" not in titles
    assert "Â" not in titles


def test_the_wrapped_feed_and_the_nested_items_are_noted() -> None:
    assert read(FEEDS / "d24_atom_dupcontent_avian.xml").notes == ("the feed is wrapped in a page",)
    assert read(FEEDS / "d19_illegally_nested_dvorak.xml").notes == ("empty items were left out",)
    assert read(FEEDS / "d05_wpcom_techcrunch.xml").notes == (
        "the XML declaration is not at the start",
    )


def test_all_thirty_odd_dates_mean_what_they_say() -> None:
    """Military letters count as UTC (RFC 5322 §4.3), which the test feed allows for."""
    moments = [told(entry.published) for entry in read(FEEDS / "d25_date_tests.xml").entries]
    usual = "2006-02-09T23:59:45Z"
    exceptions = {
        4: "2006-02-09T23:59:00Z", 6: "1996-02-09T23:59:45Z", 9: "2006-02-09T16:59:45Z",
        10: "2006-02-09T12:59:45Z", 11: "2006-02-10T03:59:45Z", 27: "1806-02-09T23:59:45Z",
        28: "1906-02-09T23:59:45Z", 29: "2016-02-09T23:59:45Z", 30: "2106-02-09T23:59:45Z",
    }  # fmt: skip
    assert moments == [exceptions.get(number, usual) for number in range(1, 31)]


@pytest.mark.parametrize("week", ["week1", "week2", "week2-default10", "week2-redated"])
def test_rss_and_atom_of_the_blog_give_the_same_posts(week: str) -> None:
    """Atom knows when a post was updated; all else is the same in both."""
    rss, atom = (read(BLOG / f"{kind}-{week}.xml") for kind in ("blog", "blog-atom"))
    assert (rss.format, atom.format) == ("rss2.0", "atom1.0")
    assert rss.notes == atom.notes == ()

    def plain(entry: Entry) -> Entry:
        return replace(entry, updated=None, base=None, summary="", author=None)

    assert [plain(entry) for entry in rss.entries] == [plain(entry) for entry in atom.entries]
    assert all(entry.updated for entry in atom.entries)
    assert not any(entry.updated for entry in rss.entries)


@pytest.mark.parametrize("path", sorted(BLOG.glob("*.xml")), ids=lambda path: path.stem)
def test_the_blogs_password_post_is_known_and_every_number_too(path: Path) -> None:
    feed = read(path, "application/rss+xml; charset=UTF-8")
    wanted = set() if "default10" in path.stem else {30042}
    assert {entry.post_number for entry in feed.entries if entry.protected} == wanted
    assert all(entry.post_number for entry in feed.entries)
