"""The ledger while an edition is submitted: claims, compare-and-swap, and what a dead run left."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text, update

from newsletter.delivery.plan import skip_at_submission
from newsletter.delivery.states import BATCH, DELIVERY, allowed
from newsletter.model.delivery import BatchState, ClaimedBatch, Recipients
from newsletter.model.edition import Edition, EditionState
from newsletter.store import addressees, batches, editions, outcomes, recovery
from newsletter.store.engine import Database, open_database
from newsletter.store.tables import batch
from subscribers.model import SubscriptionStatus, SuppressionReason
from subscribers.store.tables import person, suppression
from tests.integration.store.ledger import (
    NOW,
    Reader,
    batch_rows,
    claim,
    clear,
    ledger_states,
    let_lease_run_out,
    sending,
    snapshot,
    states,
)

on_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


def batch_row(database: Database, edition: Edition, number: int = 0) -> Any:
    with database.read() as connection:
        return batch_rows(connection, edition)[number]


# ---- claims ----------------------------------------------------------------------------------


def claim_all(url: str, edition_id: int, owner: str) -> list[int]:
    """Claims and settles until nothing is left; the numbers of the batches."""
    database = open_database(url)
    numbers: list[int] = []
    try:
        while True:
            with database.begin() as connection:
                claimed = batches.claim(connection, edition_id, owner, now=NOW)
            if claimed is None:
                return numbers
            numbers.append(claimed.number)
            with database.begin() as connection:
                assert batches.settle(connection, claimed, BatchState.ACCEPTED, now=NOW)
    finally:
        database.close()


PROGRAM = """
import json, sys
from tests.integration.store.test_batches import claim_all
print("ready", flush=True)
sys.stdin.readline()
print(json.dumps(claim_all(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
"""


def test_threads_that_claim_at_once_share_the_batches(database: Database) -> None:
    """Each batch goes to exactly one of them."""
    edition = sending(database, 60, batch_size=1)
    url = database.engine.url.render_as_string(hide_password=False)
    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(lambda n: claim_all(url, edition.id, f"t{n}"), range(4)))
    assert sorted(number for share in shares for number in share) == list(range(60))
    with database.read() as connection:
        assert outcomes.recipients(connection, edition.id) == Recipients(accepted=60)


def test_processes_that_claim_at_once_share_the_batches(database: Database) -> None:
    """The same for two programs, which know nothing of each other."""
    edition = sending(database, 60, batch_size=1)
    url = database.engine.url.render_as_string(hide_password=False)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, url, str(edition.id), owner],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for owner in ("one", "two")
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:  # both have started up by now
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    shares = [json.loads(process.communicate(timeout=60)[0]) for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(number for share in shares for number in share) == list(range(60))


@on_postgresql
def test_a_batch_that_one_holds_open_is_passed_over(database: Database) -> None:
    """A second claim does not wait for the first one's commit; SQLite has one writer only."""
    edition = sending(database, 2, batch_size=1)
    with database.begin() as first, database.begin() as second:
        one = batches.claim(first, edition.id, "one", now=NOW)
        two = batches.claim(second, edition.id, "two", now=NOW)
    assert one is not None
    assert two is not None
    assert (one.number, two.number) == (0, 1)


def test_batches_are_claimed_in_their_order_until_none_is_left(database: Database) -> None:
    edition = sending(database, 5, batch_size=2)
    claimed = [claim(database, edition) for _ in range(3)]
    assert [(each.number, each.attempt, each.variant) for each in claimed] == [
        (0, 1, "all"),
        (1, 1, "all"),
        (2, 1, "all"),
    ]
    with database.begin() as connection:
        assert batches.claim(connection, edition.id, "one", now=NOW) is None


@pytest.mark.parametrize(
    "state", [EditionState.PAUSED, EditionState.CANCELLING, EditionState.SCHEDULED]
)
def test_nothing_is_claimed_of_an_edition_that_is_not_being_sent(
    database: Database, state: EditionState
) -> None:
    """The admin's cancel and a pause take hold at the next claim."""
    edition = sending(database, 1, batch_size=1)
    with database.begin() as connection:
        assert editions.move(connection, edition.id, EditionState.SENDING, state)
        assert batches.claim(connection, edition.id, "one", now=NOW) is None


def test_nothing_is_claimed_before_all_is_planned(database: Database) -> None:
    """Planning could still add to a batch."""
    edition = sending(database, 1, batch_size=1)
    with database.begin() as connection:
        connection.execute(text("UPDATE edition SET planned_at = NULL"))
        assert batches.claim(connection, edition.id, "one", now=NOW) is None


def test_a_batch_waits_for_its_time(database: Database) -> None:
    """`not_before` is honoured to the second, and in UTC on both databases."""
    edition = sending(database, 1, batch_size=1)
    later = NOW + timedelta(minutes=5)
    claimed = claim(database, edition)
    with database.begin() as connection:
        assert batches.put_back(connection, claimed, not_before=later, error="too fast")
    with database.begin() as connection:
        early = later - timedelta(seconds=1)
        assert batches.claim(connection, edition.id, "one", now=early) is None
        again = batches.claim(connection, edition.id, "one", now=later)
    assert again is not None
    assert again.attempt == 2
    row = batch_row(database, edition)
    assert row.not_before == later
    assert row.not_before.tzinfo is UTC
    assert row.error == "too fast"


# ---- the people of a batch -------------------------------------------------------------------


def test_the_last_look_sees_who_has_left_since_planning(database: Database) -> None:
    edition = sending(database, 4, batch_size=10)
    with database.begin() as connection:
        connection.execute(
            text("UPDATE subscriber_person SET status = 'unsubscribed' WHERE id = 2")
        )
        connection.execute(text("DELETE FROM subscriber_person WHERE id = 3"))
        connection.execute(
            text(
                "INSERT INTO subscriber_suppression (address_key, reason, since) "
                "VALUES ('reader4@example.org', 'complaint', '2026-11-16')"
            )
        )
    claimed = claim(database, edition)
    with database.read() as connection:
        people = addressees.addressees(connection, claimed)
    assert [(each.status, each.suppression) for each in people] == [
        (SubscriptionStatus.ACTIVE, None),
        (SubscriptionStatus.UNSUBSCRIBED, None),
        (None, None),
        (SubscriptionStatus.ACTIVE, SuppressionReason.COMPLAINT),
    ]
    first, erased = people[0].recipient, people[2].recipient
    assert erased is None
    with database.read() as connection:
        assert addressees.in_good_standing(connection, claimed) == (first,)
    assert first is not None
    assert (first.address, first.name, first.token) == ("reader1@example.org", "Reader 1", "token1")
    assert first.delivery_id == people[0].delivery_id


def test_the_quick_look_and_the_whole_one_agree(database: Database) -> None:
    """One rule, as a function and as a query: for each status, with and without a suppression."""
    everyone = [
        Reader(suppressed=reason)
        for reason in (None, *SuppressionReason)
        for _ in SubscriptionStatus
    ]
    edition = sending(database, len(everyone), batch_size=100)
    with database.begin() as connection:
        for number, (reader, status) in enumerate(
            zip(everyone, itertools.cycle(SubscriptionStatus), strict=False), start=1
        ):
            key = f"reader{number}@example.org"
            connection.execute(update(person).where(person.c.id == number).values(status=status))
            if reader.suppressed is not None:
                row = {"address_key": key, "reason": reader.suppressed, "since": NOW}
                connection.execute(insert(suppression).values(row))
    claimed = claim(database, edition)
    with database.read() as connection:
        slow = [
            each.recipient
            for each in addressees.addressees(connection, claimed)
            if skip_at_submission(each.status, each.suppression) is None
        ]
        assert list(addressees.in_good_standing(connection, claimed)) == slow
    assert len(slow) == 1


def test_who_is_skipped_is_not_looked_at_again(database: Database) -> None:
    edition = sending(database, 3, batch_size=10)
    claimed = claim(database, edition)
    with database.begin() as connection:
        someone = addressees.addressees(connection, claimed)[1].delivery_id
        addressees.skip(connection, claimed, {someone: "unsubscribed"})
        left = addressees.addressees(connection, claimed)
        assert someone not in [each.delivery_id for each in left]
        batches.settle(connection, claimed, BatchState.ACCEPTED, now=NOW)
        addressees.skip(connection, claimed, {left[0].delivery_id: "too late"})
    with database.read() as connection:
        assert states(connection, edition.id) == {
            1: ("accepted", None),
            2: ("skipped", "unsubscribed"),
            3: ("accepted", None),
        }
        assert outcomes.recipients(connection, edition.id) == Recipients(
            accepted=2, skipped={"unsubscribed": 1}
        )


# ---- what became of it -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "people"),
    [
        (BatchState.ACCEPTED, "accepted"),
        (BatchState.UNKNOWN, "unknown"),
        (BatchState.FAILED, "rejected"),
        (BatchState.EMPTY, "accepted"),
    ],
)
def test_a_batch_takes_its_people_along(database: Database, end: BatchState, people: str) -> None:
    """Those of other batches stay where they are."""
    edition = sending(database, 4, batch_size=2)
    claimed = claim(database, edition)
    with database.begin() as connection:
        assert batches.settle(connection, claimed, end, now=NOW, message_id="m1", error="why")
    row = batch_row(database, edition)
    assert (row.state, row.message_id, row.error) == (end, "m1", "why")
    assert row.settled_at == NOW
    assert row.settled_at.tzinfo is UTC
    with database.read() as connection:
        found = states(connection, edition.id)
        assert outcomes.states(connection, edition.id) == {end: 1, BatchState.PLANNED: 1}
        through = 0 if end is BatchState.UNKNOWN else 2
        assert outcomes.through(connection, edition.id)[:2] == (through, 4)
    assert [state for state, _ in found.values()] == [people, people, "planned", "planned"]


def test_those_refused_one_by_one_are_rejected_and_the_rest_accepted(database: Database) -> None:
    edition = sending(database, 3, batch_size=10)
    claimed = claim(database, edition)
    with database.begin() as connection:
        refused = addressees.addressees(connection, claimed)[0].delivery_id
        assert batches.settle(
            connection, claimed, BatchState.ACCEPTED, now=NOW, rejected={refused: "x" * 40}
        )
    with database.read() as connection:
        assert states(connection, edition.id) == {
            1: ("rejected", "x" * 24),
            2: ("accepted", None),
            3: ("accepted", None),
        }


@pytest.mark.parametrize("loser", ["another attempt", "another owner", "already settled"])
def test_who_loses_the_compare_and_swap_changes_nothing(database: Database, loser: str) -> None:
    """Not the batch, and not one of its people."""
    edition = sending(database, 2, batch_size=2)
    claimed = claim(database, edition)
    if loser == "another attempt":
        claimed = replace(claimed, attempt=2)
    elif loser == "another owner":
        claimed = replace(claimed, owner="two")
    else:
        with database.begin() as connection:
            batches.settle(connection, claimed, BatchState.UNKNOWN, now=NOW)
    before = snapshot(database)
    with database.begin() as connection:
        rejected = {each.delivery_id: "no" for each in addressees.addressees(connection, claimed)}
        for end in (BatchState.ACCEPTED, BatchState.FAILED, BatchState.EMPTY):
            assert not batches.settle(connection, claimed, end, now=NOW, rejected=rejected)
        assert not batches.put_back(connection, claimed, not_before=None, error="late")
    assert snapshot(database) == before


def test_a_batch_put_back_is_as_new_one_attempt_later(database: Database) -> None:
    edition = sending(database, 2, batch_size=2)
    claimed = claim(database, edition)
    with database.begin() as connection:
        assert batches.put_back(connection, claimed, not_before=None, error="no room")
    row = batch_row(database, edition)
    assert (row.state, row.attempt, row.owner, row.lease_until) == ("planned", 2, None, None)
    assert claim(database, edition).attempt == 2


# ---- what a run that died has left -----------------------------------------------------------


def test_batches_of_a_dead_run_become_unknown_with_their_people(database: Database) -> None:
    """Those of the run that looks, and those that are settled, stay what they are."""
    edition = sending(database, 4, batch_size=1)
    dead = claim(database, edition, "dead")
    settled = claim(database, edition, "dead")
    with database.begin() as connection:
        batches.settle(connection, settled, BatchState.ACCEPTED, now=NOW)
    let_lease_run_out(database)
    claim(database, edition, "me")
    with database.begin() as connection:
        assert recovery.recover(connection, edition.id, "me") == 1
        assert recovery.recover(connection, edition.id, "me") == 0
    with database.read() as connection:
        rows = batch_rows(connection, edition)
        people = [state for state, _ in states(connection, edition.id).values()]
    assert [rows[n].state for n in range(4)] == ["unknown", "accepted", "submitting", "planned"]
    assert people == ["unknown", "accepted", "planned", "planned"]
    with database.begin() as connection:
        assert not batches.settle(connection, dead, BatchState.ACCEPTED, now=NOW)


def test_unknown_batches_are_planned_again_one_attempt_later(database: Database) -> None:
    edition = sending(database, 3, batch_size=1)
    claim(database, edition, "dead")
    claim(database, edition, "dead")
    let_lease_run_out(database)
    with database.begin() as connection:
        recovery.recover(connection, edition.id, "me")
        assert recovery.plan_unknown_again(connection, edition.id) == 2
        assert recovery.plan_unknown_again(connection, edition.id) == 0
    with database.read() as connection:
        assert outcomes.recipients(connection, edition.id) == Recipients(pending=3)
        assert outcomes.states(connection, edition.id) == {BatchState.PLANNED: 3}
    assert [claim(database, edition).attempt for _ in range(3)] == [2, 2, 1]


@on_postgresql
def test_a_batch_is_its_owner_s_until_the_lease_runs_out(database: Database) -> None:
    """By the database's clock, whatever time this machine thinks it is; SQLite has its run lock."""
    edition = sending(database, 1, batch_size=1)
    begin = datetime.now(UTC)
    claim(database, edition, "other")
    with database.begin() as connection:
        now, until = connection.execute(select(text("now()"), batch.c.lease_until)).one()
        assert timedelta(seconds=55) < until - now <= batches.LEASE
        assert until - begin > timedelta(seconds=50)  # not by NOW, which is passed in
        assert recovery.recover(connection, edition.id, "me") == 0
    let_lease_run_out(database)
    with database.begin() as connection:
        assert recovery.recover(connection, edition.id, "me") == 1


def test_how_long_to_wait_for_others(database: Database) -> None:
    """Nothing on SQLite, the rest of the lease on PostgreSQL, None when nothing is taken."""
    edition = sending(database, 1, batch_size=1)
    with database.read() as connection:
        assert recovery.seconds_until_free(connection, edition.id) is None
    claim(database, edition, "other")
    with database.read() as connection:
        seconds = recovery.seconds_until_free(connection, edition.id)
    assert seconds is not None
    if database.is_sqlite:
        assert seconds == 0
        return
    assert 50 < seconds <= 60.1
    let_lease_run_out(database)
    with database.read() as connection:
        seconds = recovery.seconds_until_free(connection, edition.id)
    assert seconds == pytest.approx(0.1)


# ---- whatever happens, in any order ----------------------------------------------------------

ACTS = ("claim", "accept", "lose", "fail", "empty", "put back", "skip", "recover", "again")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(ACTS), max_size=14))
def test_the_store_makes_only_changes_that_the_tables_of_states_know(
    database: Database, acts: list[str]
) -> None:
    """In whatever order things happen; and nobody is ever lost."""
    with database.begin() as connection:
        clear(connection)
    edition = sending(database, 6, batch_size=2)
    held: list[ClaimedBatch] = []
    before = ledger_states(database)
    for act in acts:
        perform(database, edition, act, held)
        after = ledger_states(database)
        assert set(after) == set(before)
        for key, old in before.items():
            machine: Any = BATCH if isinstance(old, BatchState) else DELIVERY
            assert old == after[key] or allowed(machine, old, after[key]), (act, key, old)
        before = after
    with database.read() as connection:
        assert outcomes.recipients(connection, edition.id).planned == 6


def perform(database: Database, edition: Edition, act: str, held: list[ClaimedBatch]) -> None:
    """Does one thing of a run, with the batch claimed last where it needs one."""
    ends = {
        "accept": BatchState.ACCEPTED,
        "lose": BatchState.UNKNOWN,
        "fail": BatchState.FAILED,
        "empty": BatchState.EMPTY,
    }
    with database.begin() as connection:
        if act == "claim":
            claimed = batches.claim(connection, edition.id, f"run {len(held)}", now=NOW)
            held += [claimed] if claimed else []
        elif act == "recover":
            if not database.is_sqlite:
                past = text("now() - interval '1 second'")
                connection.execute(update(batch).values(lease_until=past))
            recovery.recover(connection, edition.id, "me")
        elif act == "again":
            recovery.plan_unknown_again(connection, edition.id)
        elif held and act == "skip":
            for person in addressees.addressees(connection, held[-1])[:1]:
                addressees.skip(connection, held[-1], {person.delivery_id: "unsubscribed"})
        elif held and act == "put back":
            batches.put_back(connection, held.pop(), not_before=None, error="")
        elif held:
            batches.settle(connection, held.pop(), ends[act], now=NOW)
