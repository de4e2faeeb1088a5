"""The command as its user has it: settings in a folder, a clock, people, and what came out."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from html import escape
from pathlib import Path
from typing import Any
from unittest import mock

from newsletter.cli.main import main
from newsletter.store import unsubscribe_checks
from newsletter.store.engine import open_database
from tests.webserver import Page

SHARED = Path(__file__).parents[2].parent / "shared"
CONTRACT_CODES = (0, 1, 2, 3, 4)
WEEK_1, WEEK_2 = "2026-11-09T08:00:00Z", "2026-11-16T08:00:00Z"
PUBLIC_URL = "https://news.example.org"
PEOPLE = ("ann@example.org", "bob@example.org", "cid@example.org")

_SETTINGS = """\
[newsletter]
title = "A Slow Kind of Luck"
sender = "Morgan Hale <news@blog.example.org>"
reply_to = "morgan@blog.example.org"
postal_address = "Morgan Hale, PO Box 1, Exampleton, EX1 1AA, United Kingdom"
website = "https://blog.example.org"
public_url = "https://news.example.org"
language = "en-GB"
timezone = "Europe/London"
disclaimer = "I am a patient, not a doctor."
"""
_SCHEDULE = '[schedule]\nevery = "week"\non = "monday"\nat = "07:30"\n'


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout; more or less than one is an error."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """All that a person sees."""
        return f"{self.out}\n{self.err}"


@dataclass(frozen=True, kw_only=True)
class Message:
    """A mail of the outbox, as a mail program reads it."""

    file: Path
    to: str
    subject: str
    html: str
    text: str
    headers: EmailMessage


class Desk:
    """A folder with settings, and the command run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = WEEK_1

    def settings(self, feeds: Sequence[str], *, schedule: str = _SCHEDULE, more: str = "") -> None:
        """Writes newsletter.toml."""
        listed = "".join(f'[[feeds]]\nurl = "{url}"\n' for url in feeds)
        text = f"{_SETTINGS}\n{listed}\n{schedule}\n{more}"
        (self.folder / "newsletter.toml").write_text(text, encoding="utf-8")

    def change(self, name: str, value: str) -> None:
        """Gives a setting of [newsletter] another value, a text."""
        file = self.folder / "newsletter.toml"
        line = re.compile(rf'^{name} = ".*"$', re.MULTILINE)
        text, times = line.subn(f'{name} = "{value}"', file.read_text(encoding="utf-8"))
        assert times == 1
        file.write_text(text, encoding="utf-8")

    def people(self, *rows: str) -> None:
        """Imports people; a row is `email` or `email,topics`."""
        lines = [row if "," in row else f"{row}," for row in rows or PEOPLE]
        (self.folder / "people.csv").write_text(
            "\n".join(["email,topics", *lines, ""]), encoding="utf-8"
        )
        done = self.call("subscribers", "import", "people.csv", "--json")
        assert done.document["added"] == len(lines), done

    def readers_could_leave(self, at: str) -> None:
        """At this time a check found that readers can unsubscribe, as a real send needs it."""
        database = open_database(f"sqlite:///{self.folder / 'newsletter.db'}")
        with database.begin() as connection:
            unsubscribe_checks.record(connection, PUBLIC_URL, now=datetime.fromisoformat(at))
        database.close()

    def run(self, *arguments: str, stdin: str = "", **variables: str) -> Done:
        """Runs the installed command in a process of its own."""
        return self.python("-m", "newsletter", *arguments, stdin=stdin, **variables)

    def python(self, *arguments: str, stdin: str = "", **variables: str) -> Done:
        """Runs this Python in a process of its own."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment(variables),
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return _sound(Done(code=done.returncode, out=done.stdout, err=done.stderr))

    def call(self, *arguments: str, stdin: str = "", **variables: str) -> Done:
        """Runs the same entry point in this process, which saves starting one."""
        out, err, code = io.StringIO(), io.StringIO(), 0
        with (
            mock.patch.dict(os.environ, self.environment(variables), clear=True),
            mock.patch.object(sys, "stdin", io.StringIO(stdin)),
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main(list(arguments))
            except SystemExit as stop:
                code = int(stop.code or 0)
        return _sound(Done(code=code, out=out.getvalue(), err=err.getvalue()))

    def send(self, *arguments: str, code: int = 0) -> Any:
        """The document of `send --json`, which must end with this exit code."""
        done = self.call("send", "--json", *arguments)
        assert done.code == code, done
        return done.document

    def mails(self, edition: str) -> list[Message]:
        """The mails of an edition in the outbox, by address."""
        found = [_message(file) for file in (self.folder / "outbox" / edition).glob("*.eml")]
        return sorted(found, key=lambda message: message.to)

    def files(self) -> dict[str, tuple[bytes, int]]:
        """Every file a reader could see: its bytes, and when it was written."""
        return {
            str(path.relative_to(self.folder)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and not path.name.startswith("newsletter.db")
        }

    def environment(self, variables: dict[str, str]) -> dict[str, str]:
        """What a command of this desk finds in its environment."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("NEWSLETTER_", "SENDGRID_"))
        }
        now = {"NEWSLETTER_NOW": self.now} if self.now else {}
        return {**kept, "COLUMNS": "200", "PYTHONUTF8": "1", **now, **variables}


def _sound(done: Done) -> Done:
    """No command ends in a traceback, in silence about a failure, or outside the contract."""
    assert "Traceback" not in done.said, done.said
    assert done.code in CONTRACT_CODES, done
    assert done.code == 0 or done.said.strip(), done
    return done


def _message(file: Path) -> Message:
    parsed = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(file.read_bytes())
    assert isinstance(parsed, EmailMessage)
    html, text = parsed.get_body(("html",)), parsed.get_body(("plain",))
    assert text is not None
    return Message(
        file=file,
        to=str(parsed["To"]),
        subject=str(parsed["Subject"]),
        html=_lines(html) if html is not None else "",
        text=_lines(text),
        headers=parsed,
    )


def _lines(part: MIMEPart) -> str:
    """A part's text; on the way its lines end as RFC 5322 wants it, here as everywhere else."""
    return str(part.get_content()).replace("\r\n", "\n")


@dataclass(frozen=True, kw_only=True)
class Post:
    """A post of a made-up blog. Times are ISO 8601."""

    number: int
    title: str
    text: str = "A few plain words about it."
    published: str = "2026-11-06T09:00:00Z"
    category: str = "News"


def atom(*posts: Post) -> Page:
    """The blog's Atom feed, as a server sends it."""
    entries = "".join(_entry(post) for post in posts)
    text = (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        "<title>A Slow Kind of Luck</title><id>https://blog.example.org/</id>"
        f"<updated>2026-11-06T09:00:00Z</updated>{entries}</feed>"
    )
    return Page(body=text.encode(), headers={"Content-Type": "application/atom+xml"})


def _entry(post: Post) -> str:
    slug = re.sub(r"\W+", "-", post.title.lower()).strip("-")
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in post.text.split("\n"))
    return (
        f"<entry><id>https://blog.example.org/?p={post.number}</id>"
        f"<title>{escape(post.title)}</title>"
        f'<link rel="alternate" href="https://blog.example.org/{slug}/"/>'
        f"<published>{post.published}</published><updated>{post.published}</updated>"
        f'<category term="{escape(post.category)}"/>'
        f'<content type="html">{escape(paragraphs)}</content></entry>'
    )
