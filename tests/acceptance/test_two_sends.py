"""Two processes that call `send` at the same time: one sends, the other says so."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from newsletter.demo.server import serve_demo_blog
from tests.acceptance.newsroom import Newsroom, faults, take_in
from tests.databases import Kind

PEOPLE = 300
TIMES = [3, pytest.param(10, marks=pytest.mark.slow)]


@pytest.fixture
def rooms(database_kind: Kind, tmp_path: Path) -> Iterator[Iterator[Newsroom]]:
    """New newsrooms, each with the same list."""

    def made(feed_url: str) -> Generator[Newsroom, None, None]:
        for number in itertools.count():
            with database_kind.migrated() as url:
                room = Newsroom(folder=tmp_path / str(number), url=url)
                room.prepare(feed_url)
                take_in(room, PEOPLE)
                yield room

    with serve_demo_blog(1) as blog, contextlib.closing(made(blog.feed_url)) as rooms:
        yield rooms


def at_once(room: Newsroom, *commands: tuple[str, ...]) -> list[tuple[int, str]]:
    """Starts all commands before it waits for any; exit code and outcome of each."""
    processes = [
        room.start(*command, "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for command in commands
    ]
    ended = [(process.communicate(timeout=300)[0], process.returncode) for process in processes]
    return [(code, outcome(json.loads(out))) for out, code in ended]


def outcome(document: dict[str, Any]) -> str:
    return str(document.get("outcome") or document)


@pytest.mark.parametrize("times", TIMES)
def test_two_sends_at_once_never_make_two_messages(rooms: Iterator[Newsroom], times: int) -> None:
    """Each time one is `sent`; the other one is busy, or comes later and finds the work done."""
    seen = set()
    for number, room in enumerate(itertools.islice(rooms, times)):
        second = ("send", "--scheduled") if number % 2 else ("send",)
        first_end, second_end = at_once(room, ("send",), second)
        busy = (0 if number % 2 else 1, "busy")
        done = (0, "already-sent")
        allowed = [((0, "sent"), busy), ((0, "sent"), done), ((1, "busy"), (0, "sent")),
                   (done, (0, "sent"))]  # fmt: skip
        assert (first_end, second_end) in allowed
        assert faults(room, PEOPLE) == []
        seen |= {first_end[1], second_end[1]}
    assert "busy" in seen, "the two never met, so nothing was tested"
