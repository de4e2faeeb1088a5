"""Planning inside the database gives what the rules as values give, on both databases."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from newsletter.delivery.plan import is_candidate, skip_at_planning, variant_of_late_choice
from newsletter.model.edition import Choice, Form
from newsletter.store import planning
from newsletter.store.engine import Database
from newsletter.store.tables import batch, delivery
from subscribers.model import SubscriptionStatus, SuppressionReason
from tests.integration.store.ledger import (
    NOW,
    Reader,
    add_readers,
    clear,
    freeze,
    plan,
    sending,
    states,
)

TOPICS = ("", "living", "living+trials", "trials")
VARIANTS = ("all", "all.large", "living", "trials")
LATE = (VARIANTS, (*VARIANTS, "all.discreet"))

readers = st.builds(
    Reader,
    status=st.sampled_from([SubscriptionStatus.ACTIVE] * 4 + list(SubscriptionStatus)),
    topics=st.sampled_from(TOPICS),
    form=st.sampled_from([Form.NORMAL, Form.NORMAL, Form.LARGE, Form.PLAIN, Form.DISCREET]),
    suppressed=st.sampled_from([None] * 6 + list(SuppressionReason)),
    confirmed=st.none() | st.integers(1, 5),
    paused_days=st.sampled_from([None, None, None, -1, 0, 1]),
)
mappings = st.dictionaries(
    st.tuples(st.sampled_from(TOPICS), st.sampled_from([Form.NORMAL, Form.LARGE])),
    st.none() | st.sampled_from(VARIANTS),
)
"""(topics, form) -> variant; None: nothing for them; one that is missing was made late."""


@dataclass(frozen=True)
class Line:
    """A delivery as the ledger has it."""

    state: str
    reason: str | None
    variant: str | None
    number: int | None


def newest(people: dict[int, Reader]) -> dict[int, Reader]:
    """Who confirmed last comes first, of two of one day the higher number; the unknown last."""
    return dict(sorted(people.items(), key=lambda i: (i[1].confirmed or 0, i[0]), reverse=True))


def expected(
    people: dict[int, Reader],
    mapping: dict[tuple[str, Form], str | None],
    size: int,
    variants: tuple[str, ...],
) -> tuple[dict[int, tuple[str, str | None]], dict[str, list[list[int]]]]:
    """What the rules say: state and reason of each delivery, and each variant's batches."""
    lines: dict[int, tuple[str, str | None]] = {}
    of_variant: dict[str, list[int]] = defaultdict(list)
    for number, reader in people.items():
        if not is_candidate(reader.status):
            continue
        choice = (reader.topics, reader.form)
        late = choice not in mapping
        variant = variant_of_late_choice(reader.form, variants) if late else mapping[choice]
        reason = skip_at_planning(
            reader.suppressed,
            paused=reader.is_paused,
            has_variant=variant is not None,
            late_choice=late,
        )
        lines[number] = ("skipped", reason) if reason else ("planned", None)
        if reason is None and variant is not None:
            of_variant[variant].append(number)
    batches = {
        variant: [sorted(numbers[at : at + size]) for at in range(0, len(numbers), size)]
        for variant, numbers in of_variant.items()
    }
    return lines, batches


def planned_batches(connection: Connection, edition_id: int) -> dict[str, list[list[int]]]:
    """Each variant's batches as the ledger has them, checked against the table of batches."""
    rows = connection.execute(
        select(delivery.c.subscriber_id, delivery.c.batch_number)
        .where(delivery.c.edition_id == edition_id, delivery.c.batch_number.is_not(None))
        .order_by(delivery.c.subscriber_id)
    )
    people: dict[int, list[int]] = defaultdict(list)
    for number, batch_number in rows:
        people[batch_number].append(number)
    known = connection.execute(
        select(batch).where(batch.c.edition_id == edition_id).order_by(batch.c.number)
    ).all()
    assert {row.number: row.size for row in known} == {n: len(p) for n, p in people.items()}
    assert {(row.state, row.attempt) for row in known} <= {("planned", 1)}
    found: dict[str, list[list[int]]] = defaultdict(list)
    for row in known:
        found[row.variant].append(people[row.number])
    return dict(found)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    list_=st.lists(readers, max_size=24),
    mapping=mappings,
    size=st.integers(1, 6),
    block=st.integers(1, 9),
    stop_after=st.integers(0, 5),
    newest_first=st.booleans(),
    variants=st.sampled_from(LATE),
)
def test_the_database_plans_what_the_rules_say(
    database: Database,
    list_: list[Reader],
    mapping: dict[tuple[str, Form], str | None],
    size: int,
    block: int,
    stop_after: int,
    newest_first: bool,
    variants: tuple[str, ...],
) -> None:
    """Nobody is missing or in two batches, a batch has one variant and its size, whatever the
    blocks, in both orders, and also when planning stops half way and goes on.
    """
    choices = [
        Choice(topics=topics, form=form, people=1, variant=variant)
        for (topics, form), variant in mapping.items()
    ]
    with database.begin() as connection:
        clear(connection)
        people = dict(zip(add_readers(connection, list_), list_, strict=True))
        edition = freeze(connection, variants=variants, choices=choices, newest_first=newest_first)
        foretold = planning.mailable(connection, edition.id, now=NOW)
    for _ in range(stop_after):
        with database.begin() as connection:
            planning.plan_block(connection, edition.id, batch_size=size, now=NOW, block=block)
    plan(database, edition.id, batch_size=size, block=block)
    ordered = newest(people) if newest_first else people
    lines, batches = expected(ordered, mapping, size, variants)
    with database.read() as connection:
        assert states(connection, edition.id) == lines
        assert foretold == sum(state == "planned" for state, _ in lines.values())
        assert planned_batches(connection, edition.id) == batches


def test_planning_again_changes_nothing(database: Database) -> None:
    """The watermark says that everybody has been looked at."""
    edition = sending(database, 7, batch_size=3)

    def ledger(connection: Connection) -> list[list[object]]:
        return [[tuple(row) for row in connection.execute(select(t))] for t in (batch, delivery)]

    with database.begin() as connection:
        before = ledger(connection)
        done = planning.plan_block(connection, edition.id, batch_size=2, now=NOW)
        assert done.done
        assert ledger(connection) == before


def test_a_block_that_is_rolled_back_leaves_no_trace(database: Database) -> None:
    """A run that dies in the middle of a block has not begun it."""

    class Died(Exception):
        pass

    with database.begin() as connection:
        add_readers(connection, [Reader()] * 5)
        edition = freeze(connection)
    try:
        with database.begin() as connection:
            planning.plan_block(connection, edition.id, batch_size=2, now=NOW, block=3)
            raise Died
    except Died:
        pass
    with database.read() as connection:
        assert states(connection, edition.id) == {}
    plan(database, edition.id, batch_size=2, block=3)
    with database.read() as connection:
        assert len(states(connection, edition.id)) == 5
        assert planned_batches(connection, edition.id) == {"all": [[1, 2], [3, 4], [5]]}


def test_who_joins_after_the_freeze_gets_the_next_edition(database: Database) -> None:
    """The list of an edition is that of the moment it was frozen."""
    with database.begin() as connection:
        add_readers(connection, [Reader()] * 2)
        edition = freeze(connection)
        add_readers(connection, [Reader()])
    plan(database, edition.id)
    with database.read() as connection:
        assert set(states(connection, edition.id)) == {1, 2}


def test_who_leaves_between_two_blocks_is_not_planned(database: Database) -> None:
    """A person is looked at in her block, not before."""
    with database.begin() as connection:
        add_readers(connection, [Reader()] * 4)
        edition = freeze(connection)
        planning.plan_block(connection, edition.id, batch_size=10, now=NOW, block=2)
        connection.exec_driver_sql(
            "UPDATE subscriber_person SET status = 'unsubscribed' WHERE id IN (1, 3)"
        )
    plan(database, edition.id)
    with database.read() as connection:
        assert set(states(connection, edition.id)) == {1, 2, 4}


def numbers(connection: Connection, edition_id: int) -> dict[int, int | None]:
    """The number of each person's batch."""
    query = select(delivery.c.subscriber_id, delivery.c.batch_number)
    return {
        row.subscriber_id: row.batch_number
        for row in connection.execute(query.where(delivery.c.edition_id == edition_id))
    }


def test_newest_first_nobody_is_lost_who_is_there_throughout(database: Database) -> None:
    """People who leave, are erased, are suppressed or confirm anew between two blocks: none of them
    takes another one's place, and nobody is planned twice.
    """
    with database.begin() as connection:
        add_readers(connection, [Reader(confirmed=day) for day in range(1, 11)])
        edition = freeze(connection, newest_first=True)
        planning.plan_block(connection, edition.id, batch_size=2, now=NOW, block=3)
        assert numbers(connection, edition.id) == {10: 0, 9: 0, 8: 1}
    with database.begin() as connection:
        for statement in (
            "DELETE FROM subscriber_person WHERE id IN (10, 7)",
            "UPDATE subscriber_person SET status = 'unsubscribed' WHERE id IN (9, 6)",
            "UPDATE subscriber_person SET confirmed_at = NULL WHERE id IN (8, 5)",
        ):
            connection.exec_driver_sql(statement)
        add_readers(connection, [Reader(confirmed=20)])
    plan(database, edition.id, batch_size=2, block=3)
    with database.read() as connection:
        found = numbers(connection, edition.id)
    assert found == {10: 0, 9: 0, 8: 1, 4: 1, 3: 2, 2: 2, 1: 3, 5: 3}


def test_newest_first_planning_again_changes_nothing(database: Database) -> None:
    """Not even for who came back since: the edition is planned."""
    with database.begin() as connection:
        add_readers(connection, [Reader(), Reader(status=SubscriptionStatus.UNSUBSCRIBED)])
        edition = freeze(connection, newest_first=True)
    plan(database, edition.id)
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE subscriber_person SET status = 'active'")
        assert planning.plan_block(connection, edition.id, batch_size=2, now=NOW).done
        assert set(states(connection, edition.id)) == {1}


@pytest.mark.parametrize("newest_first", [False, True])
def test_an_empty_list_is_planned_at_once(database: Database, newest_first: bool) -> None:
    """Nothing is waited for."""
    with database.begin() as connection:
        edition = freeze(connection, newest_first=newest_first)
        assert planning.plan_block(connection, edition.id, batch_size=3, now=NOW).done
        assert states(connection, edition.id) == {}


def test_ids_are_random_and_rise_with_time(database: Database) -> None:
    """32 hexadecimal digits: twelve of the time, so that the index grows at one end, and 80 bits
    that nobody can guess.
    """
    edition = sending(database, 50, batch_size=10)
    with database.read() as connection:
        query = select(delivery.c.id).where(delivery.c.edition_id == edition.id)
        ids = list(connection.execute(query).scalars())
    prefix = f"{int(NOW.timestamp() * 1000):012x}"
    assert {each[:12] for each in ids} == {prefix}
    assert {len(each) for each in ids} == {32}
    assert len({each[12:] for each in ids}) == 50
    assert set("".join(ids)) <= set("0123456789abcdef")
