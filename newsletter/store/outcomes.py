"""What became of an edition's batches and of everybody it was planned for: the numbers."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from newsletter.model.delivery import BatchState, DeliveryState, Recipients
from newsletter.store.tables import batch, delivery


def states(connection: Connection, edition_id: int) -> dict[BatchState, int]:
    """How many batches of the edition are in each state; states with none are left out."""
    rows = connection.execute(
        select(batch.c.state, func.count())
        .where(batch.c.edition_id == edition_id)
        .group_by(batch.c.state)
    )
    return {BatchState(state): count for state, count in rows}


def through(connection: Connection, edition_id: int) -> tuple[int, int, int, int]:
    """How many people, of all, and how many batches, of all, are through."""
    rows = connection.execute(
        select(batch.c.state, func.sum(batch.c.size), func.count())
        .where(batch.c.edition_id == edition_id)
        .group_by(batch.c.state)
    ).all()
    ended = (BatchState.ACCEPTED, BatchState.FAILED, BatchState.EMPTY)
    return (
        sum(people for state, people, _ in rows if state in ended),
        sum(people for _, people, _ in rows),
        sum(number for state, _, number in rows if state in ended),
        sum(number for _, _, number in rows),
    )


def recipients(connection: Connection, edition_id: int) -> Recipients:
    """What became of everybody the edition was planned for.

    One look at everybody, without sorting them, which would take as much memory as there is cache.
    """
    here = delivery.c.edition_id == edition_id
    numbers = (func.count().filter(delivery.c.state == state) for state in DeliveryState)
    row = connection.execute(select(*numbers).select_from(delivery).where(here)).one()
    counts = dict(zip(DeliveryState, row, strict=True))
    return Recipients(
        accepted=counts[DeliveryState.ACCEPTED],
        rejected=counts[DeliveryState.REJECTED],
        unknown=counts[DeliveryState.UNKNOWN],
        cancelled=counts[DeliveryState.CANCELLED],
        pending=counts[DeliveryState.PLANNED],
        skipped=_skipped(connection, edition_id) if counts[DeliveryState.SKIPPED] else {},
    )


def _skipped(connection: Connection, edition_id: int) -> dict[str, int]:
    query = (
        select(delivery.c.reason, func.count())
        .where(delivery.c.edition_id == edition_id, delivery.c.state == DeliveryState.SKIPPED)
        .group_by(delivery.c.reason)
        .order_by(delivery.c.reason)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
