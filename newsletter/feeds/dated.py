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
_OPENING = re.compile(
    rf"""
    [\W_]{{0,12}}
    (?P<word>(?:latest\s+|important\s+|further\s+|new\s+|major\s+)?up-?dated?\b|edit(?:ed)?\b|news\b)?
    \s*(?:as\s+at|as\s+of|on|of|[:\-–—(\[|])?\s*
    {_WEEKDAY}
    (?:
      (?P<d>\d{{1,2}})(?:\s?(?:st|nd|rd|th))?\s+(?:of\s+)?(?P<m>{_MONTH})\.?,?\s+(?P<y>(?:19|20)\d\d)
      | (?P<m2>{_MONTH})\.?\s+(?P<d2>\d{{1,2}})(?:\s?(?:st|nd|rd|th))?,?\s+(?P<y2>(?:19|20)\d\d)
      | (?P<m3>{_MONTH})\.?,?\s+(?P<y3>(?:19|20)\d\d)
      | (?P<iso>(?:19|20)\d\d-\d\d-\d\d)
      | (?P<n1>\d{{1,2}})[./](?P<n2>\d{{1,2}})[./](?P<y4>20\d\d)
    )
    (?![\w/])
    (?P<after>\s*[)\]]?\s*[.:;,|\-–—]?)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_WORD_ONLY = re.compile(
    r"\W{0,6}(?:latest |important |further |new |major )?(?:update[ds]?|edit)"
    r"(?:\s*(?:no\.?\s*)?\d{1,2})?\s*(?::|-|–|—|\.|!|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a section opens: its date (None where it has none that is certain), and what follows."""

    day: date | None
    label: str
    bare: bool
    """Whether the line is nothing but the opening: a heading of its own."""


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
        return _numeric(int(part["n1"]), int(part["n2"]), part["y4"])
    return None


def _label(found: re.Match[str]) -> str:
    if found["m3"]:
        return f"{_month_name(_month(found['m3']))} {found['y3']}"
    if (day := _day_of(found)) is not None:
        return f"{day.day} {_month_name(day.month)} {day.year}"
    return ""


def _month_name(month: int) -> str:
    names = "January February March April May June July August September October November December"
    return names.split()[month - 1]


def opening_of(line: str) -> Opening | None:
    """How the line opens a dated section, or None where it does not.

    Without the word "update" in front, the date must stand alone or be followed by a stop: "June 8
    2020 jnumed…" is a citation, "On 7th Dec 2017 the…" a sentence. Digits that can be read in two
    ways ("3/4/2026") open a section without a certain date.
    """
    found = _OPENING.match(line)
    if found is None:
        return _undated(line)
    rest = line[found.end() :].strip()
    numeric = bool(found["m3"] or found["n1"] or found["iso"])
    said = found["word"] is not None
    if not said and (numeric or (rest and not found["after"].strip())):
        return None
    if not said and found.start("d" if found["d"] else "m2") > 12:
        return None
    if not said and re.match(r"(?:on|of)\b", line.lstrip(), re.IGNORECASE):
        return None
    return Opening(day=_day_of(found), label=_label(found), bare=not rest)


def _undated(line: str) -> Opening | None:
    found = _WORD_ONLY.match(line)
    if found is None:
        return None
    return Opening(day=None, label="", bare=not line[found.end() :].strip())


def opens_dated_section(line: str) -> bool:
    """Whether a line opens a dated section."""
    return opening_of(line) is not None
