"""The archive: editions that were really sent, as pages and as a feed, and what is taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import feedparser
import pytest
from sqlalchemy import event

from newsletter.pipeline.archive import entries
from tests.acceptance.runner import Desk, Post, atom
from tests.acceptance.world import EDITION, World, world_of
from tests.webapp import Served, at_work
from tests.webserver import WebServer

WALK = "A walk in autumn"
TEA = "Tea & other <remedies>"


@pytest.fixture
def world(tmp_path: Path, web: WebServer) -> Iterator[World]:
    """A newsletter that really sends, with two fresh posts, and no undo."""
    with world_of(tmp_path, web) as made:
        made.settings(undo_minutes=0)
        web.pages["/feed"] = atom(Post(number=2, title=WALK), Post(number=3, title=TEA))
        yield made


def _site(world: World) -> Iterator[Served]:
    variables = {**world.variables, "NEWSLETTER_NOW": world.desk.now}
    with at_work(world.desk.folder, **variables) as site:
        yield site


@pytest.fixture
def site(world: World) -> Iterator[Served]:
    """The server, with one edition sent."""
    world.json("send", "--yes")
    yield from _site(world)


def items(site: Served) -> list[ET.Element]:
    """The items of the feed."""
    return ET.fromstring(site.get("/archive/feed.xml").text).findall("channel/item")


def test_a_sent_edition_is_a_page_with_the_bytes_that_were_mailed(
    world: World, site: Served
) -> None:
    answer = site.get(f"/archive/{EDITION}")
    assert answer.status == 200
    assert answer.headers["x-robots-tag"] == "all"
    assert WALK in answer.text
    assert "Tea &amp; other &lt;remedies&gt;" in answer.text
    assert world.call("preview", EDITION, "--out", "out").code == 0
    frozen = (world.desk.folder / "out" / EDITION / "all.html").read_text(encoding="utf-8")
    body = frozen.partition("<h2")[2].partition("You get this because")[0]
    assert len(body) > 1000
    assert body in answer.text


def test_no_link_of_the_page_is_anybody_s_own(site: Served) -> None:
    text = site.get(f"/archive/{EDITION}").text
    with site.wiring.read() as connection:
        tokens = connection.exec_driver_sql("SELECT token FROM subscriber_person").scalars().all()
    assert len(tokens) == 3
    assert not [token for token in tokens if token in text]
    assert "-nl-" not in text
    personal = re.findall(r'href="https://news\.example\.org/(\w+)/([^"]*)"', text)
    assert {("unsubscribe", "sample"), ("preferences", "sample")} <= set(personal)


def test_nothing_can_run_in_an_edition(site: Served) -> None:
    policy = site.get(f"/archive/{EDITION}").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy


def test_the_list_and_the_feed_lead_to_it(site: Served) -> None:
    for path in ("/archive/", "/archive"):
        assert f'href="/archive/{EDITION}"' in site.get(path).text
    answer = site.get("/archive/feed.xml")
    assert answer.headers["content-type"].startswith("application/rss+xml")
    parsed = feedparser.parse(answer.text)
    assert not parsed.bozo
    (entry,) = parsed.entries
    assert entry.link == entry.id == f"https://news.example.org/archive/{EDITION}"
    assert entry.published_parsed[:3] == (2026, 11, 9)
    assert WALK in f"{entry.title} {entry.description}"
    assert TEA in unescape(entry.description)
    assert parsed.feed.language == "en-GB"


def test_a_feed_reader_that_has_it_is_not_sent_the_feed_again(world: World, site: Served) -> None:
    feed = "/archive/feed.xml"
    tag = site.get(feed).headers["etag"]
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = site.get(feed, If_None_Match=given)
        assert (answer.status, answer.text, answer.headers["etag"]) == (304, "", tag)
        assert answer.headers["cache-control"] == "public, max-age=300"
    assert site.get(feed, If_None_Match='"other"').status == 200
    assert world.call("archive", "hide", EDITION).code == 0
    assert site.get(feed, If_None_Match=tag).status == 200


def test_a_removed_edition_is_gone_and_said_to_be(world: World, site: Served) -> None:
    before = world.json("editions", "show", EDITION)["checksum"]
    said = world.said("archive", "hide", EDITION)
    assert said == f"The edition is removed in the archive of {EDITION}."
    answer = site.get(f"/archive/{EDITION}")
    assert answer.status == 410
    assert "removed" in answer.text
    for text in (answer.text, site.get("/archive/").text, site.get("/archive/feed.xml").text):
        assert WALK not in text
        assert "remedies" not in text
        assert "removed" in text
    (item,) = items(site)
    assert item.findtext("description") == "This edition was removed."
    assert world.json("editions", "show", EDITION)["checksum"] == before
    assert world.json("archive", "list")[0]["removed"] is True
    assert world.call("archive", "hide", EDITION, "--undo").code == 0
    assert WALK in site.get(f"/archive/{EDITION}").text


@pytest.mark.parametrize("named_by", ["address", "number"])
def test_a_removed_post_is_gone_from_page_list_and_feed(
    world: World, site: Served, named_by: str
) -> None:
    """From subject, contents, preview line and text; the rest of the edition stays."""
    (post,) = [post for post in world.json("posts", "list") if post["title"] == WALK]
    name = post["url"] if named_by == "address" else str(post["id"])
    done = world.json("archive", "hide", EDITION, "--post", name)
    assert done == {"edition": EDITION, "post": WALK, "removed": True, "also_in": []}
    answer = site.get(f"/archive/{EDITION}")
    assert answer.status == 200
    assert "One text was removed from this edition." in answer.text
    assert "Tea &amp; other" in answer.text
    for text in (answer.text, site.get("/archive/").text, site.get("/archive/feed.xml").text):
        assert WALK not in text
        assert "a-walk-in-autumn" not in text
    (item,) = items(site)
    assert str(item.findtext("description")).endswith("One text was removed.")
    assert "(one text removed)" in world.said("archive", "list")


def test_the_last_post_of_an_edition_takes_it_along(world: World, site: Served) -> None:
    """Page, list and feed say so, as if all of it had been removed at once."""
    for post in world.json("posts", "list"):
        assert world.call("archive", "hide", EDITION, "--post", post["url"]).code == 0
    assert site.get(f"/archive/{EDITION}").status == 410
    assert "This edition was removed." in site.get("/archive/").text
    (item,) = items(site)
    assert item.findtext("description") == "This edition was removed."
    assert world.json("archive", "list")[0]["removed"] is True


def test_what_cannot_be_laid_out_at_present_is_not_said_to_be_removed(
    world: World, site: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says what is wrong."""
    caplog.set_level("INFO")
    (post,) = [post for post in world.json("posts", "list") if post["title"] == WALK]
    assert world.call("archive", "hide", EDITION, "--post", post["url"]).code == 0
    own = world.desk.folder / "templates" / "digest" / "digest.mjml.j2"
    own.parent.mkdir(parents=True)
    own.write_text("{{ nothing }}", encoding="utf-8")
    answer = site.get(f"/archive/{EDITION}")
    assert answer.status == 503
    assert WALK not in answer.text
    assert f"{own}, line 1" in caplog.text
    own.unlink()
    assert site.get(f"/archive/{EDITION}").status == 200


def test_what_is_hidden_is_what_is_shown_also_while_one_rehearses(world: World) -> None:
    """Else a text that must go would stay, and the command say that it is gone."""
    outbox, really = "outbox", world.variables["NEWSLETTER_DELIVERY__TRANSPORT"]
    for transport in (outbox, really):
        world.settings(transport=transport)
        assert world.json("send", "--yes")["outcome"] == "sent"
    world.settings(transport=outbox)
    assert world.call("archive", "hide", EDITION).code == 0
    world.settings(transport=really)
    for site in _site(world):
        assert site.get(f"/archive/{EDITION}").status == 410


def test_a_post_of_another_edition_cannot_be_removed_here(world: World, site: Served) -> None:
    assert "There is no edition 2020-W01" in world.said("archive", "hide", "2020-W01", code=2)
    world.said("archive", "hide", EDITION, "--post", "https://blog.example.org/x/", code=2)
    assert WALK in site.get(f"/archive/{EDITION}").text


@pytest.mark.parametrize(
    ("name", "path"),
    [("feed.xml.j2", "feed.xml"), ("archive_top.html.j2", EDITION), ("archive.html.j2", "")],
)
def test_a_template_of_one_s_own_that_does_not_work_keeps_nobody_from_reading(
    world: World, site: Served, name: str, path: str
) -> None:
    before = site.get(f"/archive/{path}")
    own = world.desk.folder / "templates" / "web" / name
    own.parent.mkdir(parents=True)
    own.write_text("{{ nothing }}", encoding="utf-8")
    answer = site.get(f"/archive/{path}")
    assert (answer.status, answer.text) == (200, before.text)


def test_the_line_above_an_edition_has_the_admin_s_colours(world: World) -> None:
    world.json("send", "--yes")
    world.variables["NEWSLETTER_LOOK__LIGHT__BAND"] = "#123456"
    for site in _site(world):
        nav = site.get(f"/archive/{EDITION}").text.partition("<nav")[2].partition(">")[0]
        assert "background-color:#123456" in nav


def test_what_still_can_be_taken_back_is_not_shown(world: World) -> None:
    """Mails that wait at the provider have reached nobody."""
    world.settings(undo_minutes=30)
    assert world.json("send", "--yes")["outcome"] == "scheduled"
    for site in _site(world):
        assert site.get(f"/archive/{EDITION}").status == 404
        assert items(site) == []
        assert "There is no edition yet." in site.get("/archive/").text
    world.later(minutes=45)
    for site in _site(world):
        assert site.get(f"/archive/{EDITION}").status == 200
        assert len(items(site)) == 1


def test_the_latest_editions_are_found_without_looking_at_all(world: World, web: WebServer) -> None:
    """The first page asks the database as much after ten years as after ten weeks."""
    world.settings(undo_minutes=30)
    for week in range(3):
        web.pages["/feed"] = atom(
            Post(number=2 + week, title=f"Letter {week}", published=world.desk.now)
        )
        assert world.json("send", "--yes")["outcome"] == "scheduled"
        world.later(days=7)
    for site in _site(world):
        context = site.wiring.context(tell=lambda _: None, progress=lambda _: None)
        statements: list[str] = []

        def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
            statements.append(statement)  # noqa: B023 - of this one turn

        event.listen(context.database.engine, "before_cursor_execute", note)
        (entry,) = entries(context, limit=1)
        event.remove(context.database.engine, "before_cursor_execute", note)
        assert "Letter 2" in entry.titles
        assert len([each for each in statements if "FROM provider_id" in each]) == 1


def test_a_cancelled_edition_is_not_shown(world: World) -> None:
    world.settings(undo_minutes=30)
    world.json("send", "--yes")
    assert world.call("editions", "cancel", EDITION).code == 0
    world.later(minutes=45)
    for site in _site(world):
        assert site.get(f"/archive/{EDITION}").status == 404
        assert items(site) == []


def test_a_rehearsal_can_be_looked_at_and_is_in_no_list(tmp_path: Path, web: WebServer) -> None:
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed")])
    desk.people()
    web.pages["/feed"] = atom(Post(number=2, title=WALK))
    assert desk.send()["outcome"] == "sent"
    with at_work(tmp_path, NEWSLETTER_NOW=desk.now) as site:
        answer = site.get(f"/archive/{EDITION}")
        assert "A rehearsal: this edition was not sent to anybody." in answer.text
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert items(site) == []


def test_an_edition_that_never_was_is_not_found(site: Served) -> None:
    for key in ("2020-W01", "..", "%2e%2e", "x" * 500, "%00", "2026-W46%0a"):
        answer = site.get(f"/archive/{key}")
        assert answer.status == 404, key
        assert "There is no such page" in answer.text
