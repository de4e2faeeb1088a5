"""What a reader is shown of a change: whole sentences out of the new text, links kept.

A sentence that leans on the one before ("It has closed") comes with it, or not at all; a table's
row comes with the names of its columns.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from newsletter.feeds.blocks import CELL_GAP, Block, Kind
from newsletter.feeds.cutting import excerpt_of
from newsletter.feeds.dated import opening_of
from newsletter.feeds.normalise import comparable
from newsletter.feeds.page import Page
from newsletter.feeds.sentences import sentences, shortened

_LONGEST_SENTENCE = 600
_SHORT = 80
_LONGEST_NAME = 80
_LEANS = re.compile(
    r"[\W_]*(?:(?:it|they|them|he|she|his|her|its|their|these|those|both|neither|such"
    r"|but|however|otherwise|instead|therefore|hence)\b"
    r"|(?:this|that|which)(?:['’]s)?\s+(?:is|was|are|were|has|had|have|will|would|can|could|may"
    r"|might|must|should|does|did|means|meant|makes|made|also|now|applies|came|comes|includes)\b"
    r"|(?:the\s+(?:former|latter|same))\b)",
    re.IGNORECASE,
)
_STEPS_BACK = 2
_Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A passage as safe HTML and as plain text, paragraphs on lines of their own."""

    html: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A line of the new text to quote from. `weighs`: it is taken before those that do not.

    `alone`: it begins a section that is quoted without the text above it. `under`: the heading that
    must be said with it, "" where none must.
    """

    at: int
    weighs: bool = False
    alone: bool = False
    under: str = ""


@dataclass(frozen=True, slots=True)
class _Taken:
    kind: Kind
    html: str
    text: str


def quote(
    page: Page, passages: Sequence[Passage], *, known: Collection[str] = (), length: int = 400
) -> Quote:
    """Whole sentences of the passages, about `length` characters at most.

    Sentences that are `known` (made comparable) are left out. A single sentence beyond 600
    characters is cut at a word. Headings are quoted only when there is nothing else; but of short
    lines that stand under several, each is quoted with its own: "Leeds: closed".
    """
    bodies = [one for one in passages if one.under or not page.is_heading(one.at)]
    headings = {page.heading(one.at) for one in bodies}
    reader = _Reader(page, set(known), length, named=len(headings) > 1)
    for one in sorted(bodies or passages, key=lambda passage: (not passage.weighs, passage.at)):
        reader.take(one)
    parts = [part for at in sorted(reader.taken) for part in reader.taken[at]]
    return Quote(html=_joined(parts), text="\n".join(part.text for part in parts))


class _Reader:
    """Takes lines of a page into a quotation, as far as there is room."""

    def __init__(self, page: Page, known: set[str], length: int, *, named: bool) -> None:
        self.taken: dict[int, list[_Taken]] = {}
        self._named = named
        self._page, self._length, self._room = page, length, length
        self._known = known
        self._full = False
        self._quoted: set[str] = set()

    def take(self, passage: Passage) -> None:
        block = self._page.block(passage.at)
        if block is None or self._full:
            return
        if block.kind is Kind.ROW:
            row = _row(block, self._page.columns(passage.at), self._length)
            found = self._whole(_named(shortened(passage.under, _LONGEST_NAME), row))
        elif name := self._name_of(block, passage):
            found = self._whole(_named(name, _Taken(block.kind, block.html, block.text)))
        else:
            found = self._prose(block, passage)
            found[:1] = [_named(shortened(passage.under, _LONGEST_NAME), one) for one in found[:1]]
        if found:
            self.taken[passage.at] = found
            self._room -= sum(len(part.text) + 1 for part in found)
        if self._room <= 0:
            self._full = True

    def _whole(self, one: _Taken) -> list[_Taken]:
        """What is quoted whole, or not at all."""
        self._full = bool(self.taken) and len(one.text) > self._room
        return [] if self._full else [one]

    def _name_of(self, block: Block, passage: Passage) -> str:
        """The heading without which nobody would know what a short line speaks of."""
        if passage.under and len(block.text) <= self._length:
            return shortened(passage.under, _LONGEST_NAME)
        if not self._named or len(block.text) > _SHORT:
            return ""
        heading = self._page.heading(passage.at)
        return "" if opening_of(heading) else shortened(heading, _LONGEST_NAME)

    def _prose(self, block: Block, passage: Passage) -> list[_Taken]:
        """What is quoted of one block, and before it what its first sentence leans on."""
        stays = passage.alone or passage.under
        above = None if stays else self._page.before(passage.at)
        lead = _end_of(above)
        if above is None or comparable(above.text[slice(*lead)]) in self._quoted:
            lead = (0, 0)
        spans, led = self._spans(block.text, lead[1] - lead[0])
        found = [_cut(above, [lead], self._length)] if led and spans and above else []
        if led and above:
            self._note(above.text, [lead])
        self._note(block.text, spans)
        return [*found, _cut(block, spans, self._length)] if spans else []

    def _note(self, text: str, spans: Sequence[_Span]) -> None:
        """What was quoted is not quoted again."""
        for start, end in spans:
            quoted = {comparable(text[start:end]), *map(comparable, sentences(text[start:end]))}
            self._quoted |= quoted
            self._known |= quoted

    def _spans(self, text: str, lead: int) -> tuple[list[_Span], bool]:
        """Where the sentences to quote stand, and whether the text above is needed as well."""
        places = list(_placed(text))
        spans: list[_Span] = []
        led, used = False, 0
        for number, (start, end) in enumerate(places):
            if comparable(text[start:end]) in self._known or (spans and start < spans[-1][1]):
                continue
            dates = number + 1 < len(places) and _is_bare_date(text[start:end])
            stop = places[number + 1][1] if dates else end
            begin, leads = _whole(text, places, number, spans[-1][1] if spans else -1)
            need = stop - begin + 1 + (lead + 1 if leads else 0)
            alone = not (self.taken or spans)
            if alone and need > _LONGEST_SENTENCE and (begin < start or (leads and lead)):
                continue  # what it leans on has no room
            if used + need > self._room + 1 and not alone:
                self._full = True
                break
            used, led = used + need, led or (leads and lead > 0)
            spans.append((begin, stop))
        return spans, led


def _end_of(above: Block | None) -> _Span:
    """Where the last sentence of a text stands, with those it leans on; empty if those are many."""
    if above is None:
        return 0, 0
    places = list(_placed(above.text))
    begin, leads = _whole(above.text, places, len(places) - 1, -1)
    return (0, 0) if leads or _LEANS.match(above.text, begin) else (begin, places[-1][1])


def _placed(text: str) -> Iterator[_Span]:
    at = 0
    for sentence in sentences(text):
        start = text.index(sentence, at)
        at = start + len(sentence)
        yield start, at


def _whole(text: str, places: Sequence[_Span], number: int, quoted_to: int) -> tuple[int, bool]:
    """Where a sentence begins with those it leans on; True if even the first one leans."""
    back = number
    while _LEANS.match(text, places[back][0]):
        if back == 0:
            return places[0][0], True
        if places[back - 1][1] == quoted_to or number - back == _STEPS_BACK:
            break
        back -= 1
    return places[back][0], False


def _cut(block: Block, spans: Sequence[_Span], length: int) -> _Taken:
    """The spans of a block; what lies between two that are not neighbours becomes "…"."""
    merged = [_short(block.text, spans[0], length)]
    for span in spans[1:]:
        last, one = merged[-1], _short(block.text, span, length)
        if one[0] <= last[1] or not block.text[last[1] : one[0]].strip():
            merged[-1] = (last[0], one[1])
        else:
            merged.append(one)
    end = merged[-1][1]
    unfinished = end < len(block.text) and block.text[end - 1] not in '.!?…。！？۔؟।"”’»)'
    tail = "…" if unfinished else ""
    return _Taken(
        block.kind,
        " … ".join(excerpt_of(block.html, *span) for span in merged) + tail,
        " … ".join(block.text[start:end] for start, end in merged) + tail,
    )


def _short(text: str, span: _Span, length: int) -> _Span:
    """A span, cut at a word where it is too long to be quoted."""
    start, end = span
    if end - start <= _LONGEST_SENTENCE:
        return span
    return start, start + len(shortened(text[start:end], length).removesuffix("…"))


def _is_bare_date(sentence: str) -> bool:
    """Whether a sentence is the date of what follows: "14 November 2026."."""
    opening = opening_of(sentence) if any(map(str.isdigit, sentence[:40])) else None
    return opening is not None and opening.bare


def _named(name: str, one: _Taken) -> _Taken:
    if not name:
        return one
    html = f"{entities.escape(name, quote=False)}: {one.html}"
    return _Taken(one.kind, html, f"{name}: {one.text}")


def _row(block: Block, columns: Sequence[str], length: int) -> _Taken:
    """A row in words: "City: Leeds; Status: closed", or "Leeds: closed" without named columns."""
    texts, parts = block.text.split(CELL_GAP), block.html.split(CELL_GAP)
    if len(parts) != len(texts):
        parts = [entities.escape(text, quote=False) for text in texts]
    if len(texts) == len(columns):
        labels = [f"{name.rstrip(' :')}: " if name.strip() else "" for name in columns]
        text = "; ".join(f"{a}{b}" for a, b in zip(labels, texts, strict=True) if b.strip())
        escaped = [entities.escape(label, quote=False) for label in labels]
        html = "; ".join(f"{a}{b}" for a, b in zip(escaped, parts, strict=True) if b.strip())
    else:
        text, html = _named_by_first(texts), _named_by_first(parts)
    if len(text) > _LONGEST_SENTENCE:
        text = shortened(text, length)
        html = entities.escape(text, quote=False)
    return _Taken(Kind.ROW, html, text)


def _named_by_first(cells: Sequence[str]) -> str:
    first, *rest = (cell.strip() for cell in cells if cell.strip())
    return f"{first}: {', '.join(rest)}" if rest else first


def _joined(taken: Iterable[_Taken]) -> str:
    """Paragraphs, with neighbouring list items as one list."""
    out: list[str] = []
    for one in taken:
        if one.kind is not Kind.ITEM:
            out.append(f"<p>{one.html}</p>")
        elif out and out[-1].endswith("</ul>"):
            out[-1] = f"{out[-1].removesuffix('</ul>')}<li>{one.html}</li></ul>"
        else:
            out.append(f"<ul><li>{one.html}</li></ul>")
    return "".join(out)
