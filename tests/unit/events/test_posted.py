"""Of a post only what matters is kept, and of openings and clicks nothing at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.events.normalise import normalise_all, strays
from newsletter.events.posted import kept, unpacked

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
KINDS = (
    *("processed", "delivered", "deferred", "bounce", "dropped", "spamreport", "unsubscribe"),
    "group_unsubscribe",
)
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.integers())
EVENTS = st.fixed_dictionaries(
    {"event": st.sampled_from(KINDS)},
    optional={
        "nl_delivery": st.sampled_from(["0190000000aa00ff00ff", "x y"]) | VALUES,
        "nl_attempt": st.sampled_from(["1", "2", 3]) | VALUES,
        "timestamp": st.integers(1_760_000_000, 1_800_000_000) | VALUES,
        "email": st.just("anna.meier@mail.example.org") | VALUES,
        "type": st.sampled_from(["bounce", "blocked"]) | VALUES,
        "status": st.sampled_from(["5.1.1", "4.2.2"]) | VALUES,
        "bounce_classification": st.sampled_from(["Technical", "Mailbox Unavailable"]) | VALUES,
        "reason": st.text(max_size=300) | VALUES,
        "response": st.text(max_size=300) | VALUES,
        "useragent": st.text(),
        "ip": st.text(),
    },
)


def posted(*events: object) -> bytes:
    return json.dumps(events).encode()


def through(raw: bytes) -> list[Any]:
    """What is there again when it is absorbed."""
    found = kept(raw)
    assert found is not None
    return unpacked(found.body)


@given(st.lists(EVENTS, max_size=5))
def test_what_is_kept_means_the_same(events: list[dict[str, Any]]) -> None:
    again = through(posted(*events))
    assert normalise_all(again, now=NOW) == normalise_all(events, now=NOW)
    assert strays(again, now=NOW) == strays(events, now=NOW)


def test_openings_and_clicks_are_thrown_away_unread() -> None:
    raw = {"nl_delivery": "aa", "nl_attempt": "1", "email": "anna@example.org", "ip": "192.0.2.7"}
    names = ("open", "click", "group_resubscribe", "account_status_change", "delivered", "", 7)
    found = kept(posted(*({**raw, "event": name} for name in names), None, "open", []))
    assert found is not None
    assert (found.events, found.discarded) == (1, 9)
    assert unpacked(found.body) == [{"event": "delivered", "nl_delivery": "aa", "nl_attempt": "1"}]


def test_an_address_stays_only_where_it_may_be_needed() -> None:
    """Which is where a server may have repeated it, or where it alone says who it was."""
    of = {"email": "anna@example.org", "response": "250 anna@example.org", "useragent": "Mail"}
    for name in ("processed", "delivered"):
        assert through(posted({**of, "event": name})) == [{"event": name}]
    assert through(posted({**of, "event": "bounce"}))[0]["email"] == "anna@example.org"
    assert "useragent" not in through(posted({**of, "event": "bounce"}))[0]


def test_a_text_without_end_is_cut() -> None:
    (event,) = through(posted({"event": "bounce", "reason": "x" * 10_000}))
    assert len(event["reason"]) == 2000


def test_bytes_that_are_no_utf_8_spoil_no_other_event() -> None:
    """SendGrid would post the same again for a day, and then all of them would be lost."""
    raw = posted({"event": "bounce", "reason": "bo?te pleine"}, {"event": "spamreport"})
    found = through(raw.replace(b"?", b"\xee"))
    assert found == [{"event": "bounce", "reason": "bo\ufffdte pleine"}, {"event": "spamreport"}]


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b'"events"', b"[{]", b"\xff\xfe", b"[" * 100_000, b"null"]
)
def test_what_is_no_array_is_none(raw: bytes) -> None:
    assert kept(raw) is None


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything(raw: bytes) -> None:
    kept(raw)
