"""Editions that go through a storm of faults reach everybody once, or say whom they did not reach.

The short form; `fault_storm.py` does it for hundreds of editions.
"""

from __future__ import annotations

import pytest

from tests.acceptance.fault_storm import UNCLEAR, Result, Weather, storm


def broken(results: list[Result]) -> list[tuple[int, tuple[str, ...]]]:
    return [(each.seed, each.wrong) for each in results if each.wrong]


def unclear(results: list[Result]) -> int:
    """How many answers left open whether the mails were taken."""
    return sum(each.faults.get(name, 0) for each in results for name in UNCLEAR)


def test_with_a_window_everybody_has_it_once_in_the_end() -> None:
    """Up to 30 % of the answers say nothing, and nobody has to decide anything."""
    results = storm([2, 3], Weather(batches=30))
    assert broken(results) == []
    assert unclear(results) > 20


def test_without_a_window_nobody_has_it_twice_and_reports_settle_who_was_accepted() -> None:
    results = storm([2, 4], Weather(batches=30, undo_minutes=0, settles=False))
    assert broken(results) == []
    assert unclear(results) > 10
    assert sum(each.settled_by_events for each in results) > 0


@pytest.mark.slow
def test_with_a_window_and_fifty_batches_too() -> None:
    assert broken(storm(range(300, 312), Weather())) == []


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.6, 0.95])
def test_beyond_what_can_be_settled_nobody_has_it_twice_and_all_else_is_said(rate: float) -> None:
    assert broken(storm(range(3), Weather(rate=rate, settles=False))) == []


@pytest.mark.slow
def test_a_thousand_batches_share_their_ids() -> None:
    """Up to 5 % of the answers say nothing: twenty batches go under each id."""
    results = storm([1], Weather(batches=1000, people=2, rate=0.05, aside=0.05, settles=False))
    assert broken(results) == []
