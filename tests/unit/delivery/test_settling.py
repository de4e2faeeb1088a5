"""What follows from each answer: the table of the protocol, line by line, and its laws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.answers import (
    BAD_ADDRESS,
    Answer,
    Limited,
    NotTaken,
    Refused,
    Stopped,
    Taken,
    TooLarge,
    Unknown,
)
from newsletter.delivery.settling import (
    LATER,
    MOST_ATTEMPTS,
    MOST_REJECTED,
    PUT_OFF_FOR_GOOD,
    SURE_AFTER,
    Accept,
    Again,
    Doubt,
    MessageStep,
    Pause,
    Reject,
    Split,
    Step,
    Tried,
    decide,
    decide_message,
    next_try,
    waiting_time,
)
from newsletter.model.delivery import DeliveryState

NOW = datetime(2026, 11, 16, 8, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FIRST = Tried(attempts=1, attempt=1, people=1000)
NAMELESS = Refused(error="refused (400)", mend="Look at it.")


def refused(number: int) -> Refused:
    """So many recipients of a batch are named."""
    return Refused(error="named (400)", rejected={f"d{n}": "bad-address" for n in range(number)})


# ---- the table -------------------------------------------------------------------------------


def test_what_is_taken_is_accepted_with_its_message_id() -> None:
    step = decide(Taken(message_id="m1", rejected={"d1": "no"}), FIRST, NOW)
    assert step == Accept(message_id="m1", rejected={"d1": "no"})


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8)])
def test_what_was_not_taken_is_tried_again_after_a_while(attempts: int, seconds: int) -> None:
    """Refused, no such host, reset or timeout before the request was whole."""
    step = decide(NotTaken(error="reset"), replace(FIRST, attempts=attempts), NOW)
    assert step == Again(error="reset", not_before=NOW + seconds * SECOND)


def test_too_many_requests_wait_as_long_as_the_provider_says() -> None:
    until = NOW + timedelta(minutes=3)
    assert decide(Limited(error="429", until=until), FIRST, NOW) == Again(
        error="429", not_before=until
    )


@pytest.mark.parametrize(
    ("answer", "mend"),
    [
        (NotTaken(error="down"), "Run `newsletter send` again later"),
        (NotTaken(error="down", mend="Look at the net."), "Look at the net."),
        (Limited(error="down", until=NOW), "Run `newsletter send` again later"),
    ],
)
def test_after_five_attempts_the_run_stops_and_says_what_to_do(answer: Answer, mend: str) -> None:
    step = decide(answer, replace(FIRST, attempts=MOST_ATTEMPTS), NOW)
    assert isinstance(step, Pause)
    assert step.error == "down"
    assert step.mend.startswith(mend)


def test_a_later_run_may_try_as_often_again() -> None:
    """The attempts of all runs together are no limit for a batch: a provider may be down long."""
    step = decide(NotTaken(error="down"), replace(FIRST, attempt=1000), NOW)
    assert isinstance(step, Again)


def test_those_who_are_named_are_rejected_and_the_rest_goes_again_at_once() -> None:
    step = decide(refused(2), FIRST, NOW)
    assert step == Again(error="named (400)", rejected=refused(2).rejected)


@pytest.mark.parametrize(
    ("before", "named", "again"),
    [(0, 10, True), (9, 1, True), (0, 11, False), (10, 1, False), (4, 7, False)],
)
def test_ten_of_a_batch_may_be_named_and_no_more(before: int, named: int, again: bool) -> None:
    """More than that is something else; whom the provider has named stays rejected."""
    step = decide(refused(named), replace(FIRST, rejected=before), NOW)
    assert isinstance(step, Again if again else Pause)
    assert step.rejected == refused(named).rejected


@pytest.mark.parametrize("people", [2, 10, 1000])
@pytest.mark.parametrize("reason", ["refused-header", "refused-values", "refused"])
def test_when_everybody_is_named_it_lies_with_all_of_them(people: int, reason: str) -> None:
    """A rejected person is never tried again: nobody is, for what may be mended for all."""
    named = Refused(error="headers (400)", rejected={f"d{i}": reason for i in range(people)})
    step = decide(named, replace(FIRST, people=people), NOW)
    assert isinstance(step, Pause)
    assert step.rejected == {}
    assert "newsletter" in step.mend


def test_whose_address_is_refused_is_rejected_whoever_else_is() -> None:
    named = Refused(error="to (400)", rejected={"d1": BAD_ADDRESS, "d2": "refused"})
    step = decide(named, replace(FIRST, people=2), NOW)
    assert step == Again(error="to (400)", rejected=named.rejected)


def test_a_refusal_that_names_nobody_halves_the_batch_once() -> None:
    assert decide(NAMELESS, FIRST, NOW) == Split(error=NAMELESS.error, halves=True)


def test_a_half_waits_until_the_other_half_was_tried() -> None:
    """It is put off for a moment, or a run with one request at a time would never come to it."""
    step = decide(NAMELESS, replace(FIRST, half=True), NOW)
    assert step == Again(error=NAMELESS.error, not_before=NOW + SECOND)


def test_a_half_does_not_wait_for_ever() -> None:
    step = decide(NAMELESS, replace(FIRST, half=True, attempts=MOST_ATTEMPTS), NOW)
    assert step == Pause(error=NAMELESS.error, mend=NAMELESS.mend)


def test_both_halves_refused_alike_is_no_matter_of_persons() -> None:
    step = decide(NAMELESS, replace(FIRST, half=True, sibling=NAMELESS.error), NOW)
    assert step == Pause(error=NAMELESS.error, mend=NAMELESS.mend)


@pytest.mark.parametrize("sibling", ["", "refused otherwise"])
def test_one_half_refused_alone_is_halved_again(sibling: str) -> None:
    step = decide(NAMELESS, replace(FIRST, half=True, sibling=sibling), NOW)
    assert step == Split(error=NAMELESS.error, halves=True)


def test_the_search_ends_at_a_single_person_who_is_rejected() -> None:
    """Refused twice: one odd answer leaves nobody out."""
    alone = replace(FIRST, half=True, sibling="", people=1)
    assert decide(NAMELESS, alone, NOW) == Again(error=NAMELESS.error)
    step = decide(NAMELESS, replace(alone, attempts=SURE_AFTER), NOW)
    assert step == Reject(error=NAMELESS.error, reason="refused")


def test_a_batch_of_one_cannot_be_told_from_a_global_cause() -> None:
    """A list with one person: rejecting that one could be rejecting everybody."""
    step = decide(NAMELESS, replace(FIRST, people=1), NOW)
    assert step == Pause(error=NAMELESS.error, mend=NAMELESS.mend)


def test_a_request_that_is_too_large_is_halved() -> None:
    assert decide(TooLarge(error="413"), FIRST, NOW) == Split(error="413", halves=False)


def test_a_request_for_one_that_is_too_large_is_the_edition_s_fault() -> None:
    step = decide(TooLarge(error="413"), replace(FIRST, people=1), NOW)
    assert isinstance(step, Pause)
    assert "editions drop" in step.mend


def test_what_the_admin_has_to_mend_pauses_with_the_mend() -> None:
    """401, 403, 404, 405, 415."""
    step = decide(Stopped(error="401", mend="Make a key."), FIRST, NOW)
    assert step == Pause(error="401", mend="Make a key.")


@pytest.mark.parametrize("stop", [False, True])
def test_what_nobody_knows_is_a_doubt_and_what_is_not_the_provider_stops(stop: bool) -> None:
    """5xx, or a close after the request was written; 200 or 3xx with `stop`."""
    step = decide(Unknown(error="502", mend="Look.", stop=stop), FIRST, NOW)
    assert step == Doubt(error="502", mend="Look.", stop=stop)


@pytest.mark.parametrize("answer", [NAMELESS, refused(11), Limited(error="e", until=NOW)])
def test_every_pause_says_what_to_do(answer: Answer) -> None:
    worst = Tried(attempts=MOST_ATTEMPTS, attempt=9, people=1)
    step = decide(replace(answer, mend="") if isinstance(answer, Refused) else answer, worst, NOW)
    assert isinstance(step, Pause)
    assert "newsletter" in step.mend


# ---- the laws --------------------------------------------------------------------------------

WORDS = st.text("abc ()4", max_size=8)
NAMED = st.dictionaries(st.integers(0, 30).map("d{}".format), st.just("no"), max_size=15)
TIMES = st.integers(-600, 600).map(lambda seconds: NOW + seconds * SECOND)
ANSWERS: st.SearchStrategy[Answer] = st.one_of(
    st.builds(Taken, message_id=st.none() | WORDS, rejected=NAMED),
    st.builds(NotTaken, error=WORDS, mend=WORDS, alone=st.booleans()),
    st.builds(Limited, error=WORDS, until=TIMES),
    st.builds(Refused, error=WORDS, mend=WORDS, rejected=NAMED),
    st.builds(TooLarge, error=WORDS),
    st.builds(Stopped, error=WORDS, mend=WORDS),
    st.builds(Unknown, error=WORDS, mend=WORDS, stop=st.booleans()),
)
FACTS = st.builds(
    Tried,
    attempts=st.integers(1, 8),
    attempt=st.integers(1, 40),
    people=st.integers(1, 1000),
    rejected=st.integers(0, 12),
    half=st.booleans(),
    sibling=st.none() | st.just("") | WORDS,
)


@given(answer=ANSWERS, tried=FACTS)
def test_every_answer_has_a_step_whatever_is_known(answer: Answer, tried: Tried) -> None:
    """Accepted if and only if taken, in doubt if and only if nobody knows: both ways."""
    step = decide(answer, tried, NOW)
    assert isinstance(step, Step)
    assert isinstance(step, Accept) == isinstance(answer, Taken)
    assert isinstance(step, Doubt) == isinstance(answer, Unknown)


@given(answer=ANSWERS, tried=FACTS)
def test_nothing_is_halved_that_is_one_person(answer: Answer, tried: Tried) -> None:
    step = decide(answer, replace(tried, people=1), NOW)
    assert not isinstance(step, Split)


@given(answer=ANSWERS, tried=FACTS)
def test_one_person_is_rejected_for_a_refusal_alone(answer: Answer, tried: Tried) -> None:
    """Never a whole batch, and never for something the provider might take later."""
    step = decide(answer, tried, NOW)
    if isinstance(step, Reject):
        assert tried.people == 1 or isinstance(answer, NotTaken)
        assert isinstance(answer, Refused | NotTaken)
        assert len(step.reason) <= 24


@given(answer=ANSWERS, tried=FACTS)
def test_who_is_named_is_rejected_and_nobody_else_is(answer: Answer, tried: Tried) -> None:
    """Where others are left in the request."""
    step = decide(answer, replace(tried, people=tried.people + 15), NOW)
    named = answer.rejected if isinstance(answer, Taken | Refused) else {}
    assert getattr(step, "rejected", {}) == named


@given(tried=FACTS, more=st.data())
def test_a_batch_that_never_gets_through_ends_the_run(tried: Tried, more: st.DataObject) -> None:
    """Whatever comes, it is not tried for ever: an end, or a smaller batch, is reached."""
    tried = replace(tried, attempts=1, rejected=0)
    for _ in range(MOST_ATTEMPTS + MOST_REJECTED + 1):
        step = decide(more.draw(ANSWERS), tried, NOW)
        if not isinstance(step, Again):
            return
        tried = replace(
            tried,
            attempts=tried.attempts + 1,
            attempt=tried.attempt + 1,
            rejected=tried.rejected + len(step.rejected),
        )
    pytest.fail("it went on and on")


def ended(bad: Callable[[int], str], people: range, *, mixed: bool = False) -> set[int]:
    """Who is rejected at last when requests with certain people in them are refused.

    `bad` says with which words a person is refused ("" not at all). A pause raises StopIteration.
    """
    tried = FIRST

    def refusal(group: range) -> str:
        return next((words for n in group if (words := bad(n))), "")

    def search(group: range, half: bool, sibling: str | None) -> set[int]:
        if not refusal(group):
            return set()
        facts = replace(tried, people=len(group), half=half, sibling=sibling)
        step = decide(Refused(error=refusal(group)), facts, NOW)
        if isinstance(step, Again) and len(group) == 1:
            step = decide(Refused(error=refusal(group)), replace(facts, attempts=SURE_AFTER), NOW)
        if isinstance(step, Reject):
            return set(group)
        if not isinstance(step, Split):
            raise StopIteration
        middle = len(group) // 2
        one, other = group[:middle], group[middle:]
        return search(one, True, refusal(other)) | search(other, True, refusal(one))

    return search(people, False, None)


@given(people=st.integers(2, 1000), data=st.data())
def test_halving_finds_the_one_that_is_refused(people: int, data: st.DataObject) -> None:
    poisoned = data.draw(st.integers(0, people - 1))
    assert ended(lambda n: "bad" if n == poisoned else "", range(people)) == {poisoned}


@given(people=st.integers(2, 1000))
def test_halving_stops_at_once_when_all_are_refused(people: int) -> None:
    with pytest.raises(StopIteration):
        ended(lambda _: "bad", range(people))


# ---- one message at a time -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "step"),
    [
        (Taken(), MessageStep(state=DeliveryState.ACCEPTED)),
        (
            Taken(rejected={"d1": "550 5.1.1"}),
            MessageStep(state=DeliveryState.REJECTED, reason="550 5.1.1"),
        ),
        (
            Refused(error="550"),
            MessageStep(state=DeliveryState.REJECTED, reason="refused", error="550"),
        ),
        (
            TooLarge(error="552"),
            MessageStep(state=DeliveryState.REJECTED, reason="refused", error="552"),
        ),
        (
            Unknown(error="lost", mend="Look."),
            MessageStep(state=DeliveryState.UNKNOWN, error="lost", mend="Look."),
        ),
        (
            Stopped(error="535", mend="Log in."),
            MessageStep(state=DeliveryState.PLANNED, error="535", mend="Log in.", run_ends=True),
        ),
        (
            NotTaken(error="450", alone=True),
            MessageStep(state=DeliveryState.PLANNED, error="450"),
        ),
        (
            NotTaken(error="421", mend="Wait."),
            MessageStep(state=DeliveryState.PLANNED, error="421", mend="Wait.", batch_ends=True),
        ),
        (
            Limited(error="429", until=NOW),
            MessageStep(state=DeliveryState.PLANNED, error="429", batch_ends=True),
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, MessageStep) else "",
)
def test_what_becomes_of_a_message(answer: Answer, step: MessageStep) -> None:
    assert decide_message(answer, attempt=1) == step


def test_a_message_that_is_put_off_for_days_is_given_up() -> None:
    """Only one that it lies with: a server that is down keeps nobody from a mail for good."""
    alone, down = NotTaken(error="450", alone=True), NotTaken(error="421")
    step = decide_message(alone, PUT_OFF_FOR_GOOD)
    assert (step.state, step.reason) == (DeliveryState.REJECTED, "put-off-too-often")
    assert decide_message(alone, PUT_OFF_FOR_GOOD - 1).state is DeliveryState.PLANNED
    assert decide_message(down, 10 * PUT_OFF_FOR_GOOD).state is DeliveryState.PLANNED


@given(answer=ANSWERS, attempt=st.integers(1, 40))
def test_a_message_is_accepted_only_if_taken_and_unknown_only_if_nobody_knows(
    answer: Answer, attempt: int
) -> None:
    state = decide_message(answer, attempt).state
    taken = isinstance(answer, Taken) and not answer.rejected
    assert (state is DeliveryState.ACCEPTED) == taken
    assert (state is DeliveryState.UNKNOWN) == isinstance(answer, Unknown)


# ---- how long to wait ------------------------------------------------------------------------


def test_waiting_doubles_up_to_a_minute() -> None:
    waits = [waiting_time(n).total_seconds() for n in range(1, 10)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@given(attempts=st.integers(1, 10_000))
def test_waiting_is_never_longer_than_a_minute(attempts: int) -> None:
    assert SECOND <= waiting_time(attempts) <= 60 * SECOND


def test_what_was_put_off_five_times_is_left_to_a_later_run() -> None:
    assert next_try(1, NOW) == NOW + SECOND
    assert next_try(MOST_ATTEMPTS - 1, NOW) == NOW + 8 * SECOND
    assert next_try(MOST_ATTEMPTS, NOW) == NOW + LATER
