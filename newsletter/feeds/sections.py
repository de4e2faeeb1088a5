"""The dated sections that a post has got since it was last seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from newsletter.feeds.dated import Opening, opening_of
from newsletter.feeds.difference import Edit
from newsletter.feeds.phrases import is_standing
from newsletter.feeds.quote import Passage

_ENOUGH_WORDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A new dated section: how it opens, its lines, and those that are nothing but its heading."""

    opening: Opening
    passages: tuple[Passage, ...]
    heading: tuple[int, ...] = ()


def new_sections(added: Sequence[int], lines: Sequence[str]) -> tuple[Section, ...]:
    """Runs of added lines that a dated opening leads; a bare date with nothing under it is none."""
    sections: list[Section] = []
    current: list[int] = []
    opening: Opening | None = None
    for at in added:
        here = opening_of(lines[at])
        follows = bool(current) and all(map(is_standing, lines[current[-1] + 1 : at]))
        if here is not None and not (follows and opening is not None and here.day == opening.day):
            sections += _section(opening, current, lines)
            opening, current = here, [at]
        elif follows:
            current.append(at)
        else:
            sections += _section(opening, current, lines)
            opening, current = None, []
    return (*sections, *_section(opening, current, lines))


def newest_day(lines: Sequence[str]) -> date | None:
    """The latest date of the dated sections that a text has."""
    openings = (opening_of(line) for line in lines if any(map(str.isdigit, line[:40])))
    return max((found.day for found in openings if found and found.day), default=None)


def _section(
    opening: Opening | None, numbers: Sequence[int], lines: Sequence[str]
) -> tuple[Section, ...]:
    if opening is None:
        return ()
    bare = tuple(at for at in numbers if (here := opening_of(lines[at])) is not None and here.bare)
    body = tuple(Passage(at=at) for at in numbers if at not in bare)
    return (Section(opening=opening, passages=body, heading=bare),) if body else ()


def grown_sections(edits: Sequence[Edit]) -> tuple[Section, ...]:
    """Lines that got a new dated opening put before their old text."""
    sections = []
    for edit in edits:
        if len(edit.inserted) < _ENOUGH_WORDS:
            continue
        opening, before = opening_of(edit.new), opening_of(edit.old)
        dated_anew = opening is not None and (before is None or before.day != opening.day)
        if opening is not None and dated_anew:
            passage = Passage(at=edit.at)
            sections.append(Section(opening=opening, passages=(passage,)))
    return tuple(sections)


def newest(sections: Sequence[Section]) -> Section:
    """The section of the latest date; the topmost one where none has a date."""
    dated = [section for section in sections if section.opening.day is not None]
    if not dated:
        return sections[0]
    return max(dated, key=lambda section: (section.opening.day, -section.passages[0].at))
