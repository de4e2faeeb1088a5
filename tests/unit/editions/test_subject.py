"""The subject and the pre-header say what is inside."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.editions.subject import (
    LIMIT,
    PREHEADER_LIMIT,
    headline_of,
    preheader_line,
    subject_line,
)
from newsletter.model.edition import Digest, DigestItem, Form
from newsletter.model.trial import TrialFacts
from tests.digests import (
    MASTHEAD,
    WEEK,
    a_digest,
    a_line,
    a_note,
    new_post,
    trial_update,
    updated_post,
)

PACING = "Winter, and the art of pacing"
LUTIA = "A clinical trial with a very long name that no inbox would ever show whole (LUTIA)"


def subject_of(digest: Digest) -> str:
    return headline_of(digest).line


def several(trials: int, updated: int, new: int) -> Digest:
    return a_digest(
        trials=tuple(trial_update(f"NCT{n:08}", note=lutia(f"NCT{n:08}")) for n in range(trials)),
        updated=tuple(updated_post(number, title=LUTIA) for number in range(updated)),
        new=tuple(new_post(number, title=PACING) for number in range(new)),
    )


def lutia(number: str) -> object:
    return a_note(number, title=LUTIA)


@pytest.mark.parametrize(
    ("trials", "updated", "new", "subject"),
    [
        (0, 1, 3, "LUTIA: post updated, and 3 new posts"),
        (0, 1, 0, "LUTIA: post updated"),
        (0, 2, 0, "LUTIA: post updated, and 1 more updated post"),
        (0, 3, 1, "LUTIA: post updated, 2 more updated posts and 1 new post"),
        (0, 0, 1, PACING),
        (0, 0, 3, f"“{PACING}”, and 2 more new posts"),
        (0, 0, 0, "A Slow Kind of Luck"),
        (1, 0, 0, "LUTIA: register entry changed"),
        (1, 0, 3, "LUTIA: register entry changed, and 3 new posts"),
        (3, 0, 0, "LUTIA: register entry changed, and 2 more trial updates"),
        (1, 2, 0, "LUTIA: register entry changed, and 2 updated posts"),
        (1, 1, 3, "LUTIA: register entry changed, 1 updated post and 3 new posts"),
        (2, 2, 3, "LUTIA: register entry changed, and 6 more"),
    ],
)
def test_the_subject_names_what_comes_first_and_counts_the_rest(
    trials: int, updated: int, new: int, subject: str
) -> None:
    assert subject_of(several(trials, updated, new)) == subject


def test_a_trial_is_called_by_its_acronym_its_title_or_its_number() -> None:
    line = a_line(facts=TrialFacts(acronym="COMPETE"))
    known = trial_update(note=a_note(title="Efficacy and safety", line=line))
    assert subject_of(a_digest(trials=(known,))) == "COMPETE: register entry changed"
    titled = trial_update(note=a_note(title="Efficacy and safety"))
    assert subject_of(a_digest(trials=(titled,))) == "Register entry changed: Efficacy and safety"
    bare = trial_update(note=a_note("NCT00000001", title=" "))
    assert subject_of(a_digest(trials=(bare,))) == "NCT00000001: register entry changed"


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("My diary (NET)", "Post updated: My diary (NET), and 1 new post"),
        ("LUTIA", "LUTIA: post updated, and 1 new post"),
        (
            "What I learnt in the long winter after the third of my operations",
            "Post updated: What I learnt in the long winter after…, and 1 new post",
        ),
        (
            "World NET Cancer Day: what a small stall taught me about people",
            "Post updated: World NET Cancer Day, and 1 new post",
        ),
        (
            "Clinical trial: Lutetium-177 dotatate through the liver artery, in detail",
            "Post updated: Clinical trial: Lutetium-177 dotatate…, and 1 new post",
        ),
    ],
)
def test_a_long_title_ends_at_its_colon_or_between_words(title: str, subject: str) -> None:
    digest = a_digest(updated=(updated_post(title=title),), new=(new_post(),))
    assert subject_of(digest) == subject


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("NEW PRRT TRIAL OPENS IN THE UK!!!", "New PRRT trial opens in the UK!"),
        ("GREAT NEWS FOR YOU (LUTIA)", "Great news for you (LUTIA)"),
        ("STOP! READ THIS NOW?!?! PLEASE", "Stop! read this now?! please"),
        ("Is it over???", "Is it over?"),
        ("NETTER-1", "NETTER-1"),
        ("My PRRT diary, and the NHS", "My PRRT diary, and the NHS"),
        ("NEUROENDOCRINE", "NEUROENDOCRINE"),
    ],
)
def test_nobody_is_shouted_at(title: str, subject: str) -> None:
    assert subject_of(a_digest(new=(new_post(title=title),))) == subject


def test_a_discreet_subject_tells_nothing() -> None:
    digest = replace(several(1, 1, 1), form=Form.DISCREET)
    headline = headline_of(digest)
    assert headline.line == "Your newsletter, week of 16\u00a0November 2026"
    assert headline.teaser == "3 things to read, in about 9 minutes."
    own = replace(MASTHEAD, discreet=replace(MASTHEAD.discreet, subject="The letter"))
    monthly = replace(digest, masthead=own, period=replace(WEEK, key="2026-11"))
    assert headline_of(monthly).line == "The letter, November 2026"


def test_the_preheader_goes_on_where_the_subject_ends() -> None:
    changed = "Status in the register: was Recruiting, is listed as Completed."
    assert headline_of(several(2, 0, 1)).teaser == (
        f"{changed} · LUTIA: {changed} · {PACING} · The days are short now, and so is my battery."
    )
    assert headline_of(several(0, 0, 1)).teaser == "The days are short now, and so is my battery."
    assert headline_of(several(0, 0, 2)).teaser.startswith(f"{PACING} · The days are short")


def test_a_template_has_the_last_word_but_not_too_long_empty_or_loud() -> None:
    headline = headline_of(several(0, 0, 1))
    assert subject_line(" My own\n words ", headline) == "My own words"
    assert subject_line(" \n", headline) == PACING
    assert subject_line("READ ALL OF THIS NOW!!!", headline) == "Read all of this now!"
    assert len(subject_line("word " * 40, headline)) <= LIMIT
    assert preheader_line("", headline) == "The days are short now, and so is my battery."
    assert len(preheader_line("word " * 40, headline)) <= PREHEADER_LIMIT


titles = st.text(max_size=300)


@given(
    st.lists(titles.map(lambda title: updated_post(title=title)), max_size=3),
    st.lists(titles.map(lambda title: new_post(title=title, excerpt=title)), max_size=3),
    st.lists(titles.map(lambda title: trial_update(note=a_note(title=title))), max_size=3),
    st.booleans(),
    st.sampled_from(Form),
)
def test_any_titles_give_lines_that_fit(
    updated: list[DigestItem], new: list[DigestItem], trials: list[object], sample: bool, form: Form
) -> None:
    digest = replace(
        a_digest(updated=tuple(updated), new=tuple(new), trials=tuple(trials), sample=sample),
        form=form,
    )
    headline = headline_of(digest)
    lines = {subject_line(headline.line, headline): LIMIT}
    lines |= {preheader_line(headline.teaser, headline): PREHEADER_LIMIT}
    for line, limit in lines.items():
        assert line.strip()
        assert len(line.splitlines()) == 1
        assert len(line) <= limit
    assert len(headline.line) <= LIMIT - (len("SAMPLE: ") if sample else 0)
