"""The words that weigh more than prose: those of status, numbers, dates, measures, register ids.

They turn what a patient should do: one of them put in, taken out or exchanged is news, however
small the change is by its letters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import pairwise

_STATUS_GROUPS = """
recruiting: recruiting recruits recruit recruitment enrolling enrols enrolls enrolment enrollment
recruited: recruited enrolled
open: open opens reopens opening
opened: opened reopened
closed: closed
closing: close closes closing closure
active: active ongoing running
inactive: inactive
ended: completed completion complete finished finishes ended ends concluded
started: started starts starting begun began begins commenced commences launched launches
waiting: pending awaited awaiting upcoming expected planned scheduled
stopped: terminated termination stopped halted discontinued cancelled canceled
suspended: suspended paused hold
withdrawn: withdrawn withdraws withdrew recalled
resumed: resumed
approved: approved approval approves authorised authorized authorisation authorization licensed
granted: granted
rejected: rejected refused denied
paid: reimbursed funded funding
available: available
unavailable: unavailable
delayed: delayed postponed
results: results result published
expanded: expanded extended
failed: failed failure
met: met
full: full
safe: safe
unsafe: unsafe
effective: effective
ineffective: ineffective
eligible: eligible
ineligible: ineligible
died: died death deaths
not: not no never nor without cannot neither non
longer: longer
"""
_STATUS: dict[str, str] = {
    word: group
    for group, _, words in (line.partition(":") for line in _STATUS_GROUPS.strip().splitlines())
    for word in words.split()
}
_ALWAYS_TELLING = frozenset(_STATUS) - frozenset(
    "open opens opening opened close closing active running complete full met longer ends starts"  # noqa: SIM905
    " started expected planned scheduled hold ongoing upcoming refused denied extended"
    " begins began finished result safe no non without never nor neither not".split()
)
"""Words of status that make even a short added line news by themselves; the others, everyday words,
count only where they were put into or taken out of a line that was there."""

_SHADES = frozenset(
    "will would might soon shortly again yet temporarily permanently partly partially".split()  # noqa: SIM905
)
"""What shades a status; in a line that speaks of none, these are words like any others."""

_NUMBER_WORDS = {
    word: str(value)
    for value, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"  # noqa: SIM905
        " sixteen seventeen eighteen nineteen twenty".split(),
        start=2,
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "hundred": "100",
     "thousand": "1000", "second": "2.", "third": "3.", "fourth": "4.",
     "daily": "daily", "weekly": "weekly", "monthly": "monthly", "yearly": "yearly",
     "annually": "yearly"}  # fmt: skip
_ROMAN = {"ii": "2", "iii": "3", "iv": "4"}  # as in "phase III"
_MONTHS = {
    form: form[:3]
    for form in "january february march april may june july august september october november"  # noqa: SIM905
    " december jan feb mar apr jun jul aug sep sept oct nov dec".split()
}
_WEEKDAYS = {
    form: form[:3]
    for form in "monday tuesday tues wednesday thursday thurs friday saturday sunday".split()  # noqa: SIM905
}
_ALSO_VERBS = frozenset(("march", "mar", "may"))
_DATED_MONTH = re.compile(
    r"(?:\d|\b(?:in|until|till|by|since|of|from|early|mid|late|next|last|before|after))\W{1,2}"
    r"(?:may|march)\b|\b(?:may|march)\W{1,2}\d",
    re.IGNORECASE,
)
_UNITS = {
    form: name
    for name, forms in {
        "hour": "hour hours h", "day": "day days", "week": "week weeks", "month": "month months",
        "year": "year years", "mg": "mg", "mcg": "mcg µg μg", "g": "g", "kg": "kg", "ml": "ml",
        "mm": "mm", "cm": "cm", "mbq": "mbq", "gbq": "gbq",
    }.items()
    for form in forms.split()
}  # fmt: skip
_NEGATED = re.compile(r"(?:is|are|was|were|do|does|did|has|have|had|wo|ca|could|should|would)nt")
_REGISTER = re.compile(
    r"\bNCT\W{0,3}0\d{7}\b|\bISRCTN\W{0,2}\d{8}\b|\b20\d{2}-\d{6}-\d{2}\b|\bACTRN\W{0,2}126\d{11}",
    re.IGNORECASE,
)


_NONE: Counter[str] = Counter()
"""Nobody changes what the functions here give."""


def meaning_of(word: str) -> str:
    """What a case-folded word stands for among the telling ones; "" where it is none of them."""
    for known in (_STATUS, _NUMBER_WORDS, _ROMAN, _MONTHS, _WEEKDAYS, _UNITS):
        if word in known:
            return known[word]
    return "not" if _NEGATED.fullmatch(word) else ""


def has_status(found: Collection[str]) -> bool:
    """Whether any of the words, case-folded, is one of status."""
    return not _STATUS.keys().isdisjoint(found)


def status_in(found: Sequence[str], more: frozenset[str] = frozenset()) -> Counter[str]:
    """What the words say of a status; `more` are words of the settings, case-folded."""
    told = [_STATUS.get(word, word) for word in found if word in _STATUS or word in more]
    told += ["not" for word in found if word.endswith("nt") and _NEGATED.fullmatch(word)]
    return Counter(told) if told else _NONE


def phrases_in(found: Sequence[str], phrases: Collection[tuple[str, ...]]) -> Counter[str]:
    """Which of these sequences of words are among the words."""
    return Counter(
        " ".join(phrase)
        for phrase in phrases
        for at in range(len(found) - len(phrase) + 1)
        if tuple(found[at : at + len(phrase)]) == phrase
    )


def needs_context(found: Sequence[str]) -> bool:
    """Whether any of the words tells something only beside others: see the next two."""
    return not (_SHADES.isdisjoint(found) and _UNITS.keys().isdisjoint(found))


def shades_in(found: Sequence[str], line: Sequence[str]) -> Counter[str]:
    """Words such as "will" and "yet" among the words, where the line speaks of a status."""
    if _SHADES.isdisjoint(found) or _STATUS.keys().isdisjoint(line):
        return Counter()
    return Counter(word for word in found if word in _SHADES)


def digits_in(found: Sequence[str]) -> Counter[str]:
    """The numbers among the words that are written in digits."""
    told = [word for word in found if word[0].isdigit()]
    return Counter(told) if told else _NONE


def amounts_in(found: Sequence[str]) -> Counter[str]:
    """The numbers among the words, in digits, as Roman ones of a phase, or spelt out."""
    told = [word if word[0].isdigit() else _amount(word) for word in found]
    return Counter([amount for amount in told if amount]) if any(told) else _NONE


def _amount(word: str) -> str:
    return _NUMBER_WORDS.get(word, "") or _ROMAN.get(word, "")


def is_phase(word: str) -> bool:
    """Whether a word is a Roman number that no prose has."""
    return word in _ROMAN


def months_in(found: Sequence[str], line: str) -> Counter[str]:
    """The months among the words; "may" and "march" only where the line has them in a date."""
    if _MONTHS.keys().isdisjoint(found):
        return _NONE
    dated = bool(_ALSO_VERBS.intersection(found)) and _DATED_MONTH.search(line) is not None
    return Counter(
        _MONTHS[word] for word in found if word in _MONTHS and (dated or word not in _ALSO_VERBS)
    )


def weekdays_in(found: Sequence[str]) -> Counter[str]:
    """The days of the week among the words."""
    if _WEEKDAYS.keys().isdisjoint(found):
        return _NONE
    return Counter(_WEEKDAYS[word] for word in found if word in _WEEKDAYS)


def exchanged_in(before: Sequence[str], after: Sequence[str]) -> tuple[list[str], list[str]]:
    """The numbers and words of status of two lines where these changed places and all else stayed;
    of any others nothing.
    """
    told, tells = _told(before), _told(after)
    rest = [word for word in before if not _is_told(word)]
    same = told != tells and sorted(told) == sorted(tells)
    return (told, tells) if same and rest == [w for w in after if not _is_told(w)] else ([], [])


def _told(found: Sequence[str]) -> list[str]:
    return [word for word in found if _is_told(word)]


def _is_told(word: str) -> bool:
    return word[0].isdigit() or word in _STATUS


def units_in(found: Sequence[str], line: Sequence[str]) -> Counter[str]:
    """The measures among the words, where the line has one right after a number: "12 weeks"."""
    if _UNITS.keys().isdisjoint(found):
        return Counter()
    measured = {word for number, word in pairwise(line) if number[0].isdigit() or _amount(number)}
    return Counter(_UNITS[word] for word in found if word in _UNITS and word in measured)


def names_register(line: str) -> bool:
    """Whether a line holds the number of a study in a register."""
    return _REGISTER.search(line) is not None


def tells(found: Sequence[str], line: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether a line by itself speaks of a status or a registered study."""
    words = set(found)
    return (
        not _ALWAYS_TELLING.isdisjoint(words)
        or not more.isdisjoint(words)
        or ("not" in words and not _STATUS.keys().isdisjoint(words - {"not", "no"}))
        or names_register(line)
    )
