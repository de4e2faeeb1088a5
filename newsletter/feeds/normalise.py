"""Texts made comparable: what a reader would call the same becomes the same."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

from newsletter.model.tracking import without_tracking

_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufe0e\ufe0f]"
)
_QUOTES = re.compile("[\"'`´‘’‚‛“”„‟‹›«»′″‴\u2035\u2036「」『』]")
_DASHES = re.compile(r"\s*[-\u00ad\u2010-\u2015\u2212\ufe58\ufe63\uff0d]+\s*")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_BREAKABLE_SPACE = re.compile(r"\s+(?=[.,;:!?%)\]…])|(?<=[(\[])\s+")
_DOTS = re.compile(r"\.{2,}")
_PLAIN = re.compile(r"(?:[A-Za-z0-9]+[.,;:!?]?(?: (?=[A-Za-z0-9])|$))*+")
"""A line in which nothing is to be changed, as most are: words, single spaces and stops."""

_SIGN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"\d+(?:[.,]\d+)*|[{_SIGN}]|[^\W\d_{_SIGN}]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?:\D|$))")


def comparable(line: str) -> str:
    """A line less what weighs nothing: quotation marks, kinds of dash and space, tracking."""
    if _PLAIN.fullmatch(line):
        return line
    text = _ADDRESS.sub(lambda found: without_tracking(found[0]), line) if "://" in line else line
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = _DASHES.sub("-", _QUOTES.sub("", text))
    text = _DOTS.sub("...", " ".join(text.split()))
    return _BREAKABLE_SPACE.sub("", text)


def words(line: str) -> list[str]:
    """The words and numbers of a line, case folded, punctuation left out; "5mm" is two words.

    Of Chinese and Japanese, which have no spaces, each sign is one.
    """
    return words_of(comparable(line))


def words_of(text: str) -> list[str]:
    """The words of a text that is comparable already."""
    text = text.casefold()
    return _WORD.findall(_THOUSANDS.sub("", text) if "," in text else text)


def folded(title: str) -> str:
    """A title for telling whether two are the same: words only."""
    return " ".join(words(title))


def digest(*parts: str) -> str:
    """A hash of texts, the same on every machine: 64 hexadecimal digits."""
    whole = sha256()
    for part in parts:
        raw = part.encode("utf-8", "replace")
        whole.update(b"%d:" % len(raw))
        whole.update(raw)
    return whole.hexdigest()
