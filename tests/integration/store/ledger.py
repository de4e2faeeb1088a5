"""People and frozen editions to try the ledger on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, text

from newsletter.model.delivery import BatchState, ClaimedBatch, DeliveryState, ProviderId
from newsletter.model.edition import Channel, Choice, Edition, EditionState, Form, Period, Rendered
from newsletter.store import batches, editions, planning, provider_ids
from newsletter.store.engine import Database
from newsletter.store.tables import (
    batch,
    channel,
    delivery,
    edition,
    edition_choice,
    edition_item,
    edition_variant,
    feed,
    post,
    provider_id,
    revision,
)
from subscribers.model import SubscriptionStatus, SuppressionReason
from subscribers.store.tables import person, suppression

NOW = datetime(2026, 11, 16, 8, 30, 15, 123456, tzinfo=UTC)
WEEK = Period(
    key="2026-W47",
    scheduled_at=datetime(2026, 11, 16, 7, 30, tzinfo=UTC),
    first_day=date(2026, 11, 16),
)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A person of a list. `topics` as the row spells them; `confirmed` is the day of November on
    which the subscription was confirmed, None where nobody knows.
    """

    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    topics: str = ""
    form: Form = Form.NORMAL
    suppressed: SuppressionReason | None = None
    confirmed: int | None = None
    paused_days: int | None = None
    """A pause until so many days after NOW."""

    @property
    def is_paused(self) -> bool:
        """Whether the pause lasts at NOW."""
        return self.paused_days is not None and self.paused_days > 0


def week(number: int) -> Period:
    """A period some weeks after the first one."""
    later = timedelta(weeks=number)
    return Period(
        key=f"2026-W{47 + number}",
        scheduled_at=WEEK.scheduled_at + later,
        first_day=WEEK.first_day + later,
    )


def add_readers(connection: Connection, readers: Iterable[Reader]) -> list[int]:
    """Writes people and their suppressions; their numbers, in the order given."""
    first = planning.last_person(connection) + 1
    people = [_person(number, reader) for number, reader in enumerate(readers, first)]
    barred = [
        {"address_key": key, "reason": reader.suppressed, "since": NOW}
        for reader, key in ((reader, row["address_key"]) for reader, row in people)
        if reader.suppressed is not None
    ]
    if people:
        connection.execute(insert(person), [row for _, row in people])
    if barred:
        connection.execute(insert(suppression), barred)
    return [int(row["id"]) for _, row in people]


def _person(number: int, reader: Reader) -> tuple[Reader, dict[str, Any]]:
    address = f"reader{number}@example.org"
    return reader, {
        "id": number,
        "address": address,
        "address_key": address,
        "name": f"Reader {number}",
        "token": f"token{number}",
        "status": reader.status,
        "topics": reader.topics,
        "form": reader.form,
        "created_at": NOW,
        "confirmed_at": reader.confirmed and NOW.replace(day=reader.confirmed),
        "changed_at": NOW,
        "paused_until": None
        if reader.paused_days is None
        else NOW + timedelta(days=reader.paused_days),
    }


def variant(key: str, subject: str = "Subject") -> Rendered:
    """A variant's bytes."""
    return Rendered(
        key=key,
        form=Form.NORMAL,
        subject=subject,
        mjml="<mjml/>",
        html=f"<p>{key}</p>",
        text=key,
        checksum=f"of {key}",
    )


def freeze(
    connection: Connection,
    *,
    variants: Sequence[str] = ("all",),
    choices: Sequence[Choice] = (),
    period: Period = WEEK,
    newest_first: bool = False,
) -> Edition:
    """A frozen edition of the rehearsal channel with these variants, for everybody there is now."""
    draft = editions.create(connection, period, Channel.REHEARSAL, "00ff")
    editions.save_draft(
        connection,
        draft,
        state=EditionState.DRAFT,
        reasons=[],
        checksum="one",
        items=[],
        left_out=[],
        variants=[variant(key) for key in variants],
        choices=choices,
        now=NOW,
    )
    draft = editions.get(connection, draft.id)
    until = planning.last_person(connection)
    assert editions.freeze(
        connection,
        draft,
        now=NOW,
        transport="outbox",
        plan_until=until,
        newest_first=newest_first,
    )
    return editions.get(connection, draft.id)


def plan(
    database: Database, edition_id: int, *, batch_size: int = 1000, block: int = 50_000
) -> None:
    """Plans a frozen edition to its end; then it is `sending`."""
    done = False
    while not done:
        with database.begin() as connection:
            done = planning.plan_block(
                connection, edition_id, batch_size=batch_size, now=NOW, block=block
            ).done
    with database.begin() as connection:
        assert editions.move(
            connection, edition_id, EditionState.FROZEN, EditionState.SENDING, planned_at=NOW
        )


def sending(database: Database, people: int, *, batch_size: int) -> Edition:
    """An edition that is being sent to so many people, in batches of that size."""
    with database.begin() as connection:
        add_readers(connection, [Reader()] * people)
        frozen = freeze(connection)
    plan(database, frozen.id, batch_size=batch_size)
    with database.read() as connection:
        return editions.get(connection, frozen.id)


def states(connection: Connection, edition_id: int) -> dict[int, tuple[str, str | None]]:
    """State and reason of each delivery, by the person's number."""
    rows = connection.execute(
        select(delivery.c.subscriber_id, delivery.c.state, delivery.c.reason)
        .where(delivery.c.edition_id == edition_id)
        .order_by(delivery.c.subscriber_id)
    )
    return {row.subscriber_id: (row.state, row.reason) for row in rows}


def claim(
    database: Database, edition: Edition, owner: str = "one", under: ProviderId | None = None
) -> ClaimedBatch:
    """The next batch, which must be there."""
    with database.begin() as connection:
        claimed = batches.claim(connection, edition.id, owner, now=NOW, provider_id=under)
    assert claimed is not None
    return claimed


def settled(
    database: Database,
    edition: Edition,
    end: BatchState = BatchState.ACCEPTED,
    under: ProviderId | None = None,
) -> ClaimedBatch:
    """The next batch, claimed and settled like this."""
    claimed = claim(database, edition, under=under)
    with database.begin() as connection:
        assert batches.settle(connection, claimed, end, now=NOW)
    return claimed


def add_id(
    database: Database,
    edition: Edition,
    value: str = "id-1",
    *,
    send_at: datetime | None = NOW + timedelta(hours=1),
) -> ProviderId:
    """An open id of the provider's, with its time."""
    with database.begin() as connection:
        provider_ids.add(connection, edition.id, value, now=NOW)
        found = provider_ids.of_edition(connection, edition.id)[-1]
        assert send_at is None or provider_ids.set_time(connection, found.id, send_at)
        return provider_ids.of_edition(connection, edition.id)[-1]


def batch_rows(connection: Connection, edition: Edition) -> dict[int, Any]:
    """The batches by their numbers, in that order."""
    query = select(batch).where(batch.c.edition_id == edition.id)
    rows = connection.execute(query.order_by(batch.c.number))
    return {row.number: row for row in rows}


def snapshot(database: Database) -> list[list[tuple[Any, ...]]]:
    """All batches, deliveries and ids of the provider's."""
    with database.read() as connection:
        return [
            sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in (batch, delivery, provider_id)
        ]


def ledger_states(database: Database) -> dict[object, BatchState | DeliveryState]:
    """The state of each batch, by its number, and of each delivery."""
    with database.read() as connection:
        of_batches = connection.execute(select(batch.c.number, batch.c.state)).all()
        of_people = connection.execute(select(delivery.c.id, delivery.c.state)).all()
    return {
        **{number: BatchState(state) for number, state in of_batches},
        **{name: DeliveryState(state) for name, state in of_people},
    }


def let_lease_run_out(database: Database) -> None:
    """Moves all leases into the past, by the database's clock; SQLite has none."""
    if not database.is_sqlite:
        with database.begin() as connection:
            connection.execute(text("UPDATE batch SET lease_until = now() - interval '1 second'"))


def clear(connection: Connection) -> None:
    """Empties every table a test of this folder writes to."""
    for table in (
        *(delivery, batch, provider_id, edition_choice, edition_variant, edition_item, edition),
        *(channel, revision, post, feed, suppression, person),
    ):
        connection.execute(table.delete())
