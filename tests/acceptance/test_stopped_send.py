"""A send that is told to end, as when the computer is started anew, leaves nothing unknown."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import text

from newsletter.demo.blog import RUNS
from newsletter.demo.server import serve_demo_blog
from newsletter.standin.rules import KEY, Rules
from newsletter.standin.server import serve
from tests.acceptance.newsroom import Newsroom, opened, take_in

PEOPLE, BATCH = 12, 3


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without a word")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_on_its_way_is_written_down_first(tmp_path: Path, number: int) -> None:
    """Without an undo window, where an answer that nobody waits for could never be known."""
    now = RUNS[0].timestamp
    with (
        serve_demo_blog(1) as blog,
        serve(tmp_path / "provider", Rules(latency=1.0), now) as provider,
    ):
        room = Newsroom(
            folder=tmp_path / "room",
            url=f"sqlite:///{tmp_path / 'newsletter.db'}",
            more={
                "NEWSLETTER_DELIVERY__TRANSPORT": "sendgrid",
                "NEWSLETTER_DELIVERY__UNDO_MINUTES": "0",
                "NEWSLETTER_DELIVERY__BATCH_SIZE": str(BATCH),
                "NEWSLETTER_DELIVERY__CONCURRENCY": "1",
                "NEWSLETTER_DELIVERY__SENDGRID__BASE_URL": provider.url,
                "NEWSLETTER_SECRET_KEY": "k" * 40,
                "SENDGRID_API_KEY": KEY,
            },
        )
        room.prepare(blog.feed_url)
        room.run("collect")
        take_in(room, PEOPLE)
        with room.start("send", "--yes", stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            assert any(line.startswith("Batch 1 of 4") for line in process.stderr)
            process.send_signal(number)  # while the second one is on its way
            process.stderr.read()
        assert process.returncode == (130 if number == signal.SIGINT else -number)
        with opened(room) as database, database.read() as connection:
            states = connection.execute(text("SELECT state, count(*) FROM delivery GROUP BY state"))
            assert {row[0]: row[1] for row in states} == {
                "accepted": 2 * BATCH,
                "planned": PEOPLE - 2 * BATCH,
            }
        done = room.run("send")
        assert (done.code, done.document["outcome"]) == (0, "sent"), json.dumps(done.document)
        assert sorted(provider.ledger.live().values()) == [1] * PEOPLE
