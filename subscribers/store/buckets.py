"""The buckets of the limits: shared by all processes, and there after a restart.

The caller owns the connection and its transaction.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from subscribers import limits
from subscribers.store import bulk
from subscribers.store.tables import bucket


def take(conn: Connection, name: str, key_hash: str, limit: limits.Limit, now: datetime) -> bool:
    """Whether one more is allowed by the bucket of this name and key, and then takes it."""
    columns = ("name", "key_hash", "level", "updated_at")
    empty = (name, key_hash, 0.0, bulk.to_driver(conn)(now))
    bulk.insert_rows(conn, bucket, columns, [empty], ignoring="name, key_hash")
    this = (bucket.c.name == name) & (bucket.c.key_hash == key_hash)
    row = conn.execute(
        select(bucket.c.level, bucket.c.updated_at).where(this).with_for_update()
    ).one()
    before = limits.Level(drops=row.level, at=row.updated_at)
    allowed, after = limits.take(before, limit, now)
    conn.execute(update(bucket).where(this).values(level=after.drops, updated_at=after.at))
    return allowed
