"""The tables of what comes in from outside: posts of events, and checks of the way to us."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, LargeBinary, Table, Text, false, text

from newsletter.store.tables import Id, metadata
from subscribers.store.types import UtcDateTime

posted_events = Table(
    "posted_events",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("events", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("error", Text, nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
"""Posts of the provider's webhook that were taken in and are not absorbed yet. A row goes away in
the transaction that absorbs it; `tries` counts the times that it could not be."""

unsubscribe_check = Table(
    "unsubscribe_check",
    metadata,
    Column("public_url", Text, primary_key=True),
    Column("checked_at", UtcDateTime, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("unreachable", Boolean, nullable=False, server_default=false()),
    Column("found", Text, nullable=False, server_default=""),
    Column("passed_at", UtcDateTime),
)
"""How unsubscribing by one click was found at an address the last time, and when it last worked."""
