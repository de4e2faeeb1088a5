"""Changes of real-shaped posts, made by rules: each is weighed as it must be."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.feeds.compare import compare
from newsletter.model.post import Weight
from tests.changes.corpus import STRICT, Judged, judged, revision, typos_called_major
from tests.changes.edits import BOILERPLATE, RULES
from tests.changes.posts import POSTS, Post, p

PAIRS = judged()
BY_KIND = Counter(one.kind for one in PAIRS)


def test_the_corpus_is_large_and_of_every_kind() -> None:
    assert len(PAIRS) >= 900
    assert set(BY_KIND) == set(RULES)
    assert min(BY_KIND.values()) >= 8
    assert BY_KIND["dated section"] >= 10 * len(POSTS)


@pytest.mark.parametrize("kind", STRICT)
def test_status_numbers_and_dated_sections_are_never_misjudged(kind: str) -> None:
    """Their weight, and where it is certain the sentence and what is quoted as well."""
    assert [one for one in PAIRS if one.kind == kind and not one.is_right] == []


def test_no_typing_error_is_called_major() -> None:
    assert typos_called_major(PAIRS) == []


def test_nearly_all_changes_are_weighed_rightly() -> None:
    wrong = [one for one in PAIRS if not one.is_right]
    assert len(wrong) <= 0.02 * len(PAIRS), wrong


def test_a_quotation_is_of_the_new_text_and_not_too_long() -> None:
    for one in PAIRS:
        assert len(one.change.quote_text) <= 620
        if one.kind == "dated section":
            old = revision(one.edited.old).text.split("\n")
            assert not [line for line in one.change.quote_text.split("\n") if line in old]


def test_every_post_is_the_same_as_itself() -> None:
    for post in POSTS:
        assert compare(revision(post), revision(post)).weight is Weight.NONE


def with_lines(post: Post, lines: list[tuple[int, str]]) -> Post:
    for at, line in lines:
        post = post.with_more(at % (len(post.parts) + 1), p(line))
    return post


places = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(BOILERPLATE)), min_size=1, max_size=4
)


@settings(max_examples=150, deadline=None)
@given(one=st.sampled_from(PAIRS), lines=places, in_old=st.booleans())
def test_boilerplate_never_changes_a_weight(
    one: Judged, lines: list[tuple[int, str]], in_old: bool
) -> None:
    """Wherever it is put, into the new text, or into that and above and below the old one."""
    old = one.edited.old
    if in_old:
        old = with_lines(old, [(len(old.parts) if at % 2 else 0, line) for at, line in lines[:1]])
    found = compare(revision(old), revision(with_lines(one.edited.new, lines)))
    assert found.weight is one.change.weight
