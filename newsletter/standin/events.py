"""What is reported of each message, and in which order: decisions, without input or output.

The fields are those of the provider's "Event Webhook Reference": custom_args lie flat among them,
an asynchronous bounce has no `sg_message_id`, and nothing is promised about the order.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from newsletter.standin.schedule import Fate

Event = dict[str, object]


@dataclass(frozen=True, slots=True)
class Told:
    """A lot whose time came: what its events are made from. Times in seconds since 1970."""

    lot: int
    message_id: str
    fate: Fate
    done_at: float
    people: tuple[tuple[str, Mapping[str, str]], ...]
    categories: tuple[str, ...]
    results: Mapping[int, tuple[str, str]]
    """Place among the people to the kind of the result and its reason, where it is a special
    one."""


_AFTER = {
    "": ("delivered",),
    "deferred": ("deferred", "delivered"),
    "bounce": ("bounce",),
    "blocked": ("bounce",),
    "bounce-late": ("delivered", "bounce"),
    "spamreport": ("delivered", "spamreport"),
    "unsubscribe": ("delivered", "unsubscribe"),
}
"""What follows on `processed`, by outcome."""

_DETAILS: dict[str, Event] = {
    "delivered": {"response": "250 2.0.0 OK", "tls": 1},
    "deferred": {"response": "451 4.2.1 try again later", "attempt": "1"},
    "bounce": {"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 nobody of that name"},
    "blocked": {"type": "blocked", "status": "5.7.1", "reason": "550 5.7.1 not wanted here"},
}


def events_of(told: Told, seed: int) -> list[Event]:
    """Every event of a lot, each once, in the order of time."""
    return [event for place in range(len(told.people)) for event in _of_one(told, place, seed)]


def _of_one(told: Told, place: int, seed: int) -> Iterator[Event]:
    kind, reason = told.results.get(place, ("", ""))
    if told.fate is Fate.CANCELLED:
        yield _event(told, place, seed, 0, "dropped") | {"reason": "Cancelled"}
    elif told.fate is Fate.EXPIRED:
        yield _event(told, place, seed, 0, "dropped") | {"reason": "Expired"}
    elif kind == "dropped":
        yield _event(told, place, seed, 0, "dropped") | {"reason": reason}
    else:
        yield _event(told, place, seed, 0, "processed")
        for step, name in enumerate(_AFTER[kind], start=1):
            yield _later(_event(told, place, seed, step, name), kind, name)


def _later(event: Event, kind: str, name: str) -> Event:
    """An event after `processed`, with what belongs to its kind."""
    details = _DETAILS.get("blocked" if kind == "blocked" else name, {})
    if (kind, name) == ("bounce-late", "bounce"):
        event = {key: value for key, value in event.items() if key != "sg_message_id"}
    return event | details


def _event(told: Told, place: int, seed: int, step: int, name: str) -> Event:
    email, args = told.people[place]
    event: Event = {
        "email": email,
        "timestamp": int(told.done_at) + step,
        "smtp-id": f"<{told.message_id}.{told.lot}.{place}@stand-in.invalid>",
        "event": name,
        "sg_event_id": _event_id(f"{seed}:{told.lot}:{place}:{step}"),
        "sg_message_id": f"{told.message_id}.standin.{told.lot}.{place}",
    }
    if told.categories:
        event["category"] = list(told.categories)
    return event | dict(args)


def _event_id(of: str) -> str:
    return hashlib.sha256(f"event:{of}".encode()).hexdigest()[:32]


def placed(
    events: list[Event], *, first: int, seed: int, disorder: int, repeated: float
) -> list[tuple[float, Event]]:
    """The events with the places at which they are reported, some of them twice.

    `first` is how many events there were before. An event is at most `disorder` places late; one
    that is repeated has another `sg_event_id` the second time.
    """
    chance = random.Random(f"{seed}:{first}")  # noqa: S311 - chance, not a secret
    found = []
    for number, event in enumerate(events, start=first):
        found.append((number + chance.uniform(0, disorder), event))
        if chance.random() < repeated:
            again = event | {"sg_event_id": _event_id(f"{event['sg_event_id']}:again")}
            found.append((number + chance.uniform(0, disorder), again))
    return found
