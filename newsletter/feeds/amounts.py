"""Numbers together with the sign that says how they are meant: "< 20", "20 %", "7 p.m.".

The words of a text leave signs out, and yet "at most" and "at least" differ in nothing else.
"""

from __future__ import annotations

import re
from collections import Counter

from newsletter.feeds.normalise import comparable

_WORTH_A_LOOK = re.compile(r"[<>≤≥%٪±]|\bper\s?cent\b|\d\s?[ap]\.?\s?m\b", re.IGNORECASE)
_NUMBER = r"\d+(?:[.,]\d+)*"
_SIGNED = re.compile(
    rf"(?P<sign>(?<![-=<>])(?:[<>]\s?/?\s?=|[<>≤≥±]))\s?/?\s?(?P<amount>{_NUMBER})"
)
_SHARE = re.compile(rf"(?P<amount>{_NUMBER})\s?(?:[%٪]|per\s?cent\b)", re.IGNORECASE)
_HOUR = re.compile(r"\b(?P<amount>\d{1,2}(?:[.:]\d\d)?)\s?(?P<half>[ap])\.?\s?m\b", re.IGNORECASE)
_NONE: Counter[str] = Counter()
"""Nobody changes what the functions here give."""


def signed_in(line: str) -> Counter[str]:
    """The numbers of a line that have a sign of comparison, or are shares of a hundred."""
    if _WORTH_A_LOOK.search(line) is None:
        return _NONE
    text = comparable(line)
    found = Counter(f"{_sign(each['sign'])} {each['amount']}" for each in _SIGNED.finditer(text))
    found.update(f"{each['amount']} %" for each in _SHARE.finditer(text))
    return found


def hours_in(line: str) -> Counter[str]:
    """The times of day of a line that say which half of the day is meant."""
    if _WORTH_A_LOOK.search(line) is None:
        return _NONE
    found = _HOUR.finditer(comparable(line))
    return Counter(f"{each['amount']} {each['half'].lower()}m" for each in found)


def _sign(written: str) -> str:
    return {"<": "≤", ">": "≥"}[written[0]] if "=" in written else written
