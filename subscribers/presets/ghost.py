"""Ghost: the CSV of Members > Export all members.

`subscribed_to_emails` says whether a member gets the newsletter; who signed up only to read or to
comment has "false" there as well.
"""

from __future__ import annotations

from typing import Final

from subscribers.presets.preset import ACTIVE, LEFT, Cell, Preset, Said, word_in
from subscribers.row import Row

_WORDS: Final = {"true": ACTIVE, "false": LEFT, "1": ACTIVE, "0": LEFT}


def _say(cell: Cell) -> Said | None:
    if cell("deleted at"):
        return LEFT
    return word_in(_WORDS, cell("subscribed to emails"))


def _write(row: Row) -> tuple[str, ...]:
    gets = "true" if row.status == "active" and not row.suppressed else "false"
    return ("", row.email, row.name, "", gets, "false", "", row.consented_at, "", "", "")


PRESET: Final = Preset(
    key="ghost",
    title="Ghost",
    marks=(frozenset({"email", "subscribed to emails"}),),
    consents=("created at",),
    departures=("deleted at",),
    telling=frozenset({"subscribed to emails"}),
    say=_say,
    words=tuple(_WORDS),
    mute="Export again from Members; the column “subscribed_to_emails” is in every such export.",
    columns=("id", "email", "name", "note", "subscribed_to_emails", "complimentary_plan",
             "stripe_customer_id", "created_at", "deleted_at", "labels", "tiers"),
    write=_write,
    extras=("topics", "form", "paused_until", "source", "unsubscribed_at"),
)  # fmt: skip
