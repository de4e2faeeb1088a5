"""Which line of which template a piece of the outcome comes from."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

# Characters that no text has (Unicode's private use): around the name and line of a template.
_START, _END = "\ue000", "\ue001"
_MARK = re.compile(f"{_START}([^{_START}{_END}]*):([0-9]+){_END}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """The outcome of a template. From `starts[i]` on it comes from `lines[i]`, (name, line)."""

    text: str
    starts: tuple[int, ...]
    lines: tuple[tuple[str, int], ...]

    def at(self, offset: int) -> tuple[str, int]:
        """Name and line of the template that the character at `offset` comes from; ("", 0) if none.

        What a value brought is taken to be of the line that shows it.
        """
        found = bisect_right(self.starts, offset) - 1
        return self.lines[found] if found >= 0 else ("", 0)


class Marks(Extension):
    """Marks every line of a template with the template's name and its number."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Jinja2 calls it for every template that it compiles."""
        for token in stream:
            if token.type == "data":
                text = _marked(token.value, stream.name or "", token.lineno)
                yield Token(token.lineno, "data", text)
            else:
                yield token


def traced(marked: str) -> Traced:
    """A text with marks, without them."""
    pieces, starts, lines = [], [], []
    length = at = 0
    for mark in _MARK.finditer(marked):
        pieces.append(marked[at : mark.start()])
        length += mark.start() - at
        at = mark.end()
        starts.append(length)
        lines.append((mark[1], int(mark[2])))
    pieces.append(marked[at:])
    return Traced(text="".join(pieces), starts=tuple(starts), lines=tuple(lines))


def _marked(text: str, name: str, line: int) -> str:
    return "\n".join(
        f"{_START}{name}:{number}{_END}{piece}"
        for number, piece in enumerate(text.split("\n"), start=line)
    )
