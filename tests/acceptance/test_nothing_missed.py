"""What a feed of ten posts does not show: edited old posts, and posts that came and went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.runner import SHARED, WEEK_1, WEEK_2, Desk
from tests.webserver import Page, WebServer
from tests.wordpress import ALL, Post, WordPress, install, snapshot

BLOG = SHARED / "blog"
needs_blog = pytest.mark.skipif(
    not BLOG.is_dir(),
    reason="the blog's snapshots are not here: they belong at ../shared, seen from the repository",
)
LUTIA = "clinical-trial-intra-arterial-lu177-prrt-for-neuroendocrine-cancer"
MISSED = "posts may have been missed"
DAY = timedelta(days=1)
THEN = datetime(2026, 11, 6, 9, tzinfo=UTC)
UPDATE = "<h3>Update 13 Nov 2026</h3><p>The study at the made-up hospital is recruiting again.</p>"
BY_REST = ALL
BY_FEED = ALL - {"rest"}
BY_PAGES = ALL - {"rest", "modified"}
BY_NOTHING = frozenset({"link"})


def text_of(number: int) -> str:
    return (
        f"<p>Note {number} is about a walk by the river, and the {number} herons I met there.</p>"
        f"<p>Nobody can say how long they stay, but number {number} of them was asleep.</p>"
    )


def posts(count: int) -> list[Post]:
    """A blog with a post every third day, the last on 6 November."""
    return [
        Post(
            number=100 + at,
            slug=f"note-number-{at}",
            title=f"Note number {at}: the author’s day",
            content=text_of(at),
            published=THEN - (count - 1 - at) * 3 * DAY,
            modified=THEN - (count - 1 - at) * 3 * DAY,
            categories=(7,),
        )
        for at in range(count)
    ]


@pytest.fixture
def desk(tmp_path: Path, web: WebServer) -> Desk:
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed/atom/")])
    desk.people()
    return desk


def slugs(items: Sequence[dict[str, Any]]) -> list[str]:
    return sorted(item["url"].rstrip("/").rpartition("/")[2] for item in items)


def two_weeks(desk: Desk, blog: WordPress, change: Any) -> Any:
    desk.now = WEEK_1
    desk.send()
    change(blog)
    desk.now = WEEK_2
    return desk.call("send", "--json")


def edited_old_post(blog: WordPress) -> None:
    """The oldest post, far outside of the feed, gets a dated section."""
    old = min(blog.posts, key=lambda post: post.number)
    blog.edit(old.number, content=UPDATE + old.content, modified=THEN + 7 * DAY)


@pytest.mark.parametrize("honours", [BY_REST, BY_REST - {"link"}, BY_FEED, BY_PAGES])
@pytest.mark.parametrize("feed", ["/feed/", "/feed/atom/"])
def test_an_edited_old_post_is_found_by_whatever_the_site_honours(
    desk: Desk, web: WebServer, honours: frozenset[str], feed: str
) -> None:
    desk.settings([web.url(feed)])
    blog = install(web, posts(35), honours=honours)
    done = two_weeks(desk, blog, edited_old_post)
    assert done.document["outcome"] == "sent", done
    assert slugs(done.document["posts"]["updated"]) == ["note-number-0"]
    assert done.document["posts"]["new"] == []
    assert done.document["posts"]["updated"][0]["change"] == "New section of 13 November 2026"
    assert MISSED not in done.said


@pytest.mark.parametrize(
    "honours",
    [
        BY_REST - {"modified_after"},  # a plugin takes it out: the order tells where to stop
        BY_REST - {"orderby"},
        BY_FEED | {"rest"} - {"modified_after", "orderby"},
        BY_REST - {"content"},
    ],
)
def test_a_site_that_ignores_half_of_what_it_is_asked_for_is_seen_through(
    desk: Desk, web: WebServer, honours: frozenset[str]
) -> None:
    blog = install(web, posts(35), honours=honours)
    done = two_weeks(desk, blog, edited_old_post)
    assert slugs(done.document["posts"]["updated"]) == ["note-number-0"]
    assert done.document["posts"]["new"] == []


@pytest.mark.parametrize("honours", [BY_NOTHING, BY_NOTHING | {"rest"}])
def test_without_any_means_there_is_an_alarm(
    desk: Desk, web: WebServer, honours: frozenset[str]
) -> None:
    """Also where there is a REST API that ignores what it is asked for."""
    blog = install(web, posts(10), honours=honours - {"content"})

    def change(blog: WordPress) -> None:
        edited_old_post(blog)
        new = replace(
            blog.public[0], number=200, slug="a-new-one", published=THEN + 5 * DAY,
            modified=THEN + 8 * DAY, content=text_of(200), title="A new one",
        )  # fmt: skip
        blog.posts = [*blog.posts, new]

    done = two_weeks(desk, blog, change)
    assert slugs(done.document["posts"]["new"]) == ["a-new-one"]
    assert MISSED in done.said
    assert "1 known post is no longer in the feed" in done.said
    assert MISSED in "\n".join(desk.call("status", "--json").document["waiting"])


@needs_blog
@pytest.mark.parametrize("kind", ["rss", "atom"])
@pytest.mark.parametrize("honours", [BY_REST, BY_FEED, BY_PAGES, BY_NOTHING])
def test_the_blog_that_shows_ten_posts(
    desk: Desk, web: WebServer, honours: frozenset[str], kind: str
) -> None:
    """The post that has left the window is found, or there is an alarm."""
    names = {"rss": "blog-{}.xml", "atom": "blog-atom-{}.xml"}
    desk.settings([web.url("/feed/" if kind == "rss" else "/feed/atom/")])
    blog = install(web, snapshot(BLOG / "blog-wpjson-week1.json"), honours=honours)
    blog.feed = (BLOG / names[kind].format("week1")).read_bytes()

    def change(blog: WordPress) -> None:
        blog.posts = snapshot(BLOG / "blog-wpjson-week2.json")
        blog.feed = (BLOG / names[kind].format("week2-default10")).read_bytes()

    done = two_weeks(desk, blog, change)
    updated = slugs(done.document["posts"]["updated"])
    assert len(done.document["posts"]["new"]) == 3
    if honours == BY_NOTHING:
        assert updated == ["clinical-trial-testinib-testnet-1"]
        assert MISSED in done.said
    else:
        assert updated == [LUTIA, "clinical-trial-testinib-testnet-1"]
        assert MISSED not in done.said
    assert len(desk.call("posts", "list", "--json").document) == 13


@needs_blog
def test_the_blogs_text_is_the_same_by_feed_and_by_rest(desk: Desk, web: WebServer) -> None:
    """Read by feed one week, by the REST API the next, by feed again: nothing has changed."""
    blog = install(web, snapshot(BLOG / "blog-wpjson-week2.json"), per_feed=12, honours=BY_NOTHING)
    for at, honours in enumerate([BY_NOTHING, BY_REST, BY_FEED, BY_REST, BY_NOTHING]):
        blog.honours = honours
        desk.now = f"2026-12-{1 + at * 7:02}T08:00:00Z"
        desk.call("collect", "--json")
    found = desk.call("posts", "list", "--json").document
    assert {(post["revisions"], post["last_change"]) for post in found} == {(1, "none")}


@pytest.mark.parametrize("count", [8, 35])
@pytest.mark.parametrize("drift", [timedelta(minutes=-3), timedelta(0), timedelta(minutes=3)])
@pytest.mark.parametrize(
    "order",
    [
        [BY_NOTHING, BY_REST, BY_NOTHING, BY_REST, BY_FEED],
        [BY_REST, BY_NOTHING, BY_NOTHING, BY_REST, BY_NOTHING],
        [BY_FEED, BY_REST, BY_FEED, BY_REST, BY_REST],
    ],
)
def test_a_feed_of_excerpts_makes_no_changes_of_what_rest_tells_whole(
    desk: Desk, web: WebServer, count: int, drift: timedelta, order: Sequence[frozenset[str]]
) -> None:
    """Whichever of the two is there on a day, and whoever comes first.

    One post was saved anew each time, with the same words. A weekly job that begins some minutes
    earlier or later than the week before asks as ever.
    """
    blog = install(web, posts(count), honours=order[0], excerpts=True)
    for at, honours in enumerate(order):
        blog.honours = honours
        day = datetime(2026, 12, 1 + at * 7, 8, tzinfo=UTC) + at * drift
        blog.edit(100 + count - 1, modified=day - DAY)  # so that something was edited
        desk.now = day.isoformat()
        blog.requests.clear()
        done = desk.call("collect", "--json")
        assert done.document["feeds"][0]["updated"] == 0, (at, done)
        assert any("/wp-json/" in request.path for request in blog.requests), at
    found = desk.call("posts", "list", "--json").document
    assert len(found) == count
    assert {(post["revisions"], post["last_change"]) for post in found} == {(1, "none")}


def test_an_edit_made_while_rest_was_away_is_found_when_it_is_there_again(
    desk: Desk, web: WebServer
) -> None:
    """The feed's excerpt is as ever, for the edit is further down."""
    blog = install(web, posts(8), excerpts=True)
    seen = []
    for at, honours in enumerate([BY_REST, BY_NOTHING, BY_REST]):
        blog.honours = honours
        day = datetime(2026, 12, 1 + at * 7, 8, tzinfo=UTC)
        if at == 1:
            blog.edit(104, content=text_of(4) + UPDATE, modified=day - DAY)
        blog.edit(107, modified=day - DAY)  # so that something was edited
        desk.now = day.isoformat()
        seen.append(desk.call("collect", "--json").document["feeds"][0]["updated"])
    assert seen == [0, 0, 1]


def test_an_edit_is_found_where_the_feed_shows_excerpts(desk: Desk, web: WebServer) -> None:
    blog = install(web, posts(35), excerpts=True)
    done = two_weeks(desk, blog, edited_old_post)
    assert slugs(done.document["posts"]["updated"]) == ["note-number-0"]


@pytest.mark.parametrize("honours", [BY_REST, BY_FEED, BY_PAGES])
def test_posts_that_came_and_went_unseen_are_found(
    desk: Desk, web: WebServer, honours: frozenset[str]
) -> None:
    blog = install(web, posts(12), honours=honours)

    def change(blog: WordPress) -> None:
        new = [
            replace(
                post, number=post.number + 500, slug=f"new-{at}", title=f"New {at}",
                content=text_of(500 + at), published=THEN + at * timedelta(hours=12) + DAY * 3,
                modified=THEN + at * timedelta(hours=12) + DAY * 3,
            )
            for at, post in enumerate(blog.posts)
        ]  # fmt: skip
        blog.posts = [*blog.posts, *new]

    done = two_weeks(desk, blog, change)
    assert len(done.document["posts"]["new"]) == 12
    assert MISSED not in done.said


def test_any_feed_is_read_on_by_its_own_links_until_a_post_is_known(
    desk: Desk, web: WebServer
) -> None:
    """RFC 5005; the site is no WordPress."""
    desk.settings([web.url("/atom.xml")])

    def page(first: int, last: int, following: str = "") -> bytes:
        entries = "".join(
            f"<entry><id>tag:x,2026:{n}</id><title>Story {n}</title>"
            f'<link href="{web.url(f"/story-{n}/")}"/><published>2026-11-{n:02}T10:00:00Z'
            f"</published><updated>2026-11-{n:02}T10:00:00Z</updated>"
            f'<content type="html">&lt;p&gt;Story {n} has {n} heroes.&lt;/p&gt;</content></entry>'
            for n in range(last, first - 1, -1)
        )
        link = f'<link rel="next" href="{following}"/>' if following else ""
        return (
            '<feed xmlns="http://www.w3.org/2005/Atom"><title>Stories</title><id>tag:x,2026:0</id>'
            f"<updated>2026-11-01T00:00:00Z</updated>{link}{entries}</feed>"
        ).encode()

    web.pages["/atom.xml"] = Page(body=page(5, 7))
    desk.now = WEEK_1
    desk.call("collect")
    web.pages["/atom.xml"] = Page(body=page(14, 16, web.url("/atom.xml?page=2")))
    web.pages["/atom.xml?page=2"] = Page(body=page(10, 13, "/atom.xml?page=3"))
    web.pages["/atom.xml?page=3"] = Page(body=page(6, 9, "/atom.xml?page=4"))
    desk.now = WEEK_2
    done = desk.call("collect", "--json")
    assert done.document["feeds"][0]["new"] == 9
    assert MISSED not in done.said
    assert not web.asked("/atom.xml?page=4")
    web.pages["/atom.xml"] = Page(body=page(20, 22))
    desk.now = "2026-11-23T08:00:00Z"
    assert MISSED in desk.call("collect", "--json").said


def test_a_site_that_did_not_change_is_asked_once(desk: Desk, web: WebServer) -> None:
    blog = install(web, posts(35))
    desk.now = WEEK_1
    desk.call("collect")
    blog.requests.clear()
    desk.now = "2026-11-10T08:00:00Z"
    done = desk.call("collect", "--json")
    assert done.document["feeds"][0]["status"] == "unchanged"
    assert [(r.path, "if-modified-since" in r.headers) for r in blog.requests] == [
        ("/feed/atom/", True)
    ]
    edited_old_post(blog)
    blog.edit(100, modified=THEN + 4 * DAY)
    done = desk.call("collect", "--json")
    assert done.document["feeds"][0]["updated"] == 1
    assert done.document["feeds"][0]["status"] == "ok"


@pytest.mark.parametrize("hours", [-11, 0, 13])
def test_the_sites_own_time_does_not_hide_an_edit(desk: Desk, web: WebServer, hours: int) -> None:
    """`modified_after` is compared with local time; edits follow each other within the day."""
    blog = install(web, posts(35), zone=timedelta(hours=hours))
    desk.now = WEEK_1
    desk.call("collect")
    for at in range(4):
        moment = datetime(2026, 11, 9, 9 + 3 * at, tzinfo=UTC)
        old = next(post for post in blog.posts if post.number == 100 + at)
        blog.edit(old.number, content=UPDATE + old.content, modified=moment)
        desk.now = (moment + timedelta(minutes=5)).isoformat()
        assert desk.call("collect", "--json").document["feeds"][0]["updated"] == 1, at


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_rest_api_in_trouble_is_asked_again_and_nothing_is_lost(
    desk: Desk, web: WebServer, status: int
) -> None:
    blog = install(web, posts(35))
    desk.now = WEEK_1
    desk.call("collect")
    edited_old_post(blog)
    blog.honours, blog.rest_status = BY_REST - {"rest"}, status
    desk.now = WEEK_2
    done = desk.call("collect", "--json")
    assert done.code == 0
    assert "The next run asks again" in done.said
    blog.honours = BY_REST
    desk.now = "2026-11-16T09:00:00Z"
    assert desk.call("collect", "--json").document["feeds"][0]["updated"] == 1


def test_a_rest_api_that_is_closed_gives_way_to_the_feed_in_the_order_of_edits(
    desk: Desk, web: WebServer
) -> None:
    blog = install(web, posts(35))

    def change(blog: WordPress) -> None:
        blog.honours, blog.rest_status = BY_FEED, 401
        edited_old_post(blog)

    done = two_weeks(desk, blog, change)
    assert slugs(done.document["posts"]["updated"]) == ["note-number-0"]


def test_the_feed_of_a_category_brings_no_other_posts(desk: Desk, web: WebServer) -> None:
    blog = install(web, posts(35))
    desk.settings([web.url("/category/herons/feed/atom/")])
    some = WordPress(web=web, posts=[p for p in blog.posts if p.number % 5 == 0])
    web.pages["/category/herons/feed/atom/"] = lambda request: some(
        replace(request, path="/feed/atom/")
    )

    def change(blog: WordPress) -> None:
        edited_old_post(blog)
        edited_old_post(some)

    done = two_weeks(desk, blog, change)
    assert slugs(done.document["posts"]["updated"]) == ["note-number-0"]
    assert len(desk.call("posts", "list", "--json").document) == 7


def test_a_post_is_known_by_the_names_of_its_categories(desk: Desk, web: WebServer) -> None:
    """The REST API has numbers; topics go by names."""
    blog = install(web, posts(35), names={7: "Herons & Co"})
    two_weeks(desk, blog, edited_old_post)
    known = desk.call("posts", "list", "--json").document
    assert {tuple(post["categories"]) for post in known} == {("Herons & Co",)}


def test_an_old_post_that_nobody_knew_is_said_and_not_blasted(desk: Desk, web: WebServer) -> None:
    """It was private, or beyond what is read at first."""
    blog = install(web, [replace(posts(35)[0], status="private"), *posts(35)[1:]])

    def change(blog: WordPress) -> None:
        edited_old_post(blog)
        blog.edit(100, status="publish")

    done = two_weeks(desk, blog, change)
    assert done.document["outcome"] == "nothing-new"
    assert "“Note number 0: the author’s day” is an old post" in done.said


def test_nothing_but_the_feed_is_asked_for_if_that_is_wanted(desk: Desk, web: WebServer) -> None:
    blog = install(web, posts(35))
    desk.settings([web.url("/feed/atom/")], more="[collect]\nmost_pages = 0\n")
    desk.now = WEEK_1
    desk.call("collect")
    assert {request.path for request in blog.requests} == {"/feed/atom/"}


def test_a_first_reading_takes_the_old_posts_for_known_and_is_bounded(
    desk: Desk, web: WebServer
) -> None:
    blog = install(web, posts(35), honours=BY_FEED)
    desk.settings([web.url("/feed/atom/")], more="[collect]\nmost_pages = 2\n")
    desk.now = WEEK_1
    sent = desk.send()
    assert slugs(sent["posts"]["new"]) == ["note-number-33", "note-number-34"]
    assert len(desk.call("posts", "list", "--json").document) == 20
    assert len(blog.requests) < 8


def test_a_scheduled_post_is_new_though_it_was_written_long_ago(desk: Desk, web: WebServer) -> None:
    """WordPress keeps the time of its last edit when it comes out."""
    blog = install(web, posts(35), excerpts=True)

    def change(blog: WordPress) -> None:
        late = replace(posts(36)[0], number=300, slug="late", published=THEN + 6 * DAY,
                       modified=THEN - 60 * DAY)  # fmt: skip
        blog.posts = [*blog.posts, late]
        blog.edit(105, modified=THEN + 6 * DAY)

    done = two_weeks(desk, blog, change)
    assert slugs(done.document["posts"]["new"]) == ["late"]
    blog.edit(300, modified=THEN + 12 * DAY)  # nothing but its date
    desk.now = "2026-11-23T08:00:00Z"
    assert desk.send()["outcome"] == "nothing-new"


@pytest.mark.parametrize(
    ("honours", "verdict", "told"),
    [
        (BY_REST, "ok", "by its REST API (REST API honoured, modified_after honoured;"),
        (BY_REST - {"modified_after"}, "ok", "modified_after ignored"),
        (BY_REST - {"orderby"}, "ok", "by its feed in the order of edits (REST API ignored;"),
        (BY_FEED, "ok", "by its feed in the order of edits (REST API not-found (404);"),
        (BY_PAGES, "warning", "only by reading page after page"),
        (BY_NOTHING, "warning", "?orderby=modified ignored; ?paged= ignored"),
    ],
)
def test_the_doctor_says_what_the_site_honours(
    desk: Desk, web: WebServer, honours: frozenset[str], verdict: str, told: str
) -> None:
    """By what it answers: one that ignores a question is not taken at its word."""
    edited_old_post(install(web, posts(35), honours=honours))
    done = desk.call("doctor", "--json", "--nameserver", "127.0.0.1:9")
    found = [
        row["verdict"]
        for row in done.document["checks"]
        if row["check"] == "feed" and told in row["found"]
    ]
    assert found == [verdict], done.document["checks"]
