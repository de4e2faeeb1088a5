"""The subject says what is inside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.editions.subject import LIMIT, subject_of
from newsletter.model.edition import DigestItem
from tests.digests import a_digest, new_post, updated_post

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
