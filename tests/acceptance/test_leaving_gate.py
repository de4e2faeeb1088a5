"""A real send waits while nobody knows whether readers can leave; a timer says yes to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.runner import PUBLIC_URL, WEEK_1, Post, atom
from tests.acceptance.world import World, world_of
from tests.webserver import Page, WebServer

SECOND = "2026-W47"


@pytest.fixture
def world(tmp_path: Path, web: WebServer) -> Iterator[World]:
    """The first edition is out, and a week is over without anybody having tried to leave."""
    with world_of(tmp_path, web) as made:
        made.desk.readers_could_leave(WEEK_1)
        made.json("send", "--yes")
        made.later(days=7, minutes=10)
        web.pages["/feed"] = atom(
            Post(number=2, title="A walk in autumn"),
            Post(number=3, title="A walk in winter", published="2026-11-14T08:00:00Z"),
        )
        yield made


def mailed(world: World) -> int:
    """How many mails the provider took."""
    return len(world.accepted())


def test_after_a_week_a_timer_waits_and_a_yes_sends(world: World) -> None:
    held = world.json("send", "--scheduled", code=3)
    (reason,) = [each for each in held["reasons"] if "unsubscribe" in each]
    assert "was last seen 7 days ago" in reason
    assert "`newsletter doctor --unsubscribe`" in reason
    assert mailed(world) == 3
    assert world.json("send", "--scheduled", code=3)["outcome"] == "held"
    assert world.json("send", "--yes")["edition"] == SECOND
    assert mailed(world) == 6


def test_a_look_that_is_good_lets_the_timer_send(world: World) -> None:
    world.json("send", "--scheduled", code=3)
    world.desk.readers_could_leave(world.desk.now)
    assert world.json("send", "--scheduled")["edition"] == SECOND
    assert mailed(world) == 6


def test_the_send_looks_by_itself_and_is_not_content_with_another_web_site(
    world: World, web: WebServer
) -> None:
    """Somebody answers there, and nobody can leave."""
    world.desk.readers_could_leave(world.desk.now)
    file = world.desk.folder / "newsletter.toml"
    text = file.read_text(encoding="utf-8").replace(PUBLIC_URL, web.url(""))
    file.write_text(text, encoding="utf-8")
    web.otherwise = Page(body=b"Welcome!")
    held = world.json("send", "--scheduled", code=3)
    assert any("Readers may not be able to unsubscribe." in each for each in held["reasons"])
    assert mailed(world) == 3
