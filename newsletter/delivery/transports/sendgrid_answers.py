"""What an answer of SendGrid to mail/send means for the batch: the table of the protocol, as code.

Total: whatever answers, there is an `answers.Answer`, and what is not certain is Unknown. Sources:
SendGrid's pages "Mail Send" and "Errors" for the statuses, "Rate Limits" for the headers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from newsletter.delivery.answers import (
    BAD_ADDRESS,
    Answer,
    Limited,
    Refused,
    Stopped,
    Taken,
    TooLarge,
    Unknown,
)

SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=10)
USUAL_WAIT = timedelta(seconds=30)
"""How long to wait after a 429 that does not say how long."""

KEY_MEND = (
    "Make an API key in SendGrid under Settings > API Keys, and put it into .env as"
    " SENDGRID_API_KEY=…; then `newsletter send` goes on."
)
STRANGER_MEND = (
    "Check [delivery.sendgrid] base_url, and whether your network wants you to log in first."
)
_CREDITS_MEND = (
    "Buy credits in SendGrid, or wait until they are renewed; then `newsletter send` goes on."
)
_SENDER_MEND = (
    "In SendGrid, let the key do Mail Send (Settings > API Keys), and verify the sender's domain"
    " (Settings > Sender Authentication); then `newsletter send` goes on."
)
_CONTENT_MEND = (
    "Look at the edition with `newsletter preview`; after the cause is mended, `newsletter send`"
    " goes on."
)

_PLACE = re.compile(r"personalizations[.\[](\d{1,4})(?:\]|\.|$)", re.ASCII)
_LONGEST_SAID = 160
_LONGEST_ID = 200
_PARTS = {"to": BAD_ADDRESS, "headers": "refused-header", "substitutions": "refused-values"}
"""The part of a personalization that was refused, and the reason in the ledger."""


def answer_of(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    delivery_ids: Sequence[str],
    now: datetime,
) -> Answer:
    """What a whole answer to a whole request means.

    The names of `headers` are in lower case; `delivery_ids` are in the order of the request's
    personalizations; `now` is aware.
    """
    if status == 202:
        return Taken(message_id=_message_id(headers))
    if 200 <= status < 400:
        return Unknown(
            error=f"What answered with {status} in the place of SendGrid is not SendGrid, or only"
            " its sandbox.",
            mend=STRANGER_MEND,
            stop=True,
        )
    errors = _errors(body)
    if status == 400:
        return _refused(errors, delivery_ids)
    if status == 413:
        return TooLarge(error="SendGrid finds the request too large (413).")
    if status == 429:
        return Limited(
            error="SendGrid wants fewer requests (429).", until=now + _waiting(headers, now)
        )
    return _stopped(status, errors) or Unknown(
        error=f"SendGrid answered with the error {status}, which does not say whether it took the"
        " mails."
    )


def _stopped(status: int, errors: list[Mapping[str, Any]]) -> Stopped | None:
    """Refusals that every other request would meet too."""
    if status == 401 and any("credits" in _text(error, "message").lower() for error in errors):
        return Stopped(error="The credits at SendGrid are used up (401).", mend=_CREDITS_MEND)
    said = _said(errors)
    if status == 401:
        return Stopped(
            error=f"SendGrid does not accept the key in SENDGRID_API_KEY (401){said}.",
            mend=KEY_MEND,
        )
    if status == 403:
        return Stopped(
            error=f"SendGrid does not let this key or this sender mail (403){said}.",
            mend=_SENDER_MEND,
        )
    if status in {404, 405, 415}:
        return Stopped(
            error=f"What answers in the place of SendGrid does not take mails ({status}){said}.",
            mend=f"{STRANGER_MEND} Then `newsletter send` goes on.",
        )
    return None


def _refused(errors: list[Mapping[str, Any]], delivery_ids: Sequence[str]) -> Refused:
    """A 400: whole batch refused, perhaps because of some that are named."""
    rejected: dict[str, str] = {}
    others = []
    for error in errors:
        place = _PLACE.match(_text(error, "field"))
        if place is None:
            others.append(error)
        elif int(place[1]) < len(delivery_ids):
            rejected.setdefault(delivery_ids[int(place[1])], _reason(_text(error, "field")))
    if rejected:
        why = ", ".join(sorted(set(rejected.values()))).replace("-", " ")
        named = f"SendGrid refused {len(rejected)} of {len(delivery_ids)} recipients (400: {why})."
        return Refused(error=named, rejected=rejected)
    return Refused(error=f"SendGrid refused the request (400){_said(others)}.", mend=_CONTENT_MEND)


def _reason(field: str) -> str:
    """The reason for the ledger: at most 24 characters, and nothing personal."""
    return next((_PARTS[part] for part in field.split(".")[2:3] if part in _PARTS), "refused")


def _errors(body: bytes) -> list[Mapping[str, Any]]:
    """The entries of `{"errors": […]}`; none for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return []
    errors = found.get("errors") if isinstance(found, dict) else None
    return (
        [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    )


def _text(error: Mapping[str, Any], name: str) -> str:
    value = error.get(name)
    return value if isinstance(value, str) else ""


def _said(errors: Iterable[Mapping[str, Any]]) -> str:
    """SendGrid's own words about the whole request, or nothing.

    They can repeat what they are about, so words that may be an address, a link or a key are left
    out, and so is all that is not plain text.
    """
    for error in errors:
        words = [w for w in _text(error, "message").split() if w.isprintable()]
        plain = " ".join("…" if _is_private(word) else word for word in words)
        field = _text(error, "field")
        if plain:
            where = f"{field}: " if re.fullmatch(r"[a-z_.0-9]{1,60}", field) else ""
            return f", saying “{where}{plain[:_LONGEST_SAID].rstrip(' .')}”"
    return ""


def _is_private(word: str) -> bool:
    return any(sign in word for sign in ("@", "%40", "://", "SG.")) or len(word) > 40


def _message_id(headers: Mapping[str, str]) -> str | None:
    given = headers.get("x-message-id", "").strip()
    return given if given and given.isprintable() and len(given) <= _LONGEST_ID else None


def _waiting(headers: Mapping[str, str], now: datetime) -> timedelta:
    """How long until the next request is welcome, by the provider's own clock."""
    date = date_of(headers) or now
    reset = _number(headers.get("x-ratelimit-reset"))
    wanted: timedelta | None = None
    if reset is not None:
        wanted = timedelta(seconds=reset - int(date.timestamp()))
    elif (seconds := _number(headers.get("retry-after"))) is not None:
        wanted = timedelta(seconds=seconds)
    elif (until := _date(headers.get("retry-after"))) is not None:
        wanted = until - date
    return max(SHORTEST_WAIT, min(USUAL_WAIT if wanted is None else wanted, LONGEST_WAIT))


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """The time (aware) at which the provider answered, by its own clock; None if it shows none."""
    return _date(headers.get("date"))


def _date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
        return found if found.tzinfo and found.timestamp() >= 0 else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _number(text: str | None) -> int | None:
    digits = (text or "").strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 12 else None
