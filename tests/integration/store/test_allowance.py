"""What all processes together take of a day and of a second, on both databases."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from newsletter.model.edition import Channel
from newsletter.store import allowance
from newsletter.store.engine import Database, open_database
from newsletter.store.tables import allowance as table
from newsletter.store.tables import batch, edition
from tests.integration.store.ledger import NOW, freeze, plan, sending, week

DAY, NEXT_DAY = "2026-11-16", "2026-11-17"
SECOND = 1_000_000
START = 1_790_000_000 * SECOND

TAKE_ALL = """
import sys
from newsletter.store import allowance
from newsletter.store.engine import open_database
database = open_database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
taken = more = 0
while taken == more:
    with database.begin() as connection:
        taken += 7 * allowance.take_people(connection, "2026-11-16", 7, 500)
    more += 7
print(taken)
"""

one_by_one = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
rates = st.sampled_from([0.01, 0.5, 1, 3, 7.5, 10, 1000])


def take(database: Database, number: int, cap: int, *, day: str = DAY) -> bool:
    with database.begin() as connection:
        return allowance.take_people(connection, day, number, cap)


def taken(database: Database, day: str = DAY) -> int:
    with database.read() as connection:
        return allowance.people_taken(connection, day)


def ask(database: Database, moment: int, per_second: float) -> float:
    with database.begin() as connection:
        return allowance.take_request(connection, moment, per_second)


def empty(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(table.delete())


@one_by_one
@given(
    cap=st.integers(0, 30),
    steps=st.lists(st.tuples(st.sampled_from(["take", "give back"]), st.integers(0, 12))),
)
def test_a_day_is_never_taken_beyond_its_cap(
    database: Database, cap: int, steps: list[tuple[str, int]]
) -> None:
    """It is taken exactly while there is room, and what was given back can be taken again."""
    empty(database)
    used = 0
    for step, number in steps:
        if step == "take":
            room = used + number <= cap
            assert take(database, number, cap) is room
            used += number if room else 0
        else:
            with database.begin() as connection:
                allowance.give_back_people(connection, DAY, number)
            used = max(0, used - number)
        assert taken(database) == used <= cap


def test_each_day_has_its_own_allowance(database: Database) -> None:
    assert take(database, 10, 10)
    assert not take(database, 1, 10)
    assert take(database, 10, 10, day=NEXT_DAY)


def test_a_higher_cap_counts_at_once_and_a_lower_one_too(database: Database) -> None:
    """What is taken stays taken when the settings change."""
    assert take(database, 10, 10)
    assert take(database, 5, 20)
    assert not take(database, 1, 12)
    assert taken(database) == 15


def test_what_is_rolled_back_was_never_taken(database: Database) -> None:
    class Died(Exception):
        pass

    def dies() -> None:
        with database.begin() as connection:
            assert allowance.take_people(connection, DAY, 10, 10)
            raise Died

    with pytest.raises(Died):
        dies()
    assert taken(database) == 0
    assert take(database, 10, 10)


@pytest.mark.parametrize("commits", [True, False])
def test_who_takes_at_the_same_time_waits_for_the_first_to_end(
    database: Database, commits: bool
) -> None:
    """The second of two gets what the first one leaves, and all when the first one gives up."""
    take(database, 0, 10)
    with ThreadPoolExecutor(1) as pool, database.engine.connect() as connection:
        connection.execution_options(newsletter_write=True)
        with connection.begin() as transaction:
            assert allowance.take_people(connection, DAY, 6, 10)
            second = pool.submit(take, database, 6, 10)
            (transaction.commit if commits else transaction.rollback)()
        assert second.result(timeout=30) is not commits
    assert taken(database) == 6


def test_threads_together_take_a_cap_and_no_more(database: Database) -> None:
    """Six connections that take one by one, on the first day there is."""

    def greedy(_: int) -> int:
        number = 0
        while take(database, 1, 100):
            number += 1
        return number

    with ThreadPoolExecutor(6) as pool:
        shares = list(pool.map(greedy, range(6)))
    assert sum(shares) == 100 == taken(database)


def test_processes_together_take_a_cap_and_no_more(migrated_url: str) -> None:
    """Three that take seven people at a time leave what is less than seven."""
    command = [sys.executable, "-c", TAKE_ALL, migrated_url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(3)]  # type: ignore[call-overload]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    total = sum(int(process.communicate(timeout=60)[0]) for process in processes)
    database = open_database(migrated_url)
    try:
        assert total == taken(database) == 497
    finally:
        database.close()


def test_days_long_gone_are_forgotten(database: Database) -> None:
    """Also when they had been used; the month before stays to be looked at."""
    for day in ("2026-10-15", "2026-10-16", "2026-11-15"):
        assert take(database, 1, 10, day=day)
    assert take(database, 1, 10)
    with database.read() as connection:
        days = list(connection.execute(select(table.c.window).order_by("window")).scalars())
    assert days == ["2026-10-16", "2026-11-15", DAY]


def test_forgetting_days_leaves_the_rate_alone(database: Database) -> None:
    ask(database, START, 1)
    take(database, 1, 10)
    assert ask(database, START, 1) == 1.0


@one_by_one
@given(per_second=rates, pauses=st.lists(st.integers(0, 3 * SECOND), min_size=1, max_size=20))
def test_requests_are_never_closer_than_the_rate_allows(
    database: Database, per_second: float, pauses: list[int]
) -> None:
    """And who is refused is told how long, and has it when he comes back then."""
    empty(database)
    moment = START
    times: list[int] = []
    for pause in pauses:
        moment += pause
        seconds = ask(database, moment, per_second)
        if seconds:
            assert not times or seconds <= 1 / per_second + 1e-6
            moment += round(seconds * SECOND)
            assert ask(database, moment, per_second) == 0.0
        times.append(moment)
    assert all(after - before >= SECOND / per_second for before, after in pairwise(times))


def test_half_a_request_a_second_is_one_every_two_seconds(database: Database) -> None:
    waits = [ask(database, START + at * SECOND // 2, 0.5) for at in range(6)]
    assert waits == [0.0, 1.5, 1.0, 0.5, 0.0, 1.5]


def test_threads_together_keep_to_the_rate(database: Database) -> None:
    """Four connections by the database's own clock: each request has its own fiftieth second."""

    def requests(_: int) -> list[int]:
        times: list[int] = []
        while len(times) < 8:
            with database.begin() as connection:
                moment = allowance.clock(connection)
                seconds = allowance.take_request(connection, moment, 50)
            if seconds:
                time.sleep(seconds)
            else:
                times.append(moment)
        return times

    with ThreadPoolExecutor(4) as pool:
        times = sorted(moment for share in pool.map(requests, range(4)) for moment in share)
    assert all(after - before >= SECOND / 50 for before, after in pairwise(times))


def test_a_clock_that_was_set_back_does_not_stop_everything(database: Database) -> None:
    """Ten minutes in the future is no moment that a request at ten a second can have left."""
    assert ask(database, START + 600 * SECOND, 10) == 0.0
    assert ask(database, START, 10) == 0.0
    assert ask(database, START, 10) == 0.1


def test_a_rate_that_was_raised_counts_at_once(database: Database) -> None:
    assert ask(database, START, 0.001) == 0.0
    assert ask(database, START, 0.001) == 1000.0
    assert ask(database, START, 10) == 0.0


def test_the_clock_is_the_present_time_in_microseconds(database: Database) -> None:
    """Of the machine, which in a test is the database's too."""
    before = time.time()
    with database.read() as connection:
        moment = allowance.clock(connection)
    assert before - 0.002 <= moment / SECOND <= time.time() + 0.002


def test_the_first_day_begins_with_the_first_real_batch_that_was_handed_over(
    database: Database,
) -> None:
    """Neither a rehearsal nor a real edition that was only planned begins it."""
    sending(database, 3, batch_size=1)

    def first() -> object:
        with database.read() as connection:
            return allowance.first_handed_over(connection)

    def change(number: int, **values: object) -> None:
        with database.begin() as connection:
            connection.execute(update(batch).where(batch.c.number == number).values(**values))

    later = NOW + timedelta(hours=1)
    change(0, state="accepted", settled_at=later)
    assert first() is None
    with database.begin() as connection:
        connection.execute(update(edition).values(channel=Channel.REAL))
    assert first() == later
    change(1, state="accepted", settled_at=NOW + timedelta(minutes=5))
    assert first() == NOW + timedelta(minutes=5)
    change(2, state="unknown", settled_at=None)  # its sender died: it may have been handed over
    assert first() == NOW
    change(2, state="planned")
    assert first() == NOW + timedelta(minutes=5)


def test_an_edition_that_was_planned_first_may_have_begun_last(database: Database) -> None:
    """It was paused, and another one went out meanwhile."""
    sending(database, 1, batch_size=1)
    with database.begin() as connection:
        second = freeze(connection, period=week(1))
    plan(database, second.id)
    early, late = NOW + timedelta(hours=1), NOW + timedelta(days=9)
    with database.begin() as connection:
        connection.execute(update(edition).values(channel=Channel.REAL))
        connection.execute(
            update(edition).where(edition.c.id == second.id).values(planned_at=early)
        )
        out = update(batch).values(state="accepted")
        connection.execute(out.where(batch.c.edition_id != second.id).values(settled_at=late))
        connection.execute(out.where(batch.c.edition_id == second.id).values(settled_at=early))
        assert allowance.first_handed_over(connection) == early
