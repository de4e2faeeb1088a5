"""`newsletter explain` and `posts history`: why something was, or was not, in an edition."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.runner import WEEK_1, WEEK_2, Desk, Post, atom
from tests.webserver import WebServer

WALK = Post(number=1, title="A walk in autumn", text="The leaves are falling, and so is my energy.")
OLD = Post(number=2, title="A post of long ago", published="2019-01-16T09:00:00Z")
LATE = Post(number=3, title="A second post", published="2026-11-14T09:00:00Z")
WEEK_3 = "2026-11-23T08:00:00Z"


@pytest.fixture(name="desk")
def _desk(tmp_path: Path, web: WebServer) -> Desk:
    """The first edition is out; then a letter changes in one post, and another post comes."""
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed/")])
    desk.people()
    web.pages["/feed/"] = atom(WALK, OLD)
    assert desk.send()["outcome"] == "sent"
    desk.now = "2026-11-12T08:00:00Z"
    web.pages["/feed/"] = atom(replace(WALK, text=WALK.text.replace("falling", "faling")), OLD)
    assert desk.call("collect").code == 0
    desk.now = WEEK_2
    web.pages["/feed/"] = atom(
        replace(WALK, text=WALK.text.replace("falling", "faling")), OLD, LATE
    )
    assert desk.send()["outcome"] == "sent"
    return desk


def said(desk: Desk, *arguments: str) -> str:
    done = desk.call(*arguments)
    assert done.code == 0, done
    return done.out


def document(desk: Desk, *arguments: str, code: int = 0) -> Any:
    done = desk.call(*arguments, "--json")
    assert done.code == code, done
    return done.document


def test_a_post_is_explained_by_its_address(desk: Desk) -> None:
    text = said(desk, "explain", "post", "https://blog.example.org/a-walk-in-autumn/")
    assert "not in 2026-W47: the change of 12 November is minor: 1 letter in 1 paragraph.\n" in text
    assert "in 2026-W46 because it was new." in text
    assert text.startswith("A walk in autumn\nhttps://blog.example.org/a-walk-in-autumn/\n")


def test_the_same_for_programs_and_by_number(desk: Desk) -> None:
    number = document(desk, "posts", "list")[1]["id"]
    found = document(desk, "explain", "post", str(number))
    assert [(each["edition"], each["included"], each["code"]) for each in found["editions"]] == [
        ("2026-W47", False, "minor"),
        ("2026-W46", True, "new"),
    ]
    assert found["next"]["edition"] == "2026-W48"
    assert found["next"]["code"] == "minor"


@pytest.mark.parametrize(
    ("slug", "because"),
    [
        (
            "a-post-of-long-ago",
            "not in 2026-W46: it was there before the newsletter began, and has not changed since.",
        ),
        ("a-second-post", "not in 2026-W46: it was not known then; it was first seen on 16"),
        ("a-second-post", "would not be in 2026-W48: nothing changed since 2026-W47."),
    ],
)
def test_what_was_old_and_what_came_later(desk: Desk, slug: str, because: str) -> None:
    assert because in said(desk, "explain", "post", f"blog.example.org/{slug}")


def test_what_you_left_out_and_what_you_pinned(desk: Desk, web: WebServer) -> None:
    desk.now = WEEK_3
    web.pages["/feed/"] = atom(
        replace(WALK, number=8, title="Third", published="2026-11-20T09:00:00Z"),
        replace(LATE, text=f"{LATE.text}\nUpdate 21 November 2026\nIt has been closed."),
    )
    desk.call("collect")
    assert "would be in 2026-W48 because it is new." in said(
        desk, "explain", "post", "https://blog.example.org/third/"
    )
    document(desk, "compose")
    late = "https://blog.example.org/a-second-post/"
    assert "in 2026-W48, which is a draft, because it changed: New section of 21 November" in said(
        desk, "explain", "post", late
    )
    number = document(desk, "explain", "post", late)["id"]
    document(desk, "editions", "drop", "2026-W48", str(number))
    assert "not in 2026-W48: you left it out." in said(desk, "explain", "post", late)
    document(desk, "posts", "weight", late, "never")
    document(desk, "editions", "drop", "2026-W48", str(number), "--undo")
    found = document(desk, "explain", "post", late, "--edition", "2026-W48")
    assert [each["code"] for each in found["editions"]] == ["pinned"]
    assert found["next"] is None


def test_what_is_not_known_is_an_error_with_a_mend(desk: Desk) -> None:
    for arguments in (
        ("explain", "post", "https://blog.example.org/nowhere/"),
        ("explain", "post", "1", "--edition", "2020-W01"),
        ("explain", "subscriber", "nobody@example.org"),
        ("explain", "subscriber", "ann@example.org", "--edition", "2020-W01"),
        ("posts", "history", "99"),
    ):
        error = document(desk, *arguments, code=2)["error"]
        assert error["message"]
        assert error["mend"]


def test_the_history_says_what_was_made_of_each_change_and_who_was_shown_it(desk: Desk) -> None:
    revisions = document(desk, "posts", "history", "blog.example.org/a-walk-in-autumn")["revisions"]
    assert [(each["weight"], each["editions"]) for each in revisions] == [
        ("none", ["2026-W46"]),
        ("minor", []),
    ]
    assert revisions[1]["reasons"] == ["1 letter in 1 paragraph"]
    text = said(desk, "posts", "history", "blog.example.org/a-walk-in-autumn")
    assert "1  2026-11-09 08:00 UTC  as first seen\n       shown in 2026-W46" in text
    assert "2  2026-11-12 08:00 UTC  minor" in text


def test_a_person_is_explained_edition_by_edition(desk: Desk) -> None:
    desk.now = "2026-11-17T08:00:00Z"
    document(desk, "subscribers", "add", "dora@example.org")
    document(desk, "subscribers", "unsubscribe", "bob@example.org")
    text = said(desk, "explain", "subscriber", "ann@example.org")
    assert text == (
        "ann@example.org is active.\n"
        "2026-W47: the mail was handed over.\n2026-W46: the mail was handed over.\n"
    )
    dora = document(desk, "explain", "subscriber", "dora@example.org")
    assert {each["code"] for each in dora["editions"]} == {"not-listed"}
    bob = said(desk, "explain", "subscriber", "Bob@Example.org")
    assert "2026-W47: the mail was handed over." in bob


def test_who_left_or_was_suppressed_before_an_edition(desk: Desk, web: WebServer) -> None:
    document(desk, "subscribers", "unsubscribe", "bob@example.org")
    document(desk, "suppressions", "add", "cid@example.org")
    desk.now = WEEK_3
    web.pages["/feed/"] = atom(replace(LATE, number=9, title="Third",
                                       published="2026-11-20T09:00:00Z"))  # fmt: skip
    assert desk.send()["outcome"] == "sent"

    def third(address: str) -> tuple[str, str]:
        found = document(desk, "explain", "subscriber", address, "--edition", "2026-W48")
        (account,) = found["editions"]
        return account["outcome"], account["code"]

    assert third("ann@example.org") == ("accepted", "accepted")
    assert third("bob@example.org") == ("none", "left")
    assert third("cid@example.org") == ("skipped", "manual")
    assert "2026-W48: not mailed: the address was suppressed by hand." in said(
        desk, "explain", "subscriber", "cid@example.org"
    )


def test_before_the_first_edition_nothing_is_claimed(tmp_path: Path, web: WebServer) -> None:
    desk = Desk(tmp_path)
    desk.now = WEEK_1
    desk.settings([web.url("/feed/")])
    desk.people("ann@example.org")
    web.pages["/feed/"] = atom(WALK)
    desk.call("collect")
    text = said(desk, "explain", "post", "blog.example.org/a-walk-in-autumn/")
    assert "would be in 2026-W46 because it is new." in text
    assert "There is no edition yet." in said(desk, "explain", "subscriber", "ann@example.org")
