"""How many reported events a second the web application takes in and absorbs, in how much memory.

`newsletter serve` runs as a process on a new SQLite file, with one edition that went to `--people`.
Their events (processed, delivered, every tenth of them twice, in disorder) are posted, signed, a
thousand at a time, over `--senders` connections. The time ends when the last event is absorbed.
Then two backlogs, one five times the other, are worked off by `newsletter db absorb`: the memory it
takes must not grow with them.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import func, select, text

from benchmarks.absorb_events import fill, posted
from newsletter.events.posted import kept
from newsletter.standin.signing import Signer
from newsletter.store import posted_events
from newsletter.store.engine import Database, open_database
from newsletter.store.event_tables import posted_events as table
from newsletter.store.schema import upgrade
from newsletter.store.tables import event

TARGET = 20_000
"""Events a second, taken in and absorbed."""

MOST_GROWTH_MB = 64
"""By so much memory a backlog of five times the size may differ: the cache of SQLite fills with it,
32 MB for a connection, and there are two. Beyond that it may not grow, however long it is."""

PER_POST = 1000
SIGNER = Signer(1)
SETTINGS = """\
[newsletter]
title = "A Slow Kind of Luck"
sender = "Morgan Hale <news@blog.example.org>"
postal_address = "Morgan Hale, PO Box 1, Exampleton, EX1 1AA, United Kingdom"
website = "https://blog.example.org"
public_url = "https://news.example.org"
language = "en-GB"
timezone = "Europe/London"
[[feeds]]
url = "https://blog.example.org/feed/"
[privacy]
retention_days = 3650
"""


@dataclass(frozen=True, kw_only=True)
class Post:
    """A body, and when it is signed."""

    body: bytes
    headers: dict[str, str]


def posts(events: list[dict[str, object]]) -> list[Post]:
    """The events as SendGrid posts them, signed now."""
    now, made = int(datetime.now(UTC).timestamp()), []
    for start in range(0, len(events), PER_POST):
        body = json.dumps(events[start : start + PER_POST]).encode()
        made.append(Post(body=body, headers=SIGNER.headers(body, now)))
    return made


def environment() -> dict[str, str]:
    """Of the program: nothing of this one's own settings."""
    kept_ = {k: v for k, v in os.environ.items() if not k.startswith(("NEWSLETTER_", "SENDGRID_"))}
    secrets = {"NEWSLETTER_SECRET_KEY": "k" * 40, "SENDGRID_WEBHOOK_PUBLIC_KEY": SIGNER.public_key}
    return {**kept_, **secrets}


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server, and where it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "newsletter", "serve", "--port", "0"],
        cwd=folder,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        yield process, process.stderr.readline().partition(" at ")[2].split()[0]
    finally:
        process.terminate()
        process.communicate()


def sent(address: str, waiting: list[Post], senders: int) -> None:
    """Posts all of them; each must be taken."""
    lock = threading.Lock()

    def work() -> None:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        while True:
            with lock:
                if not waiting:
                    return
                post = waiting.pop(0)
            connection.request("POST", "/webhooks/sendgrid", post.body, post.headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 204:
                os._exit(3)

    threads = [threading.Thread(target=work) for _ in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def until_absorbed(database: Database) -> None:
    """Waits until nothing is left."""
    left = 1
    while left:
        time.sleep(0.05)
        with database.read() as connection:
            left = connection.execute(select(func.count()).select_from(table)).scalar_one()


def cpu_seconds(process: subprocess.Popen[str]) -> float:
    """What the process has used; 0 where the system does not tell."""
    file = Path(f"/proc/{process.pid}/stat")
    if not file.exists():
        return 0.0
    fields = file.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def endpoint(folder: Path, database: Database, people: int, senders: int) -> float:
    """Events a second; prints how it went."""
    events = posted(people)
    ready = posts(events)
    with serving(folder) as (process, address):
        before, begin = cpu_seconds(process), time.perf_counter()
        sent(address, ready, senders)
        taken = time.perf_counter() - begin
        until_absorbed(database)
        seconds, cpu = time.perf_counter() - begin, cpu_seconds(process) - before
    with database.read() as connection:
        found = connection.execute(select(func.count()).select_from(event)).scalar_one()
    if found != 2 * people:
        raise SystemExit(f"{found} of {2 * people} events were kept")
    rate = len(events) / seconds
    print(
        f"{len(events):,} events taken in          {taken:8.2f} s   {len(events) / taken:10,.0f}/s"
    )
    print(f"taken in and absorbed            {seconds:8.2f} s   {rate:10,.0f}/s")
    print(
        f"processor time of the server     {cpu:8.2f} s   {len(events) / max(cpu, 0.01):10,.0f}/s"
    )
    print(f"ratio to the target              {rate / TARGET:8.2f}    (target: at least 1)")
    return rate


def backlog(folder: Path, database: Database, bodies: list[bytes]) -> float:
    """Megabytes that `newsletter db absorb` takes at most for so many posts."""
    with database.begin() as connection:
        connection.execute(text("DELETE FROM event"))
        for body in bodies:
            found = kept(body)
            assert found is not None
            posted_events.keep(connection, found.body, events=found.events, now=datetime.now(UTC))
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'newsletter', 'db', 'absorb'], check=True,"
        " stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder, env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout) / 1024


def measure(folder: Path, people: int, senders: int) -> int:
    """0 when both targets were kept."""
    (folder / "newsletter.toml").write_text(SETTINGS, encoding="utf-8")
    database = open_database(f"sqlite:///{folder / 'newsletter.db'}")
    try:
        upgrade(database)
        fill(database, people)
        rate = endpoint(folder, database, people, senders)
        bodies = [post.body for post in posts(posted(people))]
        small = backlog(folder, database, bodies[: max(1, len(bodies) // 5)])
        large = backlog(folder, database, bodies)
    finally:
        database.close()
    print(f"memory of a backlog, and of five times it: {small:.0f} MB, {large:.0f} MB")
    return 0 if rate >= TARGET and large - small <= MOST_GROWTH_MB else 1


def main() -> int:
    """1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--senders", type=int, default=4)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder), arguments.people, arguments.senders)


if __name__ == "__main__":
    sys.exit(main())
