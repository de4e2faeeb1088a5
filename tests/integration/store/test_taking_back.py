"""What the admin decides of a whole edition; and whatever is decided, nobody is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from newsletter.delivery.states import BATCH, DELIVERY, PROVIDER_ID, allowed
from newsletter.model.delivery import (
    BatchState,
    ClaimedBatch,
    DeliveryState,
    ProviderIdState,
)
from newsletter.model.edition import Edition
from newsletter.store import (
    addressees,
    batches,
    halving,
    outcomes,
    provider_ids,
    recovery,
    taking_back,
)
from newsletter.store.engine import Database
from newsletter.store.tables import batch, delivery, provider_id
from tests.integration.store.ledger import (
    NOW,
    add_id,
    batch_rows,
    claim,
    clear,
    freeze,
    ledger_states,
    plan,
    sending,
    settled,
    snapshot,
    states,
    week,
)

EVERY_END = (BatchState.ACCEPTED, BatchState.UNKNOWN, BatchState.FAILED)


@pytest.fixture
def edition(database: Database) -> Edition:
    """Five people in a batch each: accepted, unknown, failed, planned, planned; and another
    edition of which the same is unknown.
    """
    made = sending(database, 5, batch_size=1)
    for end in EVERY_END:
        settled(database, made, end, add_id(database, made, end.value))
    with database.begin() as connection:
        other = freeze(connection, period=week(1))
    plan(database, other.id, batch_size=1)
    for end in EVERY_END:
        settled(database, other, end)
    return made


def people(database: Database, edition: Edition) -> list[str]:
    with database.read() as connection:
        return [state for state, _ in states(connection, edition.id).values()]


def rows(database: Database, edition: Edition) -> list[Any]:
    with database.read() as connection:
        return list(batch_rows(connection, edition).values())


def others(database: Database, edition: Edition) -> list[list[tuple[Any, ...]]]:
    """What the ledger has of other editions."""
    with database.read() as connection:
        return [
            [
                tuple(row)
                for row in connection.execute(
                    select(table).where(table.c.edition_id != edition.id).order_by(table.c.id)
                )
            ]
            for table in (batch, delivery, provider_id)
        ]


def test_who_was_not_handed_over_is_taken_back(database: Database, edition: Edition) -> None:
    """The batches stay as they are: planned ones wait for a reopening."""
    before = others(database, edition)
    with database.begin() as connection:
        taking_back.cancel_planned(connection, edition.id)
    assert people(database, edition) == [
        "accepted",
        "unknown",
        "rejected",
        "cancelled",
        "cancelled",
    ]
    assert [each.state for each in rows(database, edition)[3:]] == ["planned", "planned"]
    assert others(database, edition) == before


def test_only_who_was_taken_back_is_planned_anew(database: Database, edition: Edition) -> None:
    """At once, whatever had put the batch off before."""
    before = others(database, edition)
    with database.begin() as connection:
        connection.execute(
            update(batch)
            .where(batch.c.edition_id == edition.id, batch.c.number == 3)
            .values(not_before=NOW, error="put off")
        )
        taking_back.cancel_planned(connection, edition.id)
        taking_back.plan_cancelled(connection, edition.id)
    assert people(database, edition) == ["accepted", "unknown", "rejected", "planned", "planned"]
    assert (rows(database, edition)[3].not_before, rows(database, edition)[3].error) == (None, "")
    assert others(database, edition) == before


def test_a_confirmed_cancel_reopens_and_what_was_too_late_does_not(
    database: Database, edition: Edition
) -> None:
    """The id of the accepted batch is cancelled, that of the unknown one is not."""
    with database.begin() as connection:
        taking_back.cancel_planned(connection, edition.id)
        provider_ids.close_all(connection, edition.id)
        found = provider_ids.of_edition(connection, edition.id, ProviderIdState.CLOSING)[0]
        assert provider_ids.confirm_cancelled(
            connection, found, now=NOW, people_become=DeliveryState.CANCELLED
        )
    taken = ["cancelled", "unknown", "rejected", "cancelled", "cancelled"]
    assert people(database, edition) == taken
    with database.begin() as connection:
        taking_back.plan_cancelled(connection, edition.id)
    assert people(database, edition) == ["planned", "unknown", "rejected", "planned", "planned"]
    assert claim(database, edition).attempt == 2


def test_assumed_accepted_nothing_more_is_sent(database: Database, edition: Edition) -> None:
    before = others(database, edition)
    with database.begin() as connection:
        taking_back.assume_accepted(connection, edition.id, now=NOW)
    assert people(database, edition)[:3] == ["accepted", "accepted", "rejected"]
    assert [each.state for each in rows(database, edition)[:3]] == [
        "accepted",
        "accepted",
        "failed",
    ]
    assert rows(database, edition)[1].settled_at == NOW
    assert others(database, edition) == before


def test_assumed_lost_it_is_planned_anew_one_attempt_later(
    database: Database, edition: Edition
) -> None:
    """Under no id of the provider's, so that no cancel can plan it a second time."""
    before = others(database, edition)
    with database.begin() as connection:
        taking_back.assume_lost(connection, edition.id)
    assert people(database, edition)[:3] == ["accepted", "planned", "rejected"]
    again = rows(database, edition)[1]
    assert (again.state, again.attempt) == ("planned", 2)
    assert again.provider_id is again.owner is again.lease_until is again.not_before is None
    assert others(database, edition) == before


def test_said_twice_it_changes_nothing_more(database: Database, edition: Edition) -> None:
    """An admin who runs a command again does no harm."""
    for word in ("cancel", "reopen", "lost", "lose", "accepted"):
        if word == "lose":
            settled(database, edition, BatchState.UNKNOWN)
            continue
        with database.begin() as connection:
            decide(connection, edition, word)
        before = snapshot(database)
        with database.begin() as connection:
            decide(connection, edition, word)
        assert snapshot(database) == before, word


def decide(connection: Connection, edition: Edition, word: str) -> None:
    match word:
        case "cancel":
            taking_back.cancel_planned(connection, edition.id)
        case "reopen":
            taking_back.plan_cancelled(connection, edition.id)
        case "accepted":
            taking_back.assume_accepted(connection, edition.id, now=NOW)
        case "lost":
            taking_back.assume_lost(connection, edition.id)


# ---- whatever happens, in any order ----------------------------------------------------------

RUN = ("new id", "claim", "accept", "lose", "reject", "put back", "split", "crash")
UNDO = ("close doubtful", "close all", "confirm", "doubtful", "forget")
ADMIN = ("cancel", "reopen", "accepted", "lost")
OFTEN = ("claim", "claim", "accept", "lose", "close doubtful", "confirm") * 3
ACTS = st.sampled_from((*RUN, *UNDO, *ADMIN, *OFTEN))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, min_size=25, max_size=50))
def test_in_whatever_order_nobody_is_lost_and_no_state_is_jumped(
    database: Database, acts: list[str]
) -> None:
    """The number of people stays, each change is one that the tables of states know, and nobody
    counts as accepted in a batch that is not, or under an id that is cancelled.
    """
    with database.begin() as connection:
        clear(connection)
    world = World(database, sending(database, 6, batch_size=2))
    world.perform("new id")
    before = world.everything()
    for act in acts:
        world.perform(act)
        after = world.everything()
        people_now = {key for key in after if isinstance(after[key], DeliveryState)}
        assert people_now == {key for key in before if isinstance(before[key], DeliveryState)}
        for key, old in before.items():
            assert old == after[key] or allowed(MACHINES[type(old)], old, after[key]), (act, old)
        before = after
        assert not world.contradictions(), act
    with database.read() as connection:
        assert outcomes.recipients(connection, world.edition.id).planned == 6


MACHINES: dict[type, Any] = {
    BatchState: BATCH,
    DeliveryState: DELIVERY,
    ProviderIdState: PROVIDER_ID,
}
FITS = {
    BatchState.PLANNED: {DeliveryState.PLANNED, DeliveryState.CANCELLED, DeliveryState.REJECTED},
    BatchState.SUBMITTING: {DeliveryState.PLANNED, DeliveryState.REJECTED},
    BatchState.ACCEPTED: {DeliveryState.ACCEPTED, DeliveryState.REJECTED},
    BatchState.UNKNOWN: {DeliveryState.UNKNOWN, DeliveryState.REJECTED},
    BatchState.FAILED: {DeliveryState.REJECTED},
}


class World:
    """An edition, the run that is at work on it, and its admin. As in a run, nothing is taken back
    while a request is on its way, and nothing is claimed of what was taken back.
    """

    def __init__(self, database: Database, edition: Edition) -> None:
        self.database = database
        self.edition = edition
        self.held: list[ClaimedBatch] = []
        self.runs = self.ids = 0
        self.taken_back = False

    def everything(self) -> dict[object, BatchState | DeliveryState | ProviderIdState]:
        """The state of each batch, delivery and id."""
        with self.database.read() as connection:
            found = provider_ids.of_edition(connection, self.edition.id)
        return {**ledger_states(self.database), **{each.value: each.state for each in found}}

    def contradictions(self) -> list[tuple[BatchState, DeliveryState]]:
        """People whose state does not fit that of their batch, or who are with an id that is
        cancelled.
        """
        with self.database.read() as connection:
            rows = connection.execute(
                select(batch.c.state, delivery.c.state, provider_id.c.state)
                .join(delivery, delivery.c.batch_number == batch.c.number)
                .outerjoin(provider_id, provider_id.c.id == batch.c.provider_id)
            ).all()
        return [
            (BatchState(of_batch), DeliveryState(of_person))
            for of_batch, of_person, of_id in rows
            if DeliveryState(of_person) not in FITS[BatchState(of_batch)]
            or (of_id == ProviderIdState.CANCELLED and of_batch == BatchState.ACCEPTED)
        ]

    def perform(self, act: str) -> None:
        """Does one thing, if it can be done now."""
        with self.database.begin() as connection:
            if act in ADMIN:
                self._decide(connection, act)
            elif act in UNDO:
                self._undo(connection, act)
            elif act == "new id":
                self.ids += 1
                provider_ids.add(connection, self.edition.id, f"id-{self.ids}", now=NOW)
            elif act == "claim" and not self.taken_back:
                self._claim(connection)
            elif act == "crash":
                self._crash(connection)
            elif self.held:
                self._answer(connection, act)

    def _claim(self, connection: Connection) -> None:
        is_open = provider_ids.of_edition(connection, self.edition.id, ProviderIdState.OPEN)
        claimed = batches.claim(
            connection,
            self.edition.id,
            f"run {self.runs}",
            now=NOW,
            provider_id=is_open[0] if is_open else None,
        )
        self.held += [claimed] if claimed else []

    def _answer(self, connection: Connection, act: str) -> None:
        ends = {
            "accept": BatchState.ACCEPTED,
            "lose": BatchState.UNKNOWN,
            "reject": BatchState.FAILED,
        }
        claimed = self.held.pop()
        if act in ends:
            assert batches.settle(connection, claimed, ends[act], now=NOW)
        elif act == "split":
            assert halving.split(connection, claimed, error="", halves=True)
        else:
            named = addressees.addressees(connection, claimed)[:1]
            rejected = {each.delivery_id: "no" for each in named}
            assert batches.put_back(
                connection, claimed, not_before=None, error="", rejected=rejected
            )

    def _crash(self, connection: Connection) -> None:
        self.runs += 1
        if not self.database.is_sqlite:
            connection.execute(update(batch).values(lease_until=NOW - timedelta(days=9999)))
        assert recovery.recover(connection, self.edition.id, f"run {self.runs}") == len(self.held)
        self.held.clear()

    def _undo(self, connection: Connection, act: str) -> None:
        closing = provider_ids.of_edition(connection, self.edition.id, ProviderIdState.CLOSING)
        if act == "close doubtful":
            provider_ids.close_doubtful(connection, self.edition.id)
        elif act == "close all" and self.taken_back:
            provider_ids.close_all(connection, self.edition.id)
        elif act == "forget":
            for each in provider_ids.to_forget(connection, before=NOW):
                provider_ids.note_forgotten(connection, each.id)
        elif closing and act == "doubtful":
            provider_ids.note_doubtful(connection, closing[0], now=NOW)
        elif closing and act == "confirm":
            become = DeliveryState.CANCELLED if self.taken_back else DeliveryState.PLANNED
            provider_ids.confirm_cancelled(connection, closing[0], now=NOW, people_become=become)

    def _decide(self, connection: Connection, word: str) -> None:
        if self.held and word == "cancel":
            return
        if self.taken_back and word == "lost":
            return
        decide(connection, self.edition, word)
        self.taken_back = word == "cancel" or (self.taken_back and word != "reopen")
