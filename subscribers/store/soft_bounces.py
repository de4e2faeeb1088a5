"""Queries of mails that mailboxes did not take for now. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select, text

from subscribers.store.tables import person, soft_bounce
from subscribers.store.types import UtcDateTime


class Fate(NamedTuple):
    """What became of one mail to a person, as far as it is known. Times are aware."""

    subscriber_id: int
    mail: str
    bounced_at: datetime | None = None
    arrived_at: datetime | None = None


_UPSERT = text("""
INSERT INTO subscriber_soft_bounce AS s (subscriber_id, mail, bounced_at, arrived_at)
VALUES (:subscriber_id, :mail, :bounced_at, :arrived_at)
ON CONFLICT (subscriber_id, mail) DO UPDATE SET
    bounced_at = CASE WHEN s.bounced_at > excluded.bounced_at OR excluded.bounced_at IS NULL
                 THEN s.bounced_at ELSE excluded.bounced_at END,
    arrived_at = CASE WHEN s.arrived_at > excluded.arrived_at OR excluded.arrived_at IS NULL
                 THEN s.arrived_at ELSE excluded.arrived_at END
""").bindparams(
    bindparam("bounced_at", type_=UtcDateTime), bindparam("arrived_at", type_=UtcDateTime)
)


def take_in(conn: Connection, fates: Sequence[Fate]) -> None:
    """Adds what became of mails to what is known of them: the later time of each kind stays."""
    rows = [fate._asdict() for fate in sorted(fates, key=lambda fate: fate[:2])]
    if rows:
        conn.execute(_UPSERT, rows)


def of_people(conn: Connection, ids: Sequence[int]) -> list[Fate]:
    """All that is kept of these people's mails."""
    found: list[Fate] = []
    for at in range(0, len(ids), 1000):
        wanted = soft_bounce.c.subscriber_id.in_(ids[at : at + 1000])
        found += [Fate(*row) for row in conn.execute(select(soft_bounce).where(wanted))]
    return found


def having(conn: Connection, ids: Sequence[int]) -> set[int]:
    """Which of up to 30,000 people something is kept of."""
    if conn.execute(select(soft_bounce.c.mail).limit(1)).first() is None:
        return set()
    query = select(soft_bounce.c.subscriber_id).distinct()
    return set(conn.execute(query.where(soft_bounce.c.subscriber_id.in_(ids))).scalars())


def forget_person(conn: Connection, key: str) -> None:
    """Removes all that is kept of the person of this address key."""
    of = select(person.c.id).where(person.c.address_key == key).scalar_subquery()
    conn.execute(delete(soft_bounce).where(soft_bounce.c.subscriber_id == of))


def forget_before(conn: Connection, at: datetime) -> int:
    """Removes what is older; how many mails it was."""
    last = func.coalesce(soft_bounce.c.bounced_at, soft_bounce.c.arrived_at)
    return conn.execute(delete(soft_bounce).where(last < at)).rowcount
