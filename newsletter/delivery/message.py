"""A complete message (RFC 5322) for one recipient, from a variant encoded once.

What is the same for everybody is encoded when the variant is taken up; a person's links are put
between the pieces with soft line breaks (RFC 2045 §6.7), which a mail program takes out again. So a
message costs a join, and its bytes decode to exactly the variant with the links filled in.
"""

from __future__ import annotations

import re
import secrets
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address
from email.utils import format_datetime

from newsletter.model.edition import Rendered, Tags
from newsletter.model.personal import Links, html_values, text_values

_SOFT_BREAK = b"=\r\n"
_LONGEST_WORD = 900  # a line is at most 998 octets long (RFC 5322 §2.1.1)
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
    def reply_address(self) -> str:
        """Where answers go."""
        return self.reply_to or self.sender_address

    @property
    def domain(self) -> str:
        """The sender's domain, which Message-ID and List-Id are formed with."""
        return self.sender_address.rpartition("@")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A mail to one person that is no edition: to the admin, or to who asked for something.

    Whole texts, nothing to be filled in. `html` may be "". `folder` is where a transport that
    writes files puts it, if not among the mails to the admin. `asked_for`: the person has asked
    for it, and it must reach her although the provider knows that she left once, or that a mail
    came back from her.
    """

    to: str
    subject: str
    text: str
    html: str = ""
    folder: str = ""
    asked_for: bool = False


class MessageTemplate:
    """One variant, ready to be addressed. `message` is pure and may be called by many threads."""

    def __init__(self, envelope: Envelope, rendered: Rendered, tags: Tags, *, nonce: str) -> None:
        self._envelope = envelope
        self._tags = tags
        # "=_" never occurs in quoted-printable text, so no body can contain the boundary.
        self._boundary = f"=_nl_{nonce}"
        self._fixed = _fixed_headers(envelope, rendered.subject, self._boundary)
        text_only = not rendered.html
        self._text = _Encoded(rendered.text, tuple(_text_tags(tags)))
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
        headers = [
            f"To: {header_safe(address)}",
            f"Date: {format_datetime(date.astimezone(UTC))}",
            f"Message-ID: <{delivery_id}@{self._envelope.domain}>",
        ]
        if links.unsubscribe.startswith("mailto:"):  # the provider will add headers of its own
            return headers
        return [
            *headers,
            f"List-Unsubscribe: <{header_safe(links.unsubscribe)}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ]


def notice_message(envelope: Envelope, notice: Notice, *, date: datetime) -> bytes:
    """The notice as a complete message; it belongs to no list, so it has none of its headers."""
    boundary = f"=_nl_{secrets.token_hex(8)}"
    lines = [
        f"From: {_mailbox(envelope.sender_name, envelope.sender_address)}",
        f"To: {header_safe(notice.to)}",
        f"Subject: {_encoded_words(words_safe(notice.subject), 'Subject')}",
        *_reply_to(envelope),
        f"Date: {format_datetime(date.astimezone(UTC))}",
        f"Message-ID: <{secrets.token_hex(12)}@{envelope.domain}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
    ]
    parts = [_part("text/plain", quoted_printable(notice.text))]
    if notice.html:
        parts.append(_part("text/html", quoted_printable(notice.html)))
    mark = f"--{boundary}".encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body + mark + b"--\r\n"


def header_safe(value: str) -> str:
    """The value without line breaks and control characters, so that it can add no header."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", value).strip()


def words_safe(value: str) -> str:
    """Words for a header: the same, and nothing in them reads as an encoded word (RFC 2047)."""
    return header_safe(value).replace("=?", "= ?")


def list_id(envelope: Envelope) -> str:
    """The value of List-Id (RFC 2919 §2): the title, and a stable name under our domain."""
    title = words_safe(envelope.title).replace('"', "'").replace("\\", "")
    name = f"<{envelope.list_id}.{envelope.domain}>"
    both = f'"{title}" {name}'
    return both if title.isascii() and title and len(both) < _LONGEST_WORD else name


def _fixed_headers(envelope: Envelope, subject: str, boundary: str) -> bytes:
    """The headers that are the same for all."""
    lines = [
        f"From: {_mailbox(envelope.sender_name, envelope.sender_address)}",
        f"Subject: {_encoded_words(words_safe(subject), 'Subject')}",
        *_reply_to(envelope),
        f"List-Id: {list_id(envelope)}",
        "Auto-Submitted: auto-generated",
        f"Content-Language: {header_safe(envelope.language)}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        "",
    ]
    return "\r\n".join(lines).encode()


def _reply_to(envelope: Envelope) -> list[str]:
    return [f"Reply-To: {header_safe(envelope.reply_to)}"] if envelope.reply_to else []


def _mailbox(name: str, address: str) -> str:
    words = words_safe(name)
    if words.isascii() and len(plain := str(Address(words, addr_spec=address))) < _LONGEST_WORD:
        return plain
    encoded = Header(words, "utf-8", header_name="From").encode(linesep="\r\n")
    return f"{encoded} <{address}>"


def _encoded_words(words: str, header: str) -> str:
    """The words as they are and folded, or encoded where they have to be (RFC 2047).

    By `email.header`: the newer `email.policy` loses spaces when it folds a long title with accents
    and puts encoded words side by side, which Yahoo rejects (CPython issue 144156).
    """
    short = max(map(len, words.split()), default=0) < _LONGEST_WORD
    charset = "us-ascii" if words.isascii() and short else "utf-8"
    return Header(words, charset, header_name=header).encode(linesep="\r\n")


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
    """The text as quoted-printable (RFC 2045 §6.7), its last line short enough for a soft break.

    Every line end becomes CRLF: a CR or LF alone is not allowed in a mail (RFC 5322 §2.3).
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    encoded = b2a_qp(lines.encode(), quotetabs=False, istext=True)
    start = encoded.rfind(b"\n") + 1
    last = encoded[start:]
    if len(last) >= _LINE:
        cut = len(last) - 3 - (2 if last[-5:-4] == b"=" else 1 if last[-4:-3] == b"=" else 0)
        last = last[:cut] + b"=\n" + last[cut:]
    return (encoded[:start] + last).replace(b"\n", b"\r\n")


def _text_tags(tags: Tags) -> list[str]:
    return [tag for tag in (tags.unsubscribe_text, tags.preferences_text, tags.view_text) if tag]


def _html_tags(tags: Tags) -> list[str]:
    return [tag for tag in (tags.unsubscribe_html, tags.preferences_html, tags.view_html) if tag]
