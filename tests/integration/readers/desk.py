"""The readers' side of a newsletter in one process: its use cases, an outbox, a movable clock."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from newsletter.config import load
from newsletter.delivery.transports.contract import LETTER_FOLDER, Transport
from newsletter.delivery.transports.outbox import Outbox
from newsletter.pipeline.context import Context
from newsletter.pipeline.readers import answering, asking, joining
from newsletter.store.engine import Database
from subscribers import membership
from subscribers.asking import Answer
from subscribers.model import Dossier, Purpose, Subscriber

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
SECRETS = ("a secret key",)
ANNA = "anna@example.org"
TITLE = "Living with a rare disease"

_SETTINGS = f"""
[newsletter]
title = "{TITLE}"
sender = "{TITLE} <news@example.org>"
postal_address = "1 Street, Town"
public_url = "https://news.example.org"
website = "https://blog.example.org"
language = "en-GB"
[[feeds]]
url = "https://blog.example.org/feed/"
[[topics]]
key = "trials"
title = "Clinical trials"
categories = ["Trials"]
[[topics]]
key = "living"
title = "Living well"
categories = ["Living"]
[signup]
per_network = 1000
per_address = 100
"""


class ReadersDesk:
    """What the pages call, for a person of one address; `now` is the clock."""

    def __init__(self, folder: Path, database: Database, more: str = "") -> None:
        self.folder = folder
        self.now = NOW
        self.said: list[str] = []
        config = folder / "newsletter.toml"
        config.write_text(_SETTINGS + more, encoding="utf-8")
        self.outbox = folder / "outbox"
        self.context = Context(
            settings=load(config, {}),
            database=database,
            open_transport=lambda: Outbox(self.outbox, lambda *_: None),
            now=lambda: self.now,
            pause=lambda _seconds: None,
            fetch=_nothing,
            tell=self.said.append,
            progress=lambda *_: None,
            lists=_nothing,
            secrets=SECRETS,
        )

    def wait(self, **time: float) -> None:
        """Time passes (`hours=2`)."""
        self.now += timedelta(**time)

    def sign_up(self, address: str = ANNA, **more: Any) -> Answer:
        """Sends the form; the mails that are due go out."""
        answer = asking.sign_up(self.context, address, **more)
        self.answer()
        return answer

    def ask(self, purpose: Purpose, address: str = ANNA) -> str:
        """Asks for a link; the token that was mailed."""
        before = len(self.mails())
        assert asking.ask_for_link(self.context, purpose, address) is Answer.TAKEN
        self.answer()
        (mail,) = self.mails()[before:]
        return token_in(mail)

    def answer(self, transport: Transport | None = None) -> answering.Answered:
        """Hands over what is due, by another transport if one is given."""
        context = self.context
        if transport is not None:
            context = replace(context, open_transport=lambda: transport)
        return answering.answer_due(context)

    def join(self, address: str = ANNA, **more: Any) -> Subscriber:
        """Signs up and confirms."""
        before = len(self.mails())
        self.sign_up(address, **more)
        (mail,) = self.mails()[before:]
        joining.confirm(self.context, token_in(mail))
        return self.person(address)

    def mails(self) -> list[EmailMessage]:
        """The mails to readers so far, in the order in which they went."""
        files = (self.outbox / LETTER_FOLDER).glob("*.eml")
        found = sorted(files, key=lambda file: file.stat().st_mtime_ns)
        return [read(file.read_bytes()) for file in found]

    def dossier(self, address: str = ANNA) -> Dossier:
        """All that is held about an address."""
        with self.context.database.read() as connection:
            return membership.show(connection, address, secrets=SECRETS)

    def person(self, address: str = ANNA) -> Subscriber:
        """The person of an address."""
        person = self.dossier(address).subscriber
        assert person is not None
        return person


def read(message: bytes) -> EmailMessage:
    """A message as a mail program takes it apart."""
    return email.message_from_bytes(message, policy=email.policy.default)


def part(mail: EmailMessage, kind: str) -> str:
    """The text of the part `plain` or `html`; "" where there is none."""
    found = mail.get_body((kind,))
    return "" if found is None else str(found.get_content())


def token_in(mail: EmailMessage) -> str:
    """The token of the link that a mail is about; the same in both parts."""
    links = set(re.findall(r"https://news\.example\.org/[\w/-]+/[\w.=-]+", part(mail, "plain")))
    assert len(links) == 1, links
    (link,) = links
    assert part(mail, "html").count(link) >= 1 or not part(mail, "html")
    return str(link.rpartition("/")[2])


@contextmanager
def keeping_network(desk: ReadersDesk) -> Iterator[None]:
    """With the setting that keeps where something came from."""
    before = desk.context
    signup = before.settings.signup.model_copy(update={"keep_network_address": True})
    settings = before.settings.model_copy(update={"signup": signup})
    desk.context = replace(before, settings=settings)
    yield
    desk.context = before


def _nothing(*_: Any) -> Any:
    raise AssertionError("nothing is fetched here")
