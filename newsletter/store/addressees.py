"""Queries for the last look at the people of a batch, before it is submitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from newsletter.model.delivery import ClaimedBatch, DeliveryState, Recipient
from newsletter.store.batches import of_batch
from newsletter.store.tables import delivery
from subscribers.model import SubscriptionStatus, SuppressionReason
from subscribers.store.tables import person, suppression


class Addressee(NamedTuple):
    """A person of a claimed batch as the list has them now, before the last look.

    An erased person has neither recipient nor status. A tuple, since there is one for everybody.
    """

    delivery_id: str
    recipient: Recipient | None
    status: SubscriptionStatus | None
    suppression: SuppressionReason | None


def in_good_standing(connection: Connection, claimed: ClaimedBatch) -> tuple[Recipient, ...]:
    """Everybody who is still planned in the batch and may be mailed, by the list as it is now.

    The rule of `newsletter.delivery.plan.skip_at_submission`, run by the database; `addressees`
    has the others as well, for a few times the cost.
    """
    query = (
        select(
            *(delivery.c.id, delivery.c.subscriber_id),
            *(person.c.address, person.c.name, person.c.token),
        )
        .join(person, person.c.id == delivery.c.subscriber_id)
        .outerjoin(suppression, suppression.c.address_key == person.c.address_key)
        .where(
            of_batch(claimed),
            delivery.c.state == DeliveryState.PLANNED,
            person.c.status == SubscriptionStatus.ACTIVE,
            suppression.c.id.is_(None),
        )
        .order_by(delivery.c.subscriber_id)
    )
    return tuple(map(Recipient._make, connection.execute(query)))


def addressees(connection: Connection, claimed: ClaimedBatch) -> list[Addressee]:
    """Everybody who is still planned in the batch, with what the list says of them now."""
    query = (
        select(
            *(delivery.c.id, delivery.c.subscriber_id),
            *(person.c.address, person.c.name, person.c.token, person.c.status),
            suppression.c.reason,
        )
        .outerjoin(person, person.c.id == delivery.c.subscriber_id)
        .outerjoin(suppression, suppression.c.address_key == person.c.address_key)
        .where(of_batch(claimed), delivery.c.state == DeliveryState.PLANNED)
        .order_by(delivery.c.subscriber_id)
    )
    return [_addressee(row) for row in connection.execute(query).all()]


def standing(
    connection: Connection, subscriber_id: int
) -> tuple[SubscriptionStatus | None, SuppressionReason | None]:
    """What the list says of one person now; (None, None) for one who was erased."""
    row = connection.execute(
        select(person.c.status, suppression.c.reason)
        .outerjoin(suppression, suppression.c.address_key == person.c.address_key)
        .where(person.c.id == subscriber_id)
    ).one_or_none()
    if row is None:
        return None, None
    reason = SuppressionReason(row.reason) if row.reason else None
    return SubscriptionStatus(row.status), reason


def skip(connection: Connection, claimed: ClaimedBatch, reasons: Mapping[str, str]) -> None:
    """Marks deliveries (id -> reason) as skipped."""
    for delivery_id, reason in reasons.items():
        connection.execute(
            update(delivery)
            .where(delivery.c.id == delivery_id, delivery.c.state == DeliveryState.PLANNED)
            .values(state=DeliveryState.SKIPPED, reason=reason)
        )


_STATUS = {status.value: status for status in SubscriptionStatus}
"""Looking a value up takes a fraction of the time of `SubscriptionStatus(value)`."""


def _addressee(row: Any) -> Addressee:
    delivery_id, subscriber_id, address, name, token, status, suppressed = row
    suppression = SuppressionReason(suppressed) if suppressed else None
    if address is None:
        return Addressee(delivery_id, None, None, suppression)
    recipient = Recipient(delivery_id, subscriber_id, address, name, token)
    return Addressee(delivery_id, recipient, _STATUS[status], suppression)
