"""The lines of a revision as blocks of its HTML: under which heading, in which table they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsletter.feeds.blocks import CELL_GAP, Block, Kind, blocks
from newsletter.feeds.dated import opening_of
from newsletter.feeds.normalise import comparable
from newsletter.feeds.phrases import is_standing

_BOLD = re.compile(r"<(strong|b)>[^<]*</\1>")
_LONGEST_HEADING = 100


class Page:
    """What a line of the text is on the page."""

    def __init__(self, html: str, lines: Sequence[str]) -> None:
        self._blocks = blocks(html)
        self._place = _places(self._blocks, lines)
        self._headings: list[str] = []

    def block(self, at: int) -> Block | None:
        """The block of a line; None where the HTML has it no longer."""
        place = self._place.get(at)
        return None if place is None else self._blocks[place]

    def is_heading(self, at: int) -> bool:
        """Whether a line only names what follows: a heading, a short line in bold, columns."""
        block = self.block(at)
        return block is not None and (block.names_columns or serves_as_heading(block))

    def heading(self, at: int) -> str:
        """The heading a line stands under; "" where it has none."""
        if not self._headings:
            self._headings = list(_headings(self._blocks))
        return self._headings[self._place.get(at, 0)] if self._headings else ""

    def before(self, at: int) -> Block | None:
        """What a line goes on from: the text right above, or above the list; never a heading."""
        place = self._place.get(at, 0)
        in_list = place < len(self._blocks) and self._blocks[place].kind is Kind.ITEM
        for block in reversed(self._blocks[:place]):
            if not ((in_list and block.kind is Kind.ITEM) or is_standing(block.text)):
                prose = block.kind in (Kind.PARAGRAPH, Kind.QUOTE, Kind.ITEM)
                return block if prose and not serves_as_heading(block) else None
        return None

    def columns(self, at: int) -> tuple[str, ...]:
        """The names of the columns of a row's table; empty where it names none, or is that row."""
        place = self._place.get(at, 0)
        first = place
        while first > 0 and self._blocks[first - 1].kind is Kind.ROW:
            first -= 1
            if self._blocks[first].names_columns:
                break
        top = self._blocks[first]
        if first == place or top.kind is not Kind.ROW:
            return ()
        bold = all(_BOLD.fullmatch(cell.strip()) for cell in top.html.split(CELL_GAP))
        return tuple(top.text.split(CELL_GAP)) if top.names_columns or bold else ()


def _places(found: Sequence[Block], lines: Sequence[str]) -> dict[int, int]:
    """The block of each line; by place, or by its words if the HTML was cleaned otherwise."""
    if len(found) == len(lines):
        return {at: at for at in range(len(lines))}
    by_text = {comparable(found[at].text): at for at in range(len(found) - 1, -1, -1)}
    keys = ((at, comparable(line)) for at, line in enumerate(lines))
    return {at: by_text[key] for at, key in keys if key in by_text}


def _headings(found: Sequence[Block]) -> Iterator[str]:
    """For each block the heading above it, "" where that is standing text."""
    above = ""
    for block in found:
        yield above
        if serves_as_heading(block):
            standing = is_standing(block.text)
            if not standing:
                above = block.text.rstrip(" :")
            elif block.kind is Kind.HEADING or block.html.startswith("<"):
                above = ""  # what stands below "Disclaimer" is of no other part


def serves_as_heading(block: Block) -> bool:
    """Whether a block is a heading, a short paragraph in bold, or a date that stands alone."""
    if block.kind is Kind.HEADING:
        return True
    if block.kind is not Kind.PARAGRAPH or len(block.text) > _LONGEST_HEADING:
        return False
    if block.html.startswith("<") and not block.text.endswith((".", "!", "…")):
        return _BOLD.fullmatch(block.html) is not None
    opening = opening_of(block.text) if block.text[-1].isdigit() else None
    return opening is not None and opening.bare
