"""The gates before a real send, and the fuse."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.gates import GateFacts, Hold, Leaving, Terms, fuse, gates
from newsletter.model.edition import Channel

TERMS = Terms(transport="sendgrid", sender="A <a@example.org>", public_url="https://n.example.org")
USUAL = GateFacts(
    channel=Channel.REAL,
    people=1000,
    to_mail=1000,
    terms=TERMS,
    last_terms=TERMS,
    last_people=1000,
)
FIRST = replace(USUAL, people=27_500, to_mail=27_000, last_terms=None, last_people=None)


def codes(facts: GateFacts) -> list[str]:
    return [hold.code for hold in gates(facts)]


def test_an_edition_like_the_last_one_passes() -> None:
    assert gates(USUAL) == ()


def test_nobody_to_send_to_is_a_hold_that_a_yes_cannot_lift() -> None:
    for channel in Channel:
        (hold, *_) = gates(replace(USUAL, channel=channel, people=0))
        assert (hold.code, hold.confirmable) == ("no-subscribers", False)


def test_the_first_real_edition_waits_for_a_yes() -> None:
    assert codes(replace(USUAL, last_terms=None, last_people=None)) == ["first-real"]


@pytest.mark.parametrize("field", ["transport", "sender", "public_url"])
def test_a_change_of_terms_waits_for_a_yes_and_names_both_values(field: str) -> None:
    (hold,) = gates(replace(USUAL, terms=replace(TERMS, **{field: "another"})))
    assert hold.code == "terms-changed"
    assert "another" in hold.message
    assert getattr(TERMS, field) in hold.message


def days(number: float) -> timedelta:
    return timedelta(days=number)


@pytest.mark.parametrize(
    ("leaving", "said"),
    [
        (None, ""),
        (Leaving(age=days(0)), ""),
        (Leaving(age=days(7)), ""),
        (Leaving(age=days(7.01)), "last seen 7 days ago"),
        (Leaving(), "Nobody has tried yet"),
        (Leaving(trouble="It was answered with 404.", age=days(1)), "answered with 404"),
        (Leaving(trouble="It was answered with 404."), "answered with 404"),
    ],
)
def test_without_a_good_look_at_unsubscribing_it_waits_for_a_yes(
    leaving: Leaving | None, said: str
) -> None:
    """Of the last seven days; a rehearsal needs none."""
    holds = gates(replace(USUAL, leaving=leaving))
    assert [hold.code for hold in holds] == (["unsubscribe-unchecked"] if said else [])
    assert all(hold.confirmable and said in hold.message for hold in holds)
    assert all("newsletter doctor --unsubscribe" in hold.mend for hold in holds)
    assert gates(replace(USUAL, leaving=leaving, channel=Channel.REHEARSAL)) == ()


@pytest.mark.parametrize(
    ("people", "held"), [(1200, False), (1201, True), (800, False), (799, True), (1, True)]
)
def test_a_fifth_more_or_less_people_than_last_time_waits_for_a_yes(
    people: int, held: bool
) -> None:
    assert codes(replace(USUAL, people=people)) == (["recipients-differ"] if held else [])


def test_approval_when_it_is_required() -> None:
    assert codes(replace(USUAL, approval_required=True)) == ["approval"]


def warm_up(facts: GateFacts) -> Hold | None:
    return next((hold for hold in gates(facts) if hold.code == "warm-up"), None)


@pytest.mark.parametrize(
    ("changed", "held"),
    [
        ({}, True),
        ({"to_mail": 2001}, True),
        ({"to_mail": 2000}, False),
        ({"last_terms": TERMS}, False),
        ({"warmup": (500, 1000, 2000, 4000, 8000, 11_500)}, False),
        ({"warmup": (30_000,)}, False),  # the admin's own word
        ({"warmup": (500, 1000)}, True),
        ({"warmup": (500, 1000), "per_day": 2000}, False),
        ({"per_day": 500}, True),
        ({"channel": Channel.REHEARSAL}, False),
    ],
)
def test_a_first_edition_to_many_people_wants_a_plan(changed: dict[str, Any], held: bool) -> None:
    assert (warm_up(replace(FIRST, **changed)) is not None) is held


def test_the_plan_is_shown_as_the_line_that_the_settings_want() -> None:
    hold = warm_up(FIRST)
    assert hold
    assert hold.confirmable
    (line,) = re.findall(r"`(warmup = .+?)`", hold.mend)
    plan = tuple(tomllib.loads(line)["warmup"])
    assert plan == (500, 1000, 2000, 4000, 8000, 11_500)
    assert warm_up(replace(FIRST, warmup=plan)) is None
    for words in ("[delivery] in newsletter.toml", "6 days", "A yes", "has sent as much before"):
        assert words in hold.mend
    assert "per_day" not in hold.mend


def test_a_daily_limit_in_the_way_of_the_plan_is_named() -> None:
    hold = warm_up(replace(FIRST, per_day=1000))
    assert hold
    assert "`per_day = 0`" in hold.mend


def test_a_daily_newsletter_is_told_that_no_plan_can_end_in_time() -> None:
    hold = warm_up(replace(FIRST, days_until_next=1))
    assert hold
    assert "warmup =" not in hold.mend
    assert 'every = "week"' in hold.mend


def test_a_plan_that_leaves_many_people_over_says_how_many() -> None:
    hold = warm_up(replace(FIRST, warmup=(500, 1000)))
    assert hold
    assert "1,500 of 27,000 people" in hold.message


@pytest.mark.parametrize(
    ("credits_", "held"), [(None, False), (0, True), (999, True), (1000, False)]
)
def test_credits_that_are_known_must_be_enough(credits_: int | None, held: bool) -> None:
    """For those who will be mailed, however many there are on the list; a yes does not help."""
    holds = gates(replace(USUAL, people=1100, to_mail=1000, credits=credits_))
    assert [(hold.code, hold.confirmable) for hold in holds] == [("credits", False)] * held


@given(
    people=st.integers(1, 10**6),
    last=st.none() | st.integers(0, 10**6),
    approval=st.booleans(),
    known=st.booleans(),
)
def test_a_rehearsal_is_held_by_nothing_but_an_empty_list(
    people: int, last: int | None, approval: bool, known: bool
) -> None:
    facts = GateFacts(
        channel=Channel.REHEARSAL,
        people=people,
        to_mail=people,
        terms=TERMS,
        last_terms=TERMS if known else None,
        last_people=last,
        approval_required=approval,
        credits=0,
    )
    assert gates(facts) == ()


def test_after_an_older_copy_was_put_back_somebody_looks_first() -> None:
    (hold,) = gates(replace(USUAL, restored=True))
    assert (hold.code, hold.confirmable) == ("restored", True)


@pytest.mark.parametrize(
    ("items", "updated", "seen", "code"),
    [
        (20, 0, 100, None),
        (21, 0, 100, "fuse-items"),
        (3570, 0, 3570, "fuse-items"),
        (5, 5, 10, None),
        (6, 6, 10, "fuse-share"),
        (5, 5, 5, None),
        (6, 6, 6, "fuse-share"),
        (0, 0, 0, None),
    ],
)
def test_the_fuse(items: int, updated: int, seen: int, code: str | None) -> None:
    """Twenty posts are let through and one more is not; half of the known posts, from six on."""
    hold = fuse(items, updated, seen, max_items=20, max_share=0.5)
    assert (hold.code if hold else None) == code


def test_every_hold_says_how_to_go_on() -> None:
    facts = replace(USUAL, people=0, last_terms=None, approval_required=True)
    facts = replace(facts, to_mail=2001, credits=0)
    holds = [*gates(facts), fuse(21, 0, 0, max_items=20, max_share=0.5)]
    assert all(hold and hold.mend for hold in holds)
