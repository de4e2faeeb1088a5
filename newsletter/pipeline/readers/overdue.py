"""Mails that readers asked for and did not get, for the admin to hear of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from subscribers.store import requests

if TYPE_CHECKING:
    from sqlalchemy import Connection

_PATIENCE = timedelta(minutes=15)
"""A mail that was asked for is usually gone after a second."""

_REMEMBERED = timedelta(days=30)
"""For so long it is shown that a mail did not go."""


def unanswered(connection: Connection, now: datetime) -> list[str]:
    """Whose mail did not go, in sentences for the admin; no address is in them."""
    said = []
    if waiting := requests.waiting(connection, now - _PATIENCE):
        whose = "One reader waits" if waiting == 1 else f"{waiting} readers wait"
        said.append(
            f"{whose} for a mail that was asked for on the pages. `newsletter serve` sends it: see"
            " that it runs, and what it says."
        )
    if reasons := requests.failed(connection, now - _REMEMBERED):
        mails = "One mail" if len(reasons) == 1 else f"{len(reasons)} mails"
        said.append(
            f"{mails} that a reader asked for on the pages did not go, and is not tried again:"
            f" {reasons[0]}"
        )
    return said
