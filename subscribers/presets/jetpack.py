"""Jetpack and WordPress.com: "Download subscribers as CSV" under Subscribers.

People there follow a blog by e-mail, or only in the WordPress.com Reader, and the export names
both. The subscriber list knows four words: Subscribed (by e-mail), Not subscribed (only in the
Reader), Not confirmed, Not sending (blocked: it bounced, was reported as spam, or all mails were
switched off). Many exports have nothing but addresses: such a file does not say who asked for
mails. Its name gives it away: the site, its number, and `email` or `all`. The spelling of the
columns has changed over the years, so several are known.
"""

from __future__ import annotations

import re
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

_NAME: Final = re.compile(r".+-\d{3,}-(all|email|wpcom)\b")
_READER_ONLY: Final = Said(passed_over="reader_only")
_STATUSES: Final = ("email subscription", "email subscription status", "subscription status",
                    "status")  # fmt: skip
_WAYS: Final = ("subscriber type", "subscribed via", "follow type", "type")

_WORDS: Final = {
    "subscribed": ACTIVE, "active": ACTIVE, "confirmed": ACTIVE,
    "not subscribed": _READER_ONLY,
    "not confirmed": PENDING, "unconfirmed": PENDING, "pending": PENDING,
    "not sending": BARRED, "blocked": BARRED,
    "unsubscribed": LEFT,
}  # fmt: skip
_WAY: Final = {
    "email": ACTIVE, "via email": ACTIVE, "email follower": ACTIVE, "email subscriber": ACTIVE,
    "wpcom": _READER_ONLY, "wordpress.com": _READER_ONLY, "via wordpress.com": _READER_ONLY,
    "reader": _READER_ONLY, "wordpress.com follower": _READER_ONLY,
    "free": None, "paid": None, "comp": None,
}  # fmt: skip


def _say(cell: Cell) -> Said | None:
    """The status of the mails; where it is missing, the way in which the person follows."""
    said = next((text for name in _STATUSES if (text := cell(name))), "")
    if said:
        return word_in(_WORDS, said)
    way = next((text for name in _WAYS if (text := cell(name))), "").casefold()
    if way and way not in _WAY:
        raise ValueError(way)
    return _WAY[way] if way else None


def _write(row: Row) -> tuple[str, ...]:
    if row.suppressed:
        status = "Not sending"
    else:
        status = {"active": "Subscribed", "pending": "Not confirmed"}.get(
            row.status, "Unsubscribed"
        )
    return (row.email, row.name, status, row.consented_at)


PRESET: Final = Preset(
    key="jetpack",
    title="Jetpack or WordPress.com",
    marks=(
        frozenset({"email", "email subscription"}),
        frozenset({"email", "email subscription status"}),
        frozenset({"email address", "email subscription"}),
        frozenset({"email", "wordpress.com username"}),
        frozenset({"email", "wp.com username"}),
    ),
    emails=("email", "email address", "subscriber email"),
    names=("name", "display name"),
    consents=("since", "date subscribed", "subscription date", "subscribed on", "subscribed at"),
    telling=frozenset({*_STATUSES, *_WAYS}),
    say=_say,
    words=("Subscribed", "Not subscribed", "Not confirmed", "Not sending"),
    named=lambda name: _NAME.match(name.casefold()) is not None,
    mute="An export with nothing but addresses holds Reader followers too, who never asked for a "
    "mail. Filter the list by “Email subscription: Subscribed” and compare the numbers.",
    columns=("Email", "Name", "Email subscription", "Since"),
    write=_write,
    extras=("topics", "form", "paused_until", "source", "unsubscribed_at"),
)
