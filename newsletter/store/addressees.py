"""Queries for the last look at the people of a batch, before it is submitted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from newsletter.model.delivery import ClaimedBatch, DeliveryState, Recipient
from newsletter.store.batches import numbered, of_batch
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


class Standing(NamedTuple):
    """How many people of a batch may be mailed, and when one of them was last changed."""

    people: int
    changed_at: datetime | None


class Looked(NamedTuple):
    """Who may be mailed of a batch, and by what it shows whether that still is so."""

    recipients: tuple[Recipient, ...]
    standing: Standing


def in_good_standing(connection: Connection, claimed: ClaimedBatch) -> tuple[Recipient, ...]:
    """Everybody who is still planned in the batch and may be mailed, by the list as it is now.

    The rule of `newsletter.delivery.plan.skip_at_submission`, run by the database; `addressees`
    has the others as well, for a few times the cost.
    """
    return _mailable(connection, claimed.edition_id, claimed.number)


def standing_of(connection: Connection, edition_id: int, number: int) -> Standing:
    """What `in_good_standing` depends on, for a third of the cost: the same as before, and those
    are the same people with the same addresses.
    """
    query = select(func.count(), func.max(person.c.changed_at)).select_from(_LISTED)
    found = connection.execute(query.where(_may_be_mailed(edition_id, number))).one()
    return Standing._make(found)


def looked_at(connection: Connection, edition_id: int, number: int) -> Looked:
    """A look at a batch before it is claimed."""
    standing = standing_of(connection, edition_id, number)
    return Looked(_mailable(connection, edition_id, number), standing)


_LISTED = delivery.join(person, person.c.id == delivery.c.subscriber_id).outerjoin(
    suppression, suppression.c.address_key == person.c.address_key
)


def _may_be_mailed(edition_id: int, number: int) -> ColumnElement[bool]:
    return and_(
        numbered(edition_id, number),
        delivery.c.state == DeliveryState.PLANNED,
        person.c.status == SubscriptionStatus.ACTIVE,
        suppression.c.id.is_(None),
    )


def _mailable(connection: Connection, edition_id: int, number: int) -> tuple[Recipient, ...]:
    query = (
        select(
            *(delivery.c.id, delivery.c.subscriber_id),
            *(person.c.address, person.c.name, person.c.token),
        )
        .select_from(_LISTED)
        .where(_may_be_mailed(edition_id, number))
        .order_by(delivery.c.subscriber_id)
    )
    return tuple(map(Recipient._make, connection.execute(query).all()))


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
