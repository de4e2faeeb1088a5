"""A whole newsletter in a folder: the demo's blog, a list of people, and the command as a process.

A list is imported once; each further newsroom gets a copy of that database.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from newsletter.demo import blog
from newsletter.store.engine import Database, open_database
from subscribers.importing import import_file

BATCH_SIZE = 250
"""Small, so that there is much to interrupt."""

_LEFT_EVERY = 20
_TO = re.compile(rb"^To: (.*)\r\n", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Done:
    """How one `newsletter` ended."""

    code: int
    document: dict[str, Any]
    said: str


@dataclass(frozen=True, kw_only=True)
class Newsroom:
    """A folder with settings and outbox, and a database. `more` are further variables."""

    folder: Path
    url: str
    more: dict[str, str] = field(default_factory=dict)

    @property
    def outbox(self) -> Path:
        """Where the edition's messages are."""
        return self.folder / "outbox" / "2026-W46"

    def prepare(self, feed_url: str) -> None:
        """Makes the folder."""
        self.folder.mkdir(parents=True)
        settings = self.folder / "newsletter.toml"
        settings.write_text(blog.settings_for(feed_url), encoding="utf-8")

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Starts a command as a process."""
        return subprocess.Popen(
            [sys.executable, "-m", "newsletter", *arguments],
            cwd=self.folder,
            env={
                **{k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
                "NEWSLETTER_NOW": blog.RUNS[0].isoformat(),
                "NEWSLETTER_STORE__URL": self.url,
                "NEWSLETTER_DELIVERY__BATCH_SIZE": str(BATCH_SIZE),
                **self.more,
            },
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            **options,
        )

    def run(self, *arguments: str) -> Done:
        """Runs a command with `--json` to its end."""
        with self.start(
            *arguments, "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            out, said = process.communicate(timeout=300)
        return Done(code=process.returncode, document=json.loads(out), said=said)


def write_list(path: Path, people: int) -> None:
    """A list with this many active people, who all get something, and some who have left."""
    lines = ["email,topics,status"]
    lines += [f"{address}," + ("living;trials" if n % 3 == 0 else "") + ",active"
              for n, address in enumerate(active(people))]  # fmt: skip
    lines += [f"left{n}@example.org,,unsubscribed" for n in range(people // _LEFT_EVERY)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def active(people: int) -> Iterator[str]:
    """The addresses of the active people of such a list."""
    return (f"reader{number}@example.org" for number in range(people))


def take_in(room: Newsroom, people: int) -> None:
    """Imports such a list into the newsroom's database, without a process of its own."""
    path = room.folder / "people.csv"
    write_list(path, people)
    with opened(room) as database:
        topics = ["living", "trials"]
        report = import_file(path, begin=database.begin, now=blog.RUNS[0], topics=topics)
    assert report.added == report.rows, report


def copy_sqlite(model: Newsroom, folder: Path, feed_url: str, **more: str) -> Newsroom:
    """A newsroom with a copy of another one's SQLite file."""
    room = Newsroom(folder=folder, url=f"sqlite:///{folder / 'newsletter.db'}", more=more)
    room.prepare(feed_url)
    shutil.copy(model.url.removeprefix("sqlite:///"), folder / "newsletter.db")
    return room


@contextmanager
def opened(room: Newsroom) -> Iterator[Database]:
    """The newsroom's database, to look at."""
    database = open_database(room.url)
    try:
        yield database
    finally:
        database.close()


def faults(room: Newsroom, people: int) -> list[str]:
    """What is wrong after everything was sent; empty when everybody has exactly one message."""
    return [*_outbox_faults(room.outbox, people), *_ledger_faults(room, people)]


def _outbox_faults(outbox: Path, people: int) -> list[str]:
    raw = [path.read_bytes() for path in outbox.glob("*.eml")]
    found = Counter(_address(message) for message in raw)
    expected = set(active(people))
    parts = [path.name for path in outbox.iterdir() if path.name.endswith(".part")]
    return [
        *_few("got no message", expected - set(found)),
        *_few("got more than one message", (who for who, count in found.items() if count > 1)),
        *_few("should have got none", set(found) - expected),
        *_few("was left half written", parts),
        *_few("is not whole", (_address(m) for m in raw if not m.endswith(b"--\r\n"))),
        *([] if (outbox.parent / "index.html").is_file() else ["there is no index.html"]),
    ]


def _address(message: bytes) -> str:
    found = _TO.search(message)
    return found[1].decode() if found else "?"


def _ledger_faults(room: Newsroom, people: int) -> list[str]:
    with opened(room) as database, database.read() as connection:
        states = connection.execute(text("SELECT state FROM edition")).scalars().all()
        deliveries = _by_state(connection, "delivery")
        batches = _by_state(connection, "batch")
        sizes = connection.execute(text("SELECT sum(size) FROM batch")).scalar()
    said = [
        ("edition", list(states), ["sent"]),
        ("deliveries", deliveries, {"accepted": people}),
        ("states of batches", sorted(batches), ["accepted"]),
        ("people in batches", sizes, people),
    ]
    return [f"{what}: {got}, not {wanted}" for what, got, wanted in said if got != wanted]


def _by_state(connection: Connection, table: str) -> dict[str, int]:
    rows = connection.execute(text(f"SELECT state, count(*) FROM {table} GROUP BY state"))
    return {row[0]: row[1] for row in rows}


def _few(what: str, names: Iterable[str]) -> list[str]:
    """One line about some of the names, with their number; none without names."""
    listed = sorted(names)
    return [f"{len(listed)} × {what}: {', '.join(listed[:3])}"] if listed else []
