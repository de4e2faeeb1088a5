"""Which source's text counts, when a feed and the REST API tell of the same post."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.feeds.sources import merged, reconcile
from newsletter.model.feed import Means
from newsletter.model.post import Source
from tests.unit.feeds.test_decide import KNOWN, NOW, draft, stored

WEEK = timedelta(days=7)


def told(text: str, source: Source, *, edited: timedelta | None = None) -> object:
    return replace(
        draft(text), source=source, updated=None if edited is None else NOW - WEEK + edited
    )


@pytest.mark.parametrize(
    ("source", "before", "means", "edited", "what"),
    [
        (Source.FEED, Source.FEED, Means.REST, timedelta(days=3), "compared"),
        (Source.REST, Source.REST, Means.REST, timedelta(days=-3), "compared"),
        (Source.FEED, Source.REST, Means.REST, timedelta(days=3), "left"),
        (Source.FEED, Source.REST, Means.REST, None, "left"),
        # the API is gone: the feed's text is taken over if nobody edited the post
        (Source.FEED, Source.REST, Means.MODIFIED, timedelta(days=-3), "retold"),
        (Source.FEED, Source.REST, Means.MODIFIED, timedelta(days=3), "compared"),
        (Source.FEED, Source.REST, Means.NONE, None, "compared"),
        # the API is new
        (Source.REST, Source.FEED, Means.REST, timedelta(days=-3), "retold"),
        (Source.REST, Source.FEED, Means.REST, timedelta(hours=-3), "compared"),  # a cached feed?
        (Source.REST, Source.FEED, Means.REST, timedelta(days=3), "compared"),
    ],
)
def test_a_text_is_held_against_one_of_its_own_source(
    source: Source, before: Source, means: Means, edited: timedelta | None, what: str
) -> None:
    """`edited`: when, counted from when the version that is known was seen."""
    new = told("Another text.", source, edited=edited)
    old = replace(stored(draft()), source=before)
    found = reconcile([(new, KNOWN)], {1: old}, means, feed_id=1)  # type: ignore[list-item]
    assert bool(found.left) is (what == "left")
    assert bool(found.retold) is (what == "retold")
    assert bool(found.compared) is (what != "left")


@pytest.mark.parametrize("text", ["One paragraph.", "Another text."])
def test_a_post_that_the_feed_shows_as_before_was_not_edited(text: str) -> None:
    """Though the site gives it a new date, and the REST API tells more of it than an excerpt."""
    told_more = replace(draft("All of it.", number=1), source=Source.REST, updated=NOW)
    (new,) = merged([draft(text, number=1)], [told_more])
    found = reconcile([(new, KNOWN)], {1: stored(draft())}, Means.REST, feed_id=1)
    assert bool(found.retold) is (text == "One paragraph.")


@pytest.mark.parametrize("means", [Means.REST, Means.MODIFIED, Means.PAGED, Means.NONE, None])
@pytest.mark.parametrize(
    ("shown", "left"),
    [
        ("One para […]", True),
        ("One […]", True),
        ("Two para […]", False),
        ("One paragraph. […]", False),  # the feed shows more than the API told: an edit
        ("One", False),  # that is all of it now
    ],
)
def test_an_excerpt_does_not_take_the_place_of_the_whole_text(
    means: Means | None, shown: str, left: bool
) -> None:
    """Though the blog says that the post was edited; whether the API is there or not."""
    old = replace(stored(draft("One paragraph." if left else "One paragraph")), source=Source.REST)
    new = replace(draft(shown), updated=NOW)
    found = reconcile([(new, KNOWN)], {1: old}, means, feed_id=1)
    assert bool(found.left) is (left or means is Means.REST)
    renamed = replace(new, revision=replace(new.revision, title="Another title"))
    found = reconcile([(renamed, KNOWN)], {1: old}, means, feed_id=1)
    assert bool(found.left) is (means is Means.REST)


def test_another_feeds_posts_are_never_retold() -> None:
    new = told("Another text.", Source.REST, edited=timedelta(days=-3))
    old = replace(stored(draft()), source=Source.FEED)
    found = reconcile([(new, KNOWN)], {1: old}, Means.REST, feed_id=2)  # type: ignore[list-item]
    assert not found.retold


def test_a_locked_post_is_not_retold() -> None:
    new = replace(draft("", protected=True), source=Source.REST, updated=NOW - 9 * WEEK)
    found = reconcile([(new, KNOWN)], {1: stored(draft())}, Means.REST, feed_id=1)
    assert not found.retold
    assert not found.left


@given(
    window=st.lists(st.integers(1, 9), unique=True), beyond=st.lists(st.integers(1, 9), unique=True)
)
def test_each_post_is_there_once_and_keeps_its_place(window: list[int], beyond: list[int]) -> None:
    """Text from the REST API, categories from the feed, and whether it is in the window."""
    shown = [replace(draft(number=n), categories=("From the feed",)) for n in window]
    more = [
        replace(draft(number=n), source=Source.REST, beyond=True, untold=frozenset({"categories"}))
        for n in beyond
    ]
    found = merged(shown, more)
    numbers = [one.identity.post_number for one in found]
    assert sorted(numbers, key=str) == sorted({*window, *beyond}, key=str)
    for one in found:
        number = one.identity.post_number
        assert (one.source is Source.REST) is (number in beyond)
        assert one.beyond is (number not in window)
        if number in window:
            assert one.categories == ("From the feed",)
            assert not one.untold


def test_a_cached_answer_is_not_taken_for_the_newer_text() -> None:
    shown = replace(draft("New.", number=1), updated=NOW)
    old = replace(draft("Old.", number=1), updated=NOW - WEEK, source=Source.REST, beyond=True)
    assert merged([shown], [old]) == (shown,)
