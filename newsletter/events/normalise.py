"""From SendGrid's words to ours: one JSON object of its Event Webhook becomes an event, or nothing.

Total: whatever JSON says, nothing is raised. The fields are those of SendGrid's "Event Webhook
Reference"; our own two (`nl_delivery`, `nl_attempt`) lie flat among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from newsletter.model.event import Event, EventKind, Stray
from subscribers import address as addresses
from subscribers.errors import AddressError

_KINDS = {
    "processed": EventKind.PROCESSED,
    "dropped": EventKind.DROPPED,
    "deferred": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "bounce": EventKind.BOUNCED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
    # Proof that it was accepted, and none of our business beyond that.
    "open": EventKind.PROCESSED,
    "click": EventKind.PROCESSED,
    # Consent is given to us, with evidence, and not by a list of the provider's.
    "group_resubscribe": EventKind.PROCESSED,
}

_SOFT = {"technical", "content", "reputation", "frequency or volume too high"}
"""Classifications of a bounce that speak of the mail or the sender, and not of the address."""

_OF_THE_MAILBOX = {"mailbox unavailable", "invalid address"}
"""Those that speak of the mailbox; the other ones do not say."""

_STATUS = re.compile(r"\b[45]\.([0-9]{1,3})\.[0-9]{1,3}\b")
_MAILBOX_SUBJECTS = {"1", "2"}
"""The second number of a status: about the address, about the mailbox (RFC 3463, section 3)."""

_STRAYS = {
    "bounce": EventKind.BOUNCED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
}
"""What is true of an address, with whichever mail it happened."""

_WITH_REASON = {
    EventKind.DROPPED,
    EventKind.DEFERRED,
    EventKind.BLOCKED,
    EventKind.SOFT_BOUNCED,
    EventKind.BOUNCED,
}

_DELIVERY = re.compile(r"[0-9A-Za-z_-]{1,32}")
_ATTEMPT = re.compile(r"[0-9]{1,7}")
_SECONDS = re.compile(r"[0-9]{1,12}")
_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]*[@＠][^\s<>\"'(),;:\[\]]*")
_MASK = "…"
_SHORTEST_NAME = 3

REASON_LENGTH = 200
"""So many characters of a reason are kept."""

_EARLIEST = datetime(2010, 1, 1, tzinfo=UTC).timestamp()
_AHEAD = timedelta(days=1)


def normalise(raw: object, *, now: datetime) -> Event | None:
    """The event in a JSON value; None for what is none, is not known, or is not of our mails.

    A time that cannot be (before 2010, or over a day after `now`) becomes `now`.
    """
    if not isinstance(raw, Mapping):
        return None
    kind = _kind(raw)
    delivery_id, attempt = _delivery(raw.get("nl_delivery")), _attempt(raw.get("nl_attempt"))
    if kind is None or not delivery_id or not attempt:
        return None
    return Event(
        delivery_id=delivery_id,
        attempt=attempt,
        kind=kind,
        at=_time(raw.get("timestamp"), now),
        reason=_reason(raw, kind) if kind in _WITH_REASON else "",
    )


def normalise_all(posted: Iterable[object], *, now: datetime) -> tuple[list[Event], int]:
    """The events in JSON values, and how many values were passed over."""
    found = [normalise(raw, now=now) for raw in posted]
    events = [event for event in found if event is not None]
    return events, len(found) - len(events)


def strays(posted: Iterable[object], *, now: datetime) -> list[Stray]:
    """What the values say of mailboxes for good, each with its delivery, if it has one.

    An asynchronous bounce may come without the ids of its mail. Then, and where an id is not ours,
    the address alone tells whom it is about.
    """
    found = (_stray(raw, now) for raw in posted)
    return [stray for stray in found if stray is not None]


def _stray(raw: object, now: datetime) -> Stray | None:
    if not isinstance(raw, Mapping):
        return None
    name = raw.get("event")
    kind = _STRAYS.get(name) if isinstance(name, str) else None
    key = None if kind is None else _address_key(raw.get("email"))
    if kind is None or key is None or _kind(raw) is not kind:
        return None
    return Stray(
        delivery_id=_delivery(raw.get("nl_delivery")),
        address_key=key,
        kind=kind,
        at=_time(raw.get("timestamp"), now),
        reason=_reason(raw, kind) if kind in _WITH_REASON else "",
    )


def _address_key(value: object) -> str | None:
    try:
        return addresses.key(addresses.normalise(value)) if isinstance(value, str) else None
    except AddressError:
        return None


def _kind(raw: Mapping[object, object]) -> EventKind | None:
    name = raw.get("event")
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is EventKind.BOUNCED and not _is_hard(raw):
        return EventKind.SOFT_BOUNCED if _is_of_the_mailbox(raw) else EventKind.BLOCKED
    return kind


def _is_hard(raw: Mapping[object, object]) -> bool:
    """Whether a bounce is for good. In doubt it is not: it would cost a person the newsletter."""
    if _text(raw.get("bounce_classification")).casefold() in _SOFT:
        return False
    type_ = raw.get("type")
    if type_ is None:
        return _text(raw.get("status")).startswith("5")
    return type_ == "bounce"


def _is_of_the_mailbox(raw: Mapping[object, object]) -> bool:
    """Whether a bounce that is not for good speaks of the mailbox, and not of the mail or us."""
    classified = _text(raw.get("bounce_classification")).casefold()
    if classified in _SOFT | _OF_THE_MAILBOX:
        return classified in _OF_THE_MAILBOX
    said = f"{_text(raw.get('status'))} {_text(raw.get('reason'))}"
    status = _STATUS.search(said)
    return status is not None and status[1] in _MAILBOX_SUBJECTS


def _delivery(value: object) -> str:
    return value if isinstance(value, str) and _DELIVERY.fullmatch(value) else ""


def _attempt(value: object) -> int:
    """A number from 1 to 9999, 0 for anything else."""
    text = str(value) if type(value) is int and value < 10_000 else value
    return int(text) if isinstance(text, str) and _ATTEMPT.fullmatch(text) else 0


def _time(value: object, now: datetime) -> datetime:
    if isinstance(value, str) and _SECONDS.fullmatch(value):
        value = int(value)
    if isinstance(value, (int, float)) and _EARLIEST <= value <= (now + _AHEAD).timestamp():
        return datetime.fromtimestamp(int(value), UTC)
    return now.astimezone(UTC)


def _reason(raw: Mapping[object, object], kind: EventKind) -> str:
    """The given reason in one line, shortened, and without anything of the recipient's address."""
    said = _text(raw.get("reason")) or _text(raw.get("response"))
    if kind is not EventKind.DROPPED:  # those are the provider's own words
        said = _without(said, _text(raw.get("email")))
    said = _ADDRESS.sub(_MASK, said)
    return said if len(said) <= REASON_LENGTH else said[: REASON_LENGTH - 1] + "…"


def _without(said: str, address: str) -> str:
    """Servers repeat the name before the @ alone as well, and the domain."""
    name, _, domain = address.rpartition("@")
    for part in (address, name.strip('"'), domain):
        if len(part) >= _SHORTEST_NAME:
            said = re.sub(re.escape(part), _MASK, said, flags=re.IGNORECASE)
    return said


def _text(value: object) -> str:
    """A text that a database takes: one line, no control character, no half of a character."""
    if not isinstance(value, str):
        return ""
    whole = value[:2000].encode("utf-8", "replace").decode("utf-8")
    return " ".join("".join(c if c.isprintable() else " " for c in whole).split())
