"""What is kept of a post of events until it is absorbed: what matters of each, packed together.

Openings and clicks are thrown away here, unread, and so is every field that we have no use for. An
address stays only where a server may have repeated it in its words, or where it may be the only
sign of whom an event is about.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

_ALWAYS = ("event", "timestamp", "nl_delivery", "nl_attempt")
_OF_PEOPLE = (
    *_ALWAYS,
    *("email", "type", "status", "bounce_classification", "reason", "response"),
)
_FIELDS = {
    "processed": _ALWAYS,
    "delivered": _ALWAYS,
    "deferred": _OF_PEOPLE,
    "bounce": _OF_PEOPLE,
    "dropped": _OF_PEOPLE,
    "spamreport": _OF_PEOPLE,
    "unsubscribe": _OF_PEOPLE,
    "group_unsubscribe": _OF_PEOPLE,
}
"""The events that are kept, and what of them."""

_LONGEST = 2000
_QUICK = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """`body` is for `unpacked`; `discarded` events were thrown away."""

    body: bytes
    events: int
    discarded: int = 0


def kept(raw: bytes) -> Kept | None:
    """What to keep of a post; None when it is no JSON array.

    Bytes that are no UTF-8, as some mail servers answer with, spoil their own word and no more.
    """
    try:
        posted = json.loads(raw.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(posted, list):
        return None
    events = list(_reduced(posted))
    return replace(packed(events), discarded=len(posted) - len(events))


def packed(events: Sequence[object]) -> Kept:
    """Events that `unpacked` gives again, as they are."""
    text = json.dumps(events, separators=(",", ":"))
    return Kept(body=zlib.compress(text.encode(), _QUICK), events=len(events))


def unpacked(body: bytes) -> list[object]:
    """The events again, as decoded JSON."""
    found = json.loads(zlib.decompress(body))
    return found if isinstance(found, list) else []


def _reduced(posted: list[object]) -> Iterator[dict[str, object]]:
    for raw in posted:
        name = raw.get("event") if isinstance(raw, Mapping) else None
        fields = _FIELDS.get(name) if isinstance(name, str) else None
        if fields is not None and isinstance(raw, Mapping):
            values = ((field, raw.get(field)) for field in fields)
            yield {field: short for field, value in values if (short := _short(value)) is not None}


def _short(value: object) -> str | int | float | None:
    """Nothing but texts and numbers matters; a text that has no end is cut.

    What is neither becomes `false`, as a field that says nonsense is not one that is missing.
    """
    if isinstance(value, str):
        return value[:_LONGEST]
    return value if value is None or isinstance(value, (int, float)) else False
