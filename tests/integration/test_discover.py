"""Finding a blog's feed from the address people know."""

from __future__ import annotations

import socket

import pytest

from newsletter.errors import FeedError
from newsletter.feeds.discover import discover
from newsletter.feeds.fetch import Limits, fetch
from newsletter.model.feed import Discovered, Fetched
from tests.webserver import Page, WebServer


def rss(*posts: int, title: str = "Blog", comment: bool = False) -> Page:
    anchor = "#comment-1" if comment else ""
    items = "".join(
        f"<item><title>Post {n}</title><link>https://blog.example/{n}/{anchor}</link>"
        f"<guid>https://blog.example/?p={n}{anchor}</guid></item>"
        for n in posts
    )
    text = f"<rss version='2.0'><channel><title>{title}</title>{items}</channel></rss>"
    return Page(body=text.encode(), headers={"Content-Type": "application/rss+xml"})


def atom(*posts: int, title: str = "Blog") -> Page:
    entries = "".join(
        f"<entry><title>Post {n}</title><id>https://blog.example/?p={n}</id>"
        f"<link href='https://blog.example/{n}/'/></entry>"
        for n in posts
    )
    return Page(
        body=f"<feed xmlns='http://www.w3.org/2005/Atom'><title>{title}</title>{entries}</feed>"
        .encode()
    )  # fmt: skip


def page(*links: tuple[str, str, str], head: str = "") -> Page:
    tags = "".join(
        f'<link rel="alternate" type="application/{kind}" title="{title}" href="{href}" />'
        for kind, title, href in links
    )
    text = f"<!DOCTYPE html><html><head>{head}<title>Blog</title>{tags}</head><body></body></html>"
    return Page(body=text.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def load(url: str) -> Fetched:
    return fetch(url, limits=Limits(connect=2, read=2, total=5), user_agent="newsletter/test")


def find(address: str) -> Discovered:
    return discover(address, fetch=load)


def failure(address: str) -> FeedError:
    with pytest.raises(FeedError) as caught:
        find(address)
    return caught.value


def test_a_feeds_own_address_is_taken(web: WebServer) -> None:
    web.pages["/x.xml"] = atom(1, title="Own")
    assert find(web.url("/x.xml")) == Discovered(
        feed_url=web.url("/x.xml"), kind="atom", title="Own"
    )


def test_the_page_names_its_feed(web: WebServer) -> None:
    web.pages["/"] = page(("rss+xml", "Blog", "/news.rss"))
    web.pages["/news.rss"] = rss(1)
    found = find(web.url())
    assert (found.feed_url, found.kind, found.title) == (web.url("/news.rss"), "rss", "Blog")


def test_atom_is_preferred_where_the_page_names_both(web: WebServer) -> None:
    web.pages["/"] = page(("rss+xml", "RSS", "a.rss"), ("atom+xml", "Atom", "a.atom"))
    web.pages["/a.rss"] = rss(1)
    web.pages["/a.atom"] = atom(1)
    assert find(web.url()).feed_url == web.url("/a.atom")


def test_wordpress_names_only_rss_and_its_atom_feed_is_found(web: WebServer) -> None:
    web.pages["/"] = page(
        ("rss+xml", "Blog &raquo; Feed", "/feed/"),
        ("rss+xml", "Blog &raquo; Comments Feed", "/comments/feed/"),
    )
    web.pages["/feed/"] = rss(2, 1)
    web.pages["/feed/atom/"] = atom(2, 1)
    web.pages["/comments/feed/"] = rss(1, comment=True)
    assert find(web.url()).feed_url == web.url("/feed/atom/")
    assert not web.asked("/comments/feed/")


@pytest.mark.parametrize("sibling", [
    Page(status=404), page(), rss(2, 1), atom(), atom(77, 78),
    Page(body=b"<feed xmlns='http://www.w3.org/2005/Atom'"),
], ids=["absent", "html", "rss", "empty", "another", "broken"])  # fmt: skip
def test_an_atom_feed_that_is_not_the_same_blogs_is_not_taken(
    web: WebServer, sibling: Page
) -> None:
    web.pages["/"] = page(("rss+xml", "Feed", "/feed/"))
    web.pages["/feed/"] = rss(2, 1)
    web.pages["/feed/atom/"] = sibling
    assert find(web.url()).feed_url == web.url("/feed/")


def test_the_query_form_of_wordpress_has_its_atom_feed_too(web: WebServer) -> None:
    web.pages["/?feed=rss2"] = rss(1)
    web.pages["/?feed=atom"] = atom(1)
    assert find(web.url("/?feed=rss2")).feed_url == web.url("/?feed=atom")


@pytest.mark.parametrize("place", [
    "/feed/atom/", "/feed/", "/?feed=atom", "/?feed=rss2", "/atom.xml", "/feed.xml", "/rss.xml",
    "/index.xml", "/feed.json", "/feeds/posts/default",
])  # fmt: skip
def test_the_usual_places_are_tried_where_the_page_says_nothing(web: WebServer, place: str) -> None:
    web.pages["/"] = page()
    json = Page(body=b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1"}]}')
    web.pages[place] = json if place.endswith("json") else atom(1)
    assert find(web.url()).feed_url == web.url(place)


def test_a_blog_in_a_folder_is_looked_for_there_first(web: WebServer) -> None:
    web.pages["/blog"] = page()
    web.pages["/feed/atom/"] = atom(9)
    web.pages["/blog/feed/atom/"] = atom(1)
    assert find(web.url("/blog")).feed_url == web.url("/blog/feed/atom/")


def test_the_feed_of_the_section_given_is_taken_before_the_whole_blogs(web: WebServer) -> None:
    web.pages["/category/trials/"] = page(
        ("rss+xml", "Blog", "/feed/"), ("rss+xml", "Trials", "/category/trials/feed/")
    )
    web.pages["/feed/"] = rss(2, 1)
    web.pages["/category/trials/feed/"] = rss(1)
    assert find(web.url("/category/trials/")).feed_url == web.url("/category/trials/feed/")


def test_from_a_posts_page_the_blogs_feed_is_found_not_that_of_its_comments(
    web: WebServer,
) -> None:
    web.pages["/2026/a-post/"] = page(
        ("rss+xml", "Blog", "/feed/"), ("rss+xml", "Blog: A post", "/2026/a-post/feed/")
    )
    web.pages["/feed/"] = rss(2, 1)
    web.pages["/2026/a-post/feed/"] = rss(1, title="On: A post", comment=True)
    assert find(web.url("/2026/a-post/")).feed_url == web.url("/feed/")


def test_links_are_relative_to_the_pages_base_after_redirects(web: WebServer) -> None:
    web.redirect("/", "/en/")
    web.pages["/en/"] = page(("atom+xml", "Blog", "f.xml"), head='<base href="/files/">')
    web.pages["/files/f.xml"] = atom(1)
    assert find(web.url()).feed_url == web.url("/files/f.xml")


def test_an_oembed_or_api_link_is_not_taken_for_a_feed(web: WebServer) -> None:
    web.pages["/"] = page(("json", "JSON", "/wp-json/wp/v2/posts"), ("json+oembed", "o", "/o"))
    web.pages["/feed/"] = rss(1)
    find(web.url())
    assert not web.asked("/wp-json/wp/v2/posts")
    assert not web.asked("/o")


def test_a_page_that_refuses_robots_may_still_have_an_open_feed(web: WebServer) -> None:
    web.pages["/"] = Page(status=403)
    web.pages["/feed/atom/"] = atom(1)
    assert find(web.url()).feed_url == web.url("/feed/atom/")


def test_without_a_scheme_https_is_tried_and_then_http(web: WebServer) -> None:
    web.pages["/blog"] = atom(1)
    assert find(web.url("/blog").removeprefix("http://")).feed_url == web.url("/blog")
    assert find(f"feed:{web.url('/blog')}").feed_url == web.url("/blog")


def test_a_new_blog_without_posts_has_a_feed_too(web: WebServer) -> None:
    web.pages["/"] = page(("rss+xml", "Blog", "/feed/"))
    web.pages["/feed/"] = rss(title="New blog")
    assert find(web.url()).title == "New blog"


def test_where_there_is_no_feed_all_that_was_tried_is_named(web: WebServer) -> None:
    web.pages["/"] = page(("rss+xml", "Blog", "/gone.rss"))
    error = failure(web.url())
    assert error.kind == "no-feed"
    for place in ("/gone.rss", "/feed/atom/", "/feed/", "/?feed=atom"):
        assert web.url(place) in error.message
    assert error.mend


def test_a_feed_behind_a_challenge_is_said_to_be_so(web: WebServer) -> None:
    web.pages["/"] = page(("rss+xml", "Blog", "/feed/"))
    web.pages["/feed/"] = Page(status=403, headers={"cf-mitigated": "challenge"})
    assert failure(web.url()).kind == "bot-protection"


def test_a_host_that_does_not_answer_is_asked_once_per_scheme() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        assert failure(address).kind == "refused"
    assert failure("blog.invalid").kind == "dns"
    assert failure("").kind == "invalid-url"


def test_a_feed_server_that_hangs_is_not_asked_a_dozen_times(web: WebServer) -> None:
    web.pages["/"] = page(("rss+xml", "Blog", "/feed/"))
    for place in ("/feed/", "/feed/atom/", "/?feed=atom"):
        web.pages[place] = Page(delay=30)

    def impatient(url: str) -> Fetched:
        return fetch(url, limits=Limits(read=0.1, total=1), user_agent="newsletter/test")

    with pytest.raises(FeedError) as caught:
        discover(web.url(), fetch=impatient)
    assert caught.value.kind == "timeout"
    assert len(web.requests) == 2


def test_a_page_with_broken_markup_is_read_as_far_as_it_goes(web: WebServer) -> None:
    link = b"<link rel=alternate type=application/atom+xml href=/a.atom>"
    web.pages["/"] = Page(body=b"<html>" + link + b"<![nonsense[ <p>" * 3)
    web.pages["/a.atom"] = atom(1)
    assert find(web.url()).feed_url == web.url("/a.atom")
