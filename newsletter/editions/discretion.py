"""Words that nobody should see beside a reader's name, and where they are found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

_SHORT = 4
"""Letters; a shorter word would be found in many others, as NET is in `example.net`."""


def words_found(words: Iterable[str], text: str) -> list[str]:
    """Those of the words that are in the text, in their order.

    One of four letters or more is found within longer ones too, and in capitals or not; a shorter
    one only by itself, and as it is written.
    """
    return [word for word in words if _is_in(_plain(word), _plain(text))]


def places_found(words: Iterable[str], places: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each place with each word that is found in its text."""
    given = tuple(words)
    return [(place, word) for place, text in places.items() for word in words_found(given, text)]


def _is_in(word: str, text: str) -> bool:
    if sum(each.isalnum() for each in word) >= _SHORT:
        return word.casefold() in text.casefold()
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _plain(text: str) -> str:
    """One spelling for all that look alike, without signs that cannot be seen."""
    spelled = unicodedata.normalize("NFKC", text)
    return "".join(each for each in spelled if unicodedata.category(each) != "Cf")
