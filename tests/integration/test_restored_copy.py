"""The ledger is an older copy: nobody is taken to be mailed who may not have been."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from newsletter.model.delivery import BatchState, ClaimedBatch, DeliveryState, ProviderIdState
from newsletter.model.edition import Edition, EditionState
from newsletter.store import editions, provider_ids, taking_back
from newsletter.store.engine import Database
from newsletter.store.restoring import mark_restored
from newsletter.store.tables import batch, delivery, edition, event, provider_id
from tests.integration.store.ledger import NOW, freeze, sending
from tests.integration.test_absorb import (
    absorbed,
    alarms,
    batch_row,
    claim,
    finished,
    ids_in,
    people_states,
    raw,
    settle,
    snapshot,
    unknown,
)


def restored(database: Database) -> int:
    with database.begin() as connection:
        return mark_restored(connection)


def half(database: Database) -> tuple[Edition, ClaimedBatch, ClaimedBatch]:
    """The copy says of three batches: one accepted, one of unknown end, one still to do."""
    found = sending(database, 15, batch_size=5)
    first = claim(database, found)
    settle(database, first, BatchState.ACCEPTED)
    return found, first, unknown(database, found)


def state_of(database: Database, found: Edition) -> str:
    with database.read() as connection:
        query = select(edition.c.state).where(edition.c.id == found.id)
        return str(connection.execute(query).scalar_one())


def test_what_the_copy_says_of_an_edition_that_was_not_over_is_not_believed(
    database: Database,
) -> None:
    found, _, _ = half(database)
    with database.begin() as connection:
        provider_ids.add(connection, found.id, "b1", now=NOW)
    assert restored(database) == 10  # five were unknown already
    with database.read() as connection:
        assert set(connection.execute(select(delivery.c.state)).scalars()) == {"unknown"}
        assert set(connection.execute(select(batch.c.state)).scalars()) == {"unknown"}
        ids = set(connection.execute(select(provider_id.c.state)).scalars())
    assert ids == {ProviderIdState.DELETED}


@pytest.mark.parametrize("end", [DeliveryState.SKIPPED, DeliveryState.REJECTED])
def test_who_was_not_to_be_mailed_stays_so(database: Database, end: DeliveryState) -> None:
    half(database)
    with database.begin() as connection:
        connection.execute(
            update(delivery).where(delivery.c.subscriber_id == 2).values(state=end, reason="x")
        )
    restored(database)
    with database.read() as connection:
        rows = connection.execute(
            select(delivery.c.state, delivery.c.reason).where(delivery.c.subscriber_id == 2)
        )
        assert [tuple(row) for row in rows] == [(end, "x")]


def test_an_edition_that_was_over_stays_as_it_was(database: Database) -> None:
    found, _, second = half(database)
    absorbed(database, [raw(ids_in(database, second)[0])])
    finished(database, found, EditionState.SENT)
    before = snapshot(database)
    assert restored(database) == 0
    assert snapshot(database) == before


def test_one_that_waited_at_the_provider_may_have_been_taken_back(database: Database) -> None:
    found, _, _ = half(database)
    finished(database, found, EditionState.SCHEDULED)
    restored(database)
    assert state_of(database, found) == "partial"


def test_one_that_was_not_begun_is_closed_for_it_may_have_gone_out(database: Database) -> None:
    with database.begin() as connection:
        found = freeze(connection)
    restored(database)
    with database.read() as connection:
        now = editions.get(connection, found.id)
    assert now.state is EditionState.CANCELLED
    assert "editions reopen" in now.reasons[0]


def test_a_report_counts_for_its_own_person_only(database: Database) -> None:
    """Somebody may have left, or been taken out of the batch, after the copy was made."""
    _, first, second = half(database)
    restored(database)
    one, other, *_ = ids_in(database, first)
    done = absorbed(database, [raw(one), raw(other, "processed"), raw(other, "dropped")])
    assert done.settled_batches == 1
    assert done.alarms == ()
    assert batch_row(database, first).state == "unknown"
    with database.read() as connection:
        states = {row.id: row.state for row in connection.execute(select(delivery))}
    assert [each for each, state in states.items() if state == "accepted"] == [one]
    assert people_states(database, second) == {"unknown"}


@pytest.mark.parametrize("attempt", [1, 2, 7])
def test_whichever_attempt_it_was_that_the_copy_does_not_know(
    database: Database, attempt: int
) -> None:
    """When everybody is known to have it, the edition is over. Nobody had it twice."""
    found, first, second = half(database)
    restored(database)
    finished(database, found, EditionState.PARTIAL)
    with database.read() as connection:
        everybody = list(
            connection.execute(select(delivery.c.id).order_by(delivery.c.id)).scalars()
        )
    for number, each in enumerate(everybody):
        assert state_of(database, found) == "partial"
        absorbed(database, [raw(each, attempt=attempt + number % 2)])
    assert batch_row(database, first).state == batch_row(database, second).state == "accepted"
    assert state_of(database, found) == "sent"
    assert alarms(database) == {}


def test_mails_of_two_attempts_to_one_person_are_told(database: Database) -> None:
    found, first, _ = half(database)
    restored(database)
    one = ids_in(database, first)[0]
    done = absorbed(database, [raw(one, attempt=1), raw(one, attempt=2)])
    assert [alarm.about.partition(":")[0] for alarm in done.alarms] == ["double"]
    assert list(alarms(database)) == [f"double:{found.key}:10000:{first.number}"]


def test_after_the_admins_word_attempts_are_counted_apart_from_the_old_ones(
    database: Database,
) -> None:
    """A report of an attempt that the copy did not know is none of the new one."""
    found, first, _ = half(database)
    restored(database)
    with database.begin() as connection:
        taking_back.assume_lost(connection, found.id)
    again = claim(database, found)
    assert (again.number, again.attempt) == (first.number, 10001)
    settle(database, again, BatchState.UNKNOWN)
    one = ids_in(database, first)[0]
    assert absorbed(database, [raw(one, "processed", attempt=2)]).settled_batches == 0
    assert absorbed(database, [raw(one, "processed", attempt=10001)]).settled_batches == 1
    assert people_states(database, first) == {"accepted"}  # this request was of all of them
    with database.read() as connection:
        assert connection.execute(select(event.c.delivery_id)).first() is not None
