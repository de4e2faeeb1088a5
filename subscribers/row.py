"""The columns of a list of people, in our own words."""

from __future__ import annotations

from typing import Final, NamedTuple


class Row(NamedTuple):
    """One record of a list as it stands there, as text; what the list does not say is ""."""

    email: str
    name: str
    topics: str
    """Keys with `;` between."""
    status: str
    consented_at: str
    source: str
    suppressed: str
    form: str = ""
    unsubscribed_at: str = ""
    """When the person left, or became unreachable."""
    paused_until: str = ""


COLUMNS: Final = Row._fields
