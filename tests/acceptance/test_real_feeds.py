"""Feeds as they are found in the wild, taken through the whole job."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.runner import PEOPLE, Desk
from tests.webserver import Page, Request, WebServer
from tests.wild import ABSENT, FEEDS, QUIET, ROOMY, just_after, names, page

pytestmark = pytest.mark.skipif(not FEEDS.is_dir(), reason=ABSENT)


def conditional(full: Page) -> Callable[[Request], Page]:
    """A server that knows what it has sent already."""
    return lambda asked: (
        Page(status=304) if asked.headers.get("if-none-match") == '"first"' else full
    )


@pytest.fixture
def desk(tmp_path: Path, web: WebServer) -> Desk:
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed")], more=ROOMY)
    desk.people()
    web.otherwise = Page(body=b"<!doctype html><title>A page of the blog</title>")
    return desk


def collected(desk: Desk) -> Any:
    done = desk.call("collect", "--json")
    assert done.code == 0, done
    return done.document["feeds"][0]


def no_news(feed: Any, status: str) -> None:
    assert feed["status"] == status
    assert (feed["new"], feed["updated"], feed["minor"]) == (0, 0, 0)


@pytest.mark.parametrize("name", names())
def test_a_feed_of_the_wild_becomes_one_honest_newsletter(
    desk: Desk, web: WebServer, name: str
) -> None:
    desk.now = just_after(name, web.url("/feed")).isoformat()
    web.pages["/feed"] = page(name)
    entries = collected(desk)["entries"]
    assert entries == items(name)
    sample = desk.call("preview", "--sample", "--json")
    assert sample.code == 0, sample
    nothing_to_mend(sample.document)
    nothing_is_invented(desk, web, name)
    assert len(desk.call("posts", "list", "--json").document) == entries
    sent = desk.send()
    if name in QUIET:
        assert sent["outcome"] == "nothing-new"
    else:
        assert sent["outcome"] == "sent"
        it_is_out(desk, sent)


def items(name: str) -> int:
    """How many items an independent reader finds."""
    facts = json.loads((FEEDS / "facts.json").read_text("utf-8"))["feeds"]
    return next(int(fact["n_items"]) for fact in facts if fact["file"] == name)


def nothing_is_invented(desk: Desk, web: WebServer, name: str) -> None:
    """Read again with one byte more, sent again as it was, and said to be the same (304)."""
    web.pages["/feed"] = page(name, b"\n")
    no_news(collected(desk), "ok")
    no_news(collected(desk), "unchanged")
    web.pages["/feed"] = conditional(page(name))
    no_news(collected(desk), "unchanged")
    assert web.requests[-1].headers["if-none-match"] == '"first"'


def nothing_to_mend(shown: Any) -> None:
    """But that blogs as old as these have links and pictures that are not encrypted."""
    found = {each["code"] for each in shown["findings"]}
    assert found <= {"insecure-link", "insecure-picture"}


def it_is_out(desk: Desk, sent: Any) -> None:
    """Everybody has one mail with each post in it, and nothing about it is to be mended."""
    assert sent["posts"]["new"]
    shown = desk.call("preview", sent["edition"], "--json").document
    nothing_to_mend(shown)
    mails = desk.mails(sent["edition"])
    assert [mail.to for mail in mails] == list(PEOPLE)
    words = " ".join(mails[0].text.split())
    for post in sent["posts"]["new"]:
        assert " ".join(post["title"].split()) in words
        assert post["url"].startswith(("http://", "https://"))


def test_posts_without_guid_and_with_one_link_are_told_apart(desk: Desk, web: WebServer) -> None:
    """Three days of one blog whose items all link to its front page."""
    first, second = "d06_wp_aldaily_0627.xml", "d07_wp_aldaily_0630.xml"
    web.pages["/feed"] = page(first)
    desk.now = "2013-06-27T04:00:00Z"
    old = {post["title"] for post in desk.send()["posts"]["new"]}
    web.pages["/feed"] = page(second)
    desk.now = "2013-07-01T08:00:00Z"
    sent = desk.send()
    new = [post["title"] for post in sent["posts"]["new"]]
    assert len(old) == 4
    assert len(new) == len(set(new)) == 6
    assert not old & set(new)
    assert sent["posts"]["updated"] == []


def test_forty_posts_at_once_are_all_told_of_in_one_mail(desk: Desk, web: WebServer) -> None:
    """They are more than a mail holds with their excerpts: the last ones show their titles."""
    web.pages["/feed"] = page("d14_enc_golem_iso8859_1.xml")
    desk.now = "2018-10-28T13:48:00Z"
    done = desk.call("send", "--json")
    assert len(done.document["posts"]["new"]) == 40
    assert "no room" not in done.err
    desk.now = "2018-11-05T13:48:00Z"
    assert desk.send()["outcome"] == "nothing-new"


def test_all_of_them_at_once_make_one_digest(desk: Desk, web: WebServer) -> None:
    """A newsletter of all feeds at once: each is read, and none disturbs another."""
    for name in names():
        web.pages[f"/{name}"] = page(name)
    desk.settings([web.url(f"/{name}") for name in names()], more=ROOMY)
    done = desk.call("collect", "--json")
    assert done.code == 0, done
    assert [feed["status"] for feed in done.document["feeds"]] == ["ok"] * len(names())
    for name in names():
        web.pages[f"/{name}"] = page(name, b"\n")
    again = desk.call("collect", "--json").document["feeds"]
    assert [(feed["url"], feed["new"] + feed["updated"] + feed["minor"]) for feed in again] == [
        (web.url(f"/{name}"), 0) for name in names()
    ]
