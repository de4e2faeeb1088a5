"""Leaky buckets, and what counts as one network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.limits import HOUR, Level, Limit, key_hash, network_of, take

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)


@given(st.integers(1, 20), st.lists(st.integers(0, 7200), max_size=60))
def test_within_its_time_at_most_twice_the_limit_is_let_through(
    most: int, seconds: list[int]
) -> None:
    """A full bucket at once, and what drains meanwhile; over a long time no more than the rate."""
    level, let_through = None, []
    for at in sorted(seconds):
        moment = NOW + timedelta(seconds=at)
        allowed, level = take(level, Limit(most=most), moment)
        if allowed:
            let_through.append(moment)
    for start in let_through:
        within = [at for at in let_through if start <= at < start + HOUR]
        assert len(within) <= 2 * most
    assert len(let_through) <= most + most * 7200 / 3600


def test_so_many_are_allowed_at_once_and_one_more_after_its_part_of_the_time() -> None:
    limit, level = Limit(most=4), None
    for _ in range(4):
        allowed, level = take(level, limit, NOW)
        assert allowed
    assert not take(level, limit, NOW + timedelta(minutes=14))[0]
    assert take(level, limit, NOW + timedelta(minutes=15))[0]


def test_a_refusal_adds_nothing_and_a_clock_put_back_empties_nothing() -> None:
    full = Level(drops=1.0, at=NOW)
    allowed, after = take(full, Limit(most=1), NOW - timedelta(days=1))
    assert (allowed, after) == (False, full)


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", ""),
        ("", ""),
    ],
)
def test_a_network_is_one_address_of_the_old_kind_or_a_64_of_the_new(
    text: str, network: str
) -> None:
    assert network_of(text) == network


def test_a_bucket_is_named_by_a_keyed_hash_of_its_own() -> None:
    names = {
        key_hash("network", "203.0.113.7", "a"),
        key_hash("address", "203.0.113.7", "a"),
        key_hash("network", "203.0.113.7", "b"),
    }
    assert len(names) == 3
    assert not any("203" in name and "." in name for name in names)
