"""A complete message (RFC 5322) for one recipient, from a variant encoded once.

What is the same for everybody is encoded when the variant is taken up; a person's links are put
between the pieces with soft line breaks (RFC 2045 §6.7), which a mail program takes out again. So a
message costs a join, and its bytes decode to exactly the variant with the links filled in.
"""

from __future__ import annotations

import re
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from newsletter.model.edition import Rendered, Tags
from newsletter.model.personal import Links, html_values, text_values

_SOFT_BREAK = b"=\r\n"
_LINE = 76  # RFC 2045 §6.7 (5): no encoded line is longer, the `=` at its end included


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the headers of an edition say, the same for all its recipients.

    `list_id` is the name before the sender's domain in List-Id (RFC 2919).
    """

    sender_name: str
    sender_address: str
    reply_to: str
    title: str
    language: str
    list_id: str = "newsletter"

    @property
    def domain(self) -> str:
        """The sender's domain, which Message-ID and List-Id are formed with."""
        return self.sender_address.rpartition("@")[2]


class MessageTemplate:
    """One variant, ready to be addressed. `message` is pure and may be called by many threads."""

    def __init__(self, envelope: Envelope, rendered: Rendered, tags: Tags, *, nonce: str) -> None:
        self._envelope = envelope
        self._tags = tags
        # "=_" never occurs in quoted-printable text, so no body can contain the boundary.
        self._boundary = f"=_nl_{nonce}"
        self._fixed = _fixed_headers(envelope, rendered.subject, self._boundary)
        text_only = not rendered.html
        self._text = _Encoded(_crlf_free(rendered.text), tuple(_text_tags(tags)))
        self._html = None if text_only else _Encoded(rendered.html, tuple(_html_tags(tags)))

    def message(self, *, delivery_id: str, address: str, links: Links, date: datetime) -> bytes:
        """The message for `address` with CRLF line ends; `date` (aware) is its Date header."""
        headers = "\r\n".join(self._personal_headers(delivery_id, address, links, date))
        texts = {tag: value.encode() for tag, value in text_values(self._tags, links).items()}
        parts = [_part("text/plain", self._text.filled(texts))]
        if self._html is not None:
            htmls = {tag: value.encode() for tag, value in html_values(self._tags, links).items()}
            parts.append(_part("text/html", self._html.filled(htmls)))
        mark = f"--{self._boundary}".encode()
        body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
        return headers.encode() + b"\r\n" + self._fixed + b"\r\n" + body + mark + b"--\r\n"

    def _personal_headers(
        self, delivery_id: str, address: str, links: Links, date: datetime
    ) -> list[str]:
        """One line each, never folded: some servers break DKIM over a folded List header."""
        return [
            f"To: {header_safe(address)}",
            f"Date: {format_datetime(date.astimezone(UTC))}",
            f"Message-ID: <{delivery_id}@{self._envelope.domain}>",
            f"List-Unsubscribe: <{header_safe(links.unsubscribe)}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ]


def header_safe(value: str) -> str:
    """The value without line breaks and control characters, so that it can add no header."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", value).strip()


def list_id(envelope: Envelope) -> str:
    """The value of List-Id (RFC 2919 §2): the title, and a stable name under our domain."""
    title = header_safe(envelope.title).replace('"', "'").replace("\\", "")
    name = f"<{envelope.list_id}.{envelope.domain}>"
    return f'"{title}" {name}' if title.isascii() and title else name


def _fixed_headers(envelope: Envelope, subject: str, boundary: str) -> bytes:
    """The headers that are the same for all, folded and encoded by the standard library."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(header_safe(envelope.sender_name), addr_spec=envelope.sender_address)
    if envelope.reply_to:
        message["Reply-To"] = header_safe(envelope.reply_to)
    message["Subject"] = header_safe(subject)
    message["List-Id"] = list_id(envelope)
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = envelope.language
    message["MIME-Version"] = "1.0"
    head = message.as_bytes().partition(b"\r\n\r\n")[0]
    kind = f'\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n'
    return head + kind.encode()


def _part(kind: str, body: bytes) -> bytes:
    head = f'Content-Type: {kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable'
    return head.encode() + b"\r\n\r\n" + body


class _Encoded:
    """A text in quoted-printable, cut where something personal belongs."""

    def __init__(self, text: str, tags: tuple[str, ...]) -> None:
        pattern = "|".join(re.escape(tag) for tag in tags)
        pieces = re.split(f"({pattern})", text)
        self._pieces = [
            piece if piece in tags else quoted_printable(piece) for piece in pieces if piece
        ]

    def filled(self, values: dict[str, bytes]) -> bytes:
        """The encoded text with `values` for the tags."""
        parts = [
            piece if isinstance(piece, bytes) else quoted_printable(values[piece].decode())
            for piece in self._pieces
        ]
        return _SOFT_BREAK.join(parts)


def quoted_printable(text: str) -> bytes:
    """The text as quoted-printable (RFC 2045 §6.7), its last line short enough for a soft break."""
    encoded = b2a_qp(text.encode(), quotetabs=False, istext=True)
    start = encoded.rfind(b"\n") + 1
    last = encoded[start:]
    if len(last) >= _LINE:
        cut = len(last) - 3 - (2 if last[-5:-4] == b"=" else 1 if last[-4:-3] == b"=" else 0)
        last = last[:cut] + b"=\n" + last[cut:]
    return (encoded[:start] + last).replace(b"\n", b"\r\n")


def _crlf_free(text: str) -> str:
    return text.replace("\r\n", "\n")


def _text_tags(tags: Tags) -> list[str]:
    return [tags.unsubscribe_text, tags.preferences_text, tags.view_text]


def _html_tags(tags: Tags) -> list[str]:
    return [tags.unsubscribe_html, tags.preferences_html, tags.view_html]
