"""A cleaned post as a list of blocks: what a reader sees as one heading, paragraph, item or row.

Reads only what `clean` wrote (well-formed, few elements, quoted attributes), so a small tokenizer
is enough, and runs in one pass.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from newsletter.feeds.dated import opens_dated_section


class Kind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"
    QUOTE = "quote"
    CAPTION = "caption"
    PREFORMATTED = "preformatted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block: its words, the same as HTML without pictures, and where it starts in the post."""

    kind: Kind
    text: str
    html: str
    start: int


_TOKEN = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:[^>"]++|"[^"]*+")*+)>|([^<]++)|<')
_INLINE = frozenset(
    "a abbr b cite code del em i ins kbd mark q s samp small strong sub sup u var".split()  # noqa: SIM905
)
_KINDS = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), Kind.HEADING),
    **dict.fromkeys(("li", "dd", "dt"), Kind.ITEM),
    "tr": Kind.ROW,
    "blockquote": Kind.QUOTE,
    "figcaption": Kind.CAPTION,
    "caption": Kind.CAPTION,
    "pre": Kind.PREFORMATTED,
}
_INSIDE_ROW = re.compile(r"<(?:p|div|ul|ol|h[1-6]|blockquote|table)[ >]")
_MARKUP = re.compile(r"<[^>]*>")
_CELL_GAP = " | "
_PEEK = 300


@dataclass(slots=True)
class _Line:
    """The block being read: pieces of HTML, and which inline elements are open."""

    words: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    open: list[tuple[str, str]] = field(default_factory=list)
    start: int = 0
    spaced: bool = True  # whether a space now would be one too many

    def add(self, raw: str) -> None:
        text = " ".join(entities.unescape(raw).split())
        before = raw[:1].isspace() or raw.startswith("&nbsp;")
        if before and not self.spaced:
            self._put(" ")
        if text:
            self._put(text)
            if raw[-1:].isspace() or raw.endswith("&nbsp;"):
                self._put(" ")

    def space(self) -> None:
        if not self.spaced:
            self._put(" ")

    def _put(self, text: str) -> None:
        self.words.append(text)
        self.pieces.append(entities.escape(text, quote=False))
        self.spaced = text == " "

    def enter(self, name: str, tag: str) -> None:
        self.open.append((name, tag))
        self.pieces.append(tag)

    def leave(self, name: str) -> None:
        if any(name == opened for opened, _ in self.open):
            while self.open:
                opened, _ = self.open.pop()
                self.pieces.append(f"</{opened}>")
                if opened == name:
                    break

    def take(self, kind: Kind) -> Block | None:
        """The block read so far; the inline elements open now go on in the next one."""
        text = "".join(self.words).strip()
        closing = "".join(f"</{name}>" for name, _ in reversed(self.open))
        html = _tidy("".join(self.pieces) + closing)
        start = self.start
        self.words, self.spaced = [], True
        self.pieces = [tag for _, tag in self.open]
        return Block(kind=kind, text=text, html=html, start=start) if text else None


_EMPTY_INLINE = re.compile(r"<([a-z]+)(?: [^<>]*)?>( ?)</\1>")
_LAST_SPACE = re.compile(r" ((?:</[a-z]+>)*)$")


def _tidy(html: str) -> str:
    for _ in range(3):
        html = _EMPTY_INLINE.sub(r"\2", html)
    return _LAST_SPACE.sub(r"\1", html.strip())


def _iterate(html: str) -> Iterator[Block]:
    line = _Line()
    kinds: list[tuple[str, Kind]] = []
    in_row = False
    last_break = -1

    def flush(at: int) -> Iterator[Block]:
        nonlocal last_break
        if (block := line.take(kinds[-1][1] if kinds else Kind.PARAGRAPH)) is not None:
            yield block
        line.start, last_break = at, -1

    for token in _TOKEN.finditer(html):
        closing, name, rest, text = token.groups()
        if text is not None:
            line.add(text)
            if text.strip():
                last_break = -1
        elif name is None:
            line.add("<")
        elif name in _INLINE:
            line.leave(name) if closing else line.enter(name, f"<{name}{rest}>")
        elif name == "br":
            if in_row or not (last_break >= 0 or _begins_section(html, token.end())):
                line.space()
                last_break = token.start()
            else:
                yield from flush(token.end())
        elif name in ("td", "th") and in_row:
            if not closing and line.words:
                line.words.append(_CELL_GAP)
                line.pieces.append(_CELL_GAP)
                line.spaced = True
        elif name == "tr":
            yield from flush(token.start())
            in_row = not closing and not _is_layout(html, token.end())
            kinds = _moved(kinds, name, bool(closing), Kind.ROW if in_row else None)
        elif name == "img":
            continue
        elif in_row and name not in ("table", "thead", "tbody", "tfoot"):
            line.space()
        else:
            yield from flush(token.start())
            in_row = in_row and name != "table"
            kinds = _moved(kinds, name, bool(closing), _KINDS.get(name))
    yield from flush(len(html))


def _moved(
    kinds: list[tuple[str, Kind]], name: str, closing: bool, kind: Kind | None
) -> list[tuple[str, Kind]]:
    """The kinds of block we are in, after an element opened or closed."""
    if kind is not None and not closing:
        kinds.append((name, kind))
    elif closing and kinds and kinds[-1][0] == name:
        kinds.pop()
    return kinds


def _begins_section(html: str, at: int) -> bool:
    words = entities.unescape(_MARKUP.sub("", html[at : at + _PEEK])).strip()
    return opens_dated_section(words)


def _is_layout(html: str, at: int) -> bool:
    """Whether a table row is a page in disguise: several blocks inside its cells."""
    end = html.find("</tr>", at)
    inside = _INSIDE_ROW.findall(html, at, end if end >= 0 else len(html))
    return len(inside) > 1


def blocks(html: str) -> tuple[Block, ...]:
    """The blocks of cleaned HTML in reading order; `text` of each is one line, never empty."""
    return tuple(_iterate(html))


def plain_text(html: str) -> str:
    """Cleaned HTML as plain text, one block a line."""
    return "\n".join(block.text for block in blocks(html))
