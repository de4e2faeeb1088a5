"""A ledger that is an older copy: what became of anybody since it was made, nobody knows."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from newsletter.model.delivery import COPY_APART, BatchState, DeliveryState, ProviderIdState
from newsletter.model.edition import EditionState
from newsletter.store.tables import batch, delivery, edition, provider_id

_UNFINISHED = (
    *(EditionState.FROZEN, EditionState.SENDING, EditionState.PAUSED, EditionState.SCHEDULED),
    *(EditionState.PARTIAL, EditionState.CANCELLING, EditionState.CANCELLED),
)
_OPEN_PEOPLE = (DeliveryState.PLANNED, DeliveryState.ACCEPTED, DeliveryState.CANCELLED)
_OPEN_BATCHES = (
    *(BatchState.PLANNED, BatchState.SUBMITTING),
    *(BatchState.ACCEPTED, BatchState.UNKNOWN),
)


def mark_restored(connection: Connection) -> int:
    """Makes everybody unknown of whom the copy does not say for certain how it ended; how many.

    Also who was accepted, or taken back: that may have been undone since. Ids at the provider are
    given up, since it may know others by now.
    """
    unfinished = select(edition.c.id).where(edition.c.state.in_(_UNFINISHED)).scalar_subquery()
    people = connection.execute(
        update(delivery)
        .where(delivery.c.edition_id.in_(unfinished), delivery.c.state.in_(_OPEN_PEOPLE))
        .values(state=DeliveryState.UNKNOWN, reason=None)
    )
    connection.execute(
        update(batch)
        .where(batch.c.edition_id.in_(unfinished), batch.c.state.in_(_OPEN_BATCHES))
        .values(
            state=BatchState.UNKNOWN,
            attempt=(batch.c.attempt // COPY_APART + 1) * COPY_APART,
            provider_id=None,
            owner=None,
            lease_until=None,
        )
    )
    connection.execute(
        update(provider_id)
        .where(provider_id.c.edition_id.in_(unfinished))
        .values(state=ProviderIdState.DELETED)
    )
    connection.execute(
        update(edition)
        .where(edition.c.state == EditionState.SCHEDULED)
        .values(state=EditionState.PARTIAL)
    )
    return people.rowcount
