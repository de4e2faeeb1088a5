"""When a cancel holds, and when it comes too late."""

from __future__ import annotations

import pytest

from newsletter.standin.schedule import EXPIRES_SECONDS, Fate, Mark, fate

SEND_AT = 10_000.0


@pytest.mark.parametrize(
    ("mark", "now", "became"),
    [
        (None, SEND_AT - 1, Fate.WAITING),
        (None, SEND_AT, Fate.DELIVERED),
        (Mark("cancel", SEND_AT - 600, 9), SEND_AT - 1, Fate.WAITING),
        (Mark("cancel", SEND_AT - 600, 9), SEND_AT, Fate.CANCELLED),
        (Mark("cancel", SEND_AT - 599, 9), SEND_AT, Fate.DELIVERED),
        (Mark("cancel", SEND_AT + 5, 9), SEND_AT + 5, Fate.DELIVERED),
        (Mark("pause", SEND_AT - 600, 9), SEND_AT, Fate.WAITING),
        (Mark("pause", SEND_AT - 599, 9), SEND_AT, Fate.DELIVERED),
        (Mark("pause", SEND_AT - 600, 9), SEND_AT + EXPIRES_SECONDS, Fate.EXPIRED),
    ],
)
def test_fate(mark: Mark | None, now: float, became: Fate) -> None:
    """Ten minutes before the time is the last moment that is guaranteed."""
    assert fate(mark, lot=5, send_at=SEND_AT, now=now) is became


def test_a_request_that_arrives_after_the_cancel() -> None:
    """It is covered or not: the documentation leaves it open, so both can be tried."""
    mark = Mark("cancel", SEND_AT - 1000, lots=4)
    assert fate(mark, lot=5, send_at=SEND_AT, now=SEND_AT) is Fate.CANCELLED
    later = fate(mark, lot=5, send_at=SEND_AT, now=SEND_AT, cancel_holds=False)
    earlier = fate(mark, lot=4, send_at=SEND_AT, now=SEND_AT, cancel_holds=False)
    assert (later, earlier) == (Fate.DELIVERED, Fate.CANCELLED)
