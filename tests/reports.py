"""Reports of a provider, as they are posted: events of deliveries, and signed posts of them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from newsletter.model.delivery import BatchState
from newsletter.standin.signing import Signer
from newsletter.store import batches, planning
from newsletter.store.engine import Database
from newsletter.store.tables import batch, delivery, edition, event
from subscribers.store.tables import person, soft_bounce, suppression
from tests.integration.store.ledger import NOW, Reader, add_readers, freeze, plan, week

SIGNER = Signer(7)
DAY = 86_400


def raw(delivery_id: str, kind: str = "delivered", attempt: int = 1, **more: Any) -> dict[str, Any]:
    """An event as it is posted."""
    return {
        "email": "reader@example.org",
        "event": kind,
        "timestamp": int(NOW.timestamp()),
        "sg_event_id": "ZGVsaXZlcmVkLTA",
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        "nl_delivery": delivery_id,
        "nl_attempt": str(attempt),
        **more,
    }


@dataclass(frozen=True, kw_only=True)
class SignedPost:
    """A post of events with its two headers."""

    body: bytes
    headers: dict[str, str] = field(repr=False)


def signed(events: Sequence[object], at: datetime = NOW, *, signer: Signer = SIGNER) -> SignedPost:
    """The events as a signed post."""
    body = ("[" + ",\r\n".join(json.dumps(each) for each in events) + "]\r\n").encode()
    return SignedPost(body=body, headers=signer.headers(body, int(at.timestamp())))


def handed_over(
    database: Database, people: int = 5, *, number: int = 0, state: BatchState = BatchState.ACCEPTED
) -> list[str]:
    """An edition (that of this week) that was handed over as one batch: its deliveries, by the
    number of the person. The people are added when there are none.
    """
    with database.begin() as connection:
        if planning.last_person(connection) == 0:
            add_readers(connection, [Reader()] * people)
        frozen = freeze(connection, period=week(number))
    plan(database, frozen.id, batch_size=people)
    with database.begin() as connection:
        claimed = batches.claim(connection, frozen.id, "one", now=NOW)
        assert claimed is not None
        assert batches.settle(connection, claimed, state, now=NOW)
        query = select(delivery.c.id).where(delivery.c.edition_id == frozen.id)
        return list(connection.execute(query.order_by(delivery.c.subscriber_id)).scalars())


def barred(database: Database) -> dict[str, str]:
    """The suppressed addresses, and why."""
    with database.read() as connection:
        rows = connection.execute(select(suppression.c.address_key, suppression.c.reason))
        return {row[0]: row[1] for row in rows}


def state_of(database: Database) -> list[list[str]]:
    """All that reports may change, but for the numbers of rows and when it was learnt."""
    queries = (
        select(batch.c.number, batch.c.state, batch.c.attempt),
        select(delivery.c.id, delivery.c.state),
        select(edition.c.key, edition.c.state),
        select(event),
        select(person.c.id, person.c.status),
        select(suppression.c.address_key, suppression.c.reason),
        select(soft_bounce),
    )
    with database.read() as connection:
        return [sorted(map(str, connection.execute(query))) for query in queries]


KINDS: tuple[dict[str, Any], ...] = (
    {"event": "processed"},
    {"event": "delivered"},
    {"event": "deferred"},
    {"event": "bounce", "type": "bounce", "status": "5.1.1"},
    {"event": "bounce", "type": "blocked", "status": "5.2.2"},
    {"event": "bounce", "type": "blocked", "status": "5.7.1"},
    {"event": "dropped", "reason": "Bounced Address"},
    {"event": "dropped", "reason": "Cancelled"},
    {"event": "spamreport"},
    {"event": "unsubscribe"},
)


def some_events(
    chance: random.Random, weeks: list[list[str]], *, start: int
) -> list[dict[str, Any]]:
    """Events of these deliveries, some without their ids, many of them twice with another id."""
    events = []
    for _ in range(40):
        week, one = chance.randrange(len(weeks)), chance.randrange(len(weeks[0]))
        more = chance.choice(KINDS) | {"timestamp": start + week * 7 * DAY + chance.randrange(99)}
        # Of one attempt: what a second one may be is the batch's history, not the order's.
        each = raw(weeks[week][one], "", **more) | {"email": f"reader{one + 1}@example.org"}
        if chance.random() < 0.1:
            del each["nl_delivery"], each["nl_attempt"], each["sg_message_id"]
        events.append(each)
        if chance.random() < 0.3:
            events.append(each | {"sg_event_id": str(chance.random())})
    return events


def as_before(database: Database) -> None:
    """Nothing was reported yet."""
    with database.begin() as connection:
        for table in (event, soft_bounce, suppression):
            connection.execute(delete(table))
        connection.execute(update(person).values(status="active"))
