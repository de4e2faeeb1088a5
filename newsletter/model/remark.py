"""What an examination of the set-up has to say, one line at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How serious a remark is; only a problem makes `newsletter doctor` fail."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Remark:
    """One line: the check it comes from, what was found, and how to mend it."""

    check: str
    verdict: Verdict
    found: str
    mend: str = ""


def fine(check: str, found: str) -> Remark:
    """Something is as it should be."""
    return Remark(check, Verdict.OK, found)


def warning(check: str, found: str, mend: str = "") -> Remark:
    """Something is worth a look, or could not be looked at."""
    return Remark(check, Verdict.WARNING, found, mend)


def problem(check: str, found: str, mend: str) -> Remark:
    """Something must be mended before mail is really sent."""
    return Remark(check, Verdict.PROBLEM, found, mend)


def grave(check: str, found: str, mend: str, *, real: bool) -> Remark:
    """A problem where mails really go out (`real`); in a rehearsal only a warning."""
    return (problem if real else warning)(check, found, mend)
