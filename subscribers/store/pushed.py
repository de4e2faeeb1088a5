"""Queries of which addresses a provider was told not to write to. The caller owns the transaction.

What came from the provider is not told to it again: a bar whose note it begins, and a departure
whose evidence it is the source of.

An address is written down before the provider is told, as one that is being told: if the process
dies then, it is told once more, and meanwhile counts as told. So is one of somebody who came back,
and whom the provider may have on its lists by itself: she is to be taken off them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, delete, select, text, update

from subscribers.store import bulk
from subscribers.store.tables import pushed
from subscribers.store.types import UtcDateTime

_BEGUN = datetime(1970, 1, 1, tzinfo=UTC)
"""In the place of the time at which the provider was told, while it is not known to be."""

_OURS = text("""
SELECT s.address_key FROM subscriber_suppression s
WHERE s.address_key > :after AND s.address_key IS NOT NULL
  AND (s.reason = 'manual' OR lower(s.note) NOT LIKE :provider)
  AND NOT EXISTS (SELECT 1 FROM subscriber_pushed d
                  WHERE d.address_key = s.address_key AND d.pushed_at > :begun)
UNION
SELECT p.address_key FROM subscriber_person p
WHERE p.address_key > :after AND p.status = 'unsubscribed'
  AND NOT EXISTS (SELECT 1 FROM subscriber_pushed d
                  WHERE d.address_key = p.address_key AND d.pushed_at > :begun)
  AND COALESCE((SELECT c.source FROM subscriber_consent c
                WHERE c.subscriber_id = p.id AND c.kind = 'withdrawn'
                ORDER BY c.id DESC LIMIT 1), '') <> :source
ORDER BY 1 LIMIT :most
""").bindparams(bindparam("begun", type_=UtcDateTime))

_LET_IN_AGAIN = text("""
SELECT d.address_key FROM subscriber_pushed d
WHERE NOT EXISTS (SELECT 1 FROM subscriber_suppression s WHERE s.address_key = d.address_key)
  AND NOT EXISTS (SELECT 1 FROM subscriber_person p
                  WHERE p.address_key = d.address_key AND p.status = 'unsubscribed')
ORDER BY 1
""")


def due(conn: Connection, source: str, *, after: str, most: int) -> list[str]:
    """The next addresses after this one that must not be mailed, that `source` was not told of,
    and did not tell us of.
    """
    provider = f"{source.lower()}%"
    given = {
        "after": after, "provider": provider, "source": source, "most": most, "begun": _BEGUN
    }  # fmt: skip
    return list(conn.execute(_OURS, given).scalars())


def let_in_again(conn: Connection) -> list[str]:
    """The addresses that the provider was told of, and that may be mailed again."""
    return list(conn.execute(_LET_IN_AGAIN).scalars())


def among(conn: Connection, keys: Sequence[str]) -> set[str]:
    """Which of up to 30,000 address keys the provider was told of."""
    rows = bulk.select_in(conn, (pushed.c.address_key,), pushed.c.address_key, keys)
    return {row[0] for row in rows}


def told_at(conn: Connection, key: str) -> datetime | None:
    """When the provider was told of this address; None where it was not, as far as is known."""
    mine = select(pushed.c.pushed_at).where(pushed.c.address_key == key)
    return conn.execute(mine.where(pushed.c.pushed_at > _BEGUN)).scalar()


def begin(conn: Connection, keys: Sequence[str]) -> None:
    """Writes down that the provider is being told of these, or may know of them by itself."""
    at = bulk.to_driver(conn)(_BEGUN)
    rows = [(key, at) for key in sorted(keys)]
    bulk.insert_rows(conn, pushed, ("address_key", "pushed_at"), rows, ignoring="address_key")


def note(conn: Connection, keys: Collection[str], now: datetime) -> None:
    """Writes down that the provider was told of these, of which that was begun."""
    begun = update(pushed).where(pushed.c.address_key.in_(keys), pushed.c.pushed_at == _BEGUN)
    conn.execute(begun.values(pushed_at=now))


def forget(conn: Connection, keys: Collection[str]) -> None:
    """The provider was told that these may be written to again, or nothing of them may stay."""
    conn.execute(delete(pushed).where(pushed.c.address_key.in_(keys)))
