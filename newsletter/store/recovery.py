"""Queries of the ledger after an interruption: whose sender is gone, and what is planned again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.store.tables import batch, delivery


def recover(connection: Connection, edition_id: int, owner: str) -> int:
    """Marks batches whose owner is gone as `unknown`; gives their number.

    On SQLite the caller holds the run lock, so every other owner is gone; on PostgreSQL an owner is
    gone when its lease, by the database's clock, has run out.
    """
    gone = and_(
        batch.c.edition_id == edition_id,
        batch.c.state == BatchState.SUBMITTING,
        batch.c.owner != owner,
    )
    if connection.dialect.name == "postgresql":
        gone = and_(gone, batch.c.lease_until < func.now())
    numbers = locked_numbers(connection, gone)
    if not numbers:
        return 0
    connection.execute(update(batch).where(gone).values(state=BatchState.UNKNOWN))
    move_many(connection, edition_id, numbers, DeliveryState.PLANNED, DeliveryState.UNKNOWN)
    return len(numbers)


def put_back_own(connection: Connection, edition_id: int, owner: str) -> int:
    """Plans batches of `owner` anew that certainly were not handed over; gives their number."""
    own = and_(
        batch.c.edition_id == edition_id,
        batch.c.state == BatchState.SUBMITTING,
        batch.c.owner == owner,
    )
    return connection.execute(
        update(batch)
        .where(own)
        .values(
            state=BatchState.PLANNED,
            attempt=batch.c.attempt + 1,
            owner=None,
            lease_until=None,
            provider_id=None,
        )
    ).rowcount


def plan_unknown_again(connection: Connection, edition_id: int) -> int:
    """Plans every unknown batch anew, one attempt later; gives their number.

    Only for a transport for which taking a delivery twice is the same as taking it once.
    """
    unknown = and_(batch.c.edition_id == edition_id, batch.c.state == BatchState.UNKNOWN)
    numbers = locked_numbers(connection, unknown)
    if not numbers:
        return 0
    connection.execute(
        update(batch)
        .where(unknown)
        .values(state=BatchState.PLANNED, attempt=batch.c.attempt + 1, owner=None)
    )
    move_many(connection, edition_id, numbers, DeliveryState.UNKNOWN, DeliveryState.PLANNED)
    return len(numbers)


def seconds_until_free(connection: Connection, edition_id: int) -> float | None:
    """How long until the last batch that is being submitted is free; None when there is none.

    By the database's clock, a little over; on SQLite a taken batch is free at once.
    """
    taken = and_(batch.c.edition_id == edition_id, batch.c.state == BatchState.SUBMITTING)
    if connection.dialect.name == "sqlite":
        found = connection.execute(select(func.count()).where(taken)).scalar_one()
        return 0.0 if found else None
    left = func.extract("epoch", func.max(batch.c.lease_until) - func.now())
    seconds = connection.execute(select(left).where(taken)).scalar()
    return None if seconds is None else max(0.0, float(seconds)) + 0.1


def locked_numbers(connection: Connection, wanted: ColumnElement[bool]) -> list[int]:
    """The numbers of batches nobody else can change before this transaction has ended.

    Else an owner that is late but alive could settle one between it and its people being moved.
    """
    query = select(batch.c.number).where(wanted).with_for_update()
    return list(connection.execute(query).scalars())


def move_many(
    connection: Connection,
    edition_id: int,
    numbers: Sequence[int],
    old: DeliveryState,
    new: DeliveryState,
) -> None:
    """Moves everybody of these batches who is `old` to `new`."""
    connection.execute(
        update(delivery)
        .where(
            delivery.c.edition_id == edition_id,
            delivery.c.batch_number.in_(numbers),
            delivery.c.state == old,
        )
        .values(state=new)
    )
