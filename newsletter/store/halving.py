"""Queries for a batch that is refused as a whole: cut in two, and compared with its other half."""

from __future__ import annotations

from sqlalchemy import Connection, and_, func, insert, select, update

from newsletter.model.delivery import BatchState, ClaimedBatch, DeliveryState
from newsletter.store.planning import VARIANT_STRIDE
from newsletter.store.tables import batch, delivery


def split(connection: Connection, claimed: ClaimedBatch, *, error: str, halves: bool) -> bool:
    """Plans a batch anew as two; False if it is not ours any more.

    The second half of those still planned goes into a new batch. With `halves` both remember that
    they belong together; see `sibling`.
    """
    number = _free_number(connection, claimed)
    mine = and_(
        batch.c.id == claimed.id,
        batch.c.attempt == claimed.attempt,
        batch.c.state == BatchState.SUBMITTING,
        batch.c.owner == claimed.owner,
    )
    in_it = and_(
        delivery.c.edition_id == claimed.edition_id, delivery.c.batch_number == claimed.number
    )
    people = list(
        connection.execute(
            select(delivery.c.subscriber_id)
            .where(in_it, delivery.c.state == DeliveryState.PLANNED)
            .order_by(delivery.c.subscriber_id)
        ).scalars()
    )
    moved = people[len(people) // 2 :]
    kept = {
        "state": BatchState.PLANNED,
        "attempt": claimed.attempt + 1,
        "owner": None,
        "lease_until": None,
        "provider_id": None,
        "not_before": None,
        "error": "" if halves else error,
        "size": batch.c.size - len(moved),
        "half_of": number if halves else None,
    }
    if connection.execute(update(batch).where(mine).values(kept)).rowcount != 1:
        return False
    connection.execute(
        insert(batch).values(
            edition_id=claimed.edition_id,
            number=number,
            variant=claimed.variant,
            size=len(moved),
            state=BatchState.PLANNED,
            attempt=claimed.attempt + 1,
            error="" if halves else error,
            half_of=number if halves else None,
        )
    )
    connection.execute(
        update(delivery)
        .where(in_it, delivery.c.subscriber_id.in_(moved))
        .values(batch_number=number)
    )
    return True


def sibling(connection: Connection, claimed: ClaimedBatch) -> tuple[bool, str | None]:
    """Whether a batch is a half, and what its other half was refused with.

    "": it was not refused; None: nobody knows yet.
    """
    mine = connection.execute(select(batch.c.half_of).where(batch.c.id == claimed.id)).scalar()
    if mine is None:
        return False, None
    row = connection.execute(
        select(batch.c.state, batch.c.error).where(
            batch.c.edition_id == claimed.edition_id,
            batch.c.half_of == mine,
            batch.c.id != claimed.id,
        )
    ).first()
    if row is None:
        return True, ""
    if row.state in (BatchState.PLANNED, BatchState.SUBMITTING):
        return True, row.error or None
    return True, row.error if row.state == BatchState.FAILED else ""


def rejected_of(connection: Connection, claimed: ClaimedBatch) -> int:
    """How many of the batch were refused one by one so far."""
    query = (
        select(func.count())
        .select_from(delivery)
        .where(
            delivery.c.edition_id == claimed.edition_id,
            delivery.c.batch_number == claimed.number,
            delivery.c.state == DeliveryState.REJECTED,
        )
    )
    return connection.execute(query).scalar_one()


def _free_number(connection: Connection, claimed: ClaimedBatch) -> int:
    """The next number of the variant: each variant counts its own."""
    start = claimed.number // VARIANT_STRIDE * VARIANT_STRIDE
    query = select(func.max(batch.c.number)).where(
        batch.c.edition_id == claimed.edition_id,
        batch.c.number >= start,
        batch.c.number < start + VARIANT_STRIDE,
    )
    return int(connection.execute(query).scalar_one()) + 1
