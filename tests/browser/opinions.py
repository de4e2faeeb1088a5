"""Second opinions on mails: of the official MJML, of html-validate and of SpamAssassin."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.browser.mail import Mail

_SCRIPT = Path(__file__).parent / "npm" / "opinions.mjs"
_ENDS = re.compile(r"^X-Spam-Checker-Version:", re.MULTILINE)
_SCORE = re.compile(r"^X-Spam-Status:.*?score=(-?[0-9.]+).*?tests=([A-Z0-9_,\s]*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What is wrong with a mail's MJML and HTML, and the HTML that the official MJML makes."""

    mjml: list[str]
    html: list[str]
    rendered: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpamScore:
    """How much a message looks like spam (5 is too much), and the rules that say so."""

    points: float
    rules: str


def opinions_on(mails: Iterable[Mail]) -> list[Opinion]:
    """The opinions of MJML and html-validate on each mail, in one run of Node.js."""
    asked = [{"mjml": mail.mjml, "html": mail.html} for mail in mails]
    done = subprocess.run(
        ["node", _SCRIPT], input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [Opinion(**answer) for answer in json.loads(done.stdout)]


def spam_scores(messages: Iterable[bytes]) -> list[SpamScore]:
    """SpamAssassin's judgement on each message by its own rules alone, asking nobody.

    `-L`: local tests only, `-t`: add a report, `-x`: no preferences of the user.
    """
    with tempfile.TemporaryDirectory() as place:
        files = [Path(place) / f"{number:03}.eml" for number, _ in enumerate(messages)]
        for file, message in zip(files, messages, strict=True):
            file.write_bytes(message)
        done = subprocess.run(
            ["spamassassin", "-L", "-t", "-x", *files],
            env={**os.environ, "HOME": place},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    assert done.returncode == 0, done.stderr
    scores = [_score(part) for part in _ENDS.split(done.stdout)[1:]]
    assert len(scores) == len(files), done.stderr
    return scores


def _score(headers: str) -> SpamScore:
    found = _SCORE.search(headers[headers.index("X-Spam-Status:") :])
    assert found, headers[:1000]
    return SpamScore(points=float(found[1]), rules=" ".join(found[2].replace(",", " ").split()))
