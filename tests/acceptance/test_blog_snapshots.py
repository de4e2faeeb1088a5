"""One real-shaped blog in two weeks: what its readers are told, and what they are spared."""

from __future__ import annotations

import html as entities
import re
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.runner import PEOPLE, SHARED, WEEK_1, WEEK_2, Desk
from tests.webserver import Page, WebServer

BLOG = SHARED / "blog"
pytestmark = pytest.mark.skipif(
    not BLOG.is_dir(),
    reason="the blog's snapshots are not here: they belong at ../shared, seen from the repository",
)

RSS, ATOM = "application/rss+xml; charset=UTF-8", "application/atom+xml; charset=UTF-8"
NEW = {
    "/2026/11/15/trial-news-mid-november-2026/",
    "/2026/11/12/a-letter-to-my-local-hospital/",
    "/2026/10/25/glossary-of-trial-words/",  # dated back: it was published on 12 November
}
TESTNET = "/2026/05/10/clinical-trial-testinib-testnet-1/"
LUTIA = "/2019/01/16/clinical-trial-intra-arterial-lu177-prrt-for-neuroendocrine-cancer/"
PAIRS = [
    ("blog-week1.xml", "blog-week2.xml"),
    ("blog-atom-week1.xml", "blog-atom-week2.xml"),
    ("blog-week1-nosharing.xml", "blog-week2-nosharing.xml"),
    ("blog-week1.xml", "blog-week2-redated.xml"),
    ("blog-atom-week1.xml", "blog-atom-week2-redated.xml"),
]
SHORT = [
    ("blog-week1.xml", "blog-week2-default10.xml"),
    ("blog-atom-week1.xml", "blog-atom-week2-default10.xml"),
]


def serve(web: WebServer, name: str) -> None:
    kind = ATOM if "atom" in name else RSS
    web.pages["/feed/"] = Page(body=(BLOG / name).read_bytes(), headers={"Content-Type": kind})


@pytest.fixture
def desk(tmp_path: Path, web: WebServer) -> Desk:
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed/")])
    desk.people()
    return desk


def paths(posts: list[dict[str, Any]]) -> list[str]:
    """Where the posts are on the blog."""
    return [re.sub(r"^https?://ronnyallan\.example", "", post["url"]) for post in posts]


def words(html: str) -> str:
    """The words of a piece of HTML, in one line."""
    return " ".join(entities.unescape(re.sub(r"<[^>]+>", " ", html)).split())


def lutia(name: str) -> tuple[list[str], list[str]]:
    """The paragraphs of the LUTIA post's newest section, and those below it."""
    source = (BLOG / name).read_text("utf-8")
    item = next(i for i in re.split(r"<(?:item|entry)>", source) if "?p=17905<" in i)
    content = re.search(r"<h3>Update 14 Nov 2026</h3>.*", item, re.DOTALL)
    assert content is not None
    new, _, old = content.group().partition("<hr />")
    return paragraphs(new), paragraphs(old)


def paragraphs(html: str) -> list[str]:
    return [text for p in re.findall(r"<p>.*?</p>", html, re.DOTALL) if (text := words(p))]


def week_1(desk: Desk, web: WebServer, name: str) -> None:
    """The first run: only the post of 6 November, to everybody once."""
    serve(web, name)
    desk.now = WEEK_1
    sent = desk.send()
    assert sent["outcome"] == "sent"
    assert sent["edition"] == "2026-W46"
    assert paths(sent["posts"]["new"]) == ["/2026/11/06/questions-before-joining-a-clinical-trial/"]
    assert sent["posts"]["updated"] == []
    assert [mail.to for mail in desk.mails("2026-W46")] == list(PEOPLE)
    assert "ronnyallan.example/2026/10/" not in desk.mails("2026-W46")[0].html


def week_2(desk: Desk, web: WebServer, name: str) -> Any:
    serve(web, name)
    desk.now = WEEK_2
    sent = desk.send()
    assert sent["outcome"] == "sent"
    assert sent["edition"] == "2026-W47"
    assert [mail.to for mail in desk.mails("2026-W47")] == list(PEOPLE)
    return sent


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_weeks_of_the_blog(desk: Desk, web: WebServer, first: str, second: str) -> None:
    week_1(desk, web, first)
    sent = week_2(desk, web, second)
    assert sent["recipients"]["accepted"] == sent["recipients"]["planned"] == len(PEOPLE)
    assert len(sent["posts"]["new"]) == 3
    assert set(paths(sent["posts"]["new"])) == NEW
    moved = LUTIA.replace("/2019/01/16/", "/2026/11/14/") if "redated" in second else LUTIA
    assert sorted(paths(sent["posts"]["updated"])) == sorted([TESTNET, moved])
    assert all("14 November 2026" in post["change"] for post in sent["posts"]["updated"])
    mail = desk.mails("2026-W47")[0]
    for path in (*NEW, TESTNET, moved):
        assert f"ronnyallan.example{path}" in mail.html
        assert f"ronnyallan.example{path}" in mail.text
    for quiet in ("questions-before", "trial-news-october", "what-phase-2", "protected", "travel"):
        assert quiet not in mail.html
        assert quiet not in mail.text


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_quote_holds_the_new_section_alone(
    desk: Desk, web: WebServer, first: str, second: str
) -> None:
    week_1(desk, web, first)
    week_2(desk, web, second)
    added, old = lutia(second)
    mail = desk.mails("2026-W47")[0]
    shown, text = words(mail.html), " ".join(mail.text.replace("> ", " ").split())
    sentence = re.sub(r"^Update 14 Nov 2026: ", "", added[0]).partition(". ")[0]
    assert plain(sentence) in plain(shown)
    assert plain(sentence) in plain(text)
    assert len(added) == 1
    assert len(old) > 10
    for paragraph in old:
        assert plain(paragraph[:60]) not in plain(shown)
        assert plain(paragraph[:60]) not in plain(text)


def plain(text: str) -> str:
    """Letters and digits only: spaces beside tags differ between sources."""
    return re.sub(r"\W+", "", text)


@pytest.mark.parametrize(("first", "second"), SHORT)
def test_a_post_that_aged_out_of_the_feed_is_neither_news_nor_gone(
    desk: Desk, web: WebServer, first: str, second: str
) -> None:
    week_1(desk, web, first)
    sent = week_2(desk, web, second)
    assert set(paths(sent["posts"]["new"])) == NEW
    assert paths(sent["posts"]["updated"]) == [TESTNET]
    assert "lu177" not in desk.mails("2026-W47")[0].html.lower()
    known = desk.call("posts", "list", "--json").document
    assert LUTIA in paths(known)


def test_the_store_knows_each_post_once_whatever_moved(desk: Desk, web: WebServer) -> None:
    week_1(desk, web, "blog-week1.xml")
    week_2(desk, web, "blog-week2.xml")
    known = {path: post for post in desk.call("posts", "list", "--json").document
             for path in paths([post])}  # fmt: skip
    assert len(known) == 13  # ten of week 1, and three new ones
    assert "/2026/10/02/travelling-for-prrt/" in known  # gone from the feed, not from memory
    assert "/2026/10/20/what-phase-2-means/" not in known
    moved = known["/2026/10/20/what-phase-2-means-and-why-it-matters/"]
    assert moved["last_change"] in ("none", "minor")
    typo = known["/2026/11/06/questions-before-joining-a-clinical-trial/"]
    assert typo["last_change"] == "minor"
    assert known[LUTIA]["last_change"] == "major"


def test_a_third_week_without_change_brings_no_edition(desk: Desk, web: WebServer) -> None:
    week_1(desk, web, "blog-week1.xml")
    week_2(desk, web, "blog-week2.xml")
    for back_and_forth in ("blog-week2.xml", "blog-week2-nosharing.xml", "blog-atom-week2.xml"):
        serve(web, back_and_forth)
        desk.now = "2026-11-23T08:00:00Z"
        assert desk.send()["outcome"] == "nothing-new", back_and_forth
    assert not (desk.folder / "outbox" / "2026-W48").exists()


@pytest.mark.parametrize("host", [b"ronnyallan.example", b"ronnyallan.test"])
@pytest.mark.parametrize("second", ["blog-week2.xml", "blog-atom-week2.xml"])
def test_a_blog_that_moves_keeps_its_memory(
    desk: Desk, web: WebServer, second: str, host: bytes
) -> None:
    """The admin names another feed of it, or the whole blog has a new address.

    A feed's first collection takes nothing older than a week for news, so the post that was dated
    back is not among it.
    """
    week_1(desk, web, "blog-week1.xml")
    body = (BLOG / second).read_bytes().replace(b"ronnyallan.example", host)
    web.pages["/moved/"] = Page(body=body, headers={"Content-Type": ATOM})
    del web.pages["/feed/"]
    desk.settings([web.url("/moved/")])
    desk.now = WEEK_2
    sent = desk.send()
    assert sent["outcome"] == "sent"
    slugs = {kind: {post["url"].split("/")[-2] for post in sent["posts"][kind]}
             for kind in ("new", "updated")}  # fmt: skip
    assert slugs["updated"] == {TESTNET.split("/")[-2], LUTIA.split("/")[-2]}
    assert slugs["new"] == {"trial-news-mid-november-2026", "a-letter-to-my-local-hospital"}
    assert len(desk.call("posts", "list", "--json").document) == 13


def test_the_installed_command_does_it_as_well(desk: Desk, web: WebServer) -> None:
    """In processes of their own, started in another folder than that of the settings."""
    elsewhere = Desk(desk.folder.parent)
    config = str(desk.folder / "newsletter.toml")
    for now, name in ((WEEK_1, "blog-week1.xml"), (WEEK_2, "blog-week2.xml")):
        serve(web, name)
        elsewhere.now = now
        done = elsewhere.run("--config", config, "send")
        assert done.code == 0, done
        assert str(desk.folder / "outbox" / "index.html") in done.out
    assert [mail.to for mail in desk.mails("2026-W47")] == list(PEOPLE)
    assert "3 new posts" in desk.mails("2026-W47")[0].subject
