"""What a mail server's reply to each step of handing over one message means (RFC 5321 §4.2).

A message is the server's when it says so after the final dot, and only then. Whatever goes wrong
before that dot was written, the message certainly was not taken; from there on until the reply is
read, nobody can say (§4.5.3.2.6 has the same border). No text that leaves this module holds the
recipient's address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from newsletter.delivery.answers import Answer, NotTaken, Stopped, Taken, Unknown
from subscribers.address import mask

REASON_LENGTH = 24
"""Characters that the ledger has for why an address was refused."""

LOGIN_MEND = (
    "Check [delivery.smtp] user, and NEWSLETTER_SMTP_PASSWORD in .env; some providers want a"
    " password that was made for programs."
)
_RELAY_MEND = (
    "Set [delivery.smtp] user, and NEWSLETTER_SMTP_PASSWORD in .env; or ask who runs the mail"
    " server to let this computer send through it."
)
_SENDER_MEND = (
    "Set `sender` to an address that you may send from with this login, or ask who runs the mail"
    " server."
)
_LOOK_MEND = "Look whether it arrived, or into the mail server's log, before you send it again."

_TEXT_LENGTH = 120
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")  # RFC 3463 §2
_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]+@[^\s<>\"'(),;:\[\]]+")
_WANTS_LOGIN = frozenset((530, 534, 535, 538))  # RFC 4954 §6
_NO_RELAY = re.compile(
    r"relay(ing)? (access )?(is )?(denied|prohibited|not (permitted|allowed))"
    r"|(unable|not (permitted|allowed)|cannot|won't|will not) to? ?relay"
    r"|allowed rcpthosts|(authentication|login) (is )?required"
    r"|must (first )?(authenticate|log ?in)",
    re.IGNORECASE,
)
_TOO_MUCH = re.compile(r"too many|(this|per) (connection|session)|system storage", re.IGNORECASE)


class Step(IntEnum):
    """The steps of one message, in their order (RFC 5321 §3.3)."""

    SENDER = 1
    RECIPIENT = 2
    DATA = 3
    BODY = 4
    """All but the final dot is being written."""
    END = 5
    """The final dot was written, or may have been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How handing over one message ended: the step, and what the server said to it.

    `code` is 0 when there was no reply; `text` then says why.
    """

    step: Step
    code: int = 0
    text: str = ""

    @property
    def enhanced(self) -> str:
        """The enhanced status code (RFC 3463), such as 5.1.1; "" without one."""
        found = _ENHANCED.match(self.text)
        return found[0] if found else ""

    @property
    def taken(self) -> bool:
        """The message is the server's now."""
        return self.step is Step.END and 200 <= self.code < 300

    @property
    def put_off(self) -> bool:
        """Not now, perhaps later."""
        return 400 <= self.code < 500

    @property
    def refused(self) -> bool:
        """Not now, and not later."""
        return 500 <= self.code < 600

    @property
    def keeps(self) -> bool:
        """Whether the connection is good for another message."""
        if self.step is Step.BODY or self.code == 421:
            return False
        return self.taken or self.refused or (self.put_off and not self.too_much)

    @property
    def blames_connection(self) -> bool:
        """Whether a new connection may help at once: the message had not been begun, and what was
        said may be about this connection and the messages that went over it before.
        """
        return self.step is Step.SENDER or (self.step < Step.BODY and not self.keeps)

    @property
    def too_much(self) -> bool:
        """It is about the connection or the server, and not about this message; a 452 alone may
        also be a full mailbox (RFC 5321 §4.5.3.1.10, RFC 3463 §3.4 and §3.6).
        """
        full = self.code == 452 and self.enhanced in ("4.3.1", "4.5.3")
        return full or (self.put_off and bool(_TOO_MUCH.search(self.text)))


def answer(reply: Reply, *, delivery_id: str, address: str) -> Answer:
    """What became of the message for `address`; total over all steps, codes and texts."""
    if reply.taken:
        return Taken()
    said = said_of(reply, address)
    if reply.step is Step.END and not (reply.put_off or reply.refused):
        found = f"The mail server did not say whether it took a mail ({said})."
        return Unknown(error=found, mend=_LOOK_MEND)
    stopped = _stopped(reply, said)
    if stopped is not None:
        return stopped
    if reply.refused and reply.step is not Step.SENDER:
        return Taken(rejected={delivery_id: reason(reply)})
    if reply.put_off:
        alone = reply.step is not Step.SENDER and reply.code != 421 and not reply.too_much
        return NotTaken(error=f"The mail server put a mail off ({said}).", alone=alone)
    return NotTaken(error=f"The mail server broke off before it had a mail ({said}).")


def _stopped(reply: Reply, said: str) -> Stopped | None:
    """What it would say to every other message, too, until somebody has mended something."""
    if reply.step >= Step.BODY:
        return None
    if reply.code in _WANTS_LOGIN:
        return Stopped(error=f"The mail server wants another login ({said}).", mend=LOGIN_MEND)
    if (reply.refused or reply.put_off) and _NO_RELAY.search(reply.text):
        found = f"The mail server takes no mails to other places from us ({said})."
        return Stopped(error=found, mend=_RELAY_MEND)
    if reply.refused and reply.step is Step.SENDER:
        found = f"The mail server does not take mails from this sender ({said})."
        return Stopped(error=found, mend=_SENDER_MEND)
    return None


def reason(reply: Reply) -> str:
    """Why an address was refused, as the ledger keeps it: `550 5.1.1`."""
    return f"{reply.code} {reply.enhanced}".strip()[:REASON_LENGTH]


def said_of(reply: Reply, address: str) -> str:
    """The reply for a person, short, without any address, and without the recipient's name."""
    words = shown(reply.text, address)
    return f"{reply.code} {words}".strip() if reply.code > 0 else words or "no reply"


def shown(text: str, address: str = "") -> str:
    """A server's text on one line, cut, with every address masked and no part of `address`."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    masked = _ADDRESS.sub(lambda found: mask(found[0]), flat)
    local, _, domain = address.rpartition("@")
    for part in (local, domain):
        if part:
            masked = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", "***", masked, flags=re.IGNORECASE)
    return masked if len(masked) <= _TEXT_LENGTH else f"{masked[: _TEXT_LENGTH - 1]}…"
