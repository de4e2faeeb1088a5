"""Queries for a transport that takes one message at a time: the ledger notes each of them.

A message on its way is marked before it is handed over, so that after a crash only that one is
unknown, and not its whole batch.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from newsletter.model.delivery import BatchState, ClaimedBatch, DeliveryState
from newsletter.store.batches import LEASE, REASON_LENGTH, lease_end
from newsletter.store.recovery import locked_numbers
from newsletter.store.tables import batch, delivery, edition

ON_ITS_WAY = "on-its-way"
"""The reason of a planned delivery whose message is being handed over."""


def begin(
    connection: Connection, claimed: ClaimedBatch, delivery_id: str, *, lease: timedelta = LEASE
) -> bool:
    """Marks a message as on its way; False if the batch is not ours any more, or the edition is not
    being sent any more.
    """
    sending = select(edition.c.id).where(
        edition.c.id == claimed.edition_id, edition.c.state == "sending"
    )
    mine = and_(_mine(claimed), batch.c.edition_id.in_(sending))
    renewed = {"lease_until": lease_end(connection, lease)}
    if connection.execute(update(batch).where(mine).values(renewed)).rowcount != 1:
        return False
    return _set(connection, delivery_id, DeliveryState.PLANNED, ON_ITS_WAY)


def end(
    connection: Connection, delivery_id: str, state: DeliveryState, reason: str | None = None
) -> bool:
    """Writes down what became of a message; one that was not taken becomes `planned` again."""
    return _set(connection, delivery_id, state, reason and reason[:REASON_LENGTH])


def conclude(
    connection: Connection,
    claimed: ClaimedBatch,
    *,
    now: datetime,
    not_before: datetime | None = None,
    error: str = "",
) -> bool:
    """Ends a batch by what became of its messages; it is planned anew when some are still to do."""
    found = _states(connection, claimed)
    values: dict[str, Any] = {"error": error, "owner": None, "lease_until": None}
    if DeliveryState.PLANNED in found:
        values |= {
            "state": BatchState.PLANNED,
            "attempt": claimed.attempt + 1,
            "not_before": not_before,
        }
    else:
        values |= {"state": _end(found), "settled_at": now}
    return connection.execute(update(batch).where(_mine(claimed)).values(values)).rowcount == 1


def recover(connection: Connection, edition_id: int, owner: str) -> int:
    """After a crash: messages that were on their way are unknown, the others are planned anew.

    Gives the number of batches whose owner is gone; see `recovery.recover`.
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
    connection.execute(
        update(delivery)
        .where(
            delivery.c.edition_id == edition_id,
            delivery.c.batch_number.in_(numbers),
            delivery.c.state == DeliveryState.PLANNED,
            delivery.c.reason == ON_ITS_WAY,
        )
        .values(state=DeliveryState.UNKNOWN, reason=None)
    )
    connection.execute(
        update(batch)
        .where(gone)
        .values(state=BatchState.PLANNED, attempt=batch.c.attempt + 1, owner=None)
    )
    return len(numbers)


def _set(
    connection: Connection, delivery_id: str, state: DeliveryState, reason: str | None
) -> bool:
    planned = and_(delivery.c.id == delivery_id, delivery.c.state == DeliveryState.PLANNED)
    values = {"state": state, "reason": reason}
    return connection.execute(update(delivery).where(planned).values(values)).rowcount == 1


def _states(connection: Connection, claimed: ClaimedBatch) -> set[DeliveryState]:
    query = select(delivery.c.state).where(
        delivery.c.edition_id == claimed.edition_id, delivery.c.batch_number == claimed.number
    )
    return {DeliveryState(state) for state in connection.execute(query.distinct()).scalars()}


def _end(found: set[DeliveryState]) -> BatchState:
    if DeliveryState.UNKNOWN in found:
        return BatchState.UNKNOWN
    if DeliveryState.ACCEPTED in found:
        return BatchState.ACCEPTED
    return BatchState.FAILED if DeliveryState.REJECTED in found else BatchState.EMPTY


def _mine(claimed: ClaimedBatch) -> ColumnElement[bool]:
    return and_(
        batch.c.id == claimed.id,
        batch.c.attempt == claimed.attempt,
        batch.c.state == BatchState.SUBMITTING,
        batch.c.owner == claimed.owner,
    )
