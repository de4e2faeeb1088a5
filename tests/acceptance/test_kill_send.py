"""A `send` that is killed at any moment is brought to its end by the next one.

The short form; `kill_send.py` kills a hundred runs of 20,000 people.
"""

from __future__ import annotations

import os

import pytest

from tests.acceptance.kill_send import ground, torture


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_everybody_gets_exactly_one_message_whenever_a_send_is_killed() -> None:
    """Killed while planning, submitting or finishing: nobody gets two, and nobody is left out."""
    with ground(2000) as where:
        result = torture(where, kills=6, seed=3)
    assert result.faults == []
    assert result.kills == 6
