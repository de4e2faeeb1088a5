"""The messages of one batch are made from one template, and of another one from another."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from newsletter.delivery.message import Envelope
from newsletter.delivery.transports.contract import Mail
from newsletter.delivery.transports.messages import Messages
from newsletter.model.delivery import Recipient
from newsletter.model.edition import Form, Rendered, Tags

NOW = datetime(2026, 11, 16, 8, 30, tzinfo=UTC)
NONCE = "0123abcd"
MAIL = Mail(
    edition_key="2026-W47",
    envelope=Envelope(
        sender_name="Morgan Hale",
        sender_address="news@example.org",
        reply_to="",
        title="Luck",
        language="en",
    ),
    rendered=Rendered(
        key="all",
        form=Form.NORMAL,
        subject="A trial has news",
        mjml="",
        html="<p>First</p>",
        text="First\n",
        checksum="1",
    ),
    tags=Tags.of(NONCE),
    nonce=NONCE,
    public_url="https://news.example.org",
)
ANNA = Recipient(
    delivery_id="id1", subscriber_id=1, address="anna@example.org", name="", token="token1"
)


def test_the_same_mail_is_the_same_message() -> None:
    messages = Messages()
    first = messages.of(MAIL, ANNA, date=NOW)
    assert messages.of(replace(MAIL), ANNA, date=NOW) == first
    assert b"To: anna@example.org\r\n" in first
    assert b"List-Unsubscribe: <https://news.example.org/unsubscribe/token1>\r\n" in first


def test_a_draft_that_was_composed_anew_is_sent_as_it_now_is() -> None:
    """Its nonce and the name of its variant stay; its checksum does not."""
    messages = Messages()
    messages.of(MAIL, ANNA, date=NOW)
    anew = replace(MAIL.rendered, html="<p>Second</p>", text="Second\n", checksum="2")
    message = messages.of(replace(MAIL, rendered=anew), ANNA, date=NOW)
    assert b"Second" in message
    assert b"First" not in message


def test_another_sender_is_another_message() -> None:
    messages = Messages()
    messages.of(MAIL, ANNA, date=NOW)
    other = replace(MAIL.envelope, sender_address="other@example.org")
    assert b"other@example.org" in messages.of(replace(MAIL, envelope=other), ANNA, date=NOW)
