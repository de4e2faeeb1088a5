"""What a reader is shown of a change: whole sentences out of the new text, links kept."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from newsletter.feeds.blocks import Block, Kind, blocks
from newsletter.feeds.normalise import comparable
from newsletter.feeds.sentences import sentences, shortened

_LIMIT = 400
_LONGEST_SENTENCE = 600
_PIECE = re.compile(r"<(/?)([a-z]+)[^>]*>|[^<]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A passage as safe HTML and as plain text, paragraphs on lines of their own."""

    html: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A line of the new text to quote from; with `unlike`, only sentences that are not in it."""

    at: int
    unlike: str = ""


@dataclass(frozen=True, slots=True)
class _Taken:
    block: Block
    html: str
    text: str


def quote(html: str, lines: Sequence[str], passages: Iterable[Passage]) -> Quote:
    """Whole sentences of the passages, about 400 characters at most, from the post's clean HTML.

    A single sentence beyond 600 characters is cut at a word. Headings are quoted only when there
    is nothing else.
    """
    found = blocks(html)
    by_number = _numbered(found, lines)
    chosen = [(by_number[p.at], p.unlike) for p in passages if p.at in by_number]
    bodies = [one for one in chosen if one[0].kind is not Kind.HEADING]
    taken = list(_fill(bodies or chosen))
    return Quote(html=_joined(taken), text="\n".join(one.text for one in taken))


def _numbered(found: Sequence[Block], lines: Sequence[str]) -> dict[int, Block]:
    """The block of each line; by place, or by its words if the HTML was cleaned otherwise."""
    if len(found) == len(lines):
        return dict(enumerate(found))
    by_text = {comparable(block.text): block for block in reversed(found)}
    keys = ((at, comparable(line)) for at, line in enumerate(lines))
    return {at: by_text[key] for at, key in keys if key in by_text}


def _fill(chosen: Iterable[tuple[Block, str]]) -> Iterator[_Taken]:
    room = _LIMIT
    for block, unlike in chosen:
        spans, full = _spans(block.text, unlike, room, first=room == _LIMIT)
        if spans:
            taken = _cut(block, spans)
            room -= len(taken.text)
            yield taken
        if full or room <= 0:
            return


def _spans(text: str, unlike: str, room: int, *, first: bool) -> tuple[list[tuple[int, int]], bool]:
    """Where the sentences to quote stand in the text, and whether there was no room for more."""
    old = {comparable(sentence) for sentence in sentences(unlike)}
    spans: list[tuple[int, int]] = []
    used = at = 0
    for sentence in sentences(text):
        start = text.index(sentence, at)
        at = start + len(sentence)
        if comparable(sentence) in old:
            continue
        used += len(sentence) + 1
        alone = first and not spans
        if used > room + 1 and not alone:
            return spans, True
        end = at if len(sentence) <= _LONGEST_SENTENCE else start + len(_cut_words(sentence))
        spans.append((start, end))
    return spans, False


def _cut_words(sentence: str) -> str:
    return shortened(sentence, _LIMIT).removesuffix("…")


def _cut(block: Block, spans: Sequence[tuple[int, int]]) -> _Taken:
    """The spans of a block; what lies between two that are not neighbours becomes "…"."""
    merged = [spans[0]]
    for start, end in spans[1:]:
        last = merged[-1]
        if not block.text[last[1] : start].strip():
            merged[-1] = (last[0], end)
        else:
            merged.append((start, end))
    end = merged[-1][1]
    unfinished = end < len(block.text) and block.text[end - 1] not in '.!?…。！？۔؟।"”’»)'
    tail = "…" if unfinished else ""
    return _Taken(
        block,
        " … ".join(excerpt_of(block.html, *span) for span in merged) + tail,
        " … ".join(block.text[start:end] for start, end in merged) + tail,
    )


def excerpt_of(html: str, start: int, end: int) -> str:
    """The part of a block's HTML that holds the characters from `start` to `end` of its text."""
    open_tags: list[tuple[str, str]] = []
    out: list[str] = []
    at = 0
    for found in _PIECE.finditer(html):
        if found[2]:
            _tag(found, open_tags, out, inside=start <= at < end)
            continue
        text = entities.unescape(found[0])
        part = text[max(0, start - at) : max(0, end - at)]
        if part:
            if not out:
                out = [tag for _, tag in open_tags]
            out.append(entities.escape(part, quote=False))
        at += len(text)
        if at >= end:
            break
    if not out:
        return ""
    return "".join(out) + "".join(f"</{name}>" for name, _ in reversed(open_tags))


def _tag(
    found: re.Match[str], open_tags: list[tuple[str, str]], out: list[str], *, inside: bool
) -> None:
    if found[1]:
        if open_tags:
            open_tags.pop()
    else:
        open_tags.append((found[2], found[0]))
    if inside and out:
        out.append(found[0])


def _joined(taken: Sequence[_Taken]) -> str:
    """Paragraphs, with neighbouring list items as one list."""
    out: list[str] = []
    for one in taken:
        if one.block.kind is not Kind.ITEM:
            out.append(f"<p>{one.html}</p>")
        elif out and out[-1].endswith("</ul>"):
            out[-1] = f"{out[-1].removesuffix('</ul>')}<li>{one.html}</li></ul>"
        else:
            out.append(f"<ul><li>{one.html}</li></ul>")
    return "".join(out)
