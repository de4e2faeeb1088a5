"""The sample blog, two weeks: what is the same post, what changed, and what is quoted of it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from newsletter.feeds.clean import clean
from newsletter.feeds.compare import compare, revision_of
from newsletter.feeds.dated import opening_of
from newsletter.feeds.excerpt import excerpt
from newsletter.feeds.identify import Known, Match, identity_of, match_all
from newsletter.feeds.parse import parse
from newsletter.feeds.plain import from_html
from newsletter.model.feed import Entry, Fetched
from newsletter.model.post import Change, Cleaned, KnownPost, Revision, Weight

SHARED = Path(__file__).parents[2].parent / "shared"
BLOG = SHARED / "blog"
FEEDS = SHARED / "feeds"
SITE = "https://ronnyallan.example/feed/"
WEEKS = {
    "rss": ("blog-week1.xml", "blog-week2.xml"),
    "rss, ten items": ("blog-week1.xml", "blog-week2-default10.xml"),
    "rss, re-dated": ("blog-week1.xml", "blog-week2-redated.xml"),
    "rss, no sharing buttons": ("blog-week1-nosharing.xml", "blog-week2-nosharing.xml"),
    "rss, sharing buttons gone": ("blog-week1.xml", "blog-week2-nosharing.xml"),
    "atom": ("blog-atom-week1.xml", "blog-atom-week2.xml"),
    "atom, ten items": ("blog-atom-week1.xml", "blog-atom-week2-default10.xml"),
    "atom, re-dated": ("blog-atom-week1.xml", "blog-atom-week2-redated.xml"),
    "rss to atom": ("blog-week1.xml", "blog-atom-week2.xml"),
}
LUTIA, TESTNET, TYPO, MOVED = 17905, 30120, 31021, 30944
BUTTONS, CATEGORY = 30977, 30511
NEW = {31077, 31060, 31049}

pytestmark = pytest.mark.skipif(
    not BLOG.is_dir(),
    reason="the sample blog is not here: it belongs at ../shared, seen from the repository",
)
every_pair = pytest.mark.parametrize("pair", WEEKS)


@cache
def entries(path: Path) -> tuple[Entry, ...]:
    url = SITE if path.parent == BLOG else f"https://feeds.example/{path.name}"
    fetched = Fetched(url=url, final_url=url, http_status=200, body=path.read_bytes())
    return parse(fetched).entries


@cache
def cleaned(entry: Entry) -> Cleaned:
    return clean(entry.content or entry.summary, base_url=entry.link or SITE)


def revision(entry: Entry) -> Revision:
    return revision_of(entry.title, cleaned(entry))


def known(found: tuple[Entry, ...]) -> Known:
    """The posts of a first fetch, as the store would give them back."""
    items = [(identity_of(entry, cleaned(entry).text), entry.title) for entry in found]
    fresh = [at for at, match in enumerate(match_all(items, Known.of([]))) if match.by == "new"]
    return Known.of(
        KnownPost(id=at, identity=items[at][0], title=found[at].title, url=found[at].link or "")
        for at in fresh
    )


def matches(found: tuple[Entry, ...], before: Known) -> tuple[Match, ...]:
    items = [(identity_of(entry, cleaned(entry).text), entry.title) for entry in found]
    return match_all(items, before)


def number(entry: Entry) -> int:
    found = identity_of(entry, "").post_number
    assert found is not None
    return found


def changes(pair: str) -> dict[int, Change]:
    """The change of each post that is in both weeks, matched as the collection does."""
    first, second = (entries(BLOG / name) for name in WEEKS[pair])
    return {
        number(entry): compare(revision(first[match.known.id]), revision(entry))
        for entry, match in zip(second, matches(second, known(first)), strict=True)
        if match.known is not None
    }


@every_pair
def test_each_post_is_known_again_and_only_new_ones_are_new(pair: str) -> None:
    """Though guid scheme, permalink and date of some have changed."""
    first, second = (entries(BLOG / name) for name in WEEKS[pair])
    found = matches(second, known(first))
    assert {number(e) for e, m in zip(second, found, strict=True) if m.by == "new"} == NEW
    for entry, match in zip(second, found, strict=True):
        if match.known is not None:
            assert number(first[match.known.id]) == number(entry)


@every_pair
def test_only_the_two_updated_posts_are_news(pair: str) -> None:
    """The typing error, buttons, counters, categories and permalinks are not."""
    found = changes(pair)
    major = {post for post, change in found.items() if change.weight is Weight.MAJOR}
    assert major == {LUTIA, TESTNET} & found.keys()
    assert TESTNET in major
    assert found[TYPO].weight is Weight.MINOR
    for post in found.keys() - {LUTIA, TESTNET, TYPO}:
        assert found[post].weight is Weight.NONE, post


@every_pair
def test_a_dated_section_is_quoted_alone(pair: str) -> None:
    """The section of the week, its links kept, and nothing of the old text."""
    found = changes(pair)
    testnet = found[TESTNET]
    assert testnet.summary == "New section of 14 November 2026"
    assert testnet.quote_text.startswith("14th November 2026. ")
    assert testnet.quote_text.endswith("120 participants.")
    assert "October" not in testnet.quote_text
    if LUTIA in found:
        lutia = found[LUTIA]
        assert lutia.summary == "New section of 14 November 2026"
        assert lutia.quote_text.startswith("Update 14 Nov 2026: ")
        assert "no longer recruiting" in lutia.quote_text
        assert 'href="https://clinicaltrials.gov/study/NCT03590119"' in lutia.quote_html
        assert "metastatic" not in lutia.quote_text
        assert len(lutia.quote_text) <= 400


def api_posts(name: str) -> dict[int, Revision]:
    """The posts of an answer of the site's API, as they would be kept."""
    posts = json.loads((BLOG / name).read_text("utf-8"))
    return {
        post["id"]: revision_of(
            from_html(post["title"]["rendered"]),
            clean(post["content"]["rendered"], base_url=post["link"]),
        )
        for post in posts
    }


@pytest.mark.parametrize(
    "second", ["blog-wpjson-week2.json", "blog-wpjson-modified-after-2026-11-09T08.json"]
)
def test_the_same_is_news_when_the_sites_api_tells_it(second: str) -> None:
    """The two sections of the week, each alone; nothing else but a typing error."""
    old, new = api_posts("blog-wpjson-week1.json"), api_posts(second)
    found = {post: compare(old[post], new[post]) for post in old.keys() & new.keys()}
    major = {post for post, change in found.items() if change.weight is Weight.MAJOR}
    assert major == {LUTIA, TESTNET}
    for post in major:
        assert found[post].summary == "New section of 14 November 2026"
        old_lines = set(old[post].text.split("\n"))
        assert old_lines.isdisjoint(found[post].quote_text.split("\n"))
    for post in found.keys() - {LUTIA, TESTNET, TYPO}:
        assert found[post].weight is Weight.NONE, post
    if TYPO in found:
        assert found[TYPO].weight is Weight.MINOR


def test_feed_and_api_say_the_same_of_a_post() -> None:
    """Going from one to the other is no change of any post."""
    feed = {number(e): revision(e) for e in entries(BLOG / "blog-week2.xml") if not e.protected}
    api = api_posts("blog-wpjson-week2.json")
    for post in feed.keys() & api.keys():
        assert compare(feed[post], api[post]).weight is Weight.NONE, post


def test_the_openings_of_dated_sections_that_were_collected() -> None:
    """Those that are some, those that are none, and the citation that looks like one."""
    known = json.loads((SHARED / "ctgov" / "registry_regexes.json").read_text("utf-8"))
    assert all(opening_of(line) for line in known["heading_positives"])
    assert not any(opening_of(line) for line in known["heading_negatives"])
    diary, citation = (line.partition(" (")[0] for line in known["heading_false_friends"])
    opening = opening_of(diary)
    assert opening is not None
    assert not opening.said  # a dated heading, but it does not call itself an update
    assert opening_of(citation) is None


@pytest.mark.parametrize(
    "name", ["blog-week2.xml", "blog-week2-nosharing.xml", "blog-atom-week2.xml"]
)
def test_the_posts_come_out_clean(name: str) -> None:
    """No button, counter or script is left; pictures are those of the post."""
    found = {number(entry): cleaned(entry) for entry in entries(BLOG / name)}
    for post in found.values():
        for debris in (
            "bloggers like",
            "Please Share",
            "Loading",
            "Twitter</",
            "<script",
            "[audio",
        ):
            assert debris not in post.html
        assert post.image is None or "patientsincluded" not in post.image.url
    lutia, howto = found[LUTIA].image, found[30700].image
    assert lutia is not None
    assert lutia.url.endswith("/2019/01/lutia.png?w=620")
    assert howto is not None
    assert (howto.alt, howto.url.split("/")[2]) == (
        "steps",
        "ronnyallan.example",
    )
    assert "https://www.youtube.com/watch?v=xxxxxxxxxxx" in found[CATEGORY].html
    assert "webinar.mp3" in found[CATEGORY].html
    assert "]]&gt; kept as text" in found[30700].html


def test_the_old_post_begins_with_two_whole_sentences() -> None:
    """Its excerpt is of the beginning of the text."""
    post = next(e for e in entries(BLOG / "blog-week1.xml") if number(e) == LUTIA)
    found = excerpt(cleaned(post))
    assert found.startswith("The treatment of liver metastasis")
    assert found.endswith("embolization techniques.")
    assert len(found) == 253


FEED_FILES = sorted(path for path in FEEDS.glob("d*") if path.suffix in {".xml", ".json"})


@pytest.mark.parametrize("path", FEED_FILES, ids=lambda path: path.name)
def test_a_feed_fetched_twice_brings_no_news(path: Path) -> None:
    """In any order, each entry is the post it was, and unchanged; each has a safe text."""
    found = entries(path)
    before = known(found)
    again = matches(tuple(reversed(found)), before)
    seen = [match.known.id for match in again if match.known is not None]
    assert all(match.by != "new" for match in again)
    assert len(seen) == len(set(seen)) > 0
    for entry, match in zip(reversed(found), again, strict=True):
        if match.known is not None:
            change = compare(revision(found[match.known.id]), revision(entry))
            assert change.weight is Weight.NONE
    for entry in found:
        post = cleaned(entry)
        assert bool(excerpt(post)) == bool(post.text)
        assert clean(post.html, base_url="https://feeds.example/").html == post.html


def test_a_feed_with_one_link_for_all_and_no_guids() -> None:
    """Three days later: what was there is known, what came is new."""
    names = ("d06_wp_aldaily_0627.xml", "d07_wp_aldaily_0630.xml")
    first, second = (entries(FEEDS / name) for name in names)
    found = matches(second, known(first))
    titles = {entry.title for entry in first}
    for entry, match in zip(second, found, strict=True):
        assert (match.known is not None) == (entry.title in titles), entry.title
