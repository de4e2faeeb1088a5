"""Substack: the ZIP of Settings > Exports, whose `email_list.NAME.csv` holds the people.

`active_subscription` is about paying; `email_disabled` says that a person gets no mails. The
table of the Subscribers page, exported by itself, has other columns and no such word; its
"Receiving emails for" names the sections, and is empty for who gets none.
"""

from __future__ import annotations

import re
from typing import Final

from subscribers.presets.preset import ACTIVE, LEFT, Cell, Preset, Said
from subscribers.row import Row

_NAME: Final = re.compile(r"email_list\..+\.csv")


def _say(cell: Cell) -> Said | None:
    disabled = cell("email disabled").casefold()
    if disabled:
        if disabled not in ("true", "false"):
            raise ValueError(disabled)
        return LEFT if disabled == "true" else ACTIVE
    if cell("subscription type") or cell("receiving emails for"):
        receiving = cell("receiving emails for")
        return ACTIVE if receiving else Said(passed_over="gets_no_mails_there")
    return None


def _write(row: Row) -> tuple[str, ...]:
    gets = row.status == "active" and not row.suppressed
    return (row.email, "false", "", "other", "false" if gets else "true", row.consented_at, "")


PRESET: Final = Preset(
    key="substack",
    title="Substack",
    marks=(
        frozenset({"email", "active subscription"}),
        frozenset({"email", "email disabled"}),
        frozenset({"email", "receiving emails for"}),
    ),
    consents=("created at", "subscription date", "start date"),
    telling=frozenset({"email disabled", "receiving emails for"}),
    say=_say,
    words=("true", "false"),
    named=lambda name: _NAME.match(name.casefold()) is not None,
    is_list=lambda name: name.casefold().startswith(("email_list", "subscribers")),
    mute="Export again under Settings > Exports, which adds the column “email_disabled”.",
    columns=("email", "active_subscription", "expiry", "plan", "email_disabled", "created_at",
             "first_payment_at"),
    write=_write,
    extras=("name", "topics", "form", "paused_until", "source", "unsubscribed_at"),
)  # fmt: skip
