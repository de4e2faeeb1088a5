"""listmonk: the CSV of Subscribers > Export.

Its `status` is about the person in the whole installation: "enabled" does not say that she is
still subscribed to a list, and who left a list is in its export as well. So "enabled" alone is no
status here. Where the file says it, `subscription_status` has listmonk's word for the list. Who
left a list can be exported there by themselves; then only the name of the file can say so.
"""

from __future__ import annotations

from typing import Final

from subscribers.presets.preset import (
    ACTIVE,
    BARRED,
    LEFT,
    PENDING,
    Cell,
    Preset,
    Said,
    word_in,
)
from subscribers.row import Row

_PEOPLE: Final = {"enabled": None, "disabled": BARRED, "blocklisted": LEFT}
_LIST: Final = {"confirmed": ACTIVE, "unconfirmed": PENDING, "unsubscribed": LEFT}


def _say(cell: Cell) -> Said | None:
    person = cell("status").casefold()
    if person and person not in _PEOPLE:
        raise ValueError(person)
    whole = _PEOPLE[person] if person else None
    return whole or word_in(_LIST, cell("subscription status"))


def _by_name(name: str) -> Said | None:
    return LEFT if name.casefold().startswith("unsubscribe") else None


def _write(row: Row) -> tuple[str, ...]:
    if row.suppressed:
        person = "blocklisted" if row.suppressed == "unsubscribed" else "disabled"
    else:
        person = "enabled"
    listed = {"active": "confirmed", "pending": "unconfirmed"}.get(row.status, "unsubscribed")
    return ("", row.email, row.name, "{}", person, row.consented_at, row.unsubscribed_at, listed)


PRESET: Final = Preset(
    key="listmonk",
    title="listmonk",
    marks=(frozenset({"uuid", "email", "attributes", "status"}),),
    consents=("created at",),
    telling=frozenset({"subscription status"}),
    say=_say,
    words=("enabled", "disabled", "blocklisted"),
    by_name=_by_name,
    mute="“enabled” does not say that somebody is still on the list. Export the unsubscribed of "
    "the list by themselves, call that file unsubscribed.csv and import it; then the confirmed.",
    columns=("uuid", "email", "name", "attributes", "status", "created_at", "updated_at",
             "subscription_status"),
    write=_write,
    extras=("topics", "form", "paused_until", "source", "unsubscribed_at"),
)  # fmt: skip
