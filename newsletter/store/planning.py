"""Plans an edition's deliveries inside the database, block by block.

The rules are those of `newsletter.delivery.plan`; a test runs both over random lists. Each block is
one transaction that also moves the edition's watermark (`planned_through`), so that planning that
was interrupted goes on where it was.

An edition that goes out by and by (`newest_first`) begins with those who confirmed most recently:
they remember, and mail services learn from what they do. Its watermark is who has a delivery
already; its batches are numbered in that order, and so they are claimed in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, text, update

from newsletter.model.delivery import BatchState
from newsletter.store.tables import batch, edition
from subscribers.model import Form
from subscribers.store.tables import person
from subscribers.store.types import UtcDateTime

BLOCK = 10_000
"""People per transaction, at the most: so long has everybody else to wait who wants to write."""

VARIANT_STRIDE = 1_000_000
"""Batch numbers of one variant start at a multiple of this, so that each variant counts its own."""

_RANDOM = {
    "sqlite": "lower(hex(randomblob(10)))",
    "postgresql": "substr(replace(gen_random_uuid()::text, '-', ''), 1, 20)",
}

_INSERT = """
INSERT INTO delivery (edition_id, subscriber_id, id, batch_number, state, reason)
SELECT :edition, a.id, :prefix || {random},
       CASE WHEN a.reason IS NULL THEN v.start + (v.filled + a.place - 1) / :size END,
       CASE WHEN a.reason IS NULL THEN 'planned' ELSE 'skipped' END, a.reason
FROM (
    SELECT b.id, b.variant, b.reason,
           row_number() OVER (PARTITION BY b.variant, b.reason ORDER BY {order}) AS place
    FROM (
        SELECT p.id, p.confirmed_at,
               CASE WHEN c.edition_id IS NULL THEN {late} ELSE c.variant END AS variant,
               CASE WHEN s.reason IS NOT NULL THEN s.reason
                    WHEN p.paused_until > :now THEN 'paused'
                    WHEN c.edition_id IS NOT NULL AND c.variant IS NULL THEN 'nothing-for-topics'
                    WHEN c.edition_id IS NULL AND {late} IS NULL THEN 'not-discreet'
               END AS reason
        FROM ({people}) p
        LEFT JOIN edition_choice c
               ON c.edition_id = :edition AND c.topics = p.topics AND c.form = p.form
        LEFT JOIN subscriber_suppression s ON s.address_key = p.address_key
    ) b
) a
LEFT JOIN ({variants}) v ON v.variant = a.variant
ORDER BY a.id
"""

_BY_NUMBER = """
SELECT id, confirmed_at, topics, form, address_key, paused_until FROM subscriber_person
WHERE id > :after AND id <= :through AND status = 'active'
"""

_NEWEST = """
SELECT id, confirmed_at, topics, form, address_key, paused_until FROM subscriber_person n
WHERE id <= :through AND status = 'active'
  AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.edition_id = :edition AND d.subscriber_id = n.id)
ORDER BY confirmed_at IS NULL, confirmed_at DESC, id DESC LIMIT :block
"""

_NEWEST_ORDER = "b.confirmed_at IS NULL, b.confirmed_at DESC, b.id DESC"

_MAILABLE = """
SELECT count(*) FROM subscriber_person p
LEFT JOIN edition_choice c ON c.edition_id = :edition AND c.topics = p.topics AND c.form = p.form
LEFT JOIN subscriber_suppression s ON s.address_key = p.address_key
WHERE p.status = 'active' AND s.id IS NULL
  AND (p.paused_until IS NULL OR p.paused_until <= :now)
  AND CASE WHEN c.edition_id IS NULL THEN {late} ELSE c.variant END IS NOT NULL
"""

_SIZES = """
SELECT batch_number, count(*) AS size FROM delivery
WHERE edition_id = :edition AND subscriber_id > :after AND subscriber_id <= :through
  AND batch_number IS NOT NULL
GROUP BY batch_number
"""


_NOW = bindparam("now", type_=UtcDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """How far planning is: the highest number up to which everybody was looked at, and whether that
    was the end. Newest first, it stays where it was until the end.
    """

    through: int
    done: bool


def last_person(connection: Connection) -> int:
    """The highest number of a person now: later arrivals get the next edition."""
    return connection.execute(select(func.max(person.c.id))).scalar() or 0


def mailable(connection: Connection, edition_id: int, *, now: datetime) -> int:
    """How many people a mail would go to, were the edition planned `now`."""
    late = _late_choice(_names(connection, edition_id))
    query = text(_MAILABLE.format(late=late)).bindparams(_NOW)
    return int(connection.execute(query, {"edition": edition_id, "now": now}).scalar_one())


def plan_block(
    connection: Connection, edition_id: int, *, batch_size: int, now: datetime, block: int = BLOCK
) -> Planned:
    """Plans the next `block` people of a frozen edition, in the caller's transaction.

    Gives `done` when nobody is left; the caller then calls `finish`. Calling it again is harmless.
    """
    columns = (edition.c.planned_through, edition.c.plan_until, edition.c.newest_first)
    after, until, newest_first = connection.execute(
        select(*columns).where(edition.c.id == edition_id)
    ).one()
    if after >= until:
        return Planned(through=after, done=True)
    into = _Into(edition_id=edition_id, batch_size=batch_size, now=now)
    plan_next = _plan_newest if newest_first else _plan_by_number
    planned = plan_next(connection, into, after, until, block)
    connection.execute(
        update(edition)
        .where(edition.c.id == edition_id, edition.c.planned_through == after)
        .values(planned_through=planned.through)
    )
    return planned


@dataclass(frozen=True, slots=True, kw_only=True)
class _Into:
    """The edition that is planned, in batches of which size, and when."""

    edition_id: int
    batch_size: int
    now: datetime


def _plan_by_number(
    connection: Connection, into: _Into, after: int, until: int, block: int
) -> Planned:
    through = _end_of_block(connection, after, until, block)
    window = {"edition": into.edition_id, "after": after, "through": through}
    _insert_deliveries(connection, into, window, people=_BY_NUMBER, order="b.id")
    sizes = {row.batch_number: row.size for row in connection.execute(text(_SIZES), window)}
    _record_batches(connection, into.edition_id, sizes)
    return Planned(through=through, done=through >= until)


def _plan_newest(
    connection: Connection, into: _Into, after: int, until: int, block: int
) -> Planned:
    window = {"edition": into.edition_id, "through": until, "block": block}
    inserted = _insert_deliveries(
        connection, into, window, people=_NEWEST, order=_NEWEST_ORDER, returning=True
    )
    sizes = Counter(number for number in inserted if number is not None)
    _record_batches(connection, into.edition_id, sizes)
    done = len(inserted) < block
    return Planned(through=until if done else after, done=done)


def _end_of_block(connection: Connection, after: int, until: int, block: int) -> int:
    people = select(person.c.id).where(person.c.id > after, person.c.id <= until)
    # With a limit of one: else PostgreSQL hands over the ids of everybody who is left.
    query = people.order_by(person.c.id).offset(block - 1).limit(1)
    last: int | None = connection.execute(query).scalar()
    return until if last is None else last


def _insert_deliveries(
    connection: Connection,
    into: _Into,
    window: dict[str, int],
    *,
    people: str,
    order: str,
    returning: bool = False,
) -> list[int | None]:
    """Inserts a block; gives the batch numbers, one for each person, if they are asked for."""
    variants, parameters = _variants(connection, into.edition_id)
    statement = _INSERT.format(
        random=_RANDOM[connection.dialect.name],
        late=_late_choice(_names(connection, into.edition_id)),
        variants=variants,
        people=people,
        order=order,
    )
    if returning:
        statement += "RETURNING batch_number"
    # A rising prefix keeps the unique index local: random ids alone cost several times the insert.
    prefix = f"{int(into.now.timestamp() * 1000):012x}"
    given = {**window, **parameters, "prefix": prefix, "size": into.batch_size, "now": into.now}
    result = connection.execute(text(statement).bindparams(_NOW), given)
    return list(result.scalars()) if returning else []


def _variants(connection: Connection, edition_id: int) -> tuple[str, dict[str, Any]]:
    """The variants as a table: name, first batch number, and people in its batches so far."""
    rows = connection.execute(
        text(
            "SELECT v.key, coalesce(sum(b.size), 0) AS filled FROM edition_variant v "
            "LEFT JOIN batch b ON b.edition_id = v.edition_id AND b.variant = v.key "
            "WHERE v.edition_id = :edition GROUP BY v.key ORDER BY v.key"
        ),
        {"edition": edition_id},
    ).all()
    parts, parameters = [], {}
    for index, row in enumerate(rows):
        parts.append(
            f"SELECT CAST(:variant{index} AS varchar(255)) AS variant,"
            f" {index * VARIANT_STRIDE} AS start, {int(row.filled)} AS filled"
        )
        parameters[f"variant{index}"] = row.key
    return " UNION ALL ".join(parts), parameters


def _names(connection: Connection, edition_id: int) -> list[str]:
    """The names of the edition's variants."""
    keys = connection.execute(
        text("SELECT key FROM edition_variant WHERE edition_id = :edition ORDER BY key"),
        {"edition": edition_id},
    ).scalars()
    return list(keys)


def _late_choice(names: Collection[str]) -> str:
    """What somebody gets whose choice nobody had made when the edition was composed, as SQL."""
    made = " ".join(f"WHEN '{f}' THEN 'all.{f}'" for f in Form if f"all.{f}" in names)
    shown = made if "all.discreet" in names else f"{made} WHEN 'discreet' THEN NULL"
    return f"CASE p.form {shown} ELSE 'all' END"


def _record_batches(connection: Connection, edition_id: int, sizes: Mapping[int, int]) -> None:
    if not sizes:
        return
    names = _names(connection, edition_id)
    known = _grow_known(connection, edition_id, sizes)
    rows = [
        {
            "edition_id": edition_id,
            "number": number,
            "variant": names[number // VARIANT_STRIDE],
            "size": size,
            "state": BatchState.PLANNED,
        }
        for number, size in sorted(sizes.items())
        if number not in known
    ]
    if rows:
        connection.execute(insert(batch), rows)


def _grow_known(connection: Connection, edition_id: int, sizes: Mapping[int, int]) -> set[int]:
    """Adds this block's people to batches that the block before had begun; gives their numbers."""
    query = select(batch.c.number).where(
        batch.c.edition_id == edition_id, batch.c.number.in_(list(sizes))
    )
    known = set(connection.execute(query).scalars())
    for number in known:
        connection.execute(
            update(batch)
            .where(batch.c.edition_id == edition_id, batch.c.number == number)
            .values(size=batch.c.size + sizes[number])
        )
    return known
