"""A short mark of a post's title and text, by which an edited copy is still known again.

64 hexadecimal digits at most: 8 of the title, 16 of the text, and up to ten times 4 of a sketch
(the bottom-k of its word pairs; Broder, "On the resemblance and containment of documents", 1997).
"""

from __future__ import annotations

from heapq import nsmallest
from itertools import pairwise
from zlib import crc32

from newsletter.feeds.normalise import digest, folded, words

_TITLE, _TEXT, _PART = 8, 16, 4
_PARTS = 10
_LONGEST = 60_000
_ENOUGH = 0.4


def fingerprint_of(title: str, text: str) -> str | None:
    """The mark of a title and text; None where both say nothing."""
    heading = folded(title)
    found = words(text[:_LONGEST])
    if not heading and not found:
        return None
    exact = digest(" ".join(found))[:_TEXT] if found else "0" * _TEXT
    return title_mark(title) + exact + _sketch(found)


def title_mark(title: str) -> str:
    """The part of a fingerprint that stands for the title."""
    return digest(folded(title))[:_TITLE]


def words_mark(fingerprint: str | None) -> str | None:
    """The part of a fingerprint that stands for the exact words of title and text."""
    return fingerprint[: _TITLE + _TEXT] if fingerprint else None


def _sketch(found: list[str]) -> str:
    pairs = {crc32(f"{a} {b}".encode()) for a, b in pairwise(found)}
    return "".join(f"{mark & 0xFFFF:04x}" for mark in nsmallest(_PARTS, pairs))


def is_same_text(one: str | None, other: str | None) -> bool:
    """Whether two fingerprints are of the same words."""
    return bool(one and other) and _text(one) == _text(other) != "0" * _TEXT


def is_similar(one: str | None, other: str | None) -> bool:
    """Whether two fingerprints are of the same text, perhaps edited."""
    if not one or not other:
        return False
    if _text(one) == _text(other):
        return True
    ours, theirs = _parts(one), _parts(other)
    longer = max(len(ours), len(theirs))
    return longer >= 4 and len(ours & theirs) >= _ENOUGH * longer


def has_text(fingerprint: str | None) -> bool:
    """Whether there was any text, and not but a title."""
    return bool(fingerprint) and _text(fingerprint) != "0" * _TEXT


def _text(fingerprint: str | None) -> str:
    return (fingerprint or "")[_TITLE : _TITLE + _TEXT]


def _parts(fingerprint: str) -> frozenset[str]:
    sketch = fingerprint[_TITLE + _TEXT :]
    return frozenset(sketch[at : at + _PART] for at in range(0, len(sketch), _PART))
