"""How much is held about people, counted."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Table, func, select, true

from newsletter.store.event_tables import posted_events
from newsletter.store.tables import batch, delivery, edition_variant, event, notice
from subscribers.model import SubscriptionStatus
from subscribers.store.tables import (
    bucket,
    consent,
    person,
    pushed,
    request,
    soft_bounce,
    suppression,
)


def kinds() -> dict[str, tuple[Table, ColumnElement[bool]]]:
    """Everything that knows something of people: where it is, and which rows."""
    erased = suppression.c.address_hash.is_not(None)
    return {
        **{f"people_{each.value}": (person, person.c.status == each.value)
           for each in SubscriptionStatus},
        "consents": (consent, true()),
        "networks": (consent, consent.c.network != ""),
        "suppressions": (suppression, ~erased),
        "erased": (suppression, erased),
        "pushed": (pushed, true()),
        "soft_bounces": (soft_bounce, true()),
        "requests": (request, true()),
        "limits": (bucket, true()),
        "deliveries": (delivery, true()),
        "events": (event, true()),
        "posts": (posted_events, true()),
        "batch_errors": (batch, batch.c.error != ""),
        "notices": (notice, notice.c.text != ""),
    }  # fmt: skip


def counted(connection: Connection) -> dict[str, int]:
    """How many rows there are of each kind."""
    return {
        key: int(
            connection.execute(select(func.count()).select_from(table).where(which)).scalar_one()
        )
        for key, (table, which) in kinds().items()
    }


def latest_pages(connection: Connection, most: int = 20) -> list[str]:
    """The HTML of the newest variants, to see from where their pictures come."""
    query = select(edition_variant.c.html).order_by(edition_variant.c.edition_id.desc())
    return list(connection.execute(query.limit(most)).scalars())
