"""A `send` to a provider that is killed at any moment is brought to its end by the next one.

The short form; `kill_delivery.py` does it at each commit, each request, and many random moments.
"""

from __future__ import annotations

import os

import pytest

from tests.acceptance.kill_delivery import ground, plan, torture

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")


def test_the_provider_has_everybody_once_whenever_a_send_is_killed() -> None:
    """With an undo window; without one nobody is there twice, and the ledger says who is unsure."""
    with ground() as where:
        trials = plan(where, kills=6, seed=3, every=False)
        results = torture(where, trials)
        assert {trial.window for trial in trials} == {True, False}
    assert [ended.wrong for ended in results if ended.wrong] == []
    assert sum(len(ended.killed) for ended in results) >= 3  # those at counted moments


@pytest.mark.slow
def test_so_it_has_on_postgresql() -> None:
    with ground("postgresql") as where:
        results = torture(where, plan(where, kills=20, seed=5, every=False), jobs=2)
    assert [ended.wrong for ended in results if ended.wrong] == []
