"""The provider's batch ids: closed at a doubt, cancelled as one, counted, forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import IntegrityError

from newsletter.errors import StoreError
from newsletter.model.delivery import BatchState, DeliveryState, ProviderId, ProviderIdState
from newsletter.model.edition import Edition, EditionState
from newsletter.store import addressees, batches, editions, provider_ids
from newsletter.store.engine import Database
from newsletter.store.tables import provider_id
from tests.integration.store.ledger import (
    NOW,
    add_id,
    batch_rows,
    claim,
    freeze,
    plan,
    sending,
    settled,
    snapshot,
    states,
    week,
)

HOUR = timedelta(hours=1)
ACCEPTED, UNKNOWN = BatchState.ACCEPTED, BatchState.UNKNOWN
OPEN, CLOSING = ProviderIdState.OPEN, ProviderIdState.CLOSING
CANCELLED, DELETED = ProviderIdState.CANCELLED, ProviderIdState.DELETED

on_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


@pytest.fixture
def edition(database: Database) -> Edition:
    """Five people, one in each batch."""
    return sending(database, 5, batch_size=1)


def another(database: Database) -> Edition:
    """The edition of the week after, for the same people."""
    with database.begin() as connection:
        found = freeze(connection, period=week(1))
    plan(database, found.id, batch_size=1)
    return found


def put(database: Database, found: ProviderId, state: ProviderIdState, **values: Any) -> ProviderId:
    """The id in this state, wherever it was before."""
    with database.begin() as connection:
        connection.execute(
            update(provider_id).where(provider_id.c.id == found.id).values(state=state, **values)
        )
        return next(
            each
            for each in provider_ids.of_edition(connection, found.edition_id)
            if each.id == found.id
        )


def row(database: Database, found: ProviderId) -> Any:
    with database.read() as connection:
        return connection.execute(select(provider_id).where(provider_id.c.id == found.id)).one()


def rows(database: Database, edition: Edition) -> dict[int, Any]:
    with database.read() as connection:
        return batch_rows(connection, edition)


def people(database: Database, edition: Edition) -> list[str]:
    """The state of each person, in their order."""
    with database.read() as connection:
        return [state for state, _ in states(connection, edition.id).values()]


# ---- an id and its time ----------------------------------------------------------------------


def test_ids_are_kept_in_their_order_and_for_their_edition(
    database: Database, edition: Edition
) -> None:
    first, second = add_id(database, edition, "a"), add_id(database, edition, "b")
    put(database, second, CLOSING)
    add_id(database, another(database), "c")
    with database.read() as connection:
        found = provider_ids.of_edition(connection, edition.id)
        closing = provider_ids.of_edition(connection, edition.id, CLOSING, CANCELLED)
    assert [(each.value, each.state) for each in found] == [("a", OPEN), ("b", CLOSING)]
    assert [each.id for each in closing] == [second.id]
    assert first.send_at == NOW + HOUR
    assert first.tried_at is None


def test_one_id_is_never_two_editions(database: Database, edition: Edition) -> None:
    """A cancel would take both back."""
    add_id(database, edition, "a")
    other = another(database)
    with pytest.raises(IntegrityError):
        add_id(database, other, "a")


def test_the_time_of_an_id_is_set_once(database: Database, edition: Edition) -> None:
    """All mails under it leave together, whoever is faster."""
    found = add_id(database, edition, send_at=None)
    assert found.send_at is None
    with database.begin() as connection:
        assert provider_ids.set_time(connection, found.id, NOW)
        assert not provider_ids.set_time(connection, found.id, NOW + HOUR)
    assert row(database, found).send_at == NOW


def test_an_id_that_is_not_open_gets_no_time_and_takes_nothing_more(
    database: Database, edition: Edition
) -> None:
    for state in (CLOSING, CANCELLED, DELETED):
        found = put(database, add_id(database, edition, state, send_at=None), state)
        with database.begin() as connection:
            assert not provider_ids.set_time(connection, found.id, NOW)
            assert not provider_ids.is_open(connection, found.id)
        assert row(database, found).send_at is None


@on_postgresql
def test_nobody_closes_an_id_while_a_batch_is_claimed_under_it(
    database: Database, edition: Edition
) -> None:
    """Else a request could start under an id that a cancel has just been asked for."""
    found = add_id(database, edition)
    with database.begin() as claiming:
        assert provider_ids.is_open(claiming, found.id)
        with pytest.raises(StoreError):
            close_without_waiting(database, edition)
    assert row(database, found).state == OPEN
    close_without_waiting(database, edition)
    assert row(database, found).state == CLOSING


def close_without_waiting(database: Database, edition: Edition) -> None:
    with database.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
        provider_ids.close_all(connection, edition.id)


# ---- closing ---------------------------------------------------------------------------------


def test_a_doubt_closes_the_id_that_it_is_about(database: Database, edition: Edition) -> None:
    """Not one whose batches are all clear, not one of another edition, and each only once."""
    doubtful, clear = add_id(database, edition, "a"), add_id(database, edition, "b")
    other = another(database)
    elsewhere = add_id(database, other, "c")
    settled(database, edition, UNKNOWN, doubtful)
    settled(database, edition, ACCEPTED, clear)
    settled(database, other, UNKNOWN, elsewhere)
    with database.begin() as connection:
        assert provider_ids.close_doubtful(connection, edition.id) == 1
        assert provider_ids.close_doubtful(connection, edition.id) == 0
    assert [row(database, each).state for each in (doubtful, clear, elsewhere)] == [
        CLOSING,
        OPEN,
        OPEN,
    ]


def test_a_doubt_without_an_id_closes_nothing(database: Database, edition: Edition) -> None:
    found = add_id(database, edition)
    settled(database, edition, UNKNOWN)
    with database.begin() as connection:
        assert provider_ids.close_doubtful(connection, edition.id) == 0
    assert row(database, found).state == OPEN


def test_the_admin_closes_every_open_id_used_or_not(database: Database, edition: Edition) -> None:
    found = [add_id(database, edition, name) for name in "abc"]
    put(database, found[2], DELETED)
    elsewhere = add_id(database, another(database), "d")
    settled(database, edition, ACCEPTED, found[0])
    with database.begin() as connection:
        provider_ids.close_all(connection, edition.id)
    after = [row(database, each).state for each in (*found, elsewhere)]
    assert after == [CLOSING, CLOSING, DELETED, OPEN]


def test_only_a_closing_id_is_cancelled_at_the_provider(
    database: Database, edition: Edition
) -> None:
    for state in (OPEN, CANCELLED, DELETED):
        found = put(database, add_id(database, edition, state), state)
        before = snapshot(database)
        with database.begin() as connection:
            assert not provider_ids.note_try(connection, found.id, now=NOW)
            provider_ids.note_never_cancelled(connection, found.id)
        assert snapshot(database) == before


def test_the_last_try_is_what_is_remembered(database: Database, edition: Edition) -> None:
    """Until the provider says that it has no cancel."""
    found = put(database, add_id(database, edition), CLOSING)
    with database.begin() as connection:
        assert provider_ids.note_try(connection, found.id, now=NOW)
        assert provider_ids.note_try(connection, found.id, now=NOW + HOUR)
    assert row(database, found).cancel_tried_at == NOW + HOUR
    with database.begin() as connection:
        provider_ids.note_never_cancelled(connection, found.id)
    assert (row(database, found).cancel_tried_at, row(database, found).state) == (None, CLOSING)


# ---- a cancel that is certain ----------------------------------------------------------------


def confirm(
    database: Database, found: ProviderId, become: DeliveryState = DeliveryState.PLANNED
) -> bool:
    with database.begin() as connection:
        return provider_ids.confirm_cancelled(connection, found, now=NOW, people_become=become)


def test_everything_under_a_cancelled_id_is_planned_anew(
    database: Database, edition: Edition
) -> None:
    """Accepted batches too; what went under another id, or was not handed over, is left alone."""
    found, other = add_id(database, edition, "a"), add_id(database, edition, "b")
    settled(database, edition, ACCEPTED, found)
    settled(database, edition, UNKNOWN, found)
    settled(database, edition, ACCEPTED, other)
    settled(database, edition, BatchState.FAILED, found)
    put(database, found, CLOSING)
    assert people(database, edition) == ["accepted", "unknown", "accepted", "rejected", "planned"]
    assert confirm(database, found)
    assert people(database, edition) == ["planned", "planned", "accepted", "rejected", "planned"]
    after = rows(database, edition)
    assert [(each.state, each.attempt) for each in after.values()] == [
        ("planned", 2),
        ("planned", 2),
        ("accepted", 1),
        ("failed", 1),
        ("planned", 1),
    ]
    for number in (0, 1):
        again = after[number]
        assert again.provider_id is again.owner is again.lease_until is again.settled_at is None
        assert again.message_id is None
    assert after[2].provider_id == other.id
    assert row(database, found).state == CANCELLED
    assert row(database, found).cancelled_at == NOW
    assert row(database, other).state == OPEN


def test_who_was_rejected_or_skipped_stays_so(database: Database) -> None:
    """They are facts about a person; only who was handed over comes back."""
    edition = sending(database, 4, batch_size=4)
    found = add_id(database, edition)
    claimed = claim(database, edition, under=found)
    with database.begin() as connection:
        ids = [each.delivery_id for each in addressees.addressees(connection, claimed)]
        addressees.skip(connection, claimed, {ids[1]: "unsubscribed"})
        assert batches.settle(
            connection, claimed, ACCEPTED, now=NOW, rejected={ids[2]: "bad-address"}
        )
    put(database, found, CLOSING)
    assert confirm(database, found)
    assert people(database, edition) == ["planned", "skipped", "rejected", "planned"]
    again = claim(database, edition)
    with database.read() as connection:
        left = [each.delivery_id for each in addressees.addressees(connection, again)]
    assert left == [ids[0], ids[3]]


def test_what_the_admin_takes_back_is_cancelled(database: Database, edition: Edition) -> None:
    found = add_id(database, edition)
    settled(database, edition, ACCEPTED, found)
    settled(database, edition, UNKNOWN, found)
    put(database, found, CLOSING)
    assert confirm(database, found, DeliveryState.CANCELLED)
    assert people(database, edition) == ["cancelled", "cancelled", *["planned"] * 3]


def test_a_cancel_waits_for_a_request_that_is_on_its_way(
    database: Database, edition: Edition
) -> None:
    """It may still be taken after the cancel was looked at, so nothing is certain yet."""
    found = add_id(database, edition)
    settled(database, edition, ACCEPTED, found)
    claimed = claim(database, edition, under=found)
    found = put(database, found, CLOSING)
    before = snapshot(database)
    with database.read() as connection:
        assert provider_ids.is_busy(connection, found.id)
    assert not confirm(database, found)
    assert snapshot(database) == before
    with database.begin() as connection:
        assert batches.settle(connection, claimed, ACCEPTED, now=NOW)
        assert not provider_ids.is_busy(connection, found.id)
    assert confirm(database, found)
    assert people(database, edition) == ["planned"] * 5


def test_a_cancel_of_an_id_that_is_not_closing_changes_nothing(
    database: Database, edition: Edition
) -> None:
    """Neither batches nor people: whoever was faster has done it."""
    found = add_id(database, edition)
    settled(database, edition, ACCEPTED, found)
    settled(database, edition, UNKNOWN, found)
    for state in (OPEN, CANCELLED, DELETED):
        found = put(database, found, state)
        before = snapshot(database)
        assert not confirm(database, found)
        with database.begin() as connection:
            assert not provider_ids.note_doubtful(connection, found, now=NOW)
        assert snapshot(database) == before


def test_of_many_that_confirm_a_cancel_at_once_one_wins(
    database: Database, edition: Edition
) -> None:
    """Else a batch could be planned twice, with two attempts between."""
    found = add_id(database, edition)
    settled(database, edition, ACCEPTED, found)
    found = put(database, found, CLOSING)
    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(lambda _: confirm(database, found), range(4)))
    assert sorted(won) == [False, False, False, True]
    assert rows(database, edition)[0].attempt == 2


def test_a_cancel_that_is_not_committed_has_not_been(database: Database, edition: Edition) -> None:
    """It is one transaction: an id that is cancelled has nobody under it, at any moment."""
    found = add_id(database, edition)
    settled(database, edition, ACCEPTED, found)
    found = put(database, found, CLOSING)
    before = snapshot(database)

    def dies(connection: Connection) -> None:
        assert provider_ids.confirm_cancelled(connection, found, now=NOW)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), database.begin() as connection:
        dies(connection)
    assert snapshot(database) == before


# ---- a cancel of which nobody knows whether it was in time -----------------------------------


def test_after_a_doubtful_cancel_nobody_under_it_counts_as_accepted(
    database: Database, edition: Edition
) -> None:
    found, other = add_id(database, edition, "a"), add_id(database, edition, "b")
    settled(database, edition, ACCEPTED, found)
    settled(database, edition, UNKNOWN, found)
    settled(database, edition, ACCEPTED, other)
    found = put(database, found, CLOSING)
    with database.begin() as connection:
        assert provider_ids.note_doubtful(connection, found, now=NOW)
    assert people(database, edition) == ["unknown", "unknown", "accepted", "planned", "planned"]
    after = rows(database, edition)
    assert [after[n].state for n in range(3)] == ["unknown", "unknown", "accepted"]
    assert [after[n].attempt for n in range(3)] == [1, 1, 1]
    assert (row(database, found).state, row(database, found).cancelled_at) == (CANCELLED, NOW)


def test_a_doubtful_cancel_waits_for_a_request_on_its_way_as_well(
    database: Database, edition: Edition
) -> None:
    """Its answer would make accepted what nobody knows."""
    found = add_id(database, edition)
    settled(database, edition, ACCEPTED, found)
    claim(database, edition, under=found)
    found = put(database, found, CLOSING)
    before = snapshot(database)
    with database.begin() as connection:
        assert not provider_ids.note_doubtful(connection, found, now=NOW)
    assert snapshot(database) == before


# ---- how many there may be -------------------------------------------------------------------

PAST, FUTURE = NOW - HOUR, NOW + HOUR


COUNTED = [
    (OPEN, None, None, True),
    (OPEN, FUTURE, None, True),
    (OPEN, NOW, None, False),  # its mails have left
    (OPEN, PAST, None, False),
    (CLOSING, FUTURE, None, True),
    (CLOSING, PAST, None, False),
    (CLOSING, PAST, PAST, True),  # a cancel may be there
    (CANCELLED, FUTURE, PAST, True),
    (CANCELLED, PAST, PAST, True),
    (DELETED, FUTURE, PAST, False),
    (DELETED, None, None, False),
]


def test_which_ids_count_against_what_the_account_may_have(
    database: Database, edition: Edition
) -> None:
    """Of all editions together."""
    both = (edition, another(database))
    wanted = 0
    for number, (state, send_at, tried_at, counts) in enumerate(COUNTED):
        found = add_id(database, both[number % 2], f"id-{number}", send_at=send_at)
        put(database, found, state, cancel_tried_at=tried_at)
        wanted += counts
        with database.read() as connection:
            assert provider_ids.occupied(connection, now=NOW) == wanted, COUNTED[number]


FORGOTTEN: list[tuple[ProviderIdState, datetime | None, dict[str, datetime], bool]] = [
    (CANCELLED, NOW, {"cancelled_at": PAST}, True),
    (CANCELLED, NOW + timedelta(seconds=1), {"cancelled_at": PAST}, False),
    (CANCELLED, None, {"cancelled_at": NOW}, True),  # never used
    (CANCELLED, None, {"cancelled_at": FUTURE}, False),
    (CLOSING, PAST, {"cancel_tried_at": PAST}, False),  # what became of it is not known yet
    (CLOSING, PAST, {}, False),
    (OPEN, PAST, {}, False),
    (DELETED, PAST, {"cancelled_at": PAST}, False),
]


def test_which_ids_the_provider_may_forget(database: Database, edition: Edition) -> None:
    """Those with a cancel whose mails would have left long before; of any edition."""
    for number, (state, send_at, values, goes) in enumerate(FORGOTTEN):
        found = add_id(database, edition, f"id-{number}", send_at=send_at)
        found = put(database, found, state, **values)
        with database.begin() as connection:
            forget = provider_ids.to_forget(connection, before=NOW)
            assert [each.id for each in forget] == ([found.id] if goes else []), state
            for each in forget:
                provider_ids.note_forgotten(connection, each.id)
        assert row(database, found).state == (DELETED if goes else state)


def test_an_id_whose_cancel_is_not_certain_is_not_forgotten(
    database: Database, edition: Edition
) -> None:
    found = add_id(database, edition)
    with database.begin() as connection:
        provider_ids.note_forgotten(connection, found.id)
    assert row(database, found).state == OPEN


# ---- when the mails leave --------------------------------------------------------------------


def test_the_window_is_that_of_mails_that_were_handed_over(
    database: Database, edition: Edition
) -> None:
    """An id that is open and unused, or cancelled, says nothing of when mails leave."""
    times = [NOW + hours * HOUR for hours in (2, 3, 1, 4)]
    found = [
        add_id(database, edition, name, send_at=at) for name, at in zip("abcd", times, strict=True)
    ]
    with database.read() as connection:
        assert provider_ids.latest_time(connection, edition.id) is None
        assert provider_ids.earliest_time(connection, edition.id) is None
    settled(database, edition, ACCEPTED, found[0])
    settled(database, edition, UNKNOWN, found[1])
    settled(database, edition, ACCEPTED, found[2])
    with database.read() as connection:
        assert provider_ids.latest_time(connection, edition.id) == times[1]
        assert provider_ids.earliest_time(connection, edition.id) == times[2]
    put(database, found[1], CLOSING)
    put(database, found[2], CANCELLED)
    with database.read() as connection:
        assert provider_ids.latest_time(connection, edition.id) == times[1]
        assert provider_ids.earliest_time(connection, edition.id) == times[0]


def test_how_many_batches_and_people_are_under_an_id(database: Database) -> None:
    edition = sending(database, 7, batch_size=2)
    used, unused = add_id(database, edition, "a"), add_id(database, edition, "b")
    settled(database, edition, ACCEPTED, used)
    settled(database, edition, UNKNOWN, used)
    settled(database, edition, BatchState.EMPTY, used)
    claim(database, edition, under=used)
    with database.read() as connection:
        assert provider_ids.batches_under(connection, edition.id) == {used.id: 3}
        assert provider_ids.people_under(connection, used.id) == 4
        assert provider_ids.people_under(connection, unused.id) == 0


def test_an_edition_that_is_not_sending_claims_under_no_id(
    database: Database, edition: Edition
) -> None:
    """The admin's word comes first, also between choosing an id and claiming."""
    found = add_id(database, edition)
    with database.begin() as connection:
        assert editions.move(connection, edition.id, EditionState.SENDING, EditionState.CANCELLING)
        assert batches.claim(connection, edition.id, "one", now=NOW, provider_id=found) is None
        assert provider_ids.batches_under(connection, edition.id) == {}


def test_a_batch_that_was_put_back_is_under_no_id(database: Database, edition: Edition) -> None:
    """A cancel of the id it was refused under must not plan it a second time."""
    found = add_id(database, edition)
    claimed = claim(database, edition, under=found)
    with database.begin() as connection:
        assert batches.put_back(connection, claimed, not_before=None, error="")
    found = put(database, found, CLOSING)
    assert confirm(database, replace(found, state=OPEN))
    assert rows(database, edition)[0].attempt == 2
