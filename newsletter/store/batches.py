"""Queries of the ledger while an edition is submitted: claim, settle, recover, count.

Each change of a batch is a compare-and-swap on (id, attempt, state): whoever loses does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select, update

from newsletter.model.delivery import (
    BatchState,
    ClaimedBatch,
    DeliveryState,
    ProviderId,
)
from newsletter.model.edition import EditionState
from newsletter.store.tables import batch, delivery, edition

LEASE = timedelta(seconds=60)
"""How long a claimed batch belongs to its owner on PostgreSQL, by the database's clock."""

REASON_LENGTH = 24
"""So many characters of a reason are kept."""


@dataclass(frozen=True, slots=True)
class NextBatch:
    """The batch that is to be claimed next, with so many people."""

    id: int
    number: int
    variant: str
    attempt: int
    size: int


def next_batch(
    connection: Connection, edition_id: int, *, now: datetime, after: int | None = None
) -> NextBatch | None:
    """The batch that would be claimed next; None when there is none.

    Only while the edition is `sending` and wholly planned. With `after`, the one that comes after
    this number; it is not to be claimed now, and so not kept from others.
    """
    query = _next(edition_id, now)
    if after is None:
        query = query.with_for_update(of=batch, skip_locked=True)
    else:
        query = query.where(batch.c.number > after)
    row = connection.execute(query).one_or_none()
    return None if row is None else NextBatch(*row)


def claim(
    connection: Connection,
    edition_id: int,
    owner: str,
    *,
    now: datetime,
    provider_id: ProviderId | None = None,
    lease: timedelta = LEASE,
    found: NextBatch | None = None,
) -> ClaimedBatch | None:
    """Takes the next planned batch for `owner`: `planned -> submitting`. None: nothing to take.

    The batch comes without recipients; see `addressees`. `provider_id` is the one it will go under,
    which the caller has just chosen; `found` is what `next_batch` has just said.
    """
    found = found or next_batch(connection, edition_id, now=now)
    if found is None:
        return None
    may_be_sent = exists().where(edition.c.id == edition_id, *_BEING_SENT)
    result = connection.execute(
        update(batch)
        .where(_is(found.id, found.attempt, BatchState.PLANNED), may_be_sent)
        .values(
            state=BatchState.SUBMITTING,
            owner=owner,
            lease_until=lease_end(connection, lease),
            provider_id=provider_id.id if provider_id else None,
        )
    )
    if result.rowcount != 1:
        return None
    return ClaimedBatch(
        id=found.id,
        edition_id=edition_id,
        number=found.number,
        variant=found.variant,
        attempt=found.attempt,
        owner=owner,
        recipients=(),
        size=found.size,
        provider_id=provider_id,
    )


def lease_end(connection: Connection, lease: timedelta = LEASE) -> Any:
    """Until when a batch that is taken now is its owner's; on SQLite the run lock says it."""
    return func.now() + lease if connection.dialect.name == "postgresql" else None


def planned_in(connection: Connection, claimed: ClaimedBatch) -> int:
    """How many people of a batch are still to be handed over."""
    query = select(func.count()).where(of_batch(claimed), delivery.c.state == DeliveryState.PLANNED)
    return connection.execute(query).scalar_one()


def next_moment(connection: Connection, edition_id: int) -> datetime | None:
    """When the earliest planned batch that was put off may be tried again; None: there is none."""
    query = select(func.min(batch.c.not_before)).where(
        batch.c.edition_id == edition_id, batch.c.state == BatchState.PLANNED
    )
    return connection.execute(query).scalar()


def settle(
    connection: Connection,
    claimed: ClaimedBatch,
    new: BatchState,
    *,
    now: datetime,
    rejected: Mapping[str, str] | None = None,
    message_id: str | None = None,
    error: str = "",
) -> bool:
    """Writes down what became of a submitted batch and of everybody in it; False if it is not ours.

    `rejected` (delivery id -> reason) are those the transport refused one by one.
    """
    values: dict[str, Any] = {"state": new, "settled_at": now, "error": error}
    if message_id is not None:
        values["message_id"] = message_id
    if new is BatchState.EMPTY:
        values["provider_id"] = None
    if not _swap(connection, claimed, values):
        return False
    _reject(connection, rejected or {})
    outcome = _OUTCOMES.get(new)
    if outcome is not None:
        _move_deliveries(connection, claimed, DeliveryState.PLANNED, outcome)
    return True


def put_back(
    connection: Connection,
    claimed: ClaimedBatch,
    *,
    not_before: datetime | None,
    error: str,
    rejected: Mapping[str, str] | None = None,
) -> bool:
    """Plans a batch anew that certainly was not taken; False if it is not ours any more.

    `rejected` (delivery id -> reason) are left out from now on.
    """
    values = {
        "state": BatchState.PLANNED,
        "attempt": claimed.attempt + 1,
        "owner": None,
        "lease_until": None,
        "provider_id": None,
        "not_before": not_before,
        "error": error,
    }
    if not _swap(connection, claimed, values):
        return False
    _reject(connection, rejected or {})
    return True


def _reject(connection: Connection, rejected: Mapping[str, str]) -> None:
    for delivery_id, reason in rejected.items():
        connection.execute(
            update(delivery)
            .where(delivery.c.id == delivery_id, delivery.c.state == DeliveryState.PLANNED)
            .values(state=DeliveryState.REJECTED, reason=reason[:REASON_LENGTH])
        )


_OUTCOMES = {
    BatchState.ACCEPTED: DeliveryState.ACCEPTED,
    BatchState.UNKNOWN: DeliveryState.UNKNOWN,
    BatchState.FAILED: DeliveryState.REJECTED,
    # Nobody is left to submit: who still is planned was taken by an attempt before.
    BatchState.EMPTY: DeliveryState.ACCEPTED,
}


_BEING_SENT = (edition.c.state == EditionState.SENDING, edition.c.planned_at.is_not(None))


def _next(edition_id: int, now: datetime) -> Select[Any]:
    return (
        select(batch.c.id, batch.c.number, batch.c.variant, batch.c.attempt, batch.c.size)
        .join(edition, edition.c.id == batch.c.edition_id)
        .where(
            batch.c.edition_id == edition_id,
            batch.c.state == BatchState.PLANNED,
            or_(batch.c.not_before.is_(None), batch.c.not_before <= now),
            *_BEING_SENT,
        )
        .order_by(batch.c.number)
        .limit(1)
    )


def _is(batch_id: int, attempt: int, state: BatchState) -> ColumnElement[bool]:
    return and_(batch.c.id == batch_id, batch.c.attempt == attempt, batch.c.state == state)


def of_batch(claimed: ClaimedBatch) -> ColumnElement[bool]:
    """The deliveries of a batch."""
    return numbered(claimed.edition_id, claimed.number)


def numbered(edition_id: int, number: int) -> ColumnElement[bool]:
    """The deliveries of the batch with this number."""
    return and_(delivery.c.edition_id == edition_id, delivery.c.batch_number == number)


def _swap(connection: Connection, claimed: ClaimedBatch, values: dict[str, Any]) -> bool:
    mine = and_(
        _is(claimed.id, claimed.attempt, BatchState.SUBMITTING), batch.c.owner == claimed.owner
    )
    return connection.execute(update(batch).where(mine).values(values)).rowcount == 1


def _move_deliveries(
    connection: Connection, claimed: ClaimedBatch, old: DeliveryState, new: DeliveryState
) -> None:
    connection.execute(
        update(delivery).where(of_batch(claimed), delivery.c.state == old).values(state=new)
    )
