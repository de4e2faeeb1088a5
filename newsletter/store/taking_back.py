"""Queries for what the admin decides of a whole edition: taken back, sent after all, assumed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, update

from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.store.tables import batch, delivery


def cancel_planned(connection: Connection, edition_id: int) -> None:
    """Whoever was not handed over yet will not be."""
    _move_people(connection, edition_id, DeliveryState.PLANNED, DeliveryState.CANCELLED)


def plan_cancelled(connection: Connection, edition_id: int) -> None:
    """Whoever's mail was taken back is planned anew; nobody else is."""
    _move_people(connection, edition_id, DeliveryState.CANCELLED, DeliveryState.PLANNED)
    connection.execute(
        update(batch)
        .where(batch.c.edition_id == edition_id, batch.c.state == BatchState.PLANNED)
        .values(not_before=None, error="")
    )


def assume_accepted(connection: Connection, edition_id: int, *, now: datetime) -> None:
    """What nobody knows counts as accepted."""
    connection.execute(
        update(batch).where(_unknown(edition_id)).values(state=BatchState.ACCEPTED, settled_at=now)
    )
    _move_people(connection, edition_id, DeliveryState.UNKNOWN, DeliveryState.ACCEPTED)


def assume_lost(connection: Connection, edition_id: int) -> None:
    """What nobody knows is planned anew, one attempt later."""
    connection.execute(
        update(batch)
        .where(_unknown(edition_id))
        .values(
            state=BatchState.PLANNED,
            attempt=batch.c.attempt + 1,
            provider_id=None,
            owner=None,
            lease_until=None,
            not_before=None,
        )
    )
    _move_people(connection, edition_id, DeliveryState.UNKNOWN, DeliveryState.PLANNED)


def _unknown(edition_id: int) -> ColumnElement[bool]:
    return and_(batch.c.edition_id == edition_id, batch.c.state == BatchState.UNKNOWN)


def _move_people(
    connection: Connection, edition_id: int, old: DeliveryState, new: DeliveryState
) -> None:
    connection.execute(
        update(delivery)
        .where(delivery.c.edition_id == edition_id, delivery.c.state == old)
        .values(state=new)
    )
