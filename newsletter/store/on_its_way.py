"""Queries for mails that were handed over, and have not arrived yet as far as anybody knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, or_, select

from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.model.edition import Channel
from newsletter.store.tables import batch, delivery, edition, provider_id

FRESH = timedelta(hours=1)
"""So long after it was handed over without a window, a mail may still be on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """An edition that still arrives. `leaves` (UTC) is when the provider lets its mails go, None
    where it did so at once.
    """

    edition_key: str
    leaves: datetime | None


def coming(
    connection: Connection, subscriber_id: int, channel: Channel, *, now: datetime
) -> tuple[Coming, ...]:
    """The editions that still arrive at a person, the newest first.

    That is what was accepted, may have been, or is being handed over at this moment, and waits at
    the provider or was handed over just now.
    """
    out = (DeliveryState.ACCEPTED.value, DeliveryState.UNKNOWN.value)
    under_way = and_(
        delivery.c.state == DeliveryState.PLANNED.value,
        batch.c.state == BatchState.SUBMITTING.value,
    )
    settled = or_(batch.c.settled_at.is_(None), batch.c.settled_at > now - FRESH)
    query = (
        select(edition.c.key, provider_id.c.send_at)
        .select_from(delivery)
        .join(edition, edition.c.id == delivery.c.edition_id)
        .join(
            batch,
            and_(
                batch.c.edition_id == delivery.c.edition_id,
                batch.c.number == delivery.c.batch_number,
            ),
        )
        .outerjoin(provider_id, provider_id.c.id == batch.c.provider_id)
        .where(
            delivery.c.subscriber_id == subscriber_id,
            edition.c.channel == channel.value,
            or_(delivery.c.state.in_(out), under_way),
            or_(provider_id.c.send_at > now, and_(provider_id.c.send_at.is_(None), settled)),
        )
        .order_by(edition.c.id.desc())
    )
    rows = connection.execute(query)
    return tuple(Coming(edition_key=row.key, leaves=row.send_at) for row in rows)
