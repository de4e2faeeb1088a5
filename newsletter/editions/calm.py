"""Titles made fit for an inbox: nobody is shouted at, and a long name becomes a short one."""

from __future__ import annotations

import re

from newsletter.editions.wording import shortened

_LOUD_FROM = 10
"""A title of fewer letters may be a name in capitals."""

_LOUD_SHARE = 0.7
_NAME_WORDS = 3

_EXCLAMATIONS = re.compile(r"!{2,}")
_QUESTIONS = re.compile(r"\?{2,}")
_MIXED = re.compile(r"[!?]*(?:!\?|\?!)[!?]*")
_WORD = re.compile(r"[^\W_]+(?:[-’'][^\W_]+)*")
_KEPT = frozenset({
    "AI", "CAR", "CT", "DNA", "EMA", "EU", "FDA", "GP", "HIV", "ID", "II", "III", "IV", "MHRA",
    "MIBG", "MRI", "NCI", "NET", "NETS", "NHS", "NICE", "PET", "PRRT", "RNA", "SSA", "TV", "UK",
    "US", "USA", "VI", "VII", "WHO",
})  # fmt: skip
"""Abbreviations that a title all in capitals hides among its words."""

_ABBREVIATION = re.compile(r"\(([^\W\d_][\w-]{1,14})\)")
_HEAD = re.compile(r"(.+?)(?::|\s[-–—|])\s")


def calm(title: str) -> str:
    """The title without rows of exclamation marks, and in small letters if it is all capitals."""
    quiet = _MIXED.sub("?!", title)
    quiet = _QUESTIONS.sub("?", _EXCLAMATIONS.sub("!", quiet))
    return _lowered(quiet) if _is_loud(quiet) else quiet


def abbreviation(title: str) -> str:
    """The abbreviation that the title gives in brackets, the last of them: `LUTIA`; or nothing."""
    found = [each for each in _ABBREVIATION.findall(title) if sum(c.isupper() for c in each) > 1]
    return found[-1] if found else ""


def name_in(title: str, room: int) -> str:
    """The title in so many characters: whole, or what stands before its colon, or cut short."""
    if len(title) <= room:
        return title
    head = _HEAD.match(title)
    if head and len(head[1]) <= room and len(head[1].split()) >= _NAME_WORDS:
        return head[1]
    return shortened(title, room)


def _is_loud(title: str) -> bool:
    letters = [each for each in title if each.isupper() or each.islower()]
    loud = sum(each.isupper() for each in letters)
    several = len(_WORD.findall(title)) > 1
    return several and len(letters) >= _LOUD_FROM and loud >= _LOUD_SHARE * len(letters)


def _lowered(title: str) -> str:
    """Small letters but for abbreviations, and a capital at the beginning."""
    kept = _KEPT.union(_ABBREVIATION.findall(title))
    low = _WORD.sub(lambda word: _lowered_word(word[0], kept), title)
    return low[:1].upper() + low[1:]


def _lowered_word(word: str, kept: frozenset[str]) -> str:
    if word in kept or any(each.isdigit() for each in word):
        return word
    return word.lower()
