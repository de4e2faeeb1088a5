"""When a whole blog changes at once, the edition waits with one clear message, or there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.runner import PEOPLE, WEEK_1, WEEK_2, Desk
from tests.changes.posts import POSTS
from tests.webserver import Page, WebServer

FIRST = datetime(2026, 1, 8, 9, tzinfo=UTC)
FRESH = datetime(2026, 11, 5, 9, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Item:
    """A post as WordPress' feed has it."""

    number: int
    title: str
    html: str
    published: datetime
    guid: str
    link: str

    def xml(self) -> str:
        return (
            f"<item><title>{escape(self.title)}</title><link>{escape(self.link)}</link>"
            f"<pubDate>{format_datetime(self.published)}</pubDate>"
            f'<guid isPermaLink="false">{escape(self.guid)}</guid>'
            f"<content:encoded><![CDATA[{self.html}]]></content:encoded></item>"
        )


def item(number: int, title: str, html: str, published: datetime) -> Item:
    return Item(
        number=number,
        title=title,
        html=html,
        published=published,
        guid=f"http://blog.example.org/?p={700 + number}",
        link=f"http://blog.example.org/{published:%Y/%m/%d}/post-about-{number}/",
    )


BLOG = [
    *(
        item(number, post.title, post.html(), FIRST + timedelta(days=7 * number))
        for number, post in enumerate(POSTS)
    ),
    item(90, "A fresh one", "<p>Some words about a walk by the sea.</p>", FRESH),
]


def feed(items: Sequence[Item]) -> Page:
    newest_first = sorted(items, key=lambda one: one.published, reverse=True)
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content='
        '"http://purl.org/rss/1.0/modules/content/"><channel><title>A blog</title>'
        "<link>http://blog.example.org</link><description>x</description>"
        f"{''.join(one.xml() for one in newest_first)}</channel></rss>"
    )
    return Page(body=body.encode(), headers={"Content-Type": "application/rss+xml"})


@pytest.fixture
def desk(tmp_path: Path, web: WebServer) -> Desk:
    """A week with one new post has gone out."""
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed/")])
    desk.people()
    web.pages["/feed/"] = feed(BLOG)
    desk.now = WEEK_1
    sent = desk.send()
    assert [post["title"] for post in sent["posts"]["new"]] == ["A fresh one"]
    desk.now = WEEK_2
    return desk


Happening = Callable[[Item], Item]


def another_theme(one: Item) -> Item:
    """Other markup, buttons, counters, pictures in other sizes."""
    html = one.html.replace("<p>", '<p class="has-text-align-left" data-n="8f3">').replace(
        "<h2>", '<h2 id="x"><span>'
    )
    more = '<p>1,204 views</p><div class="sharedaddy">Share this: X</div><p>Thanks for reading</p>'
    return replace(
        one, html=f'<div class="entry">{html.replace("</h2>", "</span></h2>")}{more}</div>'
    )


def over_https(one: Item) -> Item:
    return replace(
        one,
        guid=one.guid.replace("http:", "https:"),
        link=one.link.replace("http:", "https:"),
        html=one.html.replace("http:", "https:"),
    )


def new_guids(one: Item) -> Item:
    return replace(one, guid=f"tag:blog.example.org,2026:{one.number * 31}")


def new_guids_and_links(one: Item) -> Item:
    return replace(new_guids(one), link=f"https://www.blog.example.org/post-about-{one.number}")


def clock_reset(one: Item) -> Item:
    """The server believes that all was published just now."""
    now = datetime(2026, 11, 15, 9, tzinfo=UTC) + timedelta(seconds=one.number)
    return replace(one, published=now)


def clock_lost(one: Item) -> Item:
    return replace(one, published=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=one.number))


@pytest.mark.parametrize(
    "happening",
    [
        another_theme, over_https, new_guids, new_guids_and_links, clock_reset, clock_lost,
        lambda one: another_theme(over_https(new_guids(clock_reset(one)))),
    ],
    ids=["theme", "https", "guids", "guids and links", "clock", "no clock", "all at once"],
)  # fmt: skip
def test_what_moves_a_whole_blog_is_no_news(
    desk: Desk, web: WebServer, happening: Happening
) -> None:
    """Each post is known again, and its words are the same."""
    web.pages["/feed/"] = feed([happening(one) for one in BLOG])
    sent = desk.send()
    assert (sent["outcome"], sent["posts"]["new"], sent["posts"]["updated"]) == (
        "nothing-new",
        [],
        [],
    )
    assert desk.mails("2026-W47") == []


def new_words(one: Item) -> Item:
    """A box of the new theme, in words that no list of boilerplate knows."""
    return replace(
        one, html=f"<p>Our guide with 48 pages can now be had at the desk.</p>{one.html}"
    )


def test_new_words_in_every_post_trip_the_fuse(desk: Desk, web: WebServer) -> None:
    """One message that says what happened and what can be done; nobody is mailed, ever so often."""
    web.pages["/feed/"] = feed([new_words(over_https(one)) for one in BLOG])
    for _ in range(2):
        held = desk.send(code=3)
        assert held["outcome"] == "held"
        assert held["recipients"]["accepted"] == 0
        assert len(held["reasons"]) == 1
        assert held["reasons"][0].startswith("9 of 9 known posts changed at once")
        assert "newsletter editions approve" in held["reasons"][0]
    assert desk.mails("2026-W47") == []


def test_another_blog_at_the_same_address_trips_the_fuse(desk: Desk, web: WebServer) -> None:
    started = datetime(2026, 11, 10, tzinfo=UTC)
    others = [
        replace(
            item(n, f"Bargain {n}", f"<p>Buy number {n} today.</p>", started + timedelta(hours=n)),
            guid=f"shop-{n}",
            link=f"http://blog.example.org/shop/bargain-number-{n}/",
        )
        for n in range(30)
    ]
    web.pages["/feed/"] = feed(others)
    held = desk.send(code=3)
    assert held["outcome"] == "held"
    assert [reason.partition(",")[0] for reason in held["reasons"]] == ["30 posts would be in it"]
    assert desk.mails("2026-W47") == []


def test_our_own_clock_set_back_sends_nothing_again(desk: Desk, web: WebServer) -> None:
    web.pages["/feed/"] = feed(
        [*BLOG, item(91, "Another", "<p>More words of mine.</p>", FRESH + timedelta(days=7))]
    )
    assert desk.send()["outcome"] == "sent"
    for moment in (WEEK_1, "2025-01-06T08:00:00Z"):
        desk.now = moment
        assert desk.send()["outcome"] in ("already-sent", "nothing-new")
    assert len(desk.mails("2026-W46")) == len(desk.mails("2026-W47")) == len(PEOPLE)
    assert sorted(path.name for path in (desk.folder / "outbox").iterdir() if path.is_dir()) == [
        "2026-W46", "2026-W47",
    ]  # fmt: skip


def told(sent: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((post["title"], post["change"]) for post in sent["posts"]["updated"])


def updated(*extra: str) -> list[Item]:
    first, second, *rest = BLOG
    return [
        replace(first, html=f"<p>14 Nov 2026: It has closed to all.</p>{first.html}"),
        replace(second, html=second.html + "".join(extra)),
        *rest,
    ]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_fetches_does_not_matter(
    desk: Desk, web: WebServer, order: tuple[int, ...]
) -> None:
    """What a cache served in between, old or half edited, is as if it had never been."""
    drafts = [
        updated("<p>A draft with 12 mistakes in it, soon taken back.</p>"),
        BLOG,
        list(reversed(updated())),
    ]
    for at in order:
        web.pages["/feed/"] = feed(drafts[at])
        assert desk.call("collect").code == 0
    web.pages["/feed/"] = feed(updated())
    sent = desk.send()
    assert told(sent) == [(BLOG[0].title, "New section of 14 November 2026")]


def test_the_order_of_feeds_does_not_matter(tmp_path: Path, web: WebServer) -> None:
    """Two feeds of one blog, in either order in the settings."""
    said = []
    for number, paths in enumerate((("/feed/", "/all/"), ("/all/", "/feed/"))):
        desk = Desk(tmp_path / str(number))
        desk.folder.mkdir()
        desk.settings([web.url(path) for path in paths])
        desk.people()
        for now, items in ((WEEK_1, BLOG), (WEEK_2, updated())):
            web.pages["/all/"], web.pages["/feed/"] = feed(items), feed(items[:4])
            desk.now = now
            sent = desk.send()
        said.append(told(sent))
    assert said[0] == said[1] == [(BLOG[0].title, "New section of 14 November 2026")]
