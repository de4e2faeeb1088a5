"""The JSON of a request to SendGrid's mail/send: made once for a variant, then filled in.

Inline content with legacy substitutions: SendGrid replaces each tag by the recipient's value, as it
is. So HTML and text have tags of their own, and the values are escaped here. What is the same for
everybody (most of it) is serialised once. Source of names and limits: SendGrid's OpenAPI document
of mail/send.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from newsletter.delivery.answers import Stopped
from newsletter.delivery.links import links_for
from newsletter.delivery.message import Envelope, Notice, header_safe, list_id, words_safe
from newsletter.delivery.transports.contract import TEST_FOLDER, Mail, Slot
from newsletter.model.delivery import Recipient
from newsletter.model.personal import Links, html_values, text_values

CATEGORY = "newsletter"
"""The same for every list: a category is kept by SendGrid, and seen by its staff."""

MOST_SUBSTITUTIONS = 10_000
"""Bytes of the tags and values of one recipient."""

_OFF: Mapping[str, Mapping[str, Any]] = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}
"""Said in every request: the account's own settings would hold for what is left out."""

_ASKED_FOR: Mapping[str, Any] = {
    "bypass_unsubscribe_management": {"enable": True},
    "bypass_bounce_management": {"enable": True},
}
"""Passes the lists of unsubscribes and of bounces by, and never that of spam reports."""

_PERSONAL = ("email", "id", "attempt", "token", "html")
_LONGEST_SIGN = 6
"""In bytes: `'` is `&#x27;` in HTML."""

_encoded = json.encoder.encode_basestring_ascii


class RequestTemplate:
    """One variant of an edition, ready to be addressed. `body` may be called by many threads.

    With pages of our own each recipient has links of their own and the headers for unsubscribing.
    Without, SendGrid puts its own link in the place of our tag and its own headers beside it (its
    "subscription tracking"), but for a test mail, whose links must do nothing.
    """

    def __init__(self, mail: Mail) -> None:
        own_pages = bool(mail.public_url)
        links = _links(mail, "")
        fixed = {mail.tags.view_html: escape(links.view), mail.tags.view_text: links.view}
        if not own_pages:
            fixed = {**html_values(mail.tags, links), **text_values(mail.tags, links)}
        tracking = _OFF
        if not own_pages and mail.folder != TEST_FOLDER:
            tag = mail.tags.unsubscribe_html
            fixed |= {tag: tag, mail.tags.unsubscribe_text: tag}
            tracking = {
                **_OFF, "subscription_tracking": {"enable": True, "substitution_tag": tag}
            }  # fmt: skip
        text, html = _filled(mail.rendered.text, fixed), _filled(mail.rendered.html, fixed)
        self._rest = _json(_root(mail.envelope, mail.rendered.subject, text, html, tracking))[1:]
        self._person = _Person(mail, text + html)
        left = {*self._person.tags, *([mail.tags.unsubscribe_html] if tracking is not _OFF else [])}
        self._leftover = _leftover(mail, text + html, left)

    def fault(self, recipients: Sequence[Recipient]) -> Stopped | None:
        """Why these cannot be mailed like this; None when they can."""
        if self._leftover:
            return Stopped(
                error=f"A placeholder is left in the mail: {self._leftover}.",
                mend="Take it out of the post's title or text, or out of the template; then make"
                " the edition anew.",
            )
        if self._person.most_bytes(recipients) > MOST_SUBSTITUTIONS:
            return Stopped(
                error="The personal links are longer than SendGrid takes.",
                mend="Set public_url to a shorter address.",
            )
        return None

    def body(
        self,
        recipients: Sequence[Recipient],
        *,
        attempt: int,
        slot: Slot | None = None,
        people: bytes | None = None,
    ) -> bytes:
        """The request's body (UTF-8); its personalizations are in the order of `recipients`.

        `people` is what the method of that name gave for them.
        """
        scheduled = b"" if slot is None else _scheduled(slot).encode("ascii")
        if people is None:
            people = self.people(recipients, attempt=attempt)
        return b"".join((b'{"personalizations":[', people, b"],", scheduled, self._rest))

    def people(self, recipients: Sequence[Recipient], *, attempt: int) -> bytes:
        """The part of a body that is about its recipients."""
        return ",".join(self._person.filled(recipients, attempt)).encode("ascii")


def notice_body(notice: Notice, envelope: Envelope) -> bytes:
    """The body of a request for one mail that is no edition, at once, without any list headers."""
    person = {
        "to": [{"email": header_safe(notice.to)}],
        "headers": {"Auto-Submitted": "auto-generated"},
    }
    root = _root(envelope, notice.subject, notice.text, notice.html, _OFF)
    if notice.asked_for:
        root["mail_settings"] = _ASKED_FOR
    return _json({"personalizations": [person], **root})


class _Person:
    """The personalization of a recipient, made as text once and then filled in.

    It is made for somebody whose values are marks that nobody can guess, and filled in there. All
    escaping is sign by sign, so this is the same as making it anew for each.
    """

    def __init__(self, mail: Mail, content: str) -> None:
        marks = {name: f"{name}{secrets.token_hex(8)}" for name in _PERSONAL}
        links = _links(mail, marks["token"])
        values = _substitutions(mail, content, links, _links(mail, marks["html"]))
        made = json.dumps(
            {
                "to": [{"email": marks["email"]}],
                "headers": _headers(mail, links),
                **({"substitutions": values} if values else {}),
                "custom_args": {"nl_delivery": marks["id"], "nl_attempt": marks["attempt"]},
            },
            separators=(",", ":"),
        ).replace("%", "%%")
        for name, mark in marks.items():
            made = made.replace(mark, f"%({name})s")
        self._made = made
        self.tags = frozenset(values)
        self._bytes = sum(map(_size, (*values, *values.values())))
        self._tokens = len(values)

    def filled(self, recipients: Sequence[Recipient], attempt: int) -> Iterator[str]:
        """The personalizations, as JSON in ASCII."""
        number = str(attempt)
        for recipient in recipients:
            token = html = recipient.token
            if not (token.isascii() and token.isalnum()):  # as ours are: nothing to escape
                token = token if token.isprintable() else header_safe(token)
                token, html = _inside(token), _inside(escape(token))
            yield self._made % {
                "email": _inside(recipient.address),
                "id": _inside(recipient.delivery_id),
                "attempt": number,
                "token": token,
                "html": html,
            }

    def most_bytes(self, recipients: Sequence[Recipient]) -> int:
        """At most so many bytes have the tags and values of one of them, marks included."""
        longest = max((len(each.token) for each in recipients), default=0)
        return self._bytes + self._tokens * longest * _LONGEST_SIGN


def _links(mail: Mail, token: str) -> Links:
    reply_to = mail.envelope.reply_address
    return links_for(mail.public_url, mail.edition_key, token, reply_to=reply_to)


def _substitutions(mail: Mail, content: str, plain: Links, html: Links) -> dict[str, str]:
    """What SendGrid puts in the place of which tag; nothing where nobody has links of their own."""
    if not mail.public_url:
        return {}
    values = {**html_values(mail.tags, html), **text_values(mail.tags, plain)}
    return {tag: value for tag, value in values.items() if tag and tag in content}


def _headers(mail: Mail, links: Links) -> dict[str, str]:
    """All headers of ours, in each personalization: whether SendGrid adds those of the root to
    them, or leaves them out, is not documented.
    """
    headers = {"List-Id": list_id(mail.envelope), "Auto-Submitted": "auto-generated"}
    if not mail.public_url:
        return headers
    return {
        "List-Unsubscribe": f"<{header_safe(links.unsubscribe)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        **headers,
    }


def _root(
    envelope: Envelope, subject: str, text: str, html: str, tracking: Mapping[str, Any]
) -> dict[str, Any]:
    """What stands beside the personalizations, the same for all."""
    name = words_safe(envelope.sender_name)
    parts = [("text/plain", text), ("text/html", html)]
    return {
        "from": {"email": header_safe(envelope.sender_address), **({"name": name} if name else {})},
        **({"reply_to": {"email": header_safe(envelope.reply_to)}} if envelope.reply_to else {}),
        "subject": words_safe(subject),
        "content": [{"type": kind, "value": value} for kind, value in parts if value],
        "categories": [CATEGORY],
        "tracking_settings": tracking,
    }


def _scheduled(slot: Slot) -> str:
    return f'"batch_id":{_encoded(slot.provider_id)},"send_at":{int(slot.send_at.timestamp())},'


def _leftover(mail: Mail, content: str, filled: Iterable[str]) -> str:
    """A placeholder of this edition that nobody would fill in, or nothing."""
    for tag in filled:
        content = content.replace(tag, "")
    ours = re.compile(re.escape(f"-nl-{mail.nonce}-") + r"[\w-]{0,40}")
    found = ours.search(f"{mail.rendered.subject}\n{content}")
    return found[0] if found else ""


def _filled(part: str, values: Mapping[str, str]) -> str:
    for tag, value in values.items():
        part = part.replace(tag, value) if tag else part
    return part


def _inside(text: str) -> str:
    """The text as it stands between the quotes of a JSON string."""
    return _encoded(text)[1:-1]


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _json(document: Mapping[str, Any]) -> bytes:
    made = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return made.encode("utf-8", "replace")
