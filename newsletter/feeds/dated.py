"""Recognise the opening of a dated section, as in "Update 14 Nov 2026" or "18th October 2025. …".

Authors who keep a post alive put such a section on top of the old text, as a heading or as the
first words of a paragraph, in either order of day and month.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?"
_MARKED = r"(?:(?:latest|last|important|further|new|major)\s+)?up-?dated?\b|edit(?:ed)?\b|news\b"
_OPENING = re.compile(
    rf"""
    [\W_]{{0,12}}
    (?P<word>{_MARKED}|added\b|addendum\b|post-?script\b|p\.?\s?s\.)?
    \s*[:,\-–—(\[|]?\s*
    (?:as\s+at|as\s+of|on|of|from)?\s*
    {_WEEKDAY}
    (?:
      (?P<d>\d{{1,2}})(?:\s?(?:st|nd|rd|th)|\.)?\s+(?:of\s+)?(?P<m>{_MONTH})\.?,?\s+(?P<y>(?:19|20)\d\d)
      | (?P<m2>{_MONTH})\.?\s+(?P<d2>\d{{1,2}})(?:\s?(?:st|nd|rd|th))?,?\s+(?P<y2>(?:19|20)\d\d)
      | (?P<m3>{_MONTH})\.?,?\s+(?P<y3>(?:19|20)\d\d)
      | (?P<iso>(?:19|20)\d\d-\d\d-\d\d)
      | (?P<n1>\d{{1,2}})[./-](?P<n2>\d{{1,2}})[./-](?P<y4>(?:20)?\d\d)
      | (?P<d5>\d{{1,2}})(?:\s?(?:st|nd|rd|th)|\.)?\s+(?:of\s+)?(?P<m5>{_MONTH})\b
      | (?P<m6>{_MONTH})\.?\s+(?P<d6>\d{{1,2}})(?:st|nd|rd|th)?\b
    )
    (?![\w/])
    (?P<later>\s*[:\-–—(\[|]?\s*(?:{_MARKED})(?!\s+\w))?
    (?P<after>\s*[)\]]?\s*[.:;,|\-–—]?)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_WORD_ONLY = re.compile(
    r"\W{0,6}(?:latest |important |further |new |major )?(?:update[ds]?|edit|addendum|post-?script)"
    r"(?:\s*(?:no\.?\s*)?\d{1,2})?\s*(?::|-|–|—|\.|!|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a section opens: its date (None where it has none that is certain), and what follows.

    `said`: it calls itself an update; a date alone may as well be that of a diary or a chronicle.
    """

    day: date | None
    label: str
    rest: str
    said: bool

    @property
    def bare(self) -> bool:
        """Whether the line is nothing but the opening, a heading of its own."""
        return not self.rest


def _certain(year: str, month: int, day: str) -> date | None:
    try:
        return date(int(year), month, int(day))
    except ValueError:
        return None


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def _numeric(first: int, second: int, year: str) -> date | None:
    """A date in digits, where its order is beyond doubt."""
    if first > 12 or first == second:
        return _certain(year, second, str(first)) if second <= 12 else None
    return _certain(year, first, str(second)) if second > 12 else None


def _day_of(found: re.Match[str]) -> date | None:
    part = found.groupdict()
    if part["d"]:
        return _certain(part["y"], _month(part["m"]), part["d"])
    if part["d2"]:
        return _certain(part["y2"], _month(part["m2"]), part["d2"])
    if part["iso"]:
        year, month, day = part["iso"].split("-")
        return _certain(year, int(month), day)
    if part["n1"]:
        return _numeric(int(part["n1"]), int(part["n2"]), f"20{part['y4'][-2:]}")
    return None


def _label(found: re.Match[str]) -> str:
    if found["m3"]:
        return f"{_month_name(_month(found['m3']))} {found['y3']}"
    if month := found["m5"] or found["m6"]:
        return f"{int(found['d5'] or found['d6'])} {_month_name(_month(month))}"
    if (day := _day_of(found)) is not None:
        return f"{day.day} {_month_name(day.month)} {day.year}"
    return ""


def _month_name(month: int) -> str:
    names = "January February March April May June July August September October November December"
    return names.split()[month - 1]


def opening_of(line: str) -> Opening | None:
    """How the line opens a dated section, or None where it does not.

    Without the word "update" before or after it, the date must stand alone or be followed by a
    stop: "June 8 2020 jnumed…" is a citation, "On 7th Dec 2017 the…" a sentence. Digits that can be
    read in two ways ("3/4/2026") open a section without a certain date.
    """
    found = _OPENING.match(line)
    if found is None:
        return _undated(line)
    said = (found["word"] or found["later"]) is not None
    rest = line[found.end() :].strip()
    if not said and not _stands_alone(found, line, rest):
        return None
    return Opening(day=_day_of(found), label=_label(found), rest=rest, said=said)


def _stands_alone(found: re.Match[str], line: str, rest: str) -> bool:
    """Whether a date without the word is a heading, and not the beginning of a sentence."""
    if found["m3"] or found["d5"] or found["m6"] or _day_of(found) is None:
        return False  # "May 2026 was warm", "3 May", "31 February 2026", "3/4/2026"
    if rest and not found["after"].strip():
        return False
    start = next(found.start(part) for part in ("d", "m2", "iso", "n1") if found[part])
    if start > 12 or (found["n1"] and len(found["y4"]) < 4):
        return False
    return re.match(r"\W*(?:on|of|from)\b", line, re.IGNORECASE) is None


def _undated(line: str) -> Opening | None:
    found = _WORD_ONLY.match(line)
    if found is None:
        return None
    return Opening(day=None, label="", rest=line[found.end() :].strip(), said=True)


def opens_dated_section(line: str) -> bool:
    """Whether a line opens a dated section."""
    return opening_of(line) is not None
