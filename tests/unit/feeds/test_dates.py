"""Dates of feeds, as they are written and as they are miswritten."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.feeds.dates import read_date


@pytest.mark.parametrize(("text", "utc"), [
    ("2026-11-06T10:11:12Z", "2026-11-06T10:11:12"),
    ("2026-11-06T10:11:12.987+05:30", "2026-11-06T04:41:12"),
    ("2026-11-06 10:11:12 -0530", "2026-11-06T15:41:12"),
    ("2026-11-06T10:11", "2026-11-06T10:11:00"),
    ("20261106T101112Z", "2026-11-06T10:11:12"),
    ("2026-11-06T24:00:00Z", "2026-11-07T00:00:00"),
    ("2026-12-31T23:59:60Z", "2027-01-01T00:00:00"),
    ("2026-11-06", "2026-11-06T00:00:00"),
    ("2026-11", "2026-11-01T00:00:00"),
    ("2026", "2026-01-01T00:00:00"),
    ("Fri, 06 Nov 2026 10:11:12 +0100", "2026-11-06T09:11:12"),
    ("Fri, 06 Nov 2026 10:11:12 GMT+0100", "2026-11-06T09:11:12"),
    ("Fri, 06 Nov 2026 10:11:12  EST", "2026-11-06T15:11:12"),
    ("Fri, 06 Nov 2026 10:11:12 America/New_York", "2026-11-06T10:11:12"),
    ("Fri, 06 November 2026 10:11:12", "2026-11-06T10:11:12"),
    ("Fri, 06 Nov 49 10:11:12 Z", "2049-11-06T10:11:12"),
    ("Sun, 06 Nov 50 10:11:12 Z", "1950-11-06T10:11:12"),
    ("1 Sept 2026 9:05 pm", "2026-09-01T21:05:00"),
    ("Mi, 06 Mär 2024 10:00:00 +0100", "2024-03-06T09:00:00"),
    ("6 juillet 2024", "2024-07-06T00:00:00"),
    ("6 juin 2024", "2024-06-06T00:00:00"),
    ("Thu Feb  9 23:59:45 2006", "2006-02-09T23:59:45"),
    ("November 6, 2026 12:15 AM EST", "2026-11-06T05:15:00"),
    ("Fri, 06 Nov 2026 10:11:12 +0000 (a (nested) comment)", "2026-11-06T10:11:12"),
])  # fmt: skip
def test_a_date_is_read(text: str, utc: str) -> None:
    assert read_date(text) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", [
    None, "", "yesterday", "2026-02-30", "2026-13-01", "2026-11-06T25:00:00Z",
    "Mon, 30 Nov -0001 00:00:00 +0000", "0000-00-00 00:00:00", "12/11/2026",
    "Fri, 06 Xyz 2026 10:11:12 +0000", "Fri, 06 Nov 2026 10:11:12 +9900",
    "0001-01-01T00:00:00+14:00", "9999-12-31T24:00:00Z", "1" * 1000,
])  # fmt: skip
def test_what_is_no_date_is_none(text: str | None) -> None:
    assert read_date(text) is None


@given(st.datetimes(timezones=st.timezones().filter(lambda zone: zone is not None)))
def test_every_moment_in_iso_8601_comes_back_in_utc(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    offset = whole.utcoffset()
    if offset is None or offset.total_seconds() % 60 or not 2 < whole.year < 9998:
        return  # zones of before 1900 have seconds, which ISO 8601 cannot write
    assert read_date(whole.isoformat()) == whole.astimezone(UTC)


@given(st.text(max_size=250) | st.from_regex(r"[A-Za-z]{3}, \d\d [A-Z][a-z]{2} \d{2,4} .{0,30}"))
def test_any_text_is_a_moment_in_utc_or_none(text: str) -> None:
    moment = read_date(text)
    assert moment is None or moment.tzinfo is UTC
