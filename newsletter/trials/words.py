"""What is said of a trial, in words a patient understands: the register's word, never advice.

Nothing here says "now" or "the trial is …": a register's entry is as old as its last update, and
the words say whose they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from newsletter.model.trial import RecordDate, Site

_STATUS: Final = {
    "ACTIVE_NOT_RECRUITING": "Active, not recruiting",
    "COMPLETED": "Completed",
    "ENROLLING_BY_INVITATION": "Enrolling by invitation",
    "NOT_YET_RECRUITING": "Not yet recruiting",
    "RECRUITING": "Recruiting",
    "SUSPENDED": "Suspended (may start again)",
    "TERMINATED": "Terminated (stopped early)",
    "WITHDRAWN": "Withdrawn (stopped before it began)",
    "AVAILABLE": "Available",
    "NO_LONGER_AVAILABLE": "No longer available",
    "TEMPORARILY_NOT_AVAILABLE": "Temporarily not available",
    "APPROVED_FOR_MARKETING": "Approved for marketing",
    "WITHHELD": "Withheld",
    "UNKNOWN": "not confirmed by the sponsor for a long time",
}
"""ClinicalTrials.gov's statuses, a closed set in its OpenAPI document (`Status`); the explanations
in brackets are those of its glossary, shortened."""

OPEN: Final = frozenset({"RECRUITING", "ENROLLING_BY_INVITATION", "AVAILABLE"})
"""The statuses with which a register says that people can join."""

STOPPED: Final = frozenset({"SUSPENDED", "TERMINATED", "WITHDRAWN"})
"""The statuses that come with the sponsor's reason."""

_PHASES: Final = {
    "NA": "not applicable",
    "EARLY_PHASE1": "early phase 1",
    "PHASE1": "1",
    "PHASE2": "2",
    "PHASE3": "3",
    "PHASE4": "4",
}
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DATE: Final = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")
_QUOTED: Final = 300
_NAMED_CITIES: Final = 6


def status_words(status: str, last_known: str = "") -> str:
    """A status as readers see it; one that is not known here in the register's own word."""
    said = _STATUS.get(status) or status.replace("_", " ").capitalize() or "no status given"
    if status == "UNKNOWN" and last_known:
        return f"{said} (last known status: {status_words(last_known)})"
    return said


def day(given: str) -> str:
    """A register's date in words: `8 November 2022`, `November 2022`; "" for none.

    The day and its month are never broken apart.
    """
    found = _DATE.fullmatch(given)
    if found is None or not 1 <= int(found[2]) <= len(_MONTHS):
        return given
    month = f"{_MONTHS[int(found[2]) - 1]} {found[1]}"
    return f"{int(found[3])}\u00a0{month}" if found[3] else month


def local_day(moment: datetime, zone: ZoneInfo) -> str:
    """The day of an aware moment in the newsletter's time zone, in words."""
    return day(moment.astimezone(zone).date().isoformat())


def first_day(given: str) -> date | None:
    """The first day that a register's date can mean; None for none."""
    found = _DATE.fullmatch(given)
    try:
        return date(int(found[1]), int(found[2]), int(found[3] or 1)) if found else None
    except ValueError:
        return None


def dated(given: RecordDate) -> str:
    """A planned or past date: `March 2026 (planned)`, `1 August 2018`, `not given`."""
    planned = " (planned)" if given.kind == "ESTIMATED" else ""
    return f"{day(given.date)}{planned}" if given.date else "not given"


def phase_words(phases: Sequence[str]) -> str:
    """`Phase 2/3`, `Early phase 1`, `not applicable`; `not given` for none."""
    if not phases:
        return "not given"
    said = [_PHASES.get(phase, phase.replace("_", " ").lower()) for phase in phases]
    if all(word.isdigit() for word in said):
        return f"Phase {'/'.join(said)}"
    return "/".join(said).capitalize() if said != ["not applicable"] else said[0]


def quotation(text: str) -> str:
    """Someone else's words in quotation marks, at most about 300 characters of them."""
    words = " ".join(text.split())
    if len(words) > _QUOTED:
        words = words[: _QUOTED - 1].rpartition(" ")[0].rstrip(" ,;:.-–—(“\"'") + "…"
    return f"“{words}”"


def ended(sentence: str) -> str:
    """The sentence with a full stop, unless it ends with one already."""
    return sentence if sentence.endswith((".", "!", "?", ".”")) else f"{sentence}."


def places(sites: Iterable[Site]) -> str:
    """Sites by country and city: `Utrecht and Amsterdam (Netherlands); France (14 sites)`."""
    countries: dict[str, list[str]] = {}
    for site in sites:
        countries.setdefault(site.country, []).append(site.city)
    return "; ".join(_in_country(country, cities) for country, cities in countries.items())


def _in_country(country: str, cities: Sequence[str]) -> str:
    named = list(dict.fromkeys(city for city in cities if city))
    if named and len(named) <= _NAMED_CITIES:
        return f"{listed(named)} ({country})" if country else listed(named)
    number = "1 site" if len(cities) == 1 else f"{len(cities)} sites"
    return f"{country} ({number})" if country else number


def listed(words: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
