"""A cleaned post as a list of blocks: what a reader sees as one heading, paragraph, item or row.

Reads only what `clean` wrote (well-formed, few elements, quoted attributes), so a small tokenizer
is enough, and runs in one pass.
"""

from __future__ import annotations

import html as entities
import re
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
    """One block: its words, the same as HTML without pictures, and where it starts in the post.

    `names_columns`: a table row of header cells only.
    """

    kind: Kind
    text: str
    html: str
    start: int
    names_columns: bool = False


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
_TABLE_PARTS = frozenset(("table", "thead", "tbody", "tfoot"))
CELL_GAP = " | "
"""What stands between two cells of a row."""

_PEEK = 300
_BLOCK_EDGE = re.compile(
    r"<(?!/?(?:a|abbr|b|cite|code|del|em|i|ins|kbd|mark|q|s|samp|small|strong|sub|sup|u|var)\b)"
)
_LISTED = re.compile(
    r"(?:[-–—•*·▪►✓✔]|\d{1,2}[.)])\s|[^\W\d_][\w'’/()-]*(?: [\w'’/()&-]+){0,3}:(?:\s|$)"
)
"""How a line begins that is one of a list made with line breaks: "• Leeds", "Leeds: open"."""


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

    def gap(self) -> None:
        """Between two cells of a row."""
        if self.words:
            self._put(CELL_GAP.lstrip() if self.spaced else CELL_GAP)
            self.spaced = True

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

    def take(self, kind: Kind, *, names_columns: bool = False) -> Block | None:
        """The block read so far; the inline elements open now go on in the next one."""
        if not self.words:
            self.pieces = [tag for _, tag in self.open]
            return None
        text = "".join(self.words).strip()
        closing = "".join(f"</{name}>" for name, _ in reversed(self.open))
        html = _tidy("".join(self.pieces) + closing)
        start = self.start
        self.words, self.spaced = [], True
        self.pieces = [tag for _, tag in self.open]
        if not text:
            return None
        return Block(kind=kind, text=text, html=html, start=start, names_columns=names_columns)


_EMPTY_INLINE = re.compile(r"<([a-z]+)(?: [^<>]*)?>( ?)</\1>")
_LAST_SPACE = re.compile(r" ((?:</[a-z]+>)*)$")


def _tidy(html: str) -> str:
    if "<" not in html:
        return html.strip()
    for _ in range(3):
        html = _EMPTY_INLINE.sub(r"\2", html)
    return _LAST_SPACE.sub(r"\1", html.strip())


@dataclass(slots=True)
class _Reader:
    """Reads cleaned HTML token by token into blocks."""

    html: str
    found: list[Block] = field(default_factory=list)
    line: _Line = field(default_factory=_Line)
    kinds: list[tuple[str, Kind]] = field(default_factory=list)
    in_row: bool = False
    cells: set[str] = field(default_factory=set)
    after_break: bool = False

    def read(self) -> list[Block]:
        for token in _TOKEN.finditer(self.html):
            if token[2]:
                self._element(token)
            else:
                self._text(token[4] or "<")
        self._flush(len(self.html))
        return self.found

    def _text(self, raw: str) -> None:
        self.line.add(raw)
        if not raw.isspace():
            self.after_break = False

    def _element(self, token: re.Match[str]) -> None:
        name, closing = token[2], bool(token[1])
        if name in _INLINE:
            self._inline(name, token)
        elif name == "br":
            self._break(token)
        elif name == "tr":
            self._flush(token.start())
            self.in_row = not closing and not _is_layout(self.html, token.end())
            self._enter_or_leave(name, closing, Kind.ROW if self.in_row else None)
        elif name in ("td", "th") and self.in_row:
            if not closing:
                self.cells.add(name)
                self.line.gap()
        elif self.in_row and name not in _TABLE_PARTS:
            self.line.space()
        elif name != "img":
            self._flush(token.start())
            self.in_row = self.in_row and name != "table"
            self._enter_or_leave(name, closing, _KINDS.get(name))

    def _inline(self, name: str, token: re.Match[str]) -> None:
        if token[1]:
            self.line.leave(name)
        else:
            self.line.enter(name, f"<{name}{token[3]}>")

    def _break(self, token: re.Match[str]) -> None:
        """Two line breaks make a paragraph; so does one before a dated opening, or in a list."""
        parts = self.after_break or _begins_anew(self.html, token.end())
        if parts and not self.in_row:
            self._flush(token.end())
        else:
            self.line.space()
            self.after_break = True

    def _flush(self, at: int) -> None:
        kind = self.kinds[-1][1] if self.kinds else Kind.PARAGRAPH
        block = self.line.take(kind, names_columns=self.cells == {"th"})
        if block is not None:
            self.found.append(block)
        self.cells.clear()
        self.line.start, self.after_break = at, False

    def _enter_or_leave(self, name: str, closing: bool, kind: Kind | None) -> None:
        if kind is not None and not closing:
            self.kinds.append((name, kind))
        elif closing and self.kinds and self.kinds[-1][0] == name:
            self.kinds.pop()


def _begins_anew(html: str, at: int) -> bool:
    ahead = html[at : at + _PEEK]
    words = entities.unescape(_MARKUP.sub("", ahead)).strip()
    line = entities.unescape(_MARKUP.sub("", _BLOCK_EDGE.split(ahead, maxsplit=1)[0])).strip()
    return opens_dated_section(words) or _LISTED.match(line) is not None


def _is_layout(html: str, at: int) -> bool:
    """Whether a table row is a page in disguise: several blocks inside its cells."""
    end = html.find("</tr>", at)
    inside = _INSIDE_ROW.findall(html, at, end if end >= 0 else len(html))
    return len(inside) > 1


def blocks(html: str) -> tuple[Block, ...]:
    """The blocks of cleaned HTML in reading order; `text` of each is one line, never empty."""
    return tuple(_Reader(html).read())


def plain_text(html: str) -> str:
    """Cleaned HTML as plain text, one block a line."""
    return "\n".join(block.text for block in blocks(html))
