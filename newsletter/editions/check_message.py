"""The gate's look at the complete message, by the standard library's parser of e-mail."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

from newsletter.editions.findings import finding
from newsletter.model.edition import Finding

LONGEST_LINE = 998
"""Octets, without the line's end (RFC 5322 §2.1.1)."""


def check_message(key: str, raw: bytes, *, html: str, text: str) -> Iterator[Finding]:
    """What is wrong with a variant's message; `html` and `text` are what must come out of it.

    `key` names the variant.
    """
    message = message_from_bytes(raw)
    for part in message.walk():
        for defect in part.defects:
            said = str(defect) or type(defect).__name__
            yield finding("broken-message", key, f"The message has a defect: {said}.")
    if max(map(len, raw.split(b"\r\n"))) > LONGEST_LINE:
        yield finding("broken-message", key, f"A line is longer than {LONGEST_LINE} octets.")
    for kind, wanted in (("text/plain", text), ("text/html", html)):
        if wanted and _lines(_part(message, kind)) != _lines(wanted):
            yield finding("broken-message", key, f"The part {kind} comes out changed.")


def _part(message: Message, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() == kind:
            content = part.get_payload(decode=True)
            return content.decode(errors="replace") if isinstance(content, bytes) else ""
    return ""


def _lines(text: str) -> str:
    """A mail knows one kind of line end; the parser takes the last one away."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
