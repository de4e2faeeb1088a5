"""A reader of the newsletter: fills in forms, opens her mailbox, follows links."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from html import unescape
from urllib.parse import urlsplit

from newsletter.delivery import links
from subscribers.links import signed
from subscribers.model import Letter as Kind
from subscribers.model import Purpose
from tests.webapp import Answer, Served

ANNA = "anna@example.org"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail that answers what was asked; `link` is the path of the page it leads to, "" without
    one.
    """

    to: str
    subject: str
    text: str
    link: str


def sign_up(site: Served, address: str = ANNA, **more: str) -> Answer:
    """Fills in the form of the first page, as it is served."""
    mark = re.search(r'name="shown" value="(\w+)"', site.get("/").text)
    assert mark is not None
    return site.post("/subscribe", None, email=address, shown=mark[1], **more)


def letters(site: Served, to: str = "") -> list[Letter]:
    """What lies in the mailbox, the oldest first, once all that was asked is answered."""
    wait_for_answers(site)
    folder = site.wiring.settings.outbox_path() / "letters"
    files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    found = [_letter(file.read_bytes()) for file in files]
    return [letter for letter in found if to in ("", letter.to)]


def newest(site: Served, to: str = ANNA) -> Letter:
    """The last mail to an address."""
    return letters(site, to)[-1]


def join(site: Served, address: str = ANNA, **more: str) -> None:
    """Signs up and confirms."""
    assert sign_up(site, address, **more).status == 200
    answer = site.post(newest(site, address).link)
    assert answer.status == 200
    assert "Welcome" in answer.text


def token_of(site: Served, address: str = ANNA) -> str:
    """What the personal links in the person's editions carry."""
    with site.wiring.read() as connection:
        found = connection.exec_driver_sql(
            f"SELECT token FROM subscriber_person WHERE address_key = '{address}'"
        ).scalar()
    assert isinstance(found, str)
    return found


def person(site: Served, address: str = ANNA) -> dict[str, object]:
    """The person's row; empty for nobody."""
    with site.wiring.read() as connection:
        row = connection.exec_driver_sql(
            f"SELECT * FROM subscriber_person WHERE address_key = '{address}'"
        ).mappings()
        return dict(row.one_or_none() or {})


def wait_for_answers(site: Served) -> None:
    """Until the server has answered all that was asked."""
    deadline = time.monotonic() + 60
    while _unanswered(site):
        assert time.monotonic() < deadline, "the server hands no mail over"
        time.sleep(0.01)


def _unanswered(site: Served) -> int:
    """How many requests the server has still to answer, which it does beside its pages."""
    with site.wiring.read() as connection:
        return int(
            connection.exec_driver_sql(
                "SELECT count(*) FROM subscriber_request WHERE state IN ('asked', 'due')"
            ).scalar_one()
        )


def _letter(raw: bytes) -> Letter:
    mail = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(raw)
    assert isinstance(mail, EmailMessage)
    plain = mail.get_body(("plain",))
    assert plain is not None
    text = str(plain.get_content())
    link = re.search(r"https?://\S+/(?:confirm|preferences/mailed|forget|dossier)/\S+", text)
    path = urlsplit(unescape(link[0])).path if link else ""
    return Letter(to=str(mail["To"]), subject=str(mail["Subject"]), text=text, link=path)


def mailed_link(site: Served, purpose: Purpose, address: str = ANNA) -> str:
    """The path of the link in the last mail of this purpose, whichever way it went."""
    wait_for_answers(site)
    with site.wiring.read() as connection:
        nonce = connection.exec_driver_sql(
            f"SELECT nonce FROM subscriber_request WHERE purpose = '{purpose.value}'"
            f" AND address_key = '{address}' ORDER BY id DESC"
        ).scalar()
    assert isinstance(nonce, str)
    token = signed(nonce, purpose, site.wiring.secret_keys())
    return urlsplit(links.mailed_link("https://news.example.org", _LETTERS[purpose], token)).path


_LETTERS = {
    Purpose.SUBSCRIBE: Kind.CONFIRM,
    Purpose.PREFERENCES: Kind.PREFERENCES,
    Purpose.DOSSIER: Kind.DOSSIER,
    Purpose.FORGET: Kind.FORGET,
}
