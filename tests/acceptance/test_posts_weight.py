"""A post whose changes are always news, or never: by command, and by the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.runner import WEEK_1, WEEK_2, Desk, Post, atom
from tests.webserver import WebServer

INDEX = Post(number=1, title="Index of all posts", published="2024-03-01T09:00:00Z",
             text="All my posts in one place.\nA walk by the sea in March.")  # fmt: skip
LETTER = Post(number=2, title="A letter", published="2024-04-01T09:00:00Z",
              text="Dear all, this is the letter that I wrote.\nYours in spring.")  # fmt: skip
FRESH = Post(number=3, title="A fresh post")
URL = "https://blog.example.org/index-of-all-posts/"


def grown(post: Post, more: str) -> Post:
    return Post(number=post.number, title=post.title, published=post.published,
                text=f"{post.text}{more}")  # fmt: skip


CHANGED = (grown(INDEX, "\nA new post about the clinic in Leeds."), grown(LETTER, " Bye."), FRESH)


@pytest.fixture
def desk(tmp_path: Path, web: WebServer) -> Desk:
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed")])
    desk.people()
    web.pages["/feed"] = atom(INDEX, LETTER)
    desk.now = WEEK_1
    assert desk.send()["outcome"] == "nothing-new"
    desk.now = WEEK_2
    web.pages["/feed"] = atom(*CHANGED)
    return desk


def titles(desk: Desk) -> tuple[list[str], list[str]]:
    """What the edition shows: updated, new."""
    document: Any = desk.call("send", "--dry-run", "--json").document
    return tuple([post["title"] for post in document["posts"][kind]]
                 for kind in ("updated", "new"))  # type: ignore[return-value]  # fmt: skip


def test_without_a_word_changes_are_weighed(desk: Desk) -> None:
    assert titles(desk) == (["Index of all posts"], ["A fresh post"])
    shown = desk.call("posts", "weight", URL)
    assert "normal (by the settings): its changes are weighed." in shown.out


def test_never_and_always_by_command(desk: Desk) -> None:
    done = desk.call("posts", "weight", URL, "never", "--json")
    assert done.document == {
        "id": 1, "title": "Index of all posts", "url": URL, "weight": "never", "by": "post",
    }  # fmt: skip
    assert desk.call("posts", "weight", "2", "always").code == 0
    assert titles(desk) == (["A letter"], ["A fresh post"])
    assert desk.call("posts", "weight", URL, "normal").code == 0
    assert sorted(titles(desk)[0]) == ["A letter", "Index of all posts"]


def test_never_and_always_by_the_settings(desk: Desk, web: WebServer) -> None:
    more = '[changes]\nnever = ["*/index-*"]\nalways = ["*/a-letter/"]\n'
    desk.settings([web.url("/feed")], more=more)
    assert titles(desk) == (["A letter"], ["A fresh post"])
    shown = desk.call("posts", "weight", URL)
    assert "never (by the settings): nothing of it is news." in shown.out
    assert desk.call("posts", "weight", URL, "normal").code == 0
    assert sorted(titles(desk)[0]) == ["A letter", "Index of all posts"]


def test_never_holds_for_a_post_that_was_not_mailed_yet(desk: Desk, web: WebServer) -> None:
    desk.settings([web.url("/feed")], more='[changes]\nnever = ["*/a-fresh-post"]\n')
    assert titles(desk) == (["Index of all posts"], [])
    assert desk.call("posts", "weight", "1", "never").code == 0
    assert desk.send()["outcome"] == "nothing-new"


@pytest.mark.parametrize(
    "wanted",
    [
        URL,
        "blog.example.org/index-of-all-posts",
        "1",
        "http://BLOG.example.org/2026/11/14/index-of-all-posts/",
    ],
)
def test_a_post_is_found_by_address_slug_or_number(desk: Desk, wanted: str) -> None:
    assert desk.call("posts", "weight", wanted, "--json").document["id"] == 1


@pytest.mark.parametrize("wanted", ["99", "https://blog.example.org/nothing-here/", "x", ""])
def test_an_unknown_post_is_said_to_be_unknown(desk: Desk, wanted: str) -> None:
    done = desk.call("posts", "weight", wanted, "never")
    assert done.code == 2
    said = "There is no post with the number" if wanted.isdecimal() else "No post is known at"
    assert said in done.err
    assert "newsletter posts list" in done.err


def test_the_change_says_why_it_was_not_news(desk: Desk) -> None:
    desk.call("posts", "weight", "1", "never")
    desk.call("collect")
    shown = desk.call("posts", "show", "1", "--json").document
    assert shown["revisions"][-1]["weight"] == "minor"
    assert shown["revisions"][-1]["reasons"][0] == "pinned: never news"
