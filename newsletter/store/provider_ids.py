"""Queries of the provider's own batch ids: what is handed over under one can be taken back.

Each change of state is a compare-and-swap; the caller owns the transaction. What an id is for is in
`newsletter.delivery.window`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from newsletter.model.delivery import BatchState, DeliveryState, ProviderId, ProviderIdState
from newsletter.store.recovery import locked_numbers, move_many
from newsletter.store.tables import batch, provider_id

_UNDER = (BatchState.ACCEPTED, BatchState.UNKNOWN)


def add(connection: Connection, edition_id: int, value: str, *, now: datetime) -> None:
    """Stores a new id of the provider's, before its first use."""
    connection.execute(
        insert(provider_id).values(
            edition_id=edition_id, value=value, state=ProviderIdState.OPEN, created_at=now
        )
    )


def of_edition(
    connection: Connection, edition_id: int, *states: ProviderIdState
) -> list[ProviderId]:
    """The edition's ids in these states (in any, when none is named), the oldest first."""
    query = select(provider_id).where(provider_id.c.edition_id == edition_id)
    if states:
        query = query.where(provider_id.c.state.in_(states))
    return [_id(row) for row in connection.execute(query.order_by(provider_id.c.id))]


def batches_under(connection: Connection, edition_id: int) -> dict[int, int]:
    """How many batches each of the edition's ids has; those with none are left out."""
    rows = connection.execute(
        select(batch.c.provider_id, func.count())
        .where(batch.c.edition_id == edition_id, batch.c.provider_id.is_not(None))
        .group_by(batch.c.provider_id)
    )
    return {number: count for number, count in rows if number is not None}


def occupied(connection: Connection, *, now: datetime) -> int:
    """How many ids of the account count against what it may have: those whose mails are still to
    leave, and those cancelled that were not forgotten.
    """
    live = and_(
        provider_id.c.state.in_((ProviderIdState.OPEN, ProviderIdState.CLOSING)),
        or_(
            provider_id.c.send_at.is_(None),
            provider_id.c.send_at > now,
            provider_id.c.cancel_tried_at.is_not(None),
        ),
    )
    cancelled = provider_id.c.state == ProviderIdState.CANCELLED
    query = select(func.count()).select_from(provider_id).where(or_(live, cancelled))
    return connection.execute(query).scalar_one()


def to_forget(connection: Connection, *, before: datetime) -> list[ProviderId]:
    """Cancelled ids, of any edition, whose mails would have left before that time.

    One that was never used counts from its cancel. One that is still closing is none of them: what
    became of its cancel is not known yet, and could not be found out any more.
    """
    over = func.coalesce(provider_id.c.send_at, provider_id.c.cancelled_at)
    query = select(provider_id).where(
        provider_id.c.state == ProviderIdState.CANCELLED, over <= before
    )
    return [_id(row) for row in connection.execute(query.order_by(provider_id.c.id))]


def set_time(connection: Connection, id_number: int, send_at: datetime) -> bool:
    """Fixes when all mails under the id leave; False if it is not open and without a time."""
    free = and_(
        _is(id_number, ProviderIdState.OPEN),
        provider_id.c.send_at.is_(None),
    )
    return connection.execute(update(provider_id).where(free).values(send_at=send_at)).rowcount == 1


def is_open(connection: Connection, id_number: int) -> bool:
    """Whether mails may still be handed over under the id; nobody can close it meanwhile."""
    query = select(provider_id.c.id).where(_is(id_number, ProviderIdState.OPEN)).with_for_update()
    return connection.execute(query).first() is not None


def close_doubtful(connection: Connection, edition_id: int) -> int:
    """Closes each open id under which a batch is unknown; gives their number."""
    doubtful = select(batch.c.provider_id).where(
        batch.c.edition_id == edition_id,
        batch.c.state == BatchState.UNKNOWN,
        batch.c.provider_id.is_not(None),
    )
    return connection.execute(
        update(provider_id)
        .where(
            provider_id.c.edition_id == edition_id,
            provider_id.c.state == ProviderIdState.OPEN,
            provider_id.c.id.in_(doubtful),
        )
        .values(state=ProviderIdState.CLOSING)
    ).rowcount


def close_all(connection: Connection, edition_id: int) -> None:
    """Closes every open id of the edition, used or not: the admin takes it back."""
    connection.execute(
        update(provider_id)
        .where(provider_id.c.edition_id == edition_id, provider_id.c.state == ProviderIdState.OPEN)
        .values(state=ProviderIdState.CLOSING)
    )


def is_busy(connection: Connection, id_number: int) -> bool:
    """Whether a request under the id is still on its way."""
    query = select(batch.c.id).where(
        batch.c.provider_id == id_number, batch.c.state == BatchState.SUBMITTING
    )
    return connection.execute(query.limit(1)).first() is not None


def note_try(connection: Connection, id_number: int, *, now: datetime) -> bool:
    """Notes, before the provider is asked, that it will be asked to cancel a closing id."""
    return (
        connection.execute(
            update(provider_id)
            .where(_is(id_number, ProviderIdState.CLOSING))
            .values(cancel_tried_at=now)
        ).rowcount
        == 1
    )


def note_never_cancelled(connection: Connection, id_number: int) -> None:
    """The provider says that it has no cancel of a closing id, and it is too late for one."""
    connection.execute(
        update(provider_id)
        .where(_is(id_number, ProviderIdState.CLOSING))
        .values(cancel_tried_at=None)
    )


def confirm_cancelled(
    connection: Connection,
    found: ProviderId,
    *,
    now: datetime,
    people_become: DeliveryState = DeliveryState.PLANNED,
) -> bool:
    """The cancel is certain: every batch under the id, accepted ones too, is planned anew.

    All in the caller's one transaction. People become `planned`, or `cancelled` when the admin took
    the edition back. False, and nothing is changed, when a request is still on its way.
    """
    under = and_(batch.c.edition_id == found.edition_id, batch.c.provider_id == found.id)
    numbers = locked_numbers(connection, and_(under, batch.c.state.in_(_UNDER)))
    if is_busy(connection, found.id) or not _swap_to_cancelled(connection, found.id, now):
        return False
    _plan_anew(connection, found.edition_id, numbers, people_become)
    return True


def note_doubtful(connection: Connection, found: ProviderId, *, now: datetime) -> bool:
    """The id is cancelled, but nobody can say whether in time: all under it become `unknown`.

    False, and nothing is changed, when a request is still on its way.
    """
    under = and_(
        batch.c.edition_id == found.edition_id,
        batch.c.provider_id == found.id,
        batch.c.state == BatchState.ACCEPTED,
    )
    numbers = locked_numbers(connection, under)
    if is_busy(connection, found.id) or not _swap_to_cancelled(connection, found.id, now):
        return False
    connection.execute(update(batch).where(under).values(state=BatchState.UNKNOWN))
    move_many(
        connection,
        found.edition_id,
        numbers,
        DeliveryState.ACCEPTED,
        DeliveryState.UNKNOWN,
    )
    return True


def note_forgotten(connection: Connection, id_number: int) -> None:
    """The provider has deleted the cancel of an id, long after its time."""
    connection.execute(
        update(provider_id)
        .where(_is(id_number, ProviderIdState.CANCELLED))
        .values(state=ProviderIdState.DELETED)
    )


def latest_time(connection: Connection, edition_id: int) -> datetime | None:
    """When the last mails of the edition leave that were handed over; None when none are due."""
    return _time(connection, edition_id, func.max(provider_id.c.send_at))


def earliest_time(connection: Connection, edition_id: int) -> datetime | None:
    """When the first of them leave."""
    return _time(connection, edition_id, func.min(provider_id.c.send_at))


def people_under(connection: Connection, id_number: int) -> int:
    """How many people are in batches under the id that were, or may have been, accepted."""
    query = select(func.coalesce(func.sum(batch.c.size), 0)).where(
        batch.c.provider_id == id_number, batch.c.state.in_(_UNDER)
    )
    return int(connection.execute(query).scalar_one())


def _swap_to_cancelled(connection: Connection, id_number: int, now: datetime) -> bool:
    swapped = connection.execute(
        update(provider_id)
        .where(_is(id_number, ProviderIdState.CLOSING))
        .values(state=ProviderIdState.CANCELLED, cancelled_at=now)
    )
    return swapped.rowcount == 1


def _time(connection: Connection, edition_id: int, column: Any) -> datetime | None:
    query = (
        select(column)
        .join(batch, batch.c.provider_id == provider_id.c.id)
        .where(
            provider_id.c.edition_id == edition_id,
            provider_id.c.state.in_((ProviderIdState.OPEN, ProviderIdState.CLOSING)),
            batch.c.state.in_(_UNDER),
        )
    )
    found: datetime | None = connection.execute(query).scalar()
    return found


def _plan_anew(
    connection: Connection, edition_id: int, numbers: Sequence[int], people_become: DeliveryState
) -> None:
    if not numbers:
        return
    connection.execute(
        update(batch)
        .where(batch.c.edition_id == edition_id, batch.c.number.in_(numbers))
        .values(
            state=BatchState.PLANNED,
            attempt=batch.c.attempt + 1,
            provider_id=None,
            owner=None,
            lease_until=None,
            message_id=None,
            settled_at=None,
        )
    )
    for old in (DeliveryState.ACCEPTED, DeliveryState.UNKNOWN):
        move_many(connection, edition_id, numbers, old, people_become)


def _is(id_number: int, state: ProviderIdState) -> ColumnElement[bool]:
    return and_(provider_id.c.id == id_number, provider_id.c.state == state)


def _id(row: Any) -> ProviderId:
    return ProviderId(
        id=row.id,
        edition_id=row.edition_id,
        value=row.value,
        state=ProviderIdState(row.state),
        send_at=row.send_at,
        tried_at=row.cancel_tried_at,
    )
