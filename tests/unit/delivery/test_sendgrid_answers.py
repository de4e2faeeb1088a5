"""What an answer of SendGrid means: certain only where it is certain."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.answers import (
    Answer,
    Limited,
    NotTaken,
    Refused,
    Stopped,
    Taken,
    TooLarge,
    Unknown,
)
from newsletter.delivery.transports.sendgrid_answers import (
    LONGEST_WAIT,
    SHORTEST_WAIT,
    USUAL_WAIT,
    answer_of,
    date_of,
)
from tests.sendgrid import NOW, START

IDS = ("first", "second", "third")


def meaning(status: int, body: Any = b"", **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer_of(status, named, raw, delivery_ids=IDS, now=NOW)


def errors(*fields: str | None, message: str = "It is wrong.") -> Any:
    return {"errors": [{"message": message, "field": field, "help": None} for field in fields]}


def test_only_202_is_a_success() -> None:
    assert meaning(202, x_message_id="abc.DEF-1") == Taken(message_id="abc.DEF-1")
    assert meaning(202) == Taken(message_id=None)
    assert meaning(202, x_message_id="x" * 1000) == Taken(message_id=None)


@pytest.mark.parametrize("status", [200, 201, 204, 301, 302, 307, 399])
def test_what_only_looks_like_a_success_stops_everything(status: int) -> None:
    """The sandbox answers 200, and so does the log-in page of a hotel."""
    found = meaning(status, b"<html>Welcome</html>")
    assert isinstance(found, Unknown)
    assert found.stop
    assert found.mend


@pytest.mark.parametrize("status", [100, 402, 408, 409, 410, 411, 422, 500, 502, 503, 504, 599, 7])
def test_what_says_nothing_certain_is_unknown(status: int) -> None:
    found = meaning(status, errors(None))
    assert isinstance(found, Unknown)
    assert not found.stop


@pytest.mark.parametrize("status", [401, 403, 404, 405, 415])
def test_what_every_request_would_meet_stops_with_a_mend(status: int) -> None:
    found = meaning(status, errors(None, message="access forbidden"))
    assert isinstance(found, Stopped)
    assert "access forbidden" in found.error
    assert "newsletter send" in found.mend


def test_used_up_credits_are_not_a_wrong_key() -> None:
    found = meaning(401, errors(None, message="Maximum credits exceeded"))
    assert isinstance(found, Stopped)
    assert "used up" in found.error
    assert "Buy credits" in found.mend
    assert "API key" not in found.mend


def test_too_large_by_any_body() -> None:
    assert isinstance(meaning(413, b"<html>nginx</html>"), TooLarge)


def test_a_refusal_names_the_recipients_it_is_about() -> None:
    body = errors(
        "personalizations.2.to.0.email", "personalizations.0.headers.X", "personalizations[1]"
    )
    found = meaning(400, body)
    assert isinstance(found, Refused)
    assert found.rejected == {
        "third": "invalid-address", "first": "refused-header", "second": "refused"
    }  # fmt: skip


def test_a_refusal_that_names_nobody_rejects_nobody() -> None:
    for body in (errors("subject"), errors("personalizations"), errors(None), b"", b"[]", b"{{"):
        found = meaning(400, body)
        assert isinstance(found, Refused)
        assert not found.rejected
        assert found.mend


def test_a_place_outside_of_the_request_is_nobody() -> None:
    body = errors(
        "personalizations.3.to.0.email", "personalizations.-1.to", "personalizations.٣.to"
    )
    found = meaning(400, body)
    assert isinstance(found, Refused)
    assert not found.rejected


def test_neither_an_address_nor_a_key_nor_a_link_is_repeated() -> None:
    message = "anna@example.org and SG.secret at https://news.example.org/x is wrong."
    for status in (400, 401, 403, 404):
        found = meaning(status, errors("from.email", message=message))
        assert "is wrong" in str(found)
        assert not any(part in str(found) for part in ("anna", "secret", "news.example"))
    named = meaning(400, errors("personalizations.0.to.0.email", message="Anna Berg is wrong."))
    assert "Anna" not in str(named)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"date": formatdate(START + 500, usegmt=True),
          "x_ratelimit_reset": str(int(START) + 520)}, 20),
        ({"x_ratelimit_reset": str(int(START) + 7)}, 7),
        ({"retry_after": "45"}, 45),
        ({"date": formatdate(START + 500, usegmt=True),
          "retry_after": formatdate(START + 590, usegmt=True)}, 90),
        ({"x_ratelimit_reset": "soon", "retry_after": "5"}, 5),
        ({"x_ratelimit_reset": "0"}, SHORTEST_WAIT.total_seconds()),
        ({"x_ratelimit_reset": "999999999999"}, LONGEST_WAIT.total_seconds()),
        ({"x_ratelimit_reset": "9" * 5000}, USUAL_WAIT.total_seconds()),
        ({"retry_after": "tomorrow", "date": "yesterday"}, USUAL_WAIT.total_seconds()),
        ({}, USUAL_WAIT.total_seconds()),
    ],
)  # fmt: skip
def test_how_long_to_wait_is_told_by_the_providers_own_clock(
    headers: dict[str, str], seconds: float
) -> None:
    found = meaning(429, errors(None), **headers)
    assert isinstance(found, Limited)
    assert found.until - NOW == timedelta(seconds=seconds)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30)
    | st.sampled_from(["personalizations.0.to", "personalizations.1", "errors"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["errors", "field", "message", "x"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
BODY = st.binary(max_size=50) | JSON.map(lambda value: json.dumps(value).encode()) | st.lists(
    st.dictionaries(st.sampled_from(["field", "message"]), JSON), max_size=3
).map(lambda entries: json.dumps({"errors": entries}).encode())  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(["date", "retry-after", "x-ratelimit-reset", "x-message-id"]),
    st.text(max_size=30) | st.integers().map(str)
    | st.sampled_from([formatdate(0), formatdate(2**33), "Mon, 99 Foo 0000 00:00:00 +9999"]),
)  # fmt: skip


@given(st.integers(-1, 1000) | st.sampled_from([202, 400, 401, 429]), HEADERS, BODY)
def test_whatever_answers_there_is_a_meaning(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    """Total; and nothing is taken, limited or refused but by its own status."""
    found = answer_of(status, headers, body, delivery_ids=IDS, now=NOW)
    assert not isinstance(found, NotTaken)
    assert isinstance(found, Taken) == (status == 202)
    assert isinstance(found, Limited) == (status == 429)
    if isinstance(found, Refused):
        assert status == 400
        assert set(found.rejected) <= set(IDS)
        assert all(len(reason) <= 24 for reason in found.rejected.values())
    if isinstance(found, Limited):
        assert SHORTEST_WAIT <= found.until - NOW <= LONGEST_WAIT
    assert isinstance(found, Taken) or len(found.error) < 400


def test_a_date_that_is_none() -> None:
    for text in ("", "x", "Mon, 1 Jan 1900 00:00:00 GMT", "Wed, 18 Nov 2026 10:00:00 -0000"):
        assert date_of({"date": text}) is None
    assert date_of({"date": formatdate(START, usegmt=True)}) == NOW
