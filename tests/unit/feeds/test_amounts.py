"""Numbers, days and times whose meaning turns though hardly a letter does."""

from __future__ import annotations

from html import unescape

import pytest

from newsletter.feeds.amounts import hours_in, signed_in
from newsletter.feeds.clean import clean
from newsletter.feeds.compare import compare, revision_of
from newsletter.model.post import Change, Weight

FRAME = "<p>A first paragraph that stays.</p><p>{} So it is written.</p><p>A last one.</p>"


def change(old: str, new: str) -> Change:
    one, other = (
        revision_of("A post", clean(FRAME.format(said), base_url="https://blog.example/"))
        for said in (old, new)
    )
    return compare(one, other)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Ki-67 must be &lt; 20.", "Ki-67 must be &gt; 20.", "numbers: < 20 → > 20"),
        ("Age ≥18 years.", "Age ≤ 18 years.", "numbers: ≥ 18 → ≤ 18"),
        ("Age >/= 18 years.", "Age &gt; 18 years.", "numbers: ≥ 18 → > 18"),
        ("It was 20 of all.", "It was 20 % of all.", "numbers: none → 20 %"),
        ("It is at 7 pm.", "It is at 7 am.", "times: 7 pm → 7 am"),
        ("It is at 7.30 p.m.", "It is at 7.30 a.m.", "times: 7.30 pm → 7.30 am"),
        ("We meet on Tuesday.", "We meet on Thursday.", "days: tue → thu"),
        ("We meet each Sunday.", "We meet each Monday.", "days: sun → mon"),
        ("A has 30 mg, B has 60 mg.", "A has 60 mg, B has 30 mg.", "exchanged: 30, 60 → 60, 30"),
        ("Leeds is open, York closed.", "Leeds is closed, York open.",
         "exchanged: open, closed → closed, open"),
    ],
)  # fmt: skip
def test_what_turns_a_number_a_day_or_a_status_is_major(old: str, new: str, reason: str) -> None:
    found = change(old, new)
    assert (found.weight, found.reasons) == (Weight.MAJOR, (reason,))
    assert unescape(new) in found.quote_text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("It helped over 20 of us.", "It helped &gt; 20 of us."),
        ("It helped 20% of us.", "It helped 20 percent of us."),
        ("It helped 20 % of us.", "It helped 20% of us."),
        ("Age &gt;= 18 years.", "Age ≥18 years."),
        ("It is at 7 pm.", "It is at 7 p.m."),
        ("We meet on Tuesday.", "We meet on Teusday."),
        ("We meet on 3 May.", "We meet on Monday, 3 May."),
        ("Salt and pepper.", "Pepper and salt."),
        ("I am 7, am I?", "Am I 7, am I?"),
    ],
)
def test_another_way_to_write_the_same_is_not(old: str, new: str) -> None:
    assert change(old, new).weight in (Weight.NONE, Weight.MINOR)


def test_what_is_no_sign() -> None:
    assert not signed_in("Home -> 20 posts <- 30, => 5 and 2026-11-14")
    assert not hours_in("I have 7 amps, 8 pms and 9 mg")
