"""E-mail addresses: one spelling for each, told from what cannot be written to, and masked.

An address is kept as it goes over the wire: the domain in lower case and as IDNA (`xn--…`), the
part before the @ as typed, except for the role names of RFC 2142 (`INFO@` becomes `info@`). An
address whose first part needs SMTPUTF8 (RFC 6531: `jürgen@example.org`) is refused, since SendGrid
and many mail servers do not take it. No DNS is asked: a list must be importable offline, and the
first bounce tells more.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

from subscribers.errors import AddressError, SecretKeyError

MAX_LENGTH: Final = 254
"""Octets of a whole address (RFC 3696, erratum 1690)."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = re.compile(
    r"(?=.{1,64}@)(?=.{6,254}\Z)(?!.*--)"
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*"
    rf"@(?:{_LABEL}\.)+(?!(?:arpa|invalid|local|localhost|onion|test)\Z)[a-z]{{2,20}}",
    re.IGNORECASE | re.ASCII,
)
"""Plain addresses, all of which email-validator takes too, at a twentieth of its time."""

_IN_TEXT = re.compile(
    r"(?:[^\s@<>()\[\]{},;:=\"'`“”‘’/\\|]|(?<=\w)'(?=\w)){1,128}(?:@|%40)(?:[\w-]+\.)+[\w-]+",
    re.IGNORECASE,
)
"""An apostrophe within a word is part of it (`o'brien`); others are quotation marks. No address has
more than 64 characters before the @, and without a bound a long word would take long.
"""
_PERSONAL = re.compile(
    r"(/(?:unsubscribe|preferences|confirm|forget|dossier)(?:/mailed)?/)[\w.~-]{12,}"
)

_AROUND = " \t\r\n\f\v\u00a0\u200b\u200e\u200f\u2060\ufeff"
"""White space and invisible marks that copying from a web page or Excel leaves around."""

_ROLE_AT_MOST = 10
"""The longest name of RFC 2142 that email-validator folds (`hostmaster`, `postmaster`)."""


def normalise(text: str) -> str:
    """The one spelling of an address, as it goes over the wire.

    Raises AddressError with the reason when mail cannot be sent to it.
    """
    address = text.strip(_AROUND)
    if _PLAIN.fullmatch(address):
        local, _, domain = address.partition("@")
        if local == local.lower() or len(local) > _ROLE_AT_MOST:
            return f"{local}@{domain.lower()}"
    return _by_the_book(address)


def _by_the_book(address: str) -> str:
    """The slow, complete way, by email-validator (its import costs 70 ms, so only when needed)."""
    from email_validator import EmailNotValidError, validate_email

    if not address:
        raise AddressError("The address is empty.", "Write it like anna@example.org.")
    try:
        valid = validate_email(
            address[: 4 * MAX_LENGTH],
            allow_smtputf8=False,
            check_deliverability=False,
            test_environment=True,
            strict=True,
        )
    except EmailNotValidError as fault:
        raise AddressError(
            f"{shown(address)} is not an address mail can be sent to: {fault}",
            "Write it like anna@example.org.",
        ) from None
    if valid.ascii_email is None or "." not in valid.ascii_domain:
        raise AddressError(
            f"{shown(address)} is not an address mail can be sent to: its domain has no dot.",
            "Write it like anna@example.org.",
        )
    return valid.ascii_email


def shown(text: str) -> str:
    """What a person typed, short and without control characters, fit for a message."""
    clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:81])
    return f"“{clean[:80]}…”" if len(clean) > 80 else f"“{clean}”"


def key(address: str) -> str:
    """What makes two addresses the same person: the normalised address in lower case."""
    return address.lower()


def mask(address: str) -> str:
    """The address as a log may show it: `a***@e***.org`."""
    local, at, domain = address.rpartition("@")
    if not at:
        return "***"
    name, dot, ending = domain.rpartition(".")
    return f"{local[:1]}***@{name[:1]}***{dot}{ending}"


def discreet(text: str) -> str:
    """The text with every address in it masked, and the tokens of people's own pages taken out.

    For what goes into a log or a report of a defect. It rather masks too much.
    """
    text = _IN_TEXT.sub(lambda found: mask(found[0].replace("%40", "@")), text)
    return _PERSONAL.sub(r"\1…", text)


def key_id(secret: str) -> str:
    """A short name for a secret key that tells keys apart and gives nothing of them away."""
    return hmac.digest(secret.encode(), b"newsletter: name of this key", "sha256").hex()[:12]


def keyed_hash(address: str, secret: str) -> str:
    """What is kept of an erased address: HMAC-SHA256 of its `key`, in hex.

    Without the secret nobody can try out addresses against it.
    """
    return hmac.digest(secret.encode(), key(address).encode(), "sha256").hex()


def current_secret(secrets: tuple[str, ...]) -> str:
    """The key that new hashes are made with: the first. Raises SecretKeyError without one."""
    if not secrets or not secrets[0]:
        raise SecretKeyError(
            "Erased addresses are kept as hashes under a secret key, and none is set.",
            "Set NEWSLETTER_SECRET_KEY; `newsletter init` writes one to .env.",
        )
    return secrets[0]
