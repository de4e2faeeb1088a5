"""What the ledger reads to hand over one batch: that batch, and not all others of the edition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from newsletter.model.delivery import BatchState, ClaimedBatch
from newsletter.model.edition import Edition
from newsletter.store import addressees, batches, halving, messages, recovery
from newsletter.store.engine import Database
from tests.integration.store.ledger import NOW, sending

WHOLE_EDITION = re.compile(r"\b(SCAN|SEARCH) delivery\b(?!.*(batch_number=|subscriber_id|\bid=))")

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@contextmanager
def listening(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Every statement about deliveries, with its values."""
    heard: list[tuple[str, Any]] = []

    def hear(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "delivery" in statement and not statement.startswith("EXPLAIN"):
            heard.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)


def readings(database: Database, heard: list[tuple[str, Any]]) -> list[str]:
    """How SQLite looks for the deliveries that each statement is about."""
    found = []
    with database.read() as connection:
        for statement, values in heard:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            found += [row.detail for row in plan if "delivery" in row.detail]
    return found


def submit_all(database: Database, edition: Edition) -> None:
    """Batches that end in every way there is."""
    for end in (accept, put_back, halve, leave, conclude):
        with database.begin() as connection:
            claimed = batches.claim(connection, edition.id, "one", now=NOW)
            assert claimed is not None
            people = addressees.addressees(connection, claimed)
            addressees.skip(connection, claimed, {people[0].delivery_id: "manual"})
            end(connection, claimed)
    with database.begin() as connection:
        assert recovery.recover(connection, edition.id, "two") == 1
        assert recovery.plan_unknown_again(connection, edition.id) == 1


def accept(connection: Any, claimed: ClaimedBatch) -> None:
    assert batches.settle(connection, claimed, BatchState.ACCEPTED, now=NOW)


def put_back(connection: Any, claimed: ClaimedBatch) -> None:
    assert batches.put_back(connection, claimed, not_before=None, error="", rejected={"x": "y"})


def halve(connection: Any, claimed: ClaimedBatch) -> None:
    halving.split(connection, claimed, error="", halves=True)


def conclude(connection: Any, claimed: ClaimedBatch) -> None:
    messages.conclude(connection, claimed, now=NOW)


def leave(_connection: Any, _claimed: ClaimedBatch) -> None:
    """As a process does that dies."""


def test_a_batch_is_found_without_reading_the_others(database: Database) -> None:
    edition = sending(database, 60, batch_size=10)
    with listening(database) as heard:
        submit_all(database, edition)
    found = readings(database, heard)
    assert any("ix_delivery_batch (edition_id=? AND batch_number=?)" in each for each in found)
    assert [each for each in found if WHOLE_EDITION.search(each)] == []


def test_planning_a_block_reads_no_block_before_it(database: Database) -> None:
    with listening(database) as heard:
        sending(database, 60, batch_size=10)
    found = readings(database, [each for each in heard if "INSERT" not in each[0]])
    assert found
    assert [each for each in found if WHOLE_EDITION.search(each)] == []
