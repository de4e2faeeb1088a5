"""Mailchimp: a ZIP with a CSV file for each status, as "Export audience" makes it.

The name of a file begins with the status of all who are in it. Columns: the audience's own merge
fields, then MEMBER_RATING, OPTIN_TIME, CONFIRM_TIME, LAST_CHANGED, LEID, EUID, NOTES, TAGS; the
unsubscribed have UNSUB_TIME and UNSUB_REASON, the cleaned CLEAN_TIME. Times are UTC. "Cleaned" is
an address that bounced for good or too often; "non-subscribed" is a customer who never asked for
the newsletter.
"""

from __future__ import annotations

import re
from typing import Final

from subscribers.presets.preset import ACTIVE, BOUNCED, LEFT, Cell, Preset, Said, first_and_last
from subscribers.row import Row

NEVER_SUBSCRIBED: Final = "never_subscribed"

_FILES: Final = {
    "cleaned": BOUNCED,
    "unsubscribed": LEFT,
    "nonsubscribed": Said(passed_over=NEVER_SUBSCRIBED),
    "non-subscribed": Said(passed_over=NEVER_SUBSCRIBED),
    "transactional": Said(passed_over=NEVER_SUBSCRIBED),
    "archived": Said(passed_over="archived"),
    "subscribed": ACTIVE,
}
_NAME = re.compile(rf"({'|'.join(_FILES)})(?=[_\W]|\Z)")
_OURS = re.compile(r"(un|non)?(subscribed|cleaned)_(\w+_)?(export|members)")


def _by_name(name: str) -> Said | None:
    found = _NAME.match(name.casefold())
    return _FILES[found[1]] if found else None


def _say(cell: Cell) -> Said | None:
    """A time of leaving is believed before anything else, whatever the file is called."""
    if cell("clean time"):
        return BOUNCED
    return LEFT if cell("unsub time") else None


def _part(row: Row) -> str:
    if row.suppressed in ("hard_bounce", "soft_bounces"):
        return "cleaned"
    if row.suppressed or row.status == "unsubscribed":
        return "unsubscribed"
    return "subscribed" if row.status == "active" else "nonsubscribed"


def _write(row: Row) -> tuple[str, ...]:
    part = _part(row)
    gone = (row.unsubscribed_at if part == each else "" for each in ("unsubscribed", "cleaned"))
    agreed = row.consented_at
    return (row.email, *first_and_last(row.name), agreed, agreed, *gone)


PRESET: Final = Preset(
    key="mailchimp",
    title="Mailchimp",
    marks=tuple(
        frozenset({"email address", other})
        for other in ("leid", "euid", "optin time", "confirm time", "unsub time", "clean time")
    ),
    emails=("email address", "email"),
    names=("first name", "last name"),
    consents=("confirm time", "optin time"),
    departures=("clean time", "unsub time"),
    sources=("source",),
    telling=frozenset({"unsub time", "clean time"}),
    say=_say,
    words=("subscribed", "unsubscribed", "cleaned", "nonsubscribed"),
    named=lambda name: _OURS.match(name.casefold()) is not None,
    by_name=_by_name,
    is_list=lambda name: _by_name(name) is not None,
    mute="Keep the names of the files as Mailchimp gave them: they begin with the status of the "
    "people in them.",
    columns=("Email Address", "First Name", "Last Name", "OPTIN_TIME", "CONFIRM_TIME",
             "UNSUB_TIME", "CLEAN_TIME"),
    write=_write,
    extras=("topics", "form", "paused_until", "source"),
    part_of=_part,
    parts={
        "cleaned": "cleaned_email_audience_export.csv",
        "unsubscribed": "unsubscribed_email_audience_export.csv",
        "nonsubscribed": "nonsubscribed_email_audience_export.csv",
        "subscribed": "subscribed_email_audience_export.csv",
    },
)  # fmt: skip
