"""Odd feeds: with nothing in them, with all their posts anew, in other languages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.acceptance.runner import WEEK_1, WEEK_2, Desk, Post, atom
from tests.webserver import Page, WebServer

WEEK_3 = "2026-11-23T08:00:00Z"
MISSED = "posts may have been missed: the feed holds no posts"
OLD = tuple(
    Post(number=number, title=f"Old note {number}", text=f"Old words {number}.", published=at)
    for number, at in enumerate(("2024-01-05T09:00:00Z", "2025-06-05T09:00:00Z"), start=1)
)


@pytest.fixture
def desk(tmp_path: Path, web: WebServer) -> Desk:
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed/")])
    desk.people()
    return desk


def shows(web: WebServer, *posts: Post) -> None:
    web.pages["/feed/"] = atom(*posts)


def test_a_feed_that_was_empty_on_the_first_day_blasts_no_old_posts(
    desk: Desk, web: WebServer
) -> None:
    shows(web)
    desk.now = WEEK_1
    assert desk.send()["outcome"] == "nothing-new"
    shows(web, Post(number=9, title="Of this week", published="2026-11-14T09:00:00Z"), *OLD)
    desk.now = WEEK_2
    sent = desk.send()
    assert [post["title"] for post in sent["posts"]["new"]] == ["Of this week"]


def test_a_feed_that_lost_all_its_posts_is_an_alarm_until_they_are_back(
    desk: Desk, web: WebServer
) -> None:
    shows(web, *OLD)
    desk.now = WEEK_1
    desk.call("collect")
    shows(web)
    desk.now = WEEK_2
    done = desk.call("send", "--json")
    assert (done.code, done.document["outcome"]) == (0, "nothing-new")
    assert f"{MISSED}, though 2 posts of it are known" in done.err
    assert MISSED in "\n".join(desk.call("status", "--json").document["waiting"])
    shows(web, Post(number=9, title="Of this week", published="2026-11-21T09:00:00Z"), *OLD)
    desk.now = WEEK_3
    done = desk.call("send", "--json")
    assert [post["title"] for post in done.document["posts"]["new"]] == ["Of this week"]
    assert MISSED not in done.said + desk.call("status").said


def test_a_blog_that_goes_to_another_program_mails_no_old_posts(desk: Desk, web: WebServer) -> None:
    """Its posts have other identifiers, addresses and numbers there; the words are the same."""
    old = [
        replace(post, text=f"{post.text} It was a walk by the river, and it was a good one.")
        for post in OLD
    ]
    elsewhere = [f"tag:elsewhere.example,2020:{post.number}" for post in old]
    shows(web, *old)
    feed = web.pages["/feed/"]
    assert isinstance(feed, Page)
    moved = feed.body
    for post, guid in zip(old, elsewhere, strict=True):
        moved = moved.replace(f"https://blog.example.org/?p={post.number}".encode(), guid.encode())
        moved = moved.replace(f"/old-note-{post.number}/".encode(), f"/n{post.number}".encode())
    web.pages["/feed/"] = replace(feed, body=moved)
    desk.now = WEEK_1
    assert desk.send()["outcome"] == "nothing-new"
    shows(web, Post(number=109, title="Of this week", published="2026-11-14T09:00:00Z"),
          *(replace(post, number=100 + post.number) for post in old))  # fmt: skip
    desk.now = WEEK_2
    assert [post["title"] for post in desk.send()["posts"]["new"]] == ["Of this week"]


@pytest.mark.parametrize(
    ("word", "old", "new"),
    [
        ("nicht mehr", "Die Studie nimmt hier Patienten auf.", "Die Studie nimmt nicht mehr auf."),
        ("停止", "该试验正在招募患者。请咨询医生。", "该试验已停止招募患者。请咨询医生。"),
        ("Zu-lassung", "Es gibt die Tablette in Ulm.", "Es gibt die Zu-Lassung in Ulm."),
    ],
)
def test_words_of_status_of_ones_own_may_be_phrases_in_any_language(
    desk: Desk, web: WebServer, word: str, old: str, new: str
) -> None:
    post = Post(number=1, title="Eine Studie", text=old)
    desk.settings([web.url("/feed/")], more=f'[changes]\nstatus_words = ["{word}"]\n')
    shows(web, post)
    desk.now = WEEK_1
    desk.send()
    shows(web, replace(post, text=new))
    desk.now = WEEK_2
    assert [told["title"] for told in desk.send()["posts"]["updated"]] == ["Eine Studie"]
