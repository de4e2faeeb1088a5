"""Posts that are gone from the blog when an edition is about to go out, and broken links."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.runner import WEEK_1, WEEK_2, Desk
from tests.webserver import Page, WebServer
from tests.wordpress import Post, WordPress, install

THEN = datetime(2026, 11, 5, 9, tzinfo=UTC)
SECOND = "Letter 2"


def posts(count: int = 3) -> list[Post]:
    """Letters of the days before the first edition."""
    return [
        Post(
            number=10 + at,
            slug=f"letter-{at}",
            title=f"Letter {at}",
            content=f"<p>In letter {at} the author counts the {at + 4} boats on the quiet lake, and"
            f" thinks of number {at} of them all day long.</p>",
            published=THEN + at * timedelta(hours=20),
            modified=THEN + at * timedelta(hours=20),
        )
        for at in range(1, count + 1)
    ]


@pytest.fixture
def blog(web: WebServer) -> WordPress:
    return install(web, posts())


@pytest.fixture
def desk(tmp_path: Path, web: WebServer) -> Desk:
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed/atom/")])
    desk.people()
    return desk


def titles(document: Any) -> list[str]:
    return sorted(post["title"] for post in document["posts"]["new"])


def answering(blog: WordPress, number: int, page: Page) -> str:
    """Lets the page of a post answer like this, while the feed still shows it."""
    post = next(post for post in blog.posts if post.number == number)
    path = blog.link(post).removeprefix(blog.origin)
    server = blog.web
    server.pages[path] = page
    return path


@pytest.mark.parametrize("status", [404, 410])
def test_a_post_whose_page_is_gone_is_left_out_and_said(
    desk: Desk, web: WebServer, blog: WordPress, status: int
) -> None:
    path = answering(blog, 12, Page(status=status))
    done = desk.call("send", "--json")
    assert done.code == 0, done
    assert titles(done.document) == ["Letter 1", "Letter 3"]
    assert f"“{SECOND}”: The post is left out: its page answers {status}." in done.said
    assert SECOND not in desk.mails("2026-W46")[0].text
    assert f"“{SECOND}” is left out" in "\n".join(desk.call("status", "--json").document["waiting"])
    assert [request.method for request in web.asked(path)] == ["GET"]


def test_a_post_that_asks_for_a_password_is_left_out(
    desk: Desk, web: WebServer, blog: WordPress
) -> None:
    """The feed, cached, still shows its text."""
    form = b'<form class="post-password-form" action="/wp-login.php?action=postpass"></form>'
    answering(blog, 12, Page(body=b"<title>Protected: Letter 2</title>" + form))
    done = desk.call("send", "--json")
    assert titles(done.document) == ["Letter 1", "Letter 3"]
    assert "asks for a password" in done.said


def test_a_password_form_beside_the_post_takes_nothing_out(
    desk: Desk, web: WebServer, blog: WordPress
) -> None:
    form = '<aside><form class="post-password-form"></form></aside>'
    answering(blog, 12, Page(body=(form + posts()[1].content).encode()))
    assert titles(desk.send()) == ["Letter 1", "Letter 2", "Letter 3"]


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_what_may_be_over_tomorrow_is_a_warning_only(
    desk: Desk, web: WebServer, blog: WordPress, status: int
) -> None:
    answering(blog, 12, Page(status=status))
    done = desk.call("send", "--json")
    assert titles(done.document) == ["Letter 1", "Letter 2", "Letter 3"]
    assert f"answers {status}" in done.said


def test_a_blog_that_cannot_be_reached_holds_nothing_and_is_not_asked_for_ever(
    desk: Desk, web: WebServer, blog: WordPress
) -> None:
    """Its feed could be read, and then no connection is made any more."""
    blog.posts = posts(12)
    blog.break_pages = True
    done = desk.call("send", "--json")
    assert done.document["outcome"] == "sent"
    assert len(titles(done.document)) == 12
    assert "12 links to the blog are not known to work" in done.said
    asked = [request for request in web.requests if "letter" in request.path]
    assert 3 <= len(asked) <= 5


def test_the_text_is_tried_again_after_an_hour_and_not_before(
    desk: Desk, web: WebServer, blog: WordPress
) -> None:
    """A post that is back is news again; in between nobody is told that it was dropped."""
    path = answering(blog, 12, Page(status=404))
    desk.now = WEEK_1
    desk.call("compose")
    desk.call("collect")
    assert len(desk.call("compose", "--json").document["posts"]["new"]) == 2
    del web.pages[path]
    assert len(desk.call("compose", "--json").document["posts"]["new"]) == 2
    assert len(web.asked(path)) == 1
    desk.now = "2026-11-09T09:30:00Z"
    assert titles(desk.send()) == ["Letter 1", "Letter 2", "Letter 3"]


def test_a_post_that_is_back_next_week_is_in_the_next_edition(
    desk: Desk, web: WebServer, blog: WordPress
) -> None:
    path = answering(blog, 12, Page(status=404))
    desk.now = WEEK_1
    desk.send()
    del web.pages[path]
    desk.now = WEEK_2
    assert titles(desk.send()) == [SECOND]


def test_an_edition_of_gone_posts_only_is_none(desk: Desk, web: WebServer, blog: WordPress) -> None:
    blog.posts = posts(1)
    answering(blog, 11, Page(status=404))
    done = desk.call("send", "--json")
    assert done.document["outcome"] == "nothing-new"
    assert "“Letter 1”: The post is left out" in done.said


def test_a_blog_whose_pages_are_all_gone_is_broken_and_holds_the_edition(
    desk: Desk, web: WebServer, blog: WordPress
) -> None:
    for number in (11, 12, 13):
        answering(blog, number, Page(status=404))
    document = desk.send(code=3)
    assert document["outcome"] == "held"
    assert "None of the 3 posts of this edition can be opened" in document["reasons"][0]


def test_another_link_to_the_blog_that_is_broken_is_a_warning(
    desk: Desk, web: WebServer, blog: WordPress
) -> None:
    """Its head is asked for, and the page where a server knows no HEAD; other sites are not."""
    old = blog.posts[0]
    web.pages["/fine/"] = lambda request: Page(status=405 if request.method == "HEAD" else 200)
    update = (
        f'<h3>Update 13 Nov 2026</h3><p>More of it is <a href="{web.origin}/broken/#more">told over'
        f' there</a>, and <a href="{web.origin}/fine/">here as well</a>, not'
        ' <a href="http://127.0.0.1:9/elsewhere/">elsewhere</a>, this week.</p>'
    )
    desk.now = WEEK_1
    desk.send()
    blog.edit(old.number, content=update + old.content, modified=THEN + timedelta(days=8))
    desk.now = WEEK_2
    done = desk.call("send", "--json")
    assert done.document["outcome"] == "sent"
    assert f"{web.origin}/broken/: The link answers 404." in done.said
    assert "/fine/" not in done.said
    assert "elsewhere" not in done.said.replace("elsewhere</a>", "")
    assert [request.method for request in web.asked("/fine/")] == ["HEAD", "GET"]


def test_a_page_that_moved_within_the_blog_is_there_and_elsewhere_is_not_looked(
    desk: Desk, web: WebServer, blog: WordPress
) -> None:
    there = answering(blog, 11, Page(status=301, headers={"Location": "/moved/"}))
    web.pages["/moved/"] = Page(status=404)
    answering(blog, 12, Page(status=302, headers={"Location": "http://127.0.0.2:9/away/"}))
    done = desk.call("send", "--json")
    assert titles(done.document) == ["Letter 2", "Letter 3"]
    assert len(web.asked(there)) == len(web.asked("/moved/")) == 1


def test_nothing_is_tried_where_that_is_not_wanted(
    desk: Desk, web: WebServer, blog: WordPress
) -> None:
    desk.settings([web.url("/feed/atom/")], more="[digest]\ncheck_links = false\n")
    path = answering(blog, 12, Page(status=404))
    assert len(titles(desk.send())) == 3
    assert not web.asked(path)


def test_a_preview_asks_for_nothing_and_shows_what_was_found(
    desk: Desk, web: WebServer, blog: WordPress
) -> None:
    path = answering(blog, 12, Page(status=404))
    desk.call("collect")
    desk.call("preview", "--out", "look")
    assert not web.asked(path)
    desk.call("compose")
    web.requests.clear()
    done = desk.call("preview", "--out", "look", "--json")
    assert not [request for request in web.requests if "letter" in request.path]
    assert "left out" in (desk.folder / "look" / "2026-W46" / "index.html").read_text("utf-8")
    assert done.code == 0


def test_approval_tries_the_links_and_wants_another_look_when_a_post_is_gone(
    desk: Desk, web: WebServer, blog: WordPress
) -> None:
    desk.call("collect")
    desk.call("preview", "--out", "look")
    answering(blog, 12, Page(status=404))
    done = desk.call("editions", "approve", "2026-W46")
    assert done.code == 3
    assert "changed since it was previewed" in done.said
    desk.call("preview", "--out", "look")
    assert desk.call("editions", "approve", "2026-W46").code == 0
    assert len(titles(desk.call("editions", "show", "2026-W46", "--json").document)) == 2


@pytest.mark.parametrize("wanted", [True, False])
def test_readers_can_be_told_of_a_post_that_is_no_longer_there(
    desk: Desk, web: WebServer, blog: WordPress, wanted: bool
) -> None:
    more = f"[digest]\nno_longer_available = {str(wanted).lower()}\n"
    desk.settings([web.url("/feed/atom/")], more=more)
    desk.now = WEEK_1
    desk.send()
    blog.edit(12, status="private")
    new = replace(
        posts(4)[3], published=THEN + timedelta(days=8), modified=THEN + timedelta(days=8)
    )
    blog.posts = [*blog.posts, new]
    desk.now = WEEK_2
    assert titles(desk.send()) == ["Letter 4"]
    mail = desk.mails("2026-W47")[0]
    assert ("No longer available" in mail.html) is wanted
    assert ("- Letter 2" in mail.text) is wanted
    later = THEN + timedelta(days=15)
    last = replace(new, number=30, slug="letter-5", title="Letter 5", content="<p>The fifth.</p>")
    last = replace(last, published=later, modified=later)
    blog.posts = [*blog.posts, last]
    desk.now = "2026-11-23T08:00:00Z"
    assert titles(desk.send()) == ["Letter 5"]
    assert SECOND not in desk.mails("2026-W48")[0].text


def test_the_proof_tells_of_what_is_gone_and_what_may_have_been_missed(
    desk: Desk, web: WebServer, blog: WordPress
) -> None:
    """The admin reads it a day before, and can still do something."""
    desk.settings([web.url("/feed/atom/")], more='[notify]\nto = "admin@clinic.example"\n')
    blog.posts, blog.per_feed, blog.honours = posts(2), 2, frozenset({"link"})
    desk.now = "2026-11-02T08:00:00Z"
    desk.call("collect")
    blog.posts = posts(5)
    answering(blog, 15, Page(status=410))
    desk.now = "2026-11-08T12:00:00Z"
    desk.send("--scheduled")
    (proof,) = (mail for mail in desk.mails("notices") if "[PROOF]" in mail.subject)
    text = " ".join(proof.text.split())
    assert "“Letter 5”: The post is left out: its page answers 410." in text
    assert "posts may have been missed: none of the 2 posts in the feed was known" in text
