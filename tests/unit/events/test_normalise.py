"""The provider's words become ours, whatever arrives; no address and no behaviour stays."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.events.normalise import REASON_LENGTH, normalise, normalise_all
from newsletter.model.event import Event, EventKind

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
AT = datetime(2026, 11, 16, 8, 30, tzinfo=UTC)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    *("event", "nl_delivery", "nl_attempt", "timestamp", "reason", "response", "email", "type"),
    *("status", "bounce_classification"),
)


def raw(event: Any = "delivered", **more: Any) -> dict[str, Any]:
    """An event as SendGrid posts it."""
    return {
        "email": "anna.meier@mail.example.org",
        "timestamp": int(AT.timestamp()),
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        "event": event,
        "category": ["newsletter"],
        "sg_event_id": "ZGVsaXZlcmVkLTA",
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        "nl_delivery": "0190000000aa00ff00ff",
        "nl_attempt": "1",
        **more,
    }


def seen(event: str, **more: Any) -> Event:
    """What becomes of it; it has to be something."""
    found = normalise(raw(event, **more), now=NOW)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("processed", EventKind.PROCESSED),
        ("deferred", EventKind.DEFERRED),
        ("delivered", EventKind.DELIVERED),
        ("dropped", EventKind.DROPPED),
        ("spamreport", EventKind.COMPLAINED),
        ("unsubscribe", EventKind.UNSUBSCRIBED),
        ("group_unsubscribe", EventKind.UNSUBSCRIBED),
        ("group_resubscribe", EventKind.PROCESSED),
    ],
)
def test_each_of_the_providers_words_has_one_of_ours(event: str, kind: EventKind) -> None:
    found = seen(event)
    assert (found.delivery_id, found.attempt) == ("0190000000aa00ff00ff", 1)
    assert (found.kind, found.at, found.reason) == (kind, AT, "")


@pytest.mark.parametrize("event", ["open", "click"])
def test_an_opened_mail_is_one_that_was_accepted_and_no_more(event: str) -> None:
    """No trace of what it was is left: neither the kind nor the link."""
    found = seen(event, url="https://blog.example.org/nets", useragent="Mozilla/5.0", ip="::1")
    assert found == seen("processed")


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"type": "bounce"}, EventKind.BOUNCED),
        ({"type": "blocked"}, EventKind.BLOCKED),
        ({"type": "expired"}, EventKind.BLOCKED),
        ({"type": 7}, EventKind.BLOCKED),
        ({"type": "bounce", "bounce_classification": "Invalid Address"}, EventKind.BOUNCED),
        ({"type": "bounce", "bounce_classification": "Technical"}, EventKind.BLOCKED),
        ({"type": "bounce", "bounce_classification": "Content"}, EventKind.BLOCKED),
        ({"status": "5.1.1"}, EventKind.BOUNCED),
        ({"status": "4.2.1"}, EventKind.SOFT_BOUNCED),
        ({"type": "blocked", "status": "5.2.2"}, EventKind.SOFT_BOUNCED),
        ({"type": "blocked", "reason": "552 5.2.2 mailbox full"}, EventKind.SOFT_BOUNCED),
        ({"type": "blocked", "reason": "550 5.7.1 no 5.2.2"}, EventKind.BLOCKED),
        (
            {"type": "blocked", "bounce_classification": "Reputation", "status": "5.2.2"},
            EventKind.BLOCKED,
        ),
        (
            {"type": "blocked", "bounce_classification": "Mailbox Unavailable"},
            EventKind.SOFT_BOUNCED,
        ),
        (
            {"type": "blocked", "bounce_classification": "Unclassified", "status": "5.7.1"},
            EventKind.BLOCKED,
        ),
        ({}, EventKind.BLOCKED),
    ],
)
def test_a_bounce_is_for_good_only_when_it_says_so(fields: dict[str, Any], kind: EventKind) -> None:
    """In doubt the person keeps the newsletter."""
    assert seen("bounce", **fields).kind is kind


@pytest.mark.parametrize(
    "broken",
    [
        *(None, True, 7, "delivered", [], {}, [raw()]),
        *(raw("subscribed"), raw("account_status_change"), raw(event=None), raw(event=["open"])),
        *({k: v for k, v in raw().items() if k != gone} for gone in ("nl_delivery", "nl_attempt")),
        *(raw(nl_delivery=value) for value in ("", 7, "a" * 33, "a b", "d\x00", "é", None)),
        *(raw(nl_attempt=value) for value in ("", "0", "-1", "1.0", "x", "٣", True, 1.0, 0, None)),
        *(raw(nl_attempt=value) for value in (10_000_000, 10**400, "10000000", -3)),
    ],
    ids=lambda value: json.dumps(value)[:40],
)
def test_what_is_no_event_of_ours_is_counted_and_passed_over(broken: object) -> None:
    assert normalise_all([broken, raw()], now=NOW) == ([seen("delivered")], 1)


def test_an_attempt_may_be_a_number_as_well() -> None:
    """The provider's documentation shows custom arguments as it got them."""
    assert seen("delivered", nl_attempt=3).attempt == 3


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        (1_795_000_000.9, datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC)),
        ("1795000000", datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC)),
    ],
)
def test_a_time_is_in_whole_seconds_since_1970(timestamp: object, at: datetime) -> None:
    found = normalise(raw(timestamp=timestamp), now=at)
    assert found is not None
    assert found.at == at


@pytest.mark.parametrize(
    "timestamp",
    [None, 0, -1, True, 10**400, -(10**400), float("nan"), float("inf"), "soon", "9" * 13, [],
     int((NOW + timedelta(days=2)).timestamp()), int(NOW.timestamp() * 1000)],
    ids=str,
)  # fmt: skip
def test_a_time_that_cannot_be_is_the_time_of_its_arrival(timestamp: object) -> None:
    """The event still proves what it proves."""
    assert seen("delivered", timestamp=timestamp).at == NOW


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 5.1.1 <anna.meier@mail.example.org>: unknown", "550 5.1.1 <…>: unknown"),
        ("550 ANNA.MEIER@MAIL.EXAMPLE.ORG unknown", "550 … unknown"),
        ("550 user anna.meier unknown here", "550 user … unknown here"),
        ("550 no such domain mail.example.org", "550 no such domain …"),
        ("550 (bounces+7-anna=x.org@em.example.net)", "550 (…)"),
        ("550\r\n5.1.1\x00 two\tlines", "550 5.1.1 two lines"),
        ("550 \ud800 half", "550 ? half"),
        ("x " * 300, ("x " * 300)[: REASON_LENGTH - 1] + "…"),
    ],
)
def test_a_reason_is_one_short_line_without_the_address(said: str, kept: str) -> None:
    assert seen("bounce", type="bounce", reason=said).reason == kept


def test_the_reason_of_a_drop_is_the_providers_own_word() -> None:
    """Also for somebody whose mailbox has the name of one."""
    found = seen("dropped", reason="Bounced Address", email="bounced@example.org")
    assert found.reason == "Bounced Address"


@given(JSON)
def test_no_json_value_is_too_strange(value: Any) -> None:
    normalise(value, now=NOW)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON)))
def test_no_field_is_too_strange(fields: dict[str, Any]) -> None:
    """What comes of a whole event with strange fields can be kept by any database."""
    event = normalise(raw() | fields, now=NOW)
    if event is not None:
        assert "\x00" not in event.reason + event.delivery_id
        event.reason.encode()
        assert len(event.reason) <= REASON_LENGTH
        assert NOW - timedelta(days=40 * 366) < event.at <= NOW + timedelta(days=1)


@given(
    st.from_regex(r"[a-z0-9._+-]{1,20}@[a-z0-9-]{1,20}\.[a-z]{2,5}", fullmatch=True),
    st.text(max_size=30),
    st.text(max_size=30),
)
def test_no_address_stays_in_a_reason(address: str, before: str, after: str) -> None:
    """Wherever a server puts it, in whatever case."""
    for spelt in (address, address.upper(), f"<{address}>"):
        said = f"{before} {spelt} {after}"
        for event in ("bounce", "dropped", "deferred"):
            reason = seen(event, type="bounce", reason=said, email=address).reason
            assert address not in reason.casefold()
            assert "@" not in reason
