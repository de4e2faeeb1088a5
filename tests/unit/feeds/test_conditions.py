"""Conditional requests, and what happens to ETags on their way."""

from __future__ import annotations

import pytest

from newsletter.feeds.conditions import conditions
from newsletter.model.feed import Validators

DATE = "Fri, 06 Nov 2026 18:05:11 GMT"


@pytest.mark.parametrize(("etag", "alone", "with_date"), [
    ('"abc"', '"abc"', '"abc"'),
    ('"abc-gzip"', '"abc"', '"abc"'),
    ('"abc--gzip"', '"abc"', '"abc"'),
    ('"abc;gzip"', '"abc"', '"abc"'),
    ('W/"abc-gzip"', 'W/"abc"', '"abc"'),
    ('W/"abc"', 'W/"abc"', '"abc"'),
    ('"gzip-abc"', '"gzip-abc"', '"gzip-abc"'),
    ("unquoted-gzip", "unquoted", "unquoted"),
])  # fmt: skip
def test_an_etag_is_sent_as_the_blog_knows_it(etag: str, alone: str, with_date: str) -> None:
    assert conditions(Validators(etag=etag)) == {"If-None-Match": alone}
    assert conditions(Validators(etag=etag, last_modified=DATE)) == {
        "If-None-Match": with_date,
        "If-Modified-Since": DATE,
    }


def test_each_validator_is_sent_without_the_other() -> None:
    assert conditions(Validators()) == {}
    assert conditions(Validators(last_modified=DATE)) == {"If-Modified-Since": DATE}
