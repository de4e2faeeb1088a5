"""A newsletter that really sends, to a stand-in for its provider; both have the same clock."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from newsletter.standin.rules import KEY, Rules
from newsletter.standin.server import StandIn, serve
from tests.acceptance.runner import WEEK_1, Desk, Done, Post, atom
from tests.webserver import WebServer

EDITION = "2026-W46"
"""The period that WEEK_1 is in."""


class World:
    """Settings, people and one fresh post in a folder; batches of one person, one at a time."""

    def __init__(self, desk: Desk, standin: StandIn) -> None:
        self.desk = desk
        self.standin = standin
        self.variables = {
            "NEWSLETTER_DELIVERY__TRANSPORT": "sendgrid",
            "NEWSLETTER_DELIVERY__SENDGRID__BASE_URL": standin.url,
            "NEWSLETTER_DELIVERY__SENDGRID__TIMEOUT_SECONDS": "5",
            "NEWSLETTER_DELIVERY__PER_SECOND": "1000",
            "NEWSLETTER_DELIVERY__BATCH_SIZE": "1",
            "NEWSLETTER_DELIVERY__CONCURRENCY": "1",
            "SENDGRID_API_KEY": KEY,
        }

    def settings(self, **changed: object) -> None:
        """Changes settings of `delivery` from now on."""
        for name, value in changed.items():
            self.variables[f"NEWSLETTER_DELIVERY__{name.upper()}"] = str(value)

    def later(self, **by: float) -> None:
        """Time goes by, for everybody."""
        passed = timedelta(**by)
        self.desk.now = (datetime.fromisoformat(self.desk.now) + passed).isoformat()
        self.standin.service.move_clock(passed.total_seconds())

    def call(self, *arguments: str, **more: str) -> Done:
        """A command, for a program: the settings, and no terminal."""
        return self.desk.call(*arguments, **{**self.variables, **more})

    def json(self, *arguments: str, code: int = 0, **more: str) -> Any:
        """What a command prints with --json; it must end with this exit code."""
        done = self.call(*arguments, "--json", **more)
        assert done.code == code, done
        return done.document

    def said(self, *arguments: str, code: int = 0, **more: str) -> str:
        """What a command prints for a person, on one line; it must end with this exit code."""
        done = self.call(*arguments, **more)
        assert done.code == code, done
        return " ".join(done.said.split())

    @contextmanager
    def meanwhile(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """The same command as a process of its own, which is killed if it is at work at the end."""
        process = subprocess.Popen(
            [sys.executable, "-m", "newsletter", *arguments],
            cwd=self.desk.folder,
            env=self.desk.environment(self.variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def accepted(self) -> list[int]:
        """The readers whose mails the provider took, in that order, taken back or not."""
        return [_number(message.email) for message in self.standin.ledger.messages()]

    def live(self) -> list[int]:
        """The readers who have a mail, or will; each as often as that."""
        messages = self.standin.ledger.messages()
        return sorted(_number(message.email) for message in messages if message.live)


def _number(address: str) -> int:
    return int(re.sub(r"\D", "", address.partition("@")[0]))


@contextmanager
def world_of(
    folder: Path, web: WebServer, *, people: int = 3, rules: Rules | None = None
) -> Iterator[World]:
    """So many people, and a stand-in with these rules."""
    desk = Desk(folder)
    desk.settings([web.url("/feed")])
    web.pages["/feed"] = atom(Post(number=2, title="A walk in autumn"))
    desk.people(*(f"reader{number}@example.org" for number in range(people)))
    start = datetime.fromisoformat(WEEK_1).timestamp()
    with serve(folder / "records", rules or Rules(), lambda: start) as standin:
        yield World(desk, standin)
