"""Finds the trials that a post mentions: in its text, and in the targets of its links.

Authors often write "click here" over the register's address, so that the links alone name the
trial.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final
from urllib.parse import unquote

from newsletter.model.trial import TrialId
from newsletter.trials.registers import NUMBERS, Numbers, spelled

_NEAR: Final = 80
"""So many characters before and after a number may hold the word that makes it a trial's."""

_INLINE: Final = frozenset({"a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "em", "i", "ins",
                            "kbd", "mark", "q", "s", "small", "span", "strong", "sub", "sup", "u",
                            "wbr"})  # fmt: skip
"""What does not end a word: NCT<b>0359</b>0119 is one number."""


def trials_in(title: str, html: str) -> tuple[TrialId, ...]:
    """The trials of a post, each once, in the order in which they are first named.

    `html` is the post's cleaned HTML.
    """
    reader = _Reader()
    reader.handle_data(f"{title}\n")
    reader.feed(html)
    reader.close()
    text = "".join(reader.pieces)
    found = list(_found_in(text, at=None))
    for at, address in reader.links:
        found += _found_in(unquote(address), at=at)
    return tuple(dict.fromkeys(trial for _, trial in sorted(found, key=lambda each: each[0])))


class _Reader(HTMLParser):
    """Gathers the text, and the links with the place in the text where each begins."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.links: list[tuple[int, str]] = []
        self._length = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes a link's target; a block begins on a line of its own."""
        self._break(tag)
        for name, value in attrs:
            if name == "href" and value:
                self.links.append((self._length, value))

    def handle_endtag(self, tag: str) -> None:
        """Ends the line of a block."""
        self._break(tag)

    def handle_data(self, data: str) -> None:
        """Takes in text."""
        self.pieces.append(data)
        self._length += len(data)

    def _break(self, tag: str) -> None:
        if tag not in _INLINE:
            self.handle_data("\n")


def _found_in(text: str, *, at: int | None) -> Iterator[tuple[int, TrialId]]:
    """Every number in a text with its place; all of an address (`at`) are at the link's place."""
    taken: list[tuple[int, int]] = []
    for numbers in NUMBERS:
        patterns = [numbers.pattern]
        if at is not None and numbers.link is not None:
            patterns.append(numbers.link)
        for pattern in patterns:
            for match in pattern.finditer(text):
                trial = _trial(numbers, match, taken)
                if trial is not None:
                    taken.append(match.span())
                    yield (match.start() if at is None else at), trial


def _trial(numbers: Numbers, match: re.Match[str], taken: list[tuple[int, int]]) -> TrialId | None:
    """What a match means; None where another register's number is, or nothing speaks of trials."""
    start, end = match.span()
    if any(start < other_end and other_start < end for other_start, other_end in taken):
        return None
    if numbers.context is not None and match.re is numbers.pattern:
        around = match.string[max(0, start - _NEAR) : end + _NEAR]
        own = match.group()
        if numbers.context.search(around.replace(own, " ")) is None:
            return None
    return spelled(numbers, match)
