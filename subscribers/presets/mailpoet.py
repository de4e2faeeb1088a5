"""MailPoet: the CSV of Subscribers > Export, with "List status" and "Global status" chosen.

The global status is about the person, the list status about one list; a person has a row for each
list. A quotation mark inside of a field has a backslash before it. "Inactive" is somebody who
subscribed and opened nothing for a long time, which says nothing about her consent.
"""

from __future__ import annotations

from typing import Final

from subscribers.presets.preset import (
    ACTIVE,
    BOUNCED,
    LEFT,
    PENDING,
    Cell,
    Preset,
    Said,
    first_and_last,
    word_in,
)
from subscribers.row import Row

_GLOBAL: Final = ("global status", "status")
_LIST: Final = ("list status", "subscription status")
_WORDS: Final = {
    "subscribed": ACTIVE,
    "inactive": ACTIVE,
    "unconfirmed": PENDING,
    "unsubscribed": LEFT,
    "bounced": BOUNCED,
}


def _say(cell: Cell) -> Said | None:
    """Who is not subscribed by one of the two is not subscribed."""
    whole, one = (
        word_in(_WORDS, next((text for name in names if (text := cell(name))), ""))
        for names in (_GLOBAL, _LIST)
    )
    if whole is None or one is None:
        return whole or one
    return next((said for said in (BOUNCED, LEFT, PENDING) if said in (whole, one)), ACTIVE)


def _write(row: Row) -> tuple[str, ...]:
    if row.suppressed:
        status = "bounced" if row.suppressed.endswith(("bounce", "bounces")) else "unsubscribed"
    else:
        status = {"active": "subscribed", "pending": "unconfirmed"}.get(row.status, "unsubscribed")
    return (row.email, *first_and_last(row.name), status, status, row.consented_at)


PRESET: Final = Preset(
    key="mailpoet",
    title="MailPoet",
    marks=(frozenset({"email", "global status"}), frozenset({"email", "list status"})),
    names=("first name", "last name"),
    consents=("confirmation time", "confirmed at", "subscription time", "created at"),
    departures=("unsubscribed at",),
    sources=("source",),
    telling=frozenset({*_GLOBAL, *_LIST}),
    say=_say,
    words=tuple(_WORDS),
    named=lambda name: name.casefold().startswith("mailpoet_export"),
    mute="Export again with the columns “List status” and “Global status”.",
    escape="\\",
    columns=("Email", "First name", "Last name", "List status", "Global status",
             "Confirmation time"),
    write=_write,
    extras=("topics", "form", "paused_until", "source", "unsubscribed_at"),
)  # fmt: skip
