"""An edition as the SendGrid transport is given it, and the body of a request built plainly."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from typing import Any

from newsletter.delivery.message import Envelope
from newsletter.delivery.transports.contract import Mail
from newsletter.delivery.transports.sendgrid import SendGrid
from newsletter.model.delivery import Recipient
from newsletter.model.edition import Form, Rendered, Tags
from newsletter.standin.rules import KEY

START = 1_795_000_000.0
NOW = datetime.fromtimestamp(START, UTC)
NONCE = "0123abcd0123abcd"
ENVELOPE = Envelope(
    sender_name="Morgan Hale",
    sender_address="news@blog.example.org",
    reply_to="morgan@blog.example.org",
    title="A Slow Kind of Luck",
    language="en-GB",
)


def mail(
    *,
    pages: str = "https://news.example.org",
    text_only: bool = False,
    subject: str = "A trial has news",
    words: str = "Größe",
    folder: str = "",
    **envelope: Any,
) -> Mail:
    """An edition with every link in both parts; without `pages` SendGrid keeps the way to leave."""
    tags = Tags.of(NONCE, pages=bool(pages))
    links = "".join(
        f'<a href="{tag}">x</a>'
        for tag in (tags.unsubscribe_html, tags.preferences_html, tags.view_html)
        if tag
    )
    text = f"{words} {tags.unsubscribe_text} {tags.preferences_text} {tags.view_text}"
    given = {name: getattr(ENVELOPE, name) for name in Envelope.__slots__}
    return Mail(
        edition_key="2026-W47",
        folder=folder,
        envelope=Envelope(**{**given, **envelope}),
        rendered=Rendered(
            key="all.plain" if text_only else "all",
            form=Form.PLAIN if text_only else Form.NORMAL,
            subject=subject,
            mjml="",
            html="" if text_only else f"<p>{html.escape(words)}</p>{links}",
            text=text,
            checksum="",
        ),
        tags=tags,
        nonce=NONCE,
        public_url=pages,
    )


def reader(number: int, **changes: Any) -> Recipient:
    """A recipient like the ledger's."""
    values = {
        "delivery_id": f"{number:032x}",
        "subscriber_id": number,
        "address": f"reader{number}@host.example.org",
        "name": f"Reader Number{number}",
        "token": f"Token-of_reader{number}",
    }
    return Recipient(**{**values, **changes})


def transport(url: str, **changes: Any) -> SendGrid:
    """The transport, for a server on this computer."""
    values: dict[str, Any] = {
        "base_url": url, "timeout": 10.0, "proxy": None, "now": lambda: NOW, "undo": True
    }  # fmt: skip
    return SendGrid(changes.pop("key", KEY), **{**values, **changes})
