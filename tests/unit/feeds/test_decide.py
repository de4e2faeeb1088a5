"""From entries to intents: what is new, what is old though unknown, what changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.feeds.compare import revision_of
from newsletter.feeds.decide import (
    AddPost,
    Horizon,
    UpdatePost,
    decide,
    horizon_of,
    is_old,
    tally,
)
from newsletter.model.post import (
    Change,
    Cleaned,
    Identity,
    KnownPost,
    PostDraft,
    StoredRevision,
    Weight,
)

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
WEEK = timedelta(days=7)
LATER = Horizon(first=False, cutoff=NOW - WEEK, oldest=NOW - 40 * WEEK, highest_number=900)


def draft(
    text: str = "One paragraph.",
    *,
    published: datetime | None = NOW,
    number: int | None = None,
    protected: bool = False,
) -> PostDraft:
    cleaned = Cleaned(html=f"<p>{text}</p>", text=text)
    return PostDraft(
        identity=Identity(guid=None, post_number=number, slug=None, fingerprint=None),
        url="https://blog.example.org/a/",
        title="A post",
        published=published,
        updated=None,
        categories=(),
        image=None,
        protected=protected,
        revision=revision_of("A post", cleaned),
    )


def stored(old: PostDraft, number: int = 3) -> StoredRevision:
    return StoredRevision(
        id=7,
        post_id=1,
        number=number,
        seen_at=NOW - WEEK,
        revision=old.revision,
        change=Change(weight=Weight.NONE),
    )


KNOWN = KnownPost(
    id=1, feed_id=1, identity=draft().identity, title="A post", url="https://blog.example.org/a/"
)


def test_on_the_first_collection_all_that_is_older_than_a_period_is_known_already() -> None:
    first = horizon_of(baseline_at=None, now=NOW, period=WEEK, oldest=None, highest_number=None)
    assert not is_old(draft(published=NOW - WEEK), first)
    assert is_old(draft(published=NOW - WEEK - timedelta(seconds=1)), first)
    assert is_old(draft(published=None), first)


@pytest.mark.parametrize(
    ("published", "number", "old"),
    [
        (NOW - timedelta(days=1), None, False),
        (NOW - 39 * WEEK, None, False),  # dated back, but within what the feed has shown before
        (NOW - 41 * WEEK, None, True),  # it came into the window because another post left it
        (NOW - 41 * WEEK, 900, True),
        (NOW - 41 * WEEK, 901, False),  # a number that only a post written since can have
        (None, None, False),
    ],
)
def test_later_an_unknown_post_is_old_only_from_before_the_oldest_known_one(
    published: datetime | None, number: int | None, old: bool
) -> None:
    assert is_old(draft(published=published, number=number), LATER) is old


def test_a_text_that_changed_is_a_new_revision_with_its_weight() -> None:
    new = draft("One paragraph. " + "The trial is closed to new patients since 9 November 2026. ")
    (intent,) = decide([(new, KNOWN)], {1: stored(draft())}, LATER, feed_id=1)
    assert isinstance(intent, UpdatePost)
    assert intent.change is not None
    assert (intent.number, intent.change.weight) == (4, Weight.MAJOR)


def test_an_unchanged_post_is_only_taken_over() -> None:
    assert decide([(draft(), KNOWN)], {}, LATER, feed_id=1) == [
        UpdatePost(post_id=1, draft=draft())
    ]


def test_a_shorter_copy_from_another_feed_is_no_change() -> None:
    (intent,) = decide([(draft("One…"), KNOWN)], {1: stored(draft())}, LATER, feed_id=2)
    assert isinstance(intent, UpdatePost)
    assert intent.change is None


def test_a_post_that_became_protected_is_no_change() -> None:
    locked = draft("This content is password protected.", protected=True)
    (intent,) = decide([(locked, KNOWN)], {1: stored(draft())}, LATER, feed_id=1)
    assert isinstance(intent, UpdatePost)
    assert intent.change is None


def test_what_is_told_counts_no_post_that_was_known_at_the_baseline() -> None:
    minor = UpdatePost(post_id=1, draft=draft(), change=Change(weight=Weight.MINOR), number=2)
    major = replace(minor, change=Change(weight=Weight.MAJOR))
    added = AddPost(draft=draft(), baseline=False)
    found = tally(
        [added, replace(added, baseline=True), minor, major, UpdatePost(post_id=2, draft=draft())]
    )
    assert (found.new, found.updated, found.minor) == (1, 1, 1)


def test_a_feed_that_was_empty_until_now_is_met_for_the_first_time_with_its_first_posts() -> None:
    horizon = horizon_of(
        baseline_at=NOW - WEEK,
        now=NOW,
        period=WEEK,
        oldest=None,
        highest_number=None,
        last_read=NOW - timedelta(hours=1) - WEEK,
        met=False,
    )
    assert is_old(draft(published=NOW - 40 * WEEK), horizon)
    assert is_old(draft(published=None), horizon)
    assert not is_old(draft(published=NOW - WEEK), horizon)  # written since it was read last


@pytest.mark.parametrize(
    ("days_ago", "copy", "old"),
    [(9, True, True), (7.5, True, False), (3, True, False), (9, False, False)],
)
def test_a_copy_of_a_known_post_from_before_the_last_reading_is_no_news(
    days_ago: float, copy: bool, old: bool
) -> None:
    """A blog that goes to another program has all its posts anew; a new one may be like an old."""
    horizon = replace(LATER, read_at=NOW - WEEK)
    post = draft(published=NOW - timedelta(days=days_ago))
    assert is_old(post, horizon, copy=copy) is old
