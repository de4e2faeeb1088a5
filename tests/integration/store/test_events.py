"""What the provider reported, as the database keeps it: by the same laws as in memory."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from newsletter.events.fold import merge
from newsletter.model.event import Event, EventKind
from newsletter.store import events as store
from newsletter.store.engine import Database
from newsletter.store.tables import event as table
from newsletter.store.tables import notice
from tests.integration.store.ledger import NOW

each_example_is_cleared = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def event(
    number: int = 1, kind: EventKind = EventKind.DELIVERED, seconds: int = 0, reason: str = ""
) -> Event:
    """An event of one of a few deliveries."""
    return Event(
        delivery_id=f"d{number}",
        attempt=1 + number % 2,
        kind=kind,
        at=NOW + timedelta(seconds=seconds),
        reason="" if kind is EventKind.PROCESSED else reason,
    )


EVENTS = st.lists(
    st.builds(
        event,
        st.integers(1, 4),
        st.sampled_from(EventKind),
        st.integers(0, 3),
        st.sampled_from(["", "a", "B", "b", "é", "~"]),
    ),
    max_size=30,
)


def kept(database: Database) -> dict[Any, Event]:
    """All that is there, by its keys."""
    with database.read() as connection:
        found = store.reported(connection, [f"d{n}" for n in range(1000)])
        assert len(found) == len(connection.execute(select(table)).all())
    return {each.key: each for each in found}


def record(database: Database, events: list[Event]) -> int:
    with database.begin() as connection:
        return store.record(connection, events)


@each_example_is_cleared
@given(events=EVENTS, cuts=st.lists(st.integers(0, 30), max_size=3), chance=st.randoms())
def test_any_order_any_pieces_and_any_repetition_give_the_same_rows(
    database: Database, events: list[Event], cuts: list[int], chance: random.Random
) -> None:
    """The laws of `fold.merge` hold in SQL as well, letters beyond ASCII included."""
    with database.begin() as connection:
        connection.execute(delete(table))
    arriving = events + chance.sample(events, len(events) // 2)
    chance.shuffle(arriving)
    edges = [0, *sorted(min(cut, len(arriving)) for cut in cuts), len(arriving)]
    for start, end in pairwise(edges):
        record(database, arriving[start:end])
    assert kept(database) == merge(events)


def test_how_many_said_something_new(database: Database) -> None:
    """What is known, or says less, is not counted, and changes nothing."""
    first = [event(1, EventKind.PROCESSED, 5), event(1, EventKind.DEFERRED, 5, "b"), event(2)]
    assert record(database, [*first, *first]) == 3
    assert record(database, first) == 0
    older = [event(1, EventKind.PROCESSED, 6), event(1, EventKind.DEFERRED, 5, "a")]
    assert record(database, older) == 0
    newer = [event(1, EventKind.PROCESSED, 4), event(1, EventKind.DEFERRED, 6, "a")]
    assert record(database, newer) == 2
    assert kept(database) == merge([*first, *newer])
    assert record(database, []) == 0


def test_receivers_at_once_neither_lose_anything_nor_wait_in_a_circle(database: Database) -> None:
    """Several processes are posted the same events in different orders."""
    events = [
        event(n, kind, n % 7, f"r{n % 3}") for n in range(60) for kind in (EventKind.DEFERRED,) * 2
    ]
    chance = random.Random(5)
    shuffled = [chance.sample(events, len(events)) for _ in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda some: record(database, some), shuffled))
    assert kept(database) == merge(events)


def test_old_events_are_forgotten_some_at_a_time(database: Database) -> None:
    """The oldest first; what is exactly as old as it may be stays."""
    record(database, [event(n, seconds=n) for n in range(10)])
    at = NOW + timedelta(seconds=7)
    with database.begin() as connection:
        assert store.forget_before(connection, at, most=4) == 4
    assert {int(each.delivery_id[1:]) for each in kept(database).values()} == {4, 5, 6, 7, 8, 9}
    with database.begin() as connection:
        assert store.forget_before(connection, at) == 3
        assert store.forget_before(connection, at) == 0
    assert {int(each.delivery_id[1:]) for each in kept(database).values()} == {7, 8, 9}


def test_an_alarm_is_noted_once(database: Database) -> None:
    """Also after it was sent."""
    with database.begin() as connection:
        assert store.alarm(connection, about="double:2026-W47:1:0", text="one", now=NOW)
        assert not store.alarm(connection, about="double:2026-W47:1:0", text="two", now=NOW)
        assert store.alarm(connection, about="double:2026-W47:1:1", text="three", now=NOW)
        rows = connection.execute(select(notice).order_by(notice.c.id)).all()
    assert [(row.kind, row.text, row.state) for row in rows] == [
        ("alarm", "one", "due"),
        ("alarm", "three", "due"),
    ]
