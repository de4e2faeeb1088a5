"""The register is asked over HTTP: few questions, and every way in which it may not answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from newsletter.errors import RegisterError
from newsletter.model.feed import Fetched, Validators
from newsletter.trials.client import ClinicalTrialsGov
from newsletter.wiring import fetch_page
from tests.register import FAULTS, Register, register_serving, study

NUMBERS = [f"NCT{number:08d}" for number in range(1, 251)]


@pytest.fixture
def register() -> Iterator[Register]:
    """A register with 250 studies."""
    with register_serving() as found:
        found.keep(*(study(number) for number in NUMBERS))
        yield found


class Asking:
    """A client, with a clock that goes on only while it waits."""

    def __init__(self, url: str, **more: Any) -> None:
        self.time = datetime(2026, 11, 16, 8, tzinfo=UTC)
        self.pauses: list[float] = []
        self.client = ClinicalTrialsGov(
            self._fetch,
            **{
                "base_url": url,
                "pause": self._pause,
                "now": lambda: self.time,
                "limit": timedelta(minutes=2),
                **more,
            },
        )

    def _fetch(self, url: str, validators: Validators | None) -> Fetched:
        return fetch_page(url, validators, seconds=1)

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += timedelta(seconds=seconds)


def test_many_trials_are_few_questions_a_second_apart(register: Register) -> None:
    """250 numbers in three questions; each is named once."""
    asking = Asking(register.url)
    assert asking.client.data_timestamp() == register.timestamp
    answers = asking.client.ask([*NUMBERS, *NUMBERS])
    assert sorted(answers.records) == NUMBERS
    assert answers.error is None
    assert register.calls == ["/version", *["/studies"] * 3]
    assert asking.pauses == [1.0] * 3
    assert all(len(request.path) < 1900 for request in register.requests)


def test_pages_are_read_to_the_last(register: Register) -> None:
    """With the same parameters on each page, which the register's document asks for."""
    register.page_size = 7
    answers = Asking(register.url).client.ask(NUMBERS[:20])
    assert sorted(answers.records) == NUMBERS[:20]
    asked = [parse_qs(urlsplit(request.path).query) for request in register.requests]
    assert [query.pop("pageToken", None) for query in asked] == [None, ["7"], ["14"]]
    assert asked[0] == asked[1] == asked[2]


def test_one_number_that_is_not_liked_costs_no_other_its_answer(register: Register) -> None:
    """The question is cut in halves until the number stands alone."""
    register.disliked = {NUMBERS[66]}
    del register.studies[NUMBERS[66]]
    asking = Asking(register.url)
    answers = asking.client.ask(NUMBERS[:100])
    assert sorted(answers.records) == [n for n in NUMBERS[:100] if n != NUMBERS[66]]
    assert answers.missing == {NUMBERS[66]}
    assert len(register.calls) <= 1 + 2 * 7 + 1


def test_a_number_disliked_only_together_is_found_alone(register: Register) -> None:
    """Nothing is given up as long as there is another way to ask."""
    register.disliked = {NUMBERS[0]}
    answers = Asking(register.url).client.ask(NUMBERS[:3])
    assert sorted(answers.records) == NUMBERS[:3]


@pytest.mark.parametrize("together", [True, False])
def test_an_alias_leads_to_the_study_that_took_its_place(
    register: Register, together: bool
) -> None:
    """By the list of aliases in the answer, or by the redirect of the single study."""
    register.keep(study("NCT09000001", aliases=["NCT09000002"]))
    if not together:
        register.disliked = {"NCT09000002"}
    answers = Asking(register.url).client.ask(["NCT09000002"])
    assert answers.records["NCT09000002"].number == "NCT09000001"
    assert ("/studies/NCT09000002" in register.calls) is not together


def test_a_number_that_the_register_does_not_have_is_missing(register: Register) -> None:
    """Others asked for in the same question are answered."""
    answers = Asking(register.url).client.ask(["NCT08888888", NUMBERS[0]])
    assert answers.missing == {"NCT08888888"}
    assert list(answers.records) == [NUMBERS[0]]


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_whatever_goes_wrong_is_one_error_in_words(register: Register, fault: str) -> None:
    """Down, slow, or with something other than JSON: never another exception."""
    register.fault = fault
    asking = Asking(register.url)
    with pytest.raises(RegisterError, match=r"ClinicalTrials\.gov") as refused:
        asking.client.data_timestamp()
    assert refused.value.message.endswith(".")
    assert "feed" not in str(refused.value)
    answers = Asking(register.url).client.ask(NUMBERS[:2])
    assert answers.records == {}
    assert (
        answers.error is not None
        or (fault == "gone" and len(answers.missing) == 2)
        or (fault == "confused" and len(answers.unclear) == 2)
    )


def test_nobody_listening_is_an_error_in_words() -> None:
    """As on a machine without a network."""
    with pytest.raises(RegisterError, match="could not be reached"):
        Asking("http://127.0.0.1:9/api/v2").client.data_timestamp()


def test_trouble_that_passes_is_waited_for(register: Register) -> None:
    """Twice, and longer the second time."""
    register.fault, register.faults_left = "busy", 2
    asking = Asking(register.url)
    assert asking.client.data_timestamp() == register.timestamp
    assert asking.pauses == [5.0, 1.0, 20.0, 1.0]


def test_what_was_learned_before_the_trouble_is_kept(register: Register) -> None:
    """The second question finds a page that says "maintenance"."""
    register.fault, register.faults_after = "page", 1
    answers = Asking(register.url).client.ask(NUMBERS)
    assert sorted(answers.records) == NUMBERS[:100]
    assert answers.error is not None


def test_the_asking_has_an_end(register: Register) -> None:
    """After the time for all, no further question is begun."""
    asking = Asking(register.url, limit=timedelta(seconds=1.5))
    answers = asking.client.ask(NUMBERS)
    assert len(answers.records) == 200
    assert answers.error is not None
    assert "took too long" in answers.error.message


def test_pages_without_end_are_not_followed_for_ever(register: Register) -> None:
    """A token that always leads on."""
    register.page_size = 0
    answers = Asking(register.url, limit=timedelta(hours=1)).client.ask(NUMBERS[:1])
    assert answers.error is not None
    assert "pages without end" in answers.error.message


def test_an_interface_that_changed_is_noticed_soon(register: Register) -> None:
    """Every question refused: it is not the numbers."""
    register.fault = "confused"
    answers = Asking(register.url).client.ask(NUMBERS[:100])
    assert answers.error is not None
    assert "newer version of this program" in answers.error.mend
    assert len(register.calls) < 20


def test_a_study_without_a_status_says_nothing(register: Register) -> None:
    """It is neither a record nor missing."""
    register.keep(study("NCT09000003", status=""))
    answers = Asking(register.url).client.ask(["NCT09000003", NUMBERS[0]])
    assert list(answers.records) == [NUMBERS[0]]
    assert answers.unclear == {"NCT09000003"}
    assert not answers.missing


def test_an_answer_about_another_trial_is_not_taken(register: Register) -> None:
    """A cache that mixes things up must not turn one trial into another."""
    register.disliked = {NUMBERS[0]}
    register.mixed_up = {NUMBERS[0]: NUMBERS[1]}
    answers = Asking(register.url).client.ask(NUMBERS[:2])
    assert list(answers.records) == [NUMBERS[1]]
    assert answers.unclear == {NUMBERS[0]}
