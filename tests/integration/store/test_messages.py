"""One message at a time: each is marked before it goes, so that a crash leaves one in doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from newsletter.delivery.states import BATCH, DELIVERY, allowed
from newsletter.model.delivery import BatchState, ClaimedBatch, DeliveryState, Recipients
from newsletter.model.edition import Edition, EditionState
from newsletter.store import addressees, batches, editions, messages, outcomes
from newsletter.store.engine import Database
from newsletter.store.tables import delivery
from tests.integration.store.ledger import (
    NOW,
    batch_rows,
    claim,
    clear,
    ledger_states,
    let_lease_run_out,
    sending,
    snapshot,
    states,
)

ACCEPTED, UNKNOWN = DeliveryState.ACCEPTED, DeliveryState.UNKNOWN
PLANNED, REJECTED = DeliveryState.PLANNED, DeliveryState.REJECTED

on_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


@pytest.fixture
def edition(database: Database) -> Edition:
    """Four people in one batch."""
    return sending(database, 4, batch_size=4)


def ids(database: Database) -> list[str]:
    """The deliveries, in the order of the people."""
    with database.read() as connection:
        query = select(delivery.c.id).order_by(delivery.c.edition_id, delivery.c.subscriber_id)
        return list(connection.execute(query).scalars())


def begin(database: Database, claimed: ClaimedBatch, delivery_id: str) -> bool:
    with database.begin() as connection:
        return messages.begin(connection, claimed, delivery_id)


def end(
    database: Database, delivery_id: str, state: DeliveryState, reason: str | None = None
) -> bool:
    with database.begin() as connection:
        return messages.end(connection, delivery_id, state, reason)


def conclude(database: Database, claimed: ClaimedBatch, **more: Any) -> bool:
    with database.begin() as connection:
        return messages.conclude(connection, claimed, now=NOW, **more)


def row(database: Database, edition: Edition, number: int) -> Any:
    with database.read() as connection:
        return batch_rows(connection, edition)[number]


def people(database: Database, edition: Edition) -> list[tuple[str, str | None]]:
    with database.read() as connection:
        return list(states(connection, edition.id).values())


# ---- a message goes out ----------------------------------------------------------------------


def test_a_message_is_marked_before_it_goes_and_noted_after(
    database: Database, edition: Edition
) -> None:
    claimed = claim(database, edition)
    one, two, three, four = ids(database)
    assert begin(database, claimed, one)
    assert people(database, edition)[0] == ("planned", messages.ON_ITS_WAY)
    assert end(database, one, ACCEPTED)
    assert begin(database, claimed, two)
    assert end(database, two, REJECTED, "550 5.1.1 and so on, for long")
    assert begin(database, claimed, three)
    assert end(database, three, PLANNED)
    assert begin(database, claimed, four)
    assert end(database, four, UNKNOWN)
    assert people(database, edition) == [
        ("accepted", None),
        ("rejected", "550 5.1.1 and so on, for"),
        ("planned", None),
        ("unknown", None),
    ]


def test_nobody_who_is_through_gets_another_message(database: Database, edition: Edition) -> None:
    claimed = claim(database, edition)
    for delivery_id, state in zip(ids(database), (ACCEPTED, REJECTED, UNKNOWN), strict=False):
        assert end(database, delivery_id, state)
        assert not begin(database, claimed, delivery_id)
        for other in (ACCEPTED, REJECTED, UNKNOWN, PLANNED):
            assert not end(database, delivery_id, other)
    assert [state for state, _ in people(database, edition)] == [
        "accepted",
        "rejected",
        "unknown",
        "planned",
    ]


def test_nothing_goes_out_of_a_batch_that_is_not_ours_or_was_stopped(
    database: Database, edition: Edition
) -> None:
    """The admin's cancel takes hold before the next message, not before the next batch."""
    claimed, first = claim(database, edition), ids(database)[0]
    before = snapshot(database)
    assert not begin(database, replace(claimed, attempt=2), first)
    assert not begin(database, replace(claimed, owner="two"), first)
    for state in (EditionState.PAUSED, EditionState.CANCELLING):
        move(database, edition, EditionState.SENDING, state)
        assert not begin(database, claimed, first)
        move(database, edition, state, EditionState.SENDING)
    assert snapshot(database) == before
    assert conclude(database, claimed)
    before = snapshot(database)
    assert not begin(database, claimed, first)
    assert snapshot(database) == before


def move(database: Database, edition: Edition, old: EditionState, new: EditionState) -> None:
    with database.begin() as connection:
        assert editions.move(connection, edition.id, old, new)


@on_postgresql
def test_each_message_renews_the_lease(database: Database, edition: Edition) -> None:
    """A batch of a thousand takes longer than one lease."""
    claimed = claim(database, edition)
    let_lease_run_out(database)
    assert begin(database, claimed, ids(database)[0])
    with database.begin() as connection:
        left = connection.execute(text("SELECT lease_until - now() FROM batch")).scalar_one()
        assert timedelta(seconds=55) < left <= batches.LEASE
        assert messages.recover(connection, edition.id, "me") == 0


# ---- the end of a batch ----------------------------------------------------------------------


ALL_ENDS = [
    ((ACCEPTED, ACCEPTED, ACCEPTED, ACCEPTED), BatchState.ACCEPTED),
    ((ACCEPTED, REJECTED, ACCEPTED, DeliveryState.SKIPPED), BatchState.ACCEPTED),
    ((ACCEPTED, REJECTED, UNKNOWN, ACCEPTED), BatchState.UNKNOWN),
    ((REJECTED, REJECTED, DeliveryState.SKIPPED, REJECTED), BatchState.FAILED),
    ((DeliveryState.SKIPPED,) * 4, BatchState.EMPTY),
    ((ACCEPTED, UNKNOWN, REJECTED, PLANNED), BatchState.PLANNED),
]


def test_a_batch_ends_as_its_messages_did(database: Database) -> None:
    edition = sending(database, 4 * len(ALL_ENDS), batch_size=4)
    later, everybody = NOW + timedelta(minutes=5), ids(database)
    for number, (ends, state) in enumerate(ALL_ENDS):
        claimed = claim(database, edition)
        for delivery_id, each in zip(everybody[4 * number :], ends, strict=False):
            assert end(database, delivery_id, each)
        assert conclude(database, claimed, not_before=later, error="put off")
        found = row(database, edition, number)
        again = state is BatchState.PLANNED
        assert (found.state, found.attempt) == (state, 2 if again else 1)
        assert (found.owner, found.lease_until, found.error) == (None, None, "put off")
        assert found.not_before == (later if again else None)
        assert found.settled_at == (None if again else NOW)
    wanted = [each for ends, _ in ALL_ENDS for each in ends]
    assert [each for each, _ in people(database, edition)] == wanted


def test_who_lost_the_batch_does_not_end_it(database: Database, edition: Edition) -> None:
    claimed = claim(database, edition)
    before = snapshot(database)
    assert not conclude(database, replace(claimed, attempt=2))
    assert not conclude(database, replace(claimed, owner="two"))
    assert snapshot(database) == before
    assert conclude(database, claimed)
    before = snapshot(database)
    assert not conclude(database, claimed)
    assert snapshot(database) == before


# ---- after a crash ---------------------------------------------------------------------------


def test_after_a_crash_only_the_message_on_its_way_is_unknown(
    database: Database, edition: Edition
) -> None:
    """Those before it are what they are, and those after it are still to do."""
    claimed = claim(database, edition, "dead")
    one, two, three, _ = ids(database)
    end(database, one, ACCEPTED)
    begin(database, claimed, two)
    end(database, two, PLANNED)  # put off
    begin(database, claimed, three)
    let_lease_run_out(database)
    with database.begin() as connection:
        assert messages.recover(connection, edition.id, "me") == 1
        assert messages.recover(connection, edition.id, "me") == 0
    assert people(database, edition) == [
        ("accepted", None),
        ("planned", None),
        ("unknown", None),
        ("planned", None),
    ]
    again = claim(database, edition, "me")
    assert again.attempt == 2
    with database.read() as connection:
        left = [each.delivery_id for each in addressees.addressees(connection, again)]
    assert left == [two, ids(database)[3]]


def test_an_owner_who_is_late_changes_nothing_any_more(
    database: Database, edition: Edition
) -> None:
    """Not the message that is unknown now, and not the batch."""
    claimed = claim(database, edition, "dead")
    first, second = ids(database)[:2]
    begin(database, claimed, first)
    let_lease_run_out(database)
    with database.begin() as connection:
        messages.recover(connection, edition.id, "me")
    before = snapshot(database)
    assert not end(database, first, ACCEPTED)
    assert not begin(database, claimed, second)
    assert not conclude(database, claimed)
    assert snapshot(database) == before


def test_a_run_does_not_recover_its_own_batches(database: Database, edition: Edition) -> None:
    claimed = claim(database, edition, "me")
    begin(database, claimed, ids(database)[0])
    let_lease_run_out(database)
    before = snapshot(database)
    with database.begin() as connection:
        assert messages.recover(connection, edition.id, "me") == 0
    assert snapshot(database) == before


@on_postgresql
def test_a_batch_whose_lease_runs_is_left_to_its_owner(
    database: Database, edition: Edition
) -> None:
    begin(database, claim(database, edition, "alive"), ids(database)[0])
    with database.begin() as connection:
        assert messages.recover(connection, edition.id, "me") == 0


# ---- whatever happens ------------------------------------------------------------------------

ACTS = ("reject", "lose", "conclude", "crash", "stop", "go", "claim", "begin", "accept", "put off")
OFTEN = ("claim", "begin", "begin", "accept", "put off") * 3
ENDS = {"accept": ACCEPTED, "reject": REJECTED, "lose": UNKNOWN, "put off": PLANNED}


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from((*ACTS, *OFTEN)), min_size=20, max_size=40))
def test_nobody_is_lost_and_nobody_is_through_twice(database: Database, acts: list[str]) -> None:
    """Each change is one that the tables of states know, a crash leaves at most one in doubt, and
    only one who was begun is ever in it.
    """
    with database.begin() as connection:
        clear(connection)
    run = Run(database, sending(database, 5, batch_size=3))
    before, begun = ledger_states(database), 0
    for act in acts:
        run.perform(act)
        begun += act == "begin" and run.current is not None
        after = ledger_states(database)
        assert set(after) == set(before)
        for key, old in before.items():
            machine: Any = BATCH if isinstance(old, BatchState) else DELIVERY
            assert old == after[key] or allowed(machine, old, after[key]), (act, key, old)
        before = after
    with database.read() as connection:
        found = outcomes.recipients(connection, run.edition.id)
    assert found.planned == 5
    assert found.unknown <= begun


class Run:
    """A run that hands over one message after the other, and may die."""

    def __init__(self, database: Database, edition: Edition) -> None:
        self.database = database
        self.edition = edition
        self.number = 0
        self.claimed: ClaimedBatch | None = None
        self.current: str | None = None

    def perform(self, act: str) -> None:
        """Does one thing, if it can be done now."""
        if act == "crash":
            self._crash()
        elif act in ("stop", "go"):
            self._move(act)
        elif act == "claim" and self.claimed is None:
            with self.database.begin() as connection:
                self.claimed = batches.claim(
                    connection, self.edition.id, f"run {self.number}", now=NOW
                )
        elif act == "begin" and self.claimed and self.current is None:
            self._begin(self.claimed)
        elif act in ENDS and self.current:
            assert end(self.database, self.current, ENDS[act])
            self.current = None
        elif act == "conclude" and self.claimed and self.current is None:
            assert conclude(self.database, self.claimed)
            self.claimed = None

    def _begin(self, claimed: ClaimedBatch) -> None:
        with self.database.read() as connection:
            left = addressees.addressees(connection, claimed)
        if left and begin(self.database, claimed, left[0].delivery_id):
            self.current = left[0].delivery_id

    def _crash(self) -> None:
        self.number += 1
        self.claimed = self.current = None
        let_lease_run_out(self.database)
        with self.database.begin() as connection:
            was = outcomes.recipients(connection, self.edition.id)
            messages.recover(connection, self.edition.id, f"run {self.number}")
            now = outcomes.recipients(connection, self.edition.id)
        assert now.unknown - was.unknown in (0, 1)
        assert now == replace(
            was, unknown=now.unknown, pending=was.pending - now.unknown + was.unknown
        )

    def _move(self, act: str) -> None:
        steps = [EditionState.SENDING, EditionState.PAUSED]
        old, new = steps if act == "stop" else reversed(steps)
        with self.database.begin() as connection:
            editions.move(connection, self.edition.id, old, new)


def test_the_numbers_of_a_batch_on_its_way(database: Database, edition: Edition) -> None:
    """A message on its way is one that is still to do: the reason is for the next run only."""
    claimed = claim(database, edition)
    begin(database, claimed, ids(database)[0])
    with database.read() as connection:
        assert outcomes.recipients(connection, edition.id) == Recipients(pending=4)
