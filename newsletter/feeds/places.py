"""Under which heading of status the lines of a post stand: "Open sites", "Recruiting:".

Only what is listed has such a place: items and rows, or the paragraphs of a part without any. What
goes on in prose below a list is of no heading, so that parts can change places without it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from newsletter.feeds import telling
from newsletter.feeds.blocks import Block, Kind, blocks
from newsletter.feeds.dated import opening_of
from newsletter.feeds.normalise import comparable, words
from newsletter.feeds.page import serves_as_heading
from newsletter.feeds.phrases import is_standing

_LONGEST = 160
_SHORT = 80
_LOWEST = 6
_INCIDENTAL = frozenset(("not", "results", "died", "met"))
"""What heads a part of any post; alone it says nothing of the state of what stands below."""

_SPLIT = re.compile(r"[^\W\d_]+")
_EMPHATIC = re.compile(r"<(h[1-6]|strong|b)>(.{1,300}?)</\1>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a line stands: its number, the line it stands under, and what that says of a status.

    `name`: the heading or introducing line; "" where there is none. `status`: "" where it says
    nothing of one. `within`: the headings between that line and this one. `listed`: an item or row.
    """

    at: int
    name: str
    status: str
    under: int
    within: tuple[int, ...]
    listed: bool


@dataclass(frozen=True, slots=True)
class _Head:
    at: int
    rank: int
    name: str
    status: str


_NO_HEAD = _Head(-1, 0, "", "")


def may_speak(html: str, lines: Sequence[str]) -> bool:
    """Whether any line could be a heading of status: a quick look, so that most posts cost none."""
    names = [found[2] for found in _EMPHATIC.finditer(html)]
    names += [line for line in lines if line.endswith(":") and len(line) <= _LONGEST]
    return any(telling.has_status(_SPLIT.findall(name.casefold())) for name in names)


def headings_of(found: Sequence[Block]) -> Iterator[str]:
    """The headings and introducing lines among blocks, made comparable."""
    return (_key(block) for block in found if _is_head(block))


def places_of(found: Sequence[Block], html: str, heads: Collection[str] = ()) -> list[Place]:
    """The places of a cleaned post's blocks that are listed under something.

    `heads` are paragraphs, made comparable, that are headings whatever they look like here.
    """
    reader = _Reader(html, heads)
    for at, block in enumerate(found):
        reader.read(at, block)
    return reader.done()


def marks_of(html: str, lines: Sequence[str]) -> list[str]:
    """For each line under a heading of status, the line and that status; in a fixed order."""
    if not may_speak(html, lines):
        return []
    found = blocks(html)
    places = (one for one in places_of(found, html) if one.status)
    return sorted(f"{one.status}: {comparable(found[one.at].text)}" for one in places)


def status_of(line: str) -> str:
    """What a heading says of the state of what stands below; "" where it says nothing of one."""
    said = words(line)
    told = set(telling.status_in(said)) - {"longer"}
    if told <= _INCIDENTAL or line.endswith("?") or opening_of(line) is not None:
        return ""
    return " ".join(sorted(told | set(telling.shades_in(said, said))))


@dataclass(slots=True)
class _Reader:
    """Reads blocks in order; knows what the next one stands under."""

    html: str
    heads: Collection[str]
    places: list[Place] = field(default_factory=list)
    part: list[Place] = field(default_factory=list)
    ranks: list[_Head] = field(default_factory=list)
    bold: _Head | None = None
    lead: _Head | None = None
    led: bool | None = None
    """Whether what the introducing line introduces is a list; None until that is seen."""

    def read(self, at: int, block: Block) -> None:
        if serves_as_heading(block) or self._is_dressed_otherwise(block):
            self._heading(at, block)
        elif _introduces(block):
            self.lead, self.led = _head(at, 0, block.text), None
        elif not (block.names_columns or is_standing(block.text)):
            self._body(at, block)

    def _is_dressed_otherwise(self, block: Block) -> bool:
        short = block.kind is Kind.PARAGRAPH and len(block.text) <= _LONGEST
        return short and not block.text.endswith(":") and _key(block) in self.heads

    def done(self) -> list[Place]:
        """All places, when the last block was read."""
        self._end_part()
        return self.places

    def _heading(self, at: int, block: Block) -> None:
        self._end_part()
        self.bold = self.lead = None
        if is_standing(block.text):
            self.ranks.clear()  # what stands below "Disclaimer" is of no other part
        elif block.kind is not Kind.HEADING:
            self.bold = _head(at, 0, block.text)
        else:
            rank = _rank(self.html, block)
            while self.ranks and self.ranks[-1].rank >= rank:
                self.ranks.pop()
            if self.ranks:
                self.places.append(self._place(at, listed=True))
            self.ranks.append(_head(at, rank, block.text))

    def _body(self, at: int, block: Block) -> None:
        listed = block.kind in (Kind.ITEM, Kind.ROW)
        if self.lead is not None:
            self.led = listed if self.led is None else self.led
            ends = listed != self.led or not (listed or _is_short(block.text))
            if not ends:
                self.places.append(self._place(at, listed=listed))
                return
            self.lead = None
        self.part.append(self._place(at, listed=listed))

    def _place(self, at: int, *, listed: bool) -> Place:
        """The innermost heading of a status; where none is, the innermost heading."""
        heads = [self.bold] if self.bold else [*reversed(self.ranks)]
        heads = [self.lead, *heads] if self.lead else heads
        head = next((one for one in heads if one.status), heads[0] if heads else _NO_HEAD)
        within = tuple(one.at for one in self.ranks if one.at > head.at)
        return Place(
            at=at, name=head.name, status=head.status, under=head.at, within=within, listed=listed
        )

    def _end_part(self) -> None:
        """Of a part with a list or a table only their entries have a place."""
        lists = any(one.listed for one in self.part)
        self.places += [one for one in self.part if one.listed or not lists]
        self.part.clear()


def _head(at: int, rank: int, text: str) -> _Head:
    status = status_of(text) if len(text) <= _LONGEST else ""
    return _Head(at, rank, text[:_LONGEST].rstrip(" :"), status)


def _rank(html: str, block: Block) -> int:
    """The number of a heading's element, which may hold others."""
    number = html[html.rfind("<h", 0, block.start + 2) + 2]
    return int(number) if number.isdigit() else _LOWEST


def _is_head(block: Block) -> bool:
    return serves_as_heading(block) or _introduces(block)


def _introduces(block: Block) -> bool:
    text = block.text
    return block.kind is Kind.PARAGRAPH and text.endswith(":") and len(text) <= _LONGEST


def _key(block: Block) -> str:
    return comparable(block.text.rstrip(" :"))


def _is_short(text: str) -> bool:
    return len(text) <= _SHORT and not text.endswith((".", "!", "?", "…"))
