"""The gates before a real send, and the fuse."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.gates import GateFacts, Terms, fuse, gates
from newsletter.model.edition import Channel

TERMS = Terms(transport="sendgrid", sender="A <a@example.org>", public_url="https://n.example.org")
USUAL = GateFacts(
    channel=Channel.REAL, people=1000, terms=TERMS, last_terms=TERMS, last_people=1000
)


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


@pytest.mark.parametrize(
    ("people", "held"), [(1200, False), (1201, True), (800, False), (799, True), (1, True)]
)
def test_a_fifth_more_or_less_people_than_last_time_waits_for_a_yes(
    people: int, held: bool
) -> None:
    assert codes(replace(USUAL, people=people)) == (["recipients-differ"] if held else [])


def test_approval_when_it_is_required() -> None:
    assert codes(replace(USUAL, approval_required=True)) == ["approval"]


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
        terms=TERMS,
        last_terms=TERMS if known else None,
        last_people=last,
        approval_required=approval,
    )
    assert gates(facts) == ()


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
    holds = [*gates(facts), fuse(21, 0, 0, max_items=20, max_share=0.5)]
    assert all(hold and hold.mend for hold in holds)
