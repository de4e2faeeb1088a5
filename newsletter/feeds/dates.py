"""Reads the dates found in feeds: RFC 5322, ISO 8601, and what people make of them.

A date without a zone is taken as UTC, and so is one with a military letter, since RFC 822 had
their signs wrong and RFC 5322 §4.3 says to trust none of them. Future and ancient dates are kept.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan januar janv ene gen", "feb fév fev febr", "mar mär mrz maa mrt", "apr avr abr",
            "may mai mei mag", "jun jui", "jul", "aug aoû aou ago", "sep set", "oct okt ott out",
            "nov", "dec dez déc dic",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
"""The first letters of month names: English first, then German, French, Spanish, Italian, Dutch."""

_ZONES: Final = {
    "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "MET": 60, "MEZ": 60, "CEST": 120, "MEST": 120,
    "MESZ": 120, "SAST": 120, "EET": 120, "EEST": 180, "MSK": 180, "AWST": 480, "JST": 540,
    "KST": 540, "ACST": 570, "AEST": 600, "ACDT": 630, "AEDT": 660, "NZST": 720, "NZDT": 780,
    "NST": -210, "NDT": -150, "AST": -240, "ADT": -180, "EST": -300, "EDT": -240, "CST": -360,
    "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480,
    "HST": -600,
}  # fmt: skip
"""Minutes east of UTC. The American ones are in RFC 5322 §4.3; others only where one meaning
prevails. A name that is not here counts as UTC."""

_CLOCK: Final = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[ap]\.?m\.?(?![a-z]))?"
)
_ZONE: Final = (
    r"(?:\s*(?P<zone>z|(?:utc|gmt)?\s?[+\-−]\d{1,2}:?\d{2}|(?:utc|gmt)?\s?[+\-−]\d{1,2}|[a-z]+)"
    r"(?![\d:]).*)?"
)
_SHAPES: Final = tuple(
    re.compile(shape, re.IGNORECASE | re.DOTALL)
    for shape in (
        # ISO 8601 and W3C-DTF
        r"(?P<year>\d{4})(?:[-/](?P<month>\d{1,2})(?:[-/](?P<day>\d{1,2})(?:(?:T|\s+|T\s+)"
        + _CLOCK + _ZONE + r")?)?)?",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:T(?P<hour>\d{2})(?P<minute>\d{2})"
        r"(?P<second>\d{2})?(?P<half>(?!))?" + _ZONE + r")?",
        # RFC 5322 §3.3 and §4.3: [Thu,] 9 Feb 2006 [23:59[:45]] [zone]
        r"(?:[^\W\d]+\.?\s*,?\s*)?(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?(?:\s+|-)(?:of\s+|de\s+)?"
        r"(?P<name>[^\W\d]{3,})\.?,?(?:\s+|-)(?P<year>\d{2,4})(?:(?:\s*,?\s+|\s*T\s*|\s+at\s+)"
        + _CLOCK + _ZONE + r")?",
        # asctime: Thu Feb  9 23:59:45 2006
        r"[a-z]{3,}\s+(?P<name>[a-z]{3,})\s+(?P<day>\d{1,2})\s+" + _CLOCK +
        r"\s+(?:(?P<zone>[a-z]+)\s+)?(?P<year>\d{4})",
        # American: February 9, 2006 11:59 PM EST
        r"(?:[a-z]+\s*,\s*)?(?P<name>[a-z]{3,})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+"
        r"(?P<year>\d{4})(?:\s*,?\s+(?:at\s+)?" + _CLOCK + _ZONE + r")?",
    )
)  # fmt: skip
_COMMENT: Final = re.compile(r"\((?:[^()\\]|\\.)*\)")
_LONGEST: Final = 200


def read_date(text: str | None) -> datetime | None:
    """The moment a feed's date means, aware and in UTC; None if it is no date."""
    if not text or len(text) > _LONGEST:
        return None
    plain = " ".join(_without_comments(text).replace("\u2212", "-").split())
    for shape in _SHAPES:
        if found := shape.fullmatch(plain):
            return _moment(found.groupdict())
    return None


def _without_comments(text: str) -> str:
    """Without the comments of RFC 5322 §3.2.2, which may be nested and hold a quoted bracket."""
    before = None
    while before != text:
        before, text = text, _COMMENT.sub(" ", text)
    return text


def _moment(part: dict[str, str | None]) -> datetime | None:
    try:
        hour, minute, second = _clock(part)
        day = datetime(_year(part["year"] or ""), _month(part), int(part.get("day") or 1),
                       tzinfo=timezone(_offset(part.get("zone"))))  # fmt: skip
        return (day + timedelta(hours=hour, minutes=minute, seconds=second)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _clock(part: dict[str, str | None]) -> tuple[int, int, int]:
    hour, minute, second = (int(part.get(name) or 0) for name in ("hour", "minute", "second"))
    if half := (part.get("half") or "").lower():
        hour = hour % 12 + (12 if half[0] == "p" else 0)
    # 24:00 ends the day (ISO 8601), second 60 is a leap second; both fall into the next minute.
    if minute > 59 or second > 60 or hour * 3600 + minute * 60 + second > 86400:
        raise ValueError("no time of day")
    return hour, minute, second


def _year(digits: str) -> int:
    """RFC 5322 §4.3: two digits are 1950 to 2049, three count from 1900."""
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _month(part: dict[str, str | None]) -> int:
    if name := part.get("name"):
        name = name.lower()
        if name.startswith("juil"):
            return 7
        for length in (4, 3):
            if number := _MONTHS.get(name[:length]):
                return number
        raise ValueError("no month")
    return int(part.get("month") or 1)


def _offset(zone: str | None) -> timedelta:
    name = (zone or "").upper().replace(" ", "")
    if digits := re.search(r"([+-])(\d{1,2}?):?(\d{2})?$", name):
        hours, minutes = int(digits[2]), int(digits[3] or 0)
        if hours > 14 or minutes > 59:
            raise ValueError("no offset from UTC")
        return timedelta(hours=hours, minutes=minutes) * (-1 if digits[1] == "-" else 1)
    return timedelta(minutes=_ZONES.get(name, 0))
