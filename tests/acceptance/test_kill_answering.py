"""What a page has taken is answered, also when the server is killed at any moment.

The mail may come twice then, but never not at all, and never to who was not told "taken".
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from newsletter.config import load
from newsletter.pipeline.readers.answering import answer_due
from newsletter.wiring import Wiring
from subscribers.answering import LEASE
from tests.house.source import ROOT

NOW = "2026-11-16T08:00:00+00:00"
LATER = (datetime.fromisoformat(NOW) + LEASE + timedelta(minutes=1)).isoformat()
KEY = "k" * 40

SETTINGS = """
[newsletter]
title = "A newsletter"
sender = "A Newsletter <news@example.org>"
public_url = "https://news.example.org"
website = "https://blog.example.org"
[[feeds]]
url = "https://blog.example.org/feed/"
"""


class Server:
    """A server that is killed at a moment, and the one that is started after it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.config = folder / "newsletter.toml"
        self.config.write_text(SETTINGS, encoding="utf-8")
        self.moments = folder / "moments.txt"

    def dies_at(self, moment: int) -> bool:
        """Whether the reader was told that her wish was taken."""
        command = (sys.executable, "-m", "tests.acceptance.mortal_answering")
        done = subprocess.run(
            [*command, str(self.config), str(moment), str(self.moments)],
            cwd=ROOT,
            env={**os.environ, "NEWSLETTER_NOW": NOW, "NEWSLETTER_SECRET_KEY": KEY},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == (-9 if moment else 0), done.stderr
        return "taken" in done.stdout

    def starts_again(self) -> None:
        """What the next server does first."""
        environ = {"NEWSLETTER_NOW": LATER, "NEWSLETTER_SECRET_KEY": KEY}
        wiring = Wiring(load(self.config, environ), environ)
        answer_due(wiring.context(tell=lambda _: None, progress=lambda _: None))
        wiring.close()

    def mails(self) -> int:
        """How many confirmation mails there are."""
        return len(list((self.folder / "outbox" / "letters").glob("*.eml")))


def test_nothing_that_was_taken_is_lost(tmp_path: Path) -> None:
    whole = Server(tmp_path / "whole")
    assert whole.dies_at(0)
    assert whole.mails() == 1
    moments = whole.moments.read_text().splitlines()
    assert "after mail" in moments
    doubled = []
    for moment, name in enumerate(moments, start=1):
        server = Server(tmp_path / str(moment))
        taken = server.dies_at(moment)
        server.starts_again()
        mails = server.mails()
        assert mails >= taken, name
        assert mails <= 2, name
        doubled += [name] * (mails == 2)
    assert doubled == ["after mail", "before a commit"]
