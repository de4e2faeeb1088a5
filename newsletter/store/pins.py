"""Queries of posts that were pinned by hand."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from newsletter.model.post import Pin
from newsletter.store.tables import post


def pins(connection: Connection) -> dict[int, Pin]:
    """How each pinned post is pinned, by its number."""
    rows = connection.execute(select(post.c.id, post.c.pin).where(post.c.pin.is_not(None)))
    return {row.id: Pin(row.pin) for row in rows}


def set_pin(connection: Connection, post_id: int, pin: Pin) -> None:
    """Pins a post; `Pin.NORMAL` goes before the patterns of the settings as well."""
    connection.execute(update(post).where(post.c.id == post_id).values(pin=pin))
