"""How the plain-text part is set: 72 columns, hanging bullets, links on lines of their own."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from newsletter.editions.wording import without_controls

WIDTH = 72
"""Columns (RFC 3676 §4.2 advises 78 or fewer, so that a reply's quotation marks still fit)."""

_MANY_EMPTY = re.compile(r"\n{4,}")


def wrapped(text: str, indent: str = "", bullet: str = "") -> str:
    """The text's lines filled to WIDTH columns; a word or address is never broken.

    `indent` starts every line; `bullet` starts the first one, and the others hang below its text.
    """
    first, rest = indent + bullet, indent + " " * len(bullet)
    lines = (line.split() for line in without_controls(text).splitlines())
    return "\n".join(_filled(words, first, rest) for words in lines if words)


def _filled(words: list[str], first: str, rest: str) -> str:
    """Much quicker than the standard library's, which looks for more places to break."""
    lines, line = [], first + words[0]
    for word in words[1:]:
        if len(line) + 1 + len(word) <= WIDTH:
            line += " " + word
        else:
            lines.append(line)
            line = rest + word
    return "\n".join([*lines, line])


def rule(character: str = "-", width: int = WIDTH) -> str:
    """A line across the page, or beneath a heading of so many characters."""
    return character * min(width, WIDTH)


def tidied(text: str) -> str:
    """No spaces at line ends (but for the signature mark), at most two empty lines in a row."""
    lines = (line if line == "-- " else line.rstrip() for line in text.splitlines())
    return _MANY_EMPTY.sub("\n\n\n", "\n".join(lines)).strip("\n") + "\n"


def fragment_text(html: str) -> str:
    """A safe fragment (see `fragment`) as wrapped text, each link's address on its own line."""
    reader = _FragmentText()
    reader.feed(html)
    reader.close()
    return reader.result()


class _FragmentText(HTMLParser):
    """Collects blocks of text; a link's address follows the block it stands in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._blocks: list[str] = []
        self._line = ""
        self._links: list[str] = []
        self._counters: list[int] = []
        self._bullet = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._line += "\n"
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "").removeprefix("mailto:"))
        elif tag in {"ul", "ol"}:
            self._end_block()
            self._counters.append(0 if tag == "ol" else -1)
        elif tag == "li":
            self._end_block()
            self._bullet = self._next_bullet()
        elif tag in {"p", "blockquote"}:
            self._end_block()

    def handle_endtag(self, tag: str) -> None:
        if tag in {"ul", "ol", "li", "p", "blockquote"}:
            self._end_block()
        if tag in {"ul", "ol"} and self._counters:
            self._counters.pop()

    def handle_data(self, data: str) -> None:
        self._line += data

    def result(self) -> str:
        self._end_block()
        return "\n\n".join(self._blocks)

    def _next_bullet(self) -> str:
        if not self._counters or self._counters[-1] < 0:
            return "- "
        self._counters[-1] += 1
        return f"{self._counters[-1]}. "

    def _end_block(self) -> None:
        text = wrapped(self._line, "  " * max(0, len(self._counters) - 1), self._bullet)
        links = [link for link in self._links if link and link not in self._line]
        if text:
            self._blocks.append("\n".join([text, *links]))
            self._bullet = ""
            self._links = []
        self._line = ""
