"""Whether a discreet mail is discreet: no word of `privacy.words` is where others can see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from html import unescape

from newsletter.config import Settings
from newsletter.delivery.links import links_for
from newsletter.delivery.message import MessageTemplate
from newsletter.editions.discretion import places_found
from newsletter.editions.findings import finding
from newsletter.model.edition import Finding, Form, Rendered, Tags
from newsletter.pipeline.context import envelope_for, envelope_of, pages_of, tags_of

INDISCREET = "indiscreet"
"""The code of the finding."""

_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_OF_THE_READER = frozenset({"to", "date"})
_SUBJECT = "Change `discreet_subject` under [privacy], or the template `digest/subject.txt.j2`"
_MENDS = {
    "subject": _SUBJECT,
    "from": "Set `discreet_sender` under [privacy] to another name, with another address if needed",
    "reply-to": "Set `discreet_sender` under [privacy] to a name and an address",
    "list-id": "Set `discreet_sender` under [privacy] to a name and an address of another domain",
    "message-id": "Set `discreet_sender` under [privacy] to a name and an address of another"
    " domain",
    "list-unsubscribe": "Set `public_url` to an address without it",
    "pre-header": "Change the template `digest/preheader.txt.j2`",
    "title": _SUBJECT,
}


def indiscretions(settings: Settings, nonce: str, variant: Rendered) -> Iterator[Finding]:
    """Every word that is found in a header of a discreet variant, its pre-header or its title."""
    words = settings.privacy.words
    if variant.form is not Form.DISCREET or not words:
        return
    title = _TITLE.search(variant.html)
    places = {
        **headers_of(settings, variant, tags_of(settings, nonce)),
        "pre-header": variant.preheader,
        "title": unescape(title[1]) if title else "",
    }
    for place, word in places_found(words, places):
        mend = _MENDS.get(place.lower(), "Change what it is made of")
        yield finding(
            INDISCREET,
            f"{variant.key}, {place}",
            f"“{word}” of your `privacy.words` is where others can see it: {place}.",
            f"{mend}; or take the word out of `privacy.words`.",
        )


def headers_of(settings: Settings, variant: Rendered, tags: Tags) -> dict[str, str]:
    """The headers of a mail of the variant as a mail program shows them, but for those that name
    the reader and the day.
    """
    envelope = envelope_for(envelope_of(settings), variant)
    links = links_for(pages_of(settings), "edition", reply_to=envelope.reply_address)
    made = MessageTemplate(envelope, variant, tags, nonce="0").message(
        delivery_id="0", address="a@example.org", links=links, date=datetime(2026, 1, 1, tzinfo=UTC)
    )
    head, _, _ = made.partition(b"\r\n\r\n")
    parsed = message_from_bytes(head + b"\r\n\r\n", policy=policy.default)
    return {
        name: str(value) for name, value in parsed.items() if name.lower() not in _OF_THE_READER
    }
