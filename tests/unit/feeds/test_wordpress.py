"""WordPress' addresses, and when a site is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from newsletter.feeds import wordpress
from newsletter.feeds.due import is_due
from newsletter.model.feed import Fetched, Follow, Means, ParsedFeed

HOME = "https://blog.example.org/"
NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)


def fetched(url: str, link: str = "") -> Fetched:
    headers = {"link": link} if link else {}
    return Fetched(url=url, final_url=url, http_status=200, body=b"", headers=headers)


@pytest.mark.parametrize(
    ("feed", "home"),
    [
        ("https://blog.example.org/feed/", HOME),
        ("https://blog.example.org/feed", HOME),
        ("https://blog.example.org/feed/atom/", HOME),
        ("https://blog.example.org/index.php/feed/rss2", HOME),
        ("https://blog.example.org/?feed=rss2", HOME),
        ("https://blog.example.org/sub/feed/", HOME + "sub/"),
        ("https://blog.example.org/atom.xml", ""),
        ("https://blog.example.org/feeds/posts/default", ""),
    ],
)
def test_the_home_of_a_feed(feed: str, home: str) -> None:
    assert wordpress.home_of(feed) == home


@pytest.mark.parametrize(
    ("url", "link", "root"),
    [
        (HOME + "feed/", "", HOME + "wp-json/"),
        (HOME + "feed/", f'<{HOME}api/>; rel="https://api.w.org/"', HOME + "api/"),
        (HOME + "feed/", f'<{HOME}x>; rel="shortlink", <{HOME}api/>; rel="https://api.w.org/"',
         HOME + "api/"),
        (HOME + "feed/", "<http://blog.example.org/wp-json/>; rel=https://api.w.org/", ""),
        (HOME + "atom.xml", "", ""),
        (HOME + "feed/", '<file:///etc/passwd>; rel="https://api.w.org/"', ""),
    ],
)  # fmt: skip
def test_where_the_rest_api_is(url: str, link: str, root: str) -> None:
    assert wordpress.api_root(fetched(url, link)) == root


@pytest.mark.parametrize(
    ("feed", "root", "whole"),
    [
        (HOME + "feed/atom/", HOME + "wp-json/", True),
        ("https://www.blog.example.org/feed/", HOME + "wp-json/", True),
        (HOME + "?feed=atom", HOME + "index.php?rest_route=/", True),
        (HOME + "feed/?cat=5", HOME + "wp-json/", False),
        (HOME + "category/x/feed/", HOME + "wp-json/", False),
        (HOME + "author/ann/feed/atom/", HOME + "wp-json/", False),
        ("https://feeds.example.net/feed/", HOME + "wp-json/", False),
    ],
)
def test_whether_a_feed_is_that_of_the_whole_site(feed: str, root: str, whole: bool) -> None:
    assert wordpress.is_of_whole_site(feed, root) is whole


def test_the_addresses_that_are_asked_for() -> None:
    since = datetime(2026, 11, 9, 10, tzinfo=timezone(timedelta(hours=2)))
    asked = wordpress.posts_address(HOME + "wp-json/", page=3, since=since)
    assert asked.startswith(HOME + "wp-json/wp/v2/posts?orderby=modified&order=desc&per_page=100")
    assert "&modified_after=2026-11-09T08:00:00&page=3&_fields=id," in asked
    without = wordpress.posts_address(HOME + "?rest_route=/", numbers=[4, 5])
    assert without.startswith(HOME + "?rest_route=/wp/v2/posts&orderby=modified")
    assert "&include=4,5&" in without
    atom = wordpress.modified_address(HOME + "feed/?cat=5", page=2)
    assert atom == HOME + "feed/atom/?cat=5&orderby=modified&order=desc&paged=2"
    assert wordpress.modified_address(HOME + "?feed=rss2", order="asc") == (
        HOME + "?feed=atom&orderby=modified&order=asc"
    )
    assert wordpress.modified_address(HOME + "atom.xml") == ""
    assert wordpress.page_address(HOME + "feed/?paged=2", 3) == HOME + "feed/?paged=3"


@pytest.mark.parametrize(
    ("generator", "link", "yes"),
    [
        ("https://wordpress.org/?v=6.8.3", "", True),
        ("WordPress https://wordpress.org/", "", True),
        (None, f'<{HOME}wp-json/>; rel="https://api.w.org/"', True),
        ("Hugo -- gohugo.io", "", False),
        (None, "", False),
    ],
)
def test_what_is_a_wordpress(generator: str | None, link: str, yes: bool) -> None:
    parsed = ParsedFeed(
        title="", link=None, language=None, generator=generator, format="rss2.0", entries=()
    )
    assert wordpress.is_wordpress(fetched(HOME + "feed/", link), parsed) is yes


ALMOST_A_DAY = timedelta(hours=23, minutes=59)
REST = Follow(means=Means.REST, followed_at=NOW - timedelta(hours=2), marker="A")


@pytest.mark.parametrize(
    ("known", "marker", "read", "weekly", "due"),
    [
        (REST, "A", False, False, False),  # 304, and the newest edit is the one that is known
        (REST, "A", True, False, False),
        (REST, "B", True, False, True),  # a post was edited, though the feed reads as before
        (REST, "B", False, False, True),  # the last asking failed
        (REST, "A", True, True, True),
        (Follow(means=Means.REST, followed_at=NOW - timedelta(hours=2)), None, True, False, False),
        (Follow(means=Means.REST, followed_at=NOW - timedelta(days=1)), None, True, False, True),
        # the job of the day before took a minute, and this one comes on time
        (Follow(means=Means.REST, followed_at=NOW - ALMOST_A_DAY), None, True, False, True),
        (Follow(), "A", False, False, False),  # there is no feed to find anything out by
        (Follow(), "A", True, False, True),
        (Follow(means=Means.NONE, probed_at=NOW, marker="A"), "A", True, True, False),
        (Follow(means=Means.NONE, probed_at=NOW, marker="A"), "B", True, False, True),
        (Follow(means=Means.NONE, probed_at=NOW, marker="A"), "B", False, False, False),
    ],
)
def test_when_a_site_is_asked(
    known: Follow, marker: str | None, read: bool, weekly: bool, due: bool
) -> None:
    assert is_due(known, marker=marker, read=read, weekly=weekly, now=NOW) is due
