"""The digest's own words: dates, counts and labels. English, in one place."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from newsletter.model.edition import Digest, DigestItem, ItemKind, Period, TrialNote

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

_SPACES = re.compile(r"[^\S\u00a0]+")


def without_controls(text: str) -> str:
    """The text without the characters that no mail, and no XML, may hold."""
    return _UNWANTED.sub("", text)


def one_line(text: str) -> str:
    """The text on one line: no control characters, no runs of spaces."""
    return " ".join(without_controls(text).split())


def one_line_of_ours(text: str) -> str:
    """The same of words of ours, in which a date's spaces hold together (U+00A0)."""
    return _SPACES.sub(" ", without_controls(text)).strip()


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, whole words where there are any, with "…" for the rest."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    words, space, _ = cut.rpartition(" ")
    kept = words if space and len(words) > limit // 2 else cut
    return kept.rstrip(" ,;:.-–—(“\"'") + "…"


def long_date(day: date) -> str:
    """A day as it is written in British English: `16 November 2026`, never broken after the day."""
    return f"{day.day}\u00a0{_MONTHS[day.month - 1]} {day.year}"


def local_date(moment: datetime, zone: ZoneInfo) -> str:
    """The day of an aware moment, seen from the newsletter's time zone."""
    return long_date(moment.astimezone(zone).date())


def period_label(period: Period) -> str:
    """`Week of 16 November 2026`, `16 November 2026` or `November 2026`, by the kind of key."""
    first = period.first_day
    if "W" in period.key:
        return f"Week of {long_date(first)}"
    if period.key.count("-") == 1:
        return f"{_MONTHS[first.month - 1]} {first.year}"
    return long_date(first)


def counts_of(digest: Digest) -> str:
    """`1 trial update · 2 updated posts · 1 new post`; what there is none of is not mentioned."""
    counts = (
        (len(digest.trials), "trial update"),
        (len(digest.updated), "updated post"),
        (len(digest.new), "new post"),
    )
    return " · ".join(counted(number, noun) for number, noun in counts if number)


def size_of(digest: Digest) -> int:
    """How many entries the digest has."""
    return len(digest.trials) + len(digest.updated) + len(digest.new)


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 new post`, `3 new posts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def counted_people(number: int) -> str:
    """So many people, in words."""
    return "1 person" if number == 1 else f"{number:,} people"


def local_time(moment: datetime, zone: ZoneInfo) -> str:
    """An aware moment of these days, as `Mon 16 Nov 08:33 (Europe/London)`."""
    return f"{moment.astimezone(zone):%a %d %b %H:%M} ({zone.key})"


def title_of(item: DigestItem) -> str:
    """A post's title on one line; a post without one still gets a name."""
    return one_line(item.title) or "Untitled post"


def trial_title(note: TrialNote) -> str:
    """A trial's title on one line; one without a title is called by its number."""
    return one_line(note.title) or note.number


def more_trials(number: int) -> str:
    """How many more trials a post mentions than are shown; "" for none."""
    if not number:
        return ""
    them = "it" if number == 1 else "them"
    return f"… and {counted(number, 'more trial')}; the post names {them}."


def dates_of(item: DigestItem, zone: ZoneInfo) -> str:
    """`First published 16 January 2019, updated 14 November 2026`, or the date of a new post."""
    published = local_date(item.published, zone) if item.published else ""
    if item.kind is ItemKind.NEW:
        return published
    updated = local_date(item.updated, zone) if item.updated else ""
    if published and updated:
        return f"First published {published}, updated {updated}"
    return f"First published {published}" if published else f"Updated {updated}" if updated else ""


def sentence(text: str) -> str:
    """The text on one line with a full stop at its end, unless it has another end already."""
    line = one_line(text)
    return f"{line}." if line[-1:].isalnum() or line.endswith("”") else line


def reading_time(item: DigestItem) -> str:
    """`4 min read`, at least one minute."""
    return f"{max(1, item.reading_minutes)} min read"


def things_to_read(digest: Digest) -> str:
    """`3 things to read, in about 9 minutes.`: what a discreet mail says of itself."""
    posts = (*digest.updated, *digest.new)
    minutes = sum(max(1, item.reading_minutes) for item in posts) + len(digest.trials)
    things = counted(size_of(digest), "thing")
    return f"{things} to read, in about {counted(minutes, 'minute')}."


def left_out(number: int) -> str:
    """`and 7 more on the blog`; "" for none."""
    return f"and {number} more on the blog" if number else ""
