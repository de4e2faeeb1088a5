"""An edition by a mail server that refuses, puts off, breaks off; and a run that is killed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.runner import Desk, Post, atom
from tests.mailserver import Failing, Say, failing
from tests.webserver import WebServer

EDITION = "2026-W46"
RESUME = ("editions", "resume", EDITION)
FULL = "450 4.2.2 the mailbox is full"
LOST = Say(close=True)


class Mailroom:
    """Six people, a mail server, and the command with its settings."""

    def __init__(self, desk: Desk, server: Failing) -> None:
        self.desk = desk
        self.server = server
        self.variables = {
            "NEWSLETTER_DELIVERY__TRANSPORT": "smtp",
            "NEWSLETTER_DELIVERY__SMTP__HOST": "127.0.0.1",
            "NEWSLETTER_DELIVERY__SMTP__PORT": str(server.port),
            "NEWSLETTER_DELIVERY__SMTP__TIMEOUT_SECONDS": "20",
            "NEWSLETTER_DELIVERY__PER_SECOND": "1000",
            "NEWSLETTER_DELIVERY__BATCH_SIZE": "3",
            "NEWSLETTER_DELIVERY__CONCURRENCY": "1",
        }

    def json(self, *arguments: str, code: int = 0) -> Any:
        """What a command prints with --json; it must end with this exit code."""
        done = self.desk.call(*arguments, "--json", **self.variables)
        assert done.code == code, done
        return done.document

    def send(self, code: int = 0) -> dict[str, int]:
        """What a send came to, for how many people; what there is none of is left out."""
        found = self.json("send", "--yes", code=code)["recipients"]
        return {name: number for name, number in found.items() if number}

    def named(self) -> Counter[int]:
        """How often each reader was named to the mail server."""
        said = [line for line in self.server.commands if line.startswith("RCPT")]
        return Counter(int(re.sub(r"\D", "", line.partition("@")[0])) for line in said)

    def taken(self) -> int:
        """How many messages the mail server has said to have taken."""
        return len(self.server.taken)


@pytest.fixture
def room(tmp_path: Path, web: WebServer) -> Iterator[Mailroom]:
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed")])
    web.pages["/feed"] = atom(Post(number=2, title="A walk in autumn"))
    desk.people(*(f"reader{number}@example.org" for number in range(6)))
    with failing() as server:
        yield Mailroom(desk, server)


def test_one_refused_one_put_off_and_everybody_else_served(room: Mailroom) -> None:
    """Who was put off is tried again in the same run, who was refused is not, and nobody else."""
    room.server.plan("RCPT", None, "550 5.1.1 nobody of that name", FULL)
    assert room.send(code=4) == {"planned": 6, "accepted": 5, "rejected": 1}
    assert room.named() == {0: 1, 1: 1, 2: 2, 3: 1, 4: 1, 5: 1}
    shown = room.json("editions", "show", EDITION)
    assert (shown["state"], shown["batches"]) == ("partial", {"accepted": 2})
    assert shown["reasons"] == ["The provider refused the mails to 1 person."]
    assert room.send(code=4) == {"planned": 6, "accepted": 5, "rejected": 1}
    assert room.taken() == 5


def test_a_server_that_puts_everything_off_keeps_the_rest_of_the_batch(room: Mailroom) -> None:
    """It is not one message that it is about, so the others are not even begun; then it goes on."""
    room.server.plan("MAIL", None, "421 4.3.2 shutting down", "421 4.3.2 shutting down")
    assert room.send() == {"planned": 6, "accepted": 6}
    assert set(room.named().values()) == {1}
    assert room.taken() == 6


@pytest.mark.parametrize(("word", "times"), [("accepted", 1), ("lost", 2)])
def test_a_connection_lost_after_the_final_dot_leaves_one_unknown(
    room: Mailroom, word: str, times: int
) -> None:
    """Exactly that one, which waits for the admin's word; nobody else is sent anything by it."""
    room.server.plan("END", None, LOST)
    for _ in range(2):
        assert room.send(code=4) == {"planned": 6, "accepted": 5, "unknown": 1}
    assert room.json("editions", "show", EDITION)["batches"] == {"accepted": 1, "unknown": 1}
    assert set(room.named().values()) == {1}
    document = room.json(*RESUME, "--assume", word, code=3)
    assert "Of 1 person nobody can say" in document["reasons"][0]
    document = room.json(*RESUME, "--assume", word, "--yes")
    assert (document["outcome"], document["recipients"]["accepted"]) == ("sent", 6)
    assert room.named() == {0: 1, 1: times, 2: 1, 3: 1, 4: 1, 5: 1}


@pytest.mark.parametrize("connections", [1, 2])
def test_a_run_killed_in_the_middle_leaves_one_unknown_a_connection(
    room: Mailroom, connections: int
) -> None:
    """Those before are what they are, those after are sent to by a plain `send`."""
    room.variables["NEWSLETTER_DELIVERY__CONCURRENCY"] = str(connections)
    room.server.plan("END", *[None] * connections, *[Say(hang=True)] * connections)
    killed_at_the_last_end(room)
    assert room.taken() == connections
    left = {"planned": 6, "accepted": 6 - connections, "unknown": connections}
    assert room.send(code=4) == left
    assert set(room.named().values()) == {1}
    assert room.taken() == 6 - connections
    assert room.send(code=4) == left
    document = room.json(*RESUME, "--assume", "lost", "--yes")
    assert document["recipients"]["accepted"] == 6
    assert sorted(room.named().values()) == [1] * (6 - connections) + [2] * connections


def killed_at_the_last_end(room: Mailroom) -> None:
    """Starts a send, and kills it when all that was planned for the ends of messages has begun."""
    with subprocess.Popen(
        [sys.executable, "-m", "newsletter", "send", "--yes"],
        cwd=room.desk.folder,
        env=room.desk.environment(room.variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        for _ in count():
            if not room.server.script["END"]:
                break
            assert process.poll() is None
        process.kill()
