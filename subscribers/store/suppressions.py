"""Queries about addresses that must not be written to. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Select, bindparam, delete, func, select, text

from subscribers import address as addresses
from subscribers.errors import SecretKeyError
from subscribers.model import SuppressedAddress, Suppression, SuppressionReason
from subscribers.store import bulk, pushed
from subscribers.store.tables import suppression
from subscribers.store.types import UtcDateTime

GRAVITY = (
    SuppressionReason.SOFT_BOUNCES,
    SuppressionReason.HARD_BOUNCE,
    SuppressionReason.COMPLAINT,
)
"""The reasons that a provider reports, the gravest last."""

_HARDER = text("""
INSERT INTO subscriber_suppression AS s (address_key, reason, since, note)
VALUES (:key, :reason, :since, :note)
ON CONFLICT (address_key) DO UPDATE
SET reason = excluded.reason, since = excluded.since, note = excluded.note
WHERE (s.reason = 'soft_bounces' AND excluded.reason IN ('hard_bounce', 'complaint'))
   OR (s.reason IN ('hard_bounce', 'unsubscribed') AND excluded.reason = 'complaint')
""").bindparams(bindparam("since", type_=UtcDateTime))


class Bar(NamedTuple):
    """A suppression to be written down for an address key."""

    key: str
    reason: SuppressionReason
    since: datetime
    note: str


def barred(
    conn: Connection, keys: Sequence[str], secrets: tuple[str, ...]
) -> dict[str, Suppression]:
    """Which of these address keys must not be written to, and why, the erased ones among them.

    What barred an address after it was erased counts before that: a complaint is not undone by it.
    Raises SecretKeyError when erased addresses are kept under a key that is not among `secrets`,
    since they could come back unseen.
    """
    return _erased(conn, keys, secrets) | by_address(conn, keys)


def by_address(conn: Connection, keys: Sequence[str]) -> dict[str, Suppression]:
    """The same without the erased ones, for which a secret would be needed."""
    return _found(conn, suppression.c.address_key, keys)


def _erased(
    conn: Connection, keys: Sequence[str], secrets: tuple[str, ...]
) -> dict[str, Suppression]:
    found: dict[str, Suppression] = {}
    for secret in secrets_in_use(conn, secrets):
        keys_of = {addresses.keyed_hash(key, secret): key for key in keys}
        bars = _found(conn, suppression.c.address_hash, list(keys_of))
        found |= {keys_of[hash_]: replace(bar, erased=True) for hash_, bar in bars.items()}
    return found


def _found(
    conn: Connection, where: Column[str | None], values: Sequence[str]
) -> dict[str, Suppression]:
    """The suppressions whose column `where` is among these values."""
    ids = [row[0] for row in bulk.select_in(conn, (suppression.c.id,), where, values)]
    table = suppression.c
    found: dict[str, Suppression] = {}
    for at in range(0, len(ids), 1000):
        query = select(where, table.reason, table.since, table.note)
        for row in conn.execute(query.where(table.id.in_(ids[at : at + 1000]))):
            found[row[0]] = _suppression(row[1], row[2], row[3])
    return found


def secrets_in_use(conn: Connection, secrets: tuple[str, ...]) -> list[str]:
    """The secrets that some erased address is kept under; SecretKeyError when one is missing."""
    by_id = {addresses.key_id(secret): secret for secret in secrets if secret}
    hashed = suppression.c.address_hash.is_not(None)
    if conn.execute(select(suppression.c.id).where(hashed).limit(1)).first() is None:
        return []
    used = set(conn.execute(select(suppression.c.key_id).where(hashed).distinct()).scalars())
    if missing := used - by_id.keys():
        names = ", ".join(sorted(missing))
        raise SecretKeyError(
            f"Some addresses were erased under a secret key that is not set (key {names}); "
            "without it they could not be known again.",
            "Put that key back into NEWSLETTER_SECRET_KEY: the new key first, older ones after "
            "it, with commas between.",
        )
    return [by_id[key_id] for key_id in used]


def suppress(
    conn: Connection, key: str, reason: SuppressionReason, since: datetime, note: str = ""
) -> None:
    """Bar an address key; the first reason stays when it is barred already."""
    suppress_all(conn, [Bar(key, reason, since, note)])


def suppress_all(conn: Connection, bars: Sequence[Bar]) -> None:
    """The same for many at once; in the order of their keys, so that no two writers wait for each
    other in a circle.
    """
    to_driver = bulk.to_driver(conn)
    rows = [(each.key, each.reason.value, to_driver(each.since), each.note) for each in bars]
    columns = ("address_key", "reason", "since", "note")
    bulk.insert_rows(conn, suppression, columns, sorted(rows), ignoring="address_key")


def suppress_harder(conn: Connection, bars: Sequence[Bar]) -> None:
    """The same for reports, which come in any order: of two the graver stays, as `is_graver` says.
    What the admin said is not touched.
    """
    rows = [{**bar._asdict(), "reason": bar.reason.value} for bar in sorted(bars)]
    if rows:
        conn.execute(_HARDER, rows)


def is_graver(reason: SuppressionReason, than: SuppressionReason) -> bool:
    """Whether a report takes the place of what barred an address before.

    A complaint does even of the person's word that she left: she could undo that by herself.
    """
    if than is SuppressionReason.UNSUBSCRIBED:
        return reason is SuppressionReason.COMPLAINT
    return reason in GRAVITY and than in GRAVITY and GRAVITY.index(reason) > GRAVITY.index(than)


def lift(conn: Connection, key: str) -> None:
    """Let an address key be written to again; an erased one stays erased."""
    conn.execute(delete(suppression).where(suppression.c.address_key == key))


def lift_wholly(conn: Connection, key: str, secrets: tuple[str, ...]) -> None:
    """The same for an erased one, too: the person herself has asked to be written to again."""
    lift(conn, key)
    hashes = [addresses.keyed_hash(key, secret) for secret in secrets if secret]
    conn.execute(delete(suppression).where(suppression.c.address_hash.in_(hashes)))


def page(
    conn: Connection, reason: SuppressionReason | None, *, after: int, limit: int
) -> list[SuppressedAddress]:
    """Up to `limit` suppressions with an id above `after`, of one reason or all, by rising id."""
    query = _of_reason(select(suppression), reason).where(suppression.c.id > after)
    return [
        SuppressedAddress(
            id=row.id,
            address=row.address_key,
            suppression=_suppression(row.reason, row.since, row.note),
        )
        for row in conn.execute(query.order_by(suppression.c.id).limit(limit))
    ]


def count(conn: Connection, reason: SuppressionReason | None) -> int:
    """How many suppressions there are, of one reason or all."""
    query = _of_reason(select(func.count()).select_from(suppression), reason)
    return int(conn.execute(query).scalar_one())


def _of_reason(query: Select[Any], reason: SuppressionReason | None) -> Select[Any]:
    return query if reason is None else query.where(suppression.c.reason == reason.value)


def keep_hash_only(
    conn: Connection,
    key: str,
    secrets: tuple[str, ...],
    since: datetime,
    reason: SuppressionReason = SuppressionReason.ERASED,
) -> None:
    """Put a keyed hash, made with the first secret, in the place of what bars an address key."""
    lift_wholly(conn, key, secrets)
    pushed.forget(conn, [key])
    columns = ("address_hash", "key_id", "reason", "since")
    secret = addresses.current_secret(secrets)
    names = (addresses.keyed_hash(key, secret), addresses.key_id(secret))
    row = (*names, reason.value, bulk.to_driver(conn)(since))
    bulk.insert_rows(conn, suppression, columns, [row], ignoring="address_hash")


def _suppression(reason: str, since: datetime, note: str) -> Suppression:
    return Suppression(reason=SuppressionReason(reason), since=since, note=note)
