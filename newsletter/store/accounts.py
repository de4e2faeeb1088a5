"""Queries for accounts: in which editions one post was, and what became of one person's mails."""

from __future__ import annotations

from sqlalchemy import Connection, select

from newsletter.model.account import Appearance, PersonDelivery, PostFacts
from newsletter.model.delivery import DeliveryState
from newsletter.model.edition import Channel, ItemKind
from newsletter.model.event import Event, EventKind
from newsletter.store.tables import delivery, edition, edition_item, event, page, post


def post_facts(connection: Connection, post_id: int) -> PostFacts:
    """What decides whether the post is news at all; it must exist."""
    row = connection.execute(
        select(post, page.c.standing, page.c.since)
        .outerjoin(page, page.c.url == post.c.url)
        .where(post.c.id == post_id)
    ).one()
    away = row.standing in ("gone", "private")
    return PostFacts(
        first_seen_at=row.first_seen_at,
        baseline=row.baseline,
        protected=row.protected,
        unavailable=(row.standing, row.since) if away else None,
    )


def appearances(connection: Connection, post_id: int, channel: Channel) -> dict[int, Appearance]:
    """The post in the editions of a channel, by the edition's id."""
    rows = connection.execute(
        select(edition_item)
        .join(edition, edition.c.id == edition_item.c.edition_id)
        .where(edition_item.c.post_id == post_id, edition.c.channel == channel)
    )
    return {
        row.edition_id: Appearance(
            edition_id=row.edition_id,
            revision_id=row.revision_id,
            kind=ItemKind(row.kind),
            dropped=row.dropped,
            change=row.shown.get("change", ""),
        )
        for row in rows
    }


def deliveries(connection: Connection, subscriber_id: int) -> dict[int, PersonDelivery]:
    """What the ledger has of each edition for a person, by the edition's id."""
    rows = connection.execute(
        select(delivery).where(delivery.c.subscriber_id == subscriber_id)
    ).all()
    told = _events(connection, [row.id for row in rows])
    return {
        row.edition_id: PersonDelivery(
            edition_id=row.edition_id,
            id=row.id,
            state=DeliveryState(row.state),
            reason=row.reason or "",
            events=tuple(told.get(row.id, ())),
        )
        for row in rows
    }


def _events(connection: Connection, delivery_ids: list[str]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for start in range(0, len(delivery_ids), 500):
        piece = delivery_ids[start : start + 500]
        query = select(event).where(event.c.delivery_id.in_(piece)).order_by(event.c.at)
        for row in connection.execute(query):
            found.setdefault(row.delivery_id, []).append(
                Event(
                    delivery_id=row.delivery_id,
                    attempt=row.attempt,
                    kind=EventKind(row.kind),
                    at=row.at,
                    reason=row.reason,
                )
            )
    return found
