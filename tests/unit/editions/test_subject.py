"""The subject says what is inside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.editions.subject import LIMIT, subject_of
from newsletter.model.edition import DigestItem
from tests.digests import a_digest, a_note, new_post, trial_update, updated_post

PACING = "Winter, and the art of pacing"


@pytest.mark.parametrize(
    ("updated", "new", "subject"),
    [
        (1, 3, "LUTIA post updated, and 3 new posts"),
        (1, 0, "LUTIA post updated"),
        (2, 0, "LUTIA post updated, and 1 more update"),
        (3, 1, "LUTIA post updated, 2 more updates and 1 new post"),
        (0, 1, PACING),
        (0, 3, f"{PACING}, and 2 more new posts"),
        (0, 0, "A Slow Kind of Luck"),
    ],
)
def test_the_subject_names_the_first_post_and_counts_the_rest(
    updated: int, new: int, subject: str
) -> None:
    title = "A clinical trial with a very long name that no inbox would ever show whole (LUTIA)"
    digest = a_digest(
        updated=tuple(updated_post(number, title=title) for number in range(updated)),
        new=tuple(new_post(number, title=PACING) for number in range(new)),
    )
    assert subject_of(digest) == subject


@pytest.mark.parametrize(
    ("trials", "updated", "new", "subject"),
    [
        (1, 0, 0, "Trial update: LUTIA"),
        (3, 0, 0, "Trial update: LUTIA, and 2 more trial updates"),
        (1, 0, 2, "Trial update: LUTIA, and 2 new posts"),
        (2, 0, 1, "Trial update: LUTIA, 1 more trial update and 1 new post"),
        (1, 1, 0, "LUTIA updated, and 1 trial update"),
        (1, 1, 3, "LUTIA updated, 1 trial update and 3 new posts"),
        (2, 2, 3, "LUTIA updated, and 6 more"),
    ],
)
def test_the_subject_counts_trial_updates_too(
    trials: int, updated: int, new: int, subject: str
) -> None:
    digest = a_digest(
        trials=tuple(trial_update(f"NCT{number:08}") for number in range(trials)),
        updated=tuple(updated_post(number, title="LUTIA") for number in range(updated)),
        new=tuple(new_post(number, title=PACING) for number in range(new)),
    )
    assert subject_of(digest) == subject


def test_a_trial_without_a_title_is_called_by_its_number() -> None:
    update = trial_update(note=a_note("NCT00000001", title=" "))
    assert subject_of(a_digest(trials=(update,))) == "Trial update: NCT00000001"


def test_a_short_title_stays_whole() -> None:
    digest = a_digest(updated=(updated_post(title="My diary (NET)"),))
    assert subject_of(digest) == "My diary (NET) updated"


def test_a_long_title_is_cut_between_words() -> None:
    long = "What I learnt in the long winter after the third of my operations"
    digest = a_digest(updated=(updated_post(title=long),), new=(new_post(),))
    assert (
        subject_of(digest) == "What I learnt in the long winter after the… updated, and 1 new post"
    )


def test_a_sample_says_so() -> None:
    assert subject_of(a_digest(new=(new_post(),), sample=True)).startswith("SAMPLE: ")


titles = st.text(max_size=300)


@given(
    st.lists(titles.map(lambda title: updated_post(title=title)), max_size=3),
    st.lists(titles.map(lambda title: new_post(title=title)), max_size=3),
)
def test_any_titles_give_one_line_that_fits(
    updated: list[DigestItem], new: list[DigestItem]
) -> None:
    subject = subject_of(a_digest(updated=tuple(updated), new=tuple(new)))
    assert subject.strip()
    assert len(subject.splitlines()) == 1
    assert len(subject) <= LIMIT
