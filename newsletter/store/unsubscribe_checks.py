"""Queries of how unsubscribing was found the last time. The caller owns the transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from newsletter.store.event_tables import unsubscribe_check
from newsletter.store.upsert import insert_or_update


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCheck:
    """The last check of an address. `passed_at` is when it last worked, None for never; `found` is
    what was wrong, "" where nothing was; `unreachable`: nobody answered. Times are UTC.
    """

    checked_at: datetime
    passed: bool
    found: str
    unreachable: bool
    passed_at: datetime | None


def last(connection: Connection, public_url: str) -> LastCheck | None:
    """The last check of this address; None when there was none."""
    wanted = unsubscribe_check.c.public_url == public_url
    row = connection.execute(select(unsubscribe_check).where(wanted)).first()
    if row is None:
        return None
    return LastCheck(
        checked_at=row.checked_at,
        passed=row.passed,
        found=row.found,
        unreachable=row.unreachable,
        passed_at=row.passed_at,
    )


def record(
    connection: Connection,
    public_url: str,
    *,
    now: datetime,
    found: str = "",
    unreachable: bool = False,
) -> None:
    """Notes a check; `found` says what was wrong, if anything."""
    values: dict[str, Any] = {
        "checked_at": now,
        "passed": not found,
        "found": found,
        "unreachable": unreachable,
    }
    if not found:
        values["passed_at"] = now
    fresh = insert_or_update(connection, unsubscribe_check).values(public_url=public_url, **values)
    connection.execute(fresh.on_conflict_do_update(index_elements=["public_url"], set_=values))
