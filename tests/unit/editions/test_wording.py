"""Dates, counts and labels."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.editions import wording
from tests.digests import WEEK, a_digest, new_post, updated_post

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("2026-W47", "Week of 16 November 2026"),
        ("2026-11-16", "16 November 2026"),
        ("2026-11", "November 2026"),
    ],
)
def test_the_label_follows_the_kind_of_period(key: str, label: str) -> None:
    period = replace(WEEK, key=key, first_day=date(2026, 11, 16))
    assert wording.period_label(period).replace("\u00a0", " ") == label


def test_a_date_is_that_of_the_readers_zone() -> None:
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert wording.local_date(late, LONDON) == "1\u00a0July 2026"


def test_an_updated_post_says_when_it_was_first_published_and_when_updated() -> None:
    shown = wording.dates_of(updated_post(), LONDON).replace("\u00a0", " ")
    assert shown == "First published 16 January 2019, updated 14 November 2026"


@pytest.mark.parametrize(
    ("published", "updated", "shown"),
    [
        (None, None, ""),
        (None, datetime(2026, 11, 14, tzinfo=UTC), "Updated 14 November 2026"),
        (datetime(2026, 11, 14, tzinfo=UTC), None, "First published 14 November 2026"),
    ],
)
def test_missing_dates_leave_no_gap(
    published: datetime | None, updated: datetime | None, shown: str
) -> None:
    item = updated_post(published=published, updated=updated)
    assert wording.dates_of(item, LONDON).replace("\u00a0", " ") == shown


def test_counts_leave_out_what_there_is_none_of() -> None:
    assert wording.counts_of(a_digest(new=(new_post(),))) == "1 new post"
    both = a_digest(updated=(updated_post(), updated_post(101)), new=(new_post(),))
    assert wording.counts_of(both) == "2 updated posts · 1 new post"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("New section of 14 November 2026", "New section of 14 November 2026."),
        ("The title is now “Walking”", "The title is now “Walking”."),
        ("Closed.", "Closed."),
        ("Why?", "Why?"),
        (" ", ""),
    ],
)
def test_what_changed_ends_as_a_sentence(text: str, shown: str) -> None:
    assert wording.sentence(text) == shown


def test_a_post_without_a_title_gets_a_name() -> None:
    assert wording.title_of(new_post(title=" \n\x00 ")) == "Untitled post"


@given(st.text(), st.integers(min_value=1, max_value=80))
def test_shortening_keeps_to_the_limit_and_to_the_beginning(text: str, limit: int) -> None:
    short = wording.shortened(text, limit)
    assert len(short) <= limit
    assert text.startswith(short.removesuffix("…")) or short == text


def test_what_no_mail_may_hold_is_taken_out() -> None:
    assert wording.without_controls("a\x00\x0b\ud800\ufffe\x9fb\u200dc\n") == "ab\u200dc\n"
