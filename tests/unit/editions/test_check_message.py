"""The complete message is what a mail program expects, or the gate says what is wrong with it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.delivery.links import links_for
from newsletter.delivery.message import Envelope, MessageTemplate
from newsletter.editions.check_message import check_message
from newsletter.editions.render import render
from newsletter.model.personal import fill_html, fill_text
from tests.digests import TAGS, a_digest, new_post

ENVELOPE = Envelope(
    sender_name="Mörgan",
    sender_address="morgan@blog.example.org",
    reply_to="",
    title="A Slow Kind of Luck",
    language="en-GB",
)
LINKS = links_for("https://news.example.org", "2026-W47")
MAIL = render(a_digest(new=(new_post(title="Grüße — “€ > 5”", excerpt="é" * 3000),)), TAGS)
HTML, TEXT = fill_html(MAIL.html, TAGS, LINKS), fill_text(MAIL.text, TAGS, LINKS)
RAW = MessageTemplate(ENVELOPE, MAIL, TAGS, nonce="0123abcd").message(
    delivery_id="x",
    address="reader@example.org",
    links=LINKS,
    date=datetime(2026, 11, 16, tzinfo=UTC),
)


def said(raw: bytes) -> list[str]:
    findings = list(check_message("all", raw, html=HTML, text=TEXT))
    assert all(each.code == "broken-message" and each.error for each in findings)
    return [each.message for each in findings]


def test_a_sound_message_has_no_findings() -> None:
    assert said(RAW) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"--=_nl_0123abcd--", b"", "defect"),
        (b'; boundary="=_nl_0123abcd"', b"", "defect"),
        (b"quoted-printable\r\n\r\n", b"quoted-printable\r\n" + b"x" * 999 + b"\r\n\r\n", "longer"),
        (b"text/html", b"text/plain", "text/html comes out changed"),
        (b"12 November", b"13 November", "comes out changed"),
        (b"=C3=A9=C3=A9", b"=C3=A9=E9", "comes out changed"),
    ],
)
def test_what_is_wrong_with_a_message_is_said(old: bytes, new: bytes, words: str) -> None:
    assert old in RAW
    assert any(words in message for message in said(RAW.replace(old, new)))
