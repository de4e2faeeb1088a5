"""Buttondown: the CSV of an export of subscribers, and the one of unsubscribers.

The column `type` has one word for each person; most of them are about paying. Who is "unactivated"
has not confirmed.
"""

from __future__ import annotations

from typing import Final

from subscribers.presets.preset import (
    ACTIVE,
    BARRED,
    BOUNCED,
    COMPLAINED,
    LEFT,
    PENDING,
    Cell,
    Preset,
    Said,
    word_in,
)
from subscribers.row import Row

_TYPES: Final = ("subscriber type", "type")
_WORDS: Final = {
    **dict.fromkeys(
        ("regular", "premium", "trialed", "unpaid", "gifted", "churning", "churned", "paused",
         "past_due"), ACTIVE,
    ),
    "unactivated": PENDING,
    "unsubscribed": LEFT,
    **dict.fromkeys(
        ("removed", "spammy", "blocked", "disposable", "malformed", "disabled"), BARRED,
    ),
    "undeliverable": BOUNCED,
    "complained": COMPLAINED,
}  # fmt: skip
_AS: Final = {"hard_bounce": "undeliverable", "soft_bounces": "undeliverable",
              "complaint": "complained", "unsubscribed": "unsubscribed"}  # fmt: skip


def _say(cell: Cell) -> Said | None:
    return word_in(_WORDS, next((text for name in _TYPES if (text := cell(name))), ""))


def _by_name(name: str) -> Said | None:
    return LEFT if name.casefold().startswith("unsubscriber") else None


def _write(row: Row) -> tuple[str, ...]:
    if row.suppressed:
        kind = _AS.get(row.suppressed, "removed")
    else:
        kind = {"active": "regular", "pending": "unactivated"}.get(row.status, "unsubscribed")
    return (row.email, kind, row.consented_at, row.source, row.unsubscribed_at)


PRESET: Final = Preset(
    key="buttondown",
    title="Buttondown",
    marks=(
        frozenset({"email address", "type", "creation date"}),
        frozenset({"email", "type", "creation date"}),
        frozenset({"email", "subscriber type"}),
        frozenset({"email address", "subscriber type"}),
    ),
    emails=("email address", "email"),
    consents=("confirmation date", "creation date", "created at"),
    departures=("unsubscription date", "churn date"),
    sources=("source",),
    telling=frozenset(_TYPES),
    say=_say,
    words=tuple(_WORDS),
    by_name=_by_name,
    mute="Export again with the column “type”.",
    columns=("email_address", "type", "creation_date", "source", "unsubscription_date"),
    write=_write,
    extras=("name", "topics", "form", "paused_until"),
)
