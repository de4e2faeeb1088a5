"""`kill -9` of the server: what was answered with success is there, and is absorbed once.

The server is killed at moments that chance chooses, while several senders post; a sender notes what
was answered with 2xx, and tries nothing again.
"""

from __future__ import annotations

import http.client
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from newsletter.events.posted import kept
from newsletter.store import posted_events
from newsletter.store.engine import open_database
from newsletter.store.tables import event
from tests.acceptance.runner import WEEK_2, Desk
from tests.integration.store.ledger import NOW
from tests.reports import SIGNER, barred, handed_over, raw, signed

SENDERS = 4
PEOPLE = 400
KILLS = 3


@contextmanager
def serving(desk: Desk, variables: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server as a process, and where it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "newsletter", "serve", "--port", "0"],
        cwd=desk.folder,
        env=desk.environment(variables),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        yield process, line.partition(" at ")[2].split()[0]
    finally:
        process.kill()
        process.communicate()


class Senders:
    """They post events of these deliveries, one by one, until the server is gone."""

    def __init__(self, ids: list[str], kill_after: int) -> None:
        self.acknowledged: list[str] = []
        self.enough = threading.Event()
        self._left = list(ids)
        self._kill_after = kill_after
        self._lock = threading.Lock()

    def work(self, address: str) -> None:
        """One sender."""
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        try:
            while (id_ := self._next()) is not None:
                post = signed([raw(id_)])
                connection.request("POST", "/webhooks/sendgrid", post.body, post.headers)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 204
                self._note(id_)
        except (OSError, http.client.HTTPException):
            return  # killed: this one may be there or not
        finally:
            connection.close()

    def _next(self) -> str | None:
        with self._lock:
            return self._left.pop() if self._left else None

    def _note(self, id_: str) -> None:
        with self._lock:
            self.acknowledged.append(id_)
            if len(self.acknowledged) >= self._kill_after:
                self.enough.set()


def killed_while_they_post(desk: Desk, variables: dict[str, str], senders: Senders) -> None:
    """The server begins, is posted to, and is killed in the midst of it."""
    with serving(desk, variables) as (process, address):
        threads = [threading.Thread(target=senders.work, args=(address,)) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        assert senders.enough.wait(120)
        process.kill()
        for thread in threads:
            thread.join()


def test_no_kill_loses_an_event_that_was_answered(migrated_url: str, tmp_path: Path) -> None:
    chance = random.Random(5)
    database = open_database(migrated_url)
    desk = Desk(tmp_path)
    desk.now = WEEK_2
    desk.settings(["https://blog.example.org/feed/"])
    variables = {
        "NEWSLETTER_STORE__URL": migrated_url,
        "NEWSLETTER_SECRET_KEY": "k" * 40,
        "SENDGRID_WEBHOOK_PUBLIC_KEY": SIGNER.public_key,
    }
    ids = handed_over(database, PEOPLE)
    acknowledged: list[str] = []
    for number in range(KILLS):
        mine = ids[number::KILLS]
        senders = Senders(mine, kill_after=chance.randrange(1, len(mine) - 2 * SENDERS))
        killed_while_they_post(desk, variables, senders)
        assert len(senders.acknowledged) < len(mine)  # it was killed in the midst of it
        acknowledged += senders.acknowledged
    done = desk.call("db", "absorb", "--json", **variables)
    assert (done.code, done.document["waiting"]) == (0, 0)
    with database.read() as connection:
        found = connection.execute(select(event.c.delivery_id)).scalars().all()
    database.close()
    assert len(found) == len(set(found))
    assert set(acknowledged) <= set(found)
    assert len(acknowledged) >= KILLS


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_run_heeds_what_waits_before_it_does_anything(migrated_url: str, tmp_path: Path) -> None:
    """The server died before it had absorbed what it had taken in; there may be none any more."""
    database = open_database(migrated_url)
    desk = Desk(tmp_path)
    desk.now = WEEK_2
    desk.settings(["http://127.0.0.1:9/feed"])
    ids = handed_over(database, 3)
    post = kept(signed([raw(ids[0], "spamreport")]).body)
    assert post is not None
    with database.begin() as connection:
        posted_events.keep(connection, post.body, events=1, now=NOW)
    done = desk.call("collect", NEWSLETTER_STORE__URL=migrated_url)
    assert "By what the provider reported, 1 more are not mailed." in done.err
    assert barred(database) == {"reader1@example.org": "complaint"}
    database.close()
