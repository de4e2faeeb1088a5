"""Queries for setting the ledger right by what the provider reported: facts, and one change.

A batch is changed by a compare-and-swap on (id, attempt, state), as everywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select, update

from newsletter.model.delivery import BatchState, DeliveryState, ProviderIdState
from newsletter.model.edition import EditionState
from newsletter.model.event import BatchFacts, Place
from newsletter.store import editions
from newsletter.store.recovery import move_many
from newsletter.store.tables import batch, delivery, edition, event, provider_id
from subscribers.store import bulk

_STATES = {state.value: state for state in DeliveryState}
_RECALLED = (ProviderIdState.CLOSING, ProviderIdState.CANCELLED, ProviderIdState.DELETED)

_WAITING = {
    BatchState.UNKNOWN: (DeliveryState.UNKNOWN,),
    # The second: a mail that left although the admin's cancel of it was confirmed.
    BatchState.PLANNED: (DeliveryState.PLANNED, DeliveryState.CANCELLED),
}
"""Whose people become accepted with their batch."""

Numbers = Mapping[int, set[int]]
"""Numbers of batches, by edition."""


def places(connection: Connection, delivery_ids: Sequence[str]) -> dict[str, Place]:
    """Where up to 30,000 deliveries are in the ledger; unknown ones are left out."""
    columns = (
        *(delivery.c.id, delivery.c.edition_id, delivery.c.subscriber_id),
        *(delivery.c.batch_number, delivery.c.state),
    )
    rows = bulk.select_in(connection, columns, delivery.c.id, delivery_ids)
    numbers: dict[int, set[int]] = defaultdict(set)
    for _, edition_id, _, number, _ in rows:
        if number is not None:
            numbers[edition_id].add(number)
    batches = _batches(connection, numbers)
    return {
        delivery_id: Place(
            delivery_id=delivery_id,
            subscriber_id=subscriber_id,
            state=_STATES[state],
            batch=batches.get((edition_id, number)),
        )
        for delivery_id, edition_id, subscriber_id, number, state in rows
    }


def unsettled(connection: Connection, edition_id: int) -> list[str]:
    """Deliveries of which something is kept, in batches it may settle: unknown, or tried before."""
    wanted = or_(
        batch.c.state == BatchState.UNKNOWN,
        and_(batch.c.state == BatchState.PLANNED, batch.c.attempt > 1),
    )
    query = (
        select(delivery.c.id)
        .join(
            batch,
            and_(
                batch.c.edition_id == delivery.c.edition_id,
                batch.c.number == delivery.c.batch_number,
            ),
        )
        .where(batch.c.edition_id == edition_id, wanted)
        .where(exists().where(event.c.delivery_id == delivery.c.id))
        .order_by(delivery.c.batch_number, delivery.c.id)
    )
    return list(connection.execute(query).scalars())


def accept(
    connection: Connection, found: BatchFacts, attempt: int, *, detached: bool, now: datetime
) -> bool:
    """Marks a planned or unknown batch as accepted by that attempt; False if it changed meanwhile.

    `detached`: it is under no provider id from now on, and the one it was under is closed, so that
    the other copy is taken back where that is still possible.
    """
    values: dict[str, Any] = {
        "state": BatchState.ACCEPTED,
        "attempt": attempt,
        "settled_at": now,
        "not_before": None,
        "error": "",
    }
    if detached:
        values["provider_id"] = None
    as_found = and_(
        batch.c.id == found.id, batch.c.attempt == found.attempt, batch.c.state == found.state
    )
    if connection.execute(update(batch).where(as_found).values(values)).rowcount != 1:
        return False
    for old in _WAITING[found.state]:
        move_many(connection, found.edition_id, [found.number], old, DeliveryState.ACCEPTED)
    if detached and found.provider_id is not None:
        _close(connection, found.provider_id)
    return True


def accept_people(
    connection: Connection, found: BatchFacts, delivery_ids: Sequence[str], *, now: datetime
) -> bool:
    """Marks these people of a planned or unknown batch as accepted, and an unknown batch with the
    last of its people; False if nobody of them waited, or the batch changed meanwhile.
    """
    as_found = and_(
        batch.c.id == found.id, batch.c.attempt == found.attempt, batch.c.state == found.state
    )
    if connection.execute(update(batch).where(as_found).values(settled_at=now)).rowcount != 1:
        return False
    waiting = and_(
        delivery.c.edition_id == found.edition_id,
        delivery.c.batch_number == found.number,
        delivery.c.state.in_(_WAITING[found.state]),
    )
    accepted = update(delivery).where(waiting, delivery.c.id.in_(delivery_ids))
    if not connection.execute(accepted.values(state=DeliveryState.ACCEPTED)).rowcount:
        return False
    if found.state is BatchState.UNKNOWN and not _any(connection, select(delivery.c.id), waiting):
        connection.execute(update(batch).where(as_found).values(state=BatchState.ACCEPTED))
    return True


def people_in(connection: Connection, found: BatchFacts) -> int:
    """How many people of the batch were accepted."""
    query = select(func.count()).where(
        delivery.c.edition_id == found.edition_id,
        delivery.c.batch_number == found.number,
        delivery.c.state == DeliveryState.ACCEPTED,
    )
    return connection.execute(query).scalar_one()


def finish(connection: Connection, edition_id: int) -> bool:
    """Makes a `partial` edition `sent` when everybody in it has been accepted or skipped."""
    if connection.execute(
        select(edition.c.state).where(edition.c.id == edition_id)
    ).scalar() != EditionState.PARTIAL or _open_batches(connection, edition_id):
        return False
    done = (DeliveryState.ACCEPTED, DeliveryState.SKIPPED)
    left = and_(delivery.c.edition_id == edition_id, delivery.c.state.not_in(done))
    if _any(connection, select(delivery.c.id), left):
        return False
    return editions.move(connection, edition_id, EditionState.PARTIAL, EditionState.SENT)


def _open_batches(connection: Connection, edition_id: int) -> bool:
    """Asked first: it is answered by an index, and mostly ends the matter."""
    done = (BatchState.ACCEPTED, BatchState.EMPTY)
    still = and_(batch.c.edition_id == edition_id, batch.c.state.not_in(done))
    return _any(connection, select(batch.c.id), still)


def _any(connection: Connection, query: Select[Any], wanted: ColumnElement[bool]) -> bool:
    return connection.execute(query.where(wanted).limit(1)).first() is not None


def _batches(connection: Connection, numbers: Numbers) -> dict[tuple[int, int], BatchFacts]:
    found: dict[tuple[int, int], BatchFacts] = {}
    for edition_id, wanted in numbers.items():
        key = connection.execute(select(edition.c.key).where(edition.c.id == edition_id)).scalar()
        recalled = _is_recalled(connection, edition_id)
        query = select(batch).where(batch.c.edition_id == edition_id, batch.c.number.in_(wanted))
        for row in connection.execute(query):
            found[edition_id, row.number] = BatchFacts(
                id=row.id,
                edition_id=edition_id,
                edition_key=key or "",
                number=row.number,
                state=BatchState(row.state),
                attempt=row.attempt,
                provider_id=row.provider_id,
                recalled=recalled,
            )
    return found


def _is_recalled(connection: Connection, edition_id: int) -> bool:
    query = select(provider_id.c.id).where(
        provider_id.c.edition_id == edition_id, provider_id.c.state.in_(_RECALLED)
    )
    return connection.execute(query.limit(1)).first() is not None


def _close(connection: Connection, id_number: int) -> None:
    connection.execute(
        update(provider_id)
        .where(provider_id.c.id == id_number, provider_id.c.state == ProviderIdState.OPEN)
        .values(state=ProviderIdState.CLOSING)
    )
