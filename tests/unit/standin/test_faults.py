"""Faults by name, by script and by chance."""

from __future__ import annotations

from collections import Counter

import pytest

from newsletter.errors import UsageError
from newsletter.standin.faults import KINDS, PLACES, Fault, Script, drawn, fault, place_of
from newsletter.standin.rules import Rules, changed

EVERY = [
    f"{place}{kind}{after}"
    for place in ("", *(f"{place}-" for place in PLACES))
    for kind in KINDS
    for after in ("", "-after")
    if (kind, after) != ("late", "-after")
]


def test_every_name_is_read_and_written_alike() -> None:
    """The name in the record of requests is the one that was asked for."""
    assert [fault(name).name for name in EVERY] == EVERY
    assert fault("502-after") == Fault("send", "502", after=True)
    assert fault("cancel-close") == Fault("cancel", "close", after=False)


@pytest.mark.parametrize("name", ["", "499", "late-after", "cancel", "nowhere-500", "-500", "500 "])
def test_other_names_are_refused(name: str) -> None:
    """A typing mistake must not make a test without faults."""
    with pytest.raises(UsageError, match="There is no fault"):
        fault(name)


@pytest.mark.parametrize(
    "rates", [{"429": 1.1}, {"429": -0.1}, {"429": 0.6, "500-after": 0.6}, {"429": "x"}, {"x": 0.1}]
)
def test_rates_that_cannot_be_are_refused(rates: dict[str, float]) -> None:
    """Also those that only together exceed one."""
    with pytest.raises(UsageError):
        Rules(faults=rates)
    assert Rules(faults={"429": 0.6, "cancel-429": 0.6}).faults["cancel-429"] == 0.6


def test_chance_is_the_same_for_the_same_seed_and_keeps_to_its_rates() -> None:
    """A run can be repeated, and a restart of the stand-in does not change its course."""
    rates = {"429": 0.2, "close-after": 0.1, "cancel-500": 1.0}
    first = [drawn(7, number, rates, "send") for number in range(4000)]
    assert first == [drawn(7, number, rates, "send") for number in range(4000)]
    assert first != [drawn(8, number, rates, "send") for number in range(4000)]
    counted = Counter(found.name if found else "" for found in first)
    assert counted["429"] == pytest.approx(800, abs=120)
    assert counted["close-after"] == pytest.approx(400, abs=90)
    assert set(counted) == {"", "429", "close-after"}
    assert all(drawn(7, number, rates, "cancel") for number in range(50))


def test_a_script_is_followed_in_order_and_by_place() -> None:
    """Two mails pass, two are refused, one is lost; a cancel does not use them up."""
    script = Script()
    script.add("429", skip=2, times=2)
    script.add("close-after")
    script.add("cancel-500")
    sent = [script.next("send") for _ in range(6)]
    assert [found.name if found else "" for found in sent] == [
        "", "", "429", "429", "close-after", "",
    ]  # fmt: skip
    assert script.next("cancel") == fault("cancel-500")
    script.add("500")
    script.clear()
    assert script.next("send") is None


def test_each_request_has_its_place() -> None:
    """As the names of faults say it."""
    assert place_of("POST", "/v3/mail/send") == "send"
    assert place_of("POST", "/v3/mail/batch") == "batch"
    assert place_of("GET", "/v3/user/scheduled_sends/x") == "read"
    assert place_of("POST", "/v3/user/scheduled_sends") == "cancel"
    assert place_of("PATCH", "/v3/user/scheduled_sends/x") == "cancel"
    assert place_of("DELETE", "/v3/user/scheduled_sends/x") == "delete"
    assert place_of("POST", "/v3/asm/suppressions/global") == ""


def test_rules_are_changed_by_what_json_can_say() -> None:
    """Lists become tuples and whole numbers fractions; anything else is refused with its name."""
    rules = changed(Rules(), {"latency": 1, "scopes": ["mail.send"], "credits": None, "fast": True})
    assert (rules.latency, rules.scopes, rules.credits, rules.fast) == (
        1.0, ("mail.send",), None, True,
    )  # fmt: skip
    wrong: list[dict[str, object]] = [
        {"seed": True},
        {"fast": 1},
        {"latency": "1"},
        {"nothing": 1},
        {"faults": []},
    ]
    for given in wrong:
        with pytest.raises(UsageError, match=next(iter(given))):
            changed(Rules(), given)
    with pytest.raises(UsageError, match="sleeping"):
        changed(Rules(), {"outcomes": {"a@example.org": "sleeping"}})
