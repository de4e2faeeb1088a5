"""One plain sentence that says what changed, for the reader; and the reasons, for the admin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from newsletter.feeds.blocks import Kind
from newsletter.feeds.difference import Difference
from newsletter.feeds.page import Page
from newsletter.feeds.sections import Section, newest
from newsletter.feeds.sentences import shortened
from newsletter.feeds.weighing import News

_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
_NAMES = {
    Kind.ITEM: ("list item", "list items"),
    Kind.ROW: ("table row", "table rows"),
    Kind.CAPTION: ("caption", "captions"),
    Kind.QUOTE: ("quotation", "quotations"),
}
_PARAGRAPHS = ("paragraph", "paragraphs")
_LONGEST_HEADING = 80


def summary_of(page: Page, news: News, *, was_newest: str, retitled_from: str) -> str:
    """What is news, in one sentence without a stop.

    `was_newest`: the date of the old text's newest section, as ISO, or "". `retitled_from`: the
    title the post had, if it changed as well, or "".
    """
    said = _section(newest(news.sections), was_newest) if news.sections else _lines(page, news)
    return f"{said}; the title was “{retitled_from}”" if retitled_from else said


def retitled(old: str, new: str) -> str:
    """The sentence for a title that changed."""
    return f"The title changed from “{old}” to “{new}”"


def _section(section: Section, was_newest: str) -> str:
    opening = section.opening
    if not opening.label:
        return "New section marked as an update"
    if opening.day is not None and not opening.said and opening.day.isoformat() < was_newest:
        return f"Section of {opening.label} added"  # a chronicle was completed
    return f"New section of {opening.label}"


def _lines(page: Page, news: News) -> str:
    moved = _moved(page, news)
    added = [at for at in news.added if not page.is_heading(at)]
    rewritten = [edit.at for edit in news.rewritten]
    if moved:
        rewritten = [at for at in rewritten if not page.is_heading(at)]
    else:
        added = added or list(news.added)
    if not (added or rewritten):
        return moved
    said = _edited(page, added, rewritten)
    return f"{said}, and {moved[0].lower()}{moved[1:]}" if moved else said


def _moved(page: Page, news: News) -> str:
    """Where the lines are now that moved to another status; "" where none did."""
    if not news.moved:
        return ""
    are = "is" if len(news.moved) == 1 else "are"
    names = {one.under for one in news.moved}
    where = (
        f"“{shortened(names.pop(), _LONGEST_HEADING)}”" if len(names) == 1 else "another heading"
    )
    return f"{_counted(page, [one.at for one in news.moved])} {are} now under {where}"


def _edited(page: Page, added: Sequence[int], rewritten: Sequence[int]) -> str:
    headings = {page.heading(at) for at in (*added, *rewritten)}
    under = headings.pop() if len(headings) == 1 else ""
    if added and not rewritten:
        said = f"{_counted(page, added)} added"
    elif rewritten and not added:
        said = f"{_counted(page, rewritten)} changed"
    else:
        said = f"{_counted(page, added)} added and {_counted(page, rewritten).lower()} changed"
    return f"{said} under “{shortened(under, _LONGEST_HEADING)}”" if under else said


def _counted(page: Page, lines: Sequence[int]) -> str:
    kinds = [block.kind for at in lines if (block := page.block(at)) is not None]
    names = {_NAMES.get(kind, _PARAGRAPHS) for kind in kinds}
    one, more = names.pop() if len(names) == 1 else ("passage", "passages")
    if lines and all(map(page.is_heading, lines)):
        one, more = "heading", "headings"
    return _amount(len(lines), one, more)


def _amount(count: int, one: str, more: str) -> str:
    """A number in words up to ten, with its noun: "Two paragraphs"."""
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    return f"{number} {one if count == 1 else more}"


# For the admin


def reasons_of(news: News, found: Difference) -> tuple[str, ...]:
    """Why a change is news: what was found, most telling first."""
    told = [f"dated section: {section.opening.label or 'no date'}" for section in news.sections]
    if news.added:
        told.append(f"new paragraphs: {len(news.added)}")
    counts = Counter(news.reasons)
    places = Counter(one.under for one in news.moved)
    told += [
        f"moved to another status: {count} under “{shortened(under, _LONGEST_HEADING)}”"
        for under, count in places.items()
    ]
    told += [
        f"{reason} ({count} times)" if count > 1 else reason for reason, count in counts.items()
    ]
    return tuple(told) or size_of(found)


def size_of(found: Difference) -> tuple[str, ...]:
    """How small a change is: "1 letter in 1 paragraph"."""
    respelt = [edit for edit in found.edited if edit.typos]
    reworded = [edit for edit in found.edited if edit.inserted or edit.deleted]
    told = []
    if respelt:
        letters = sum(edit.letters for edit in respelt)
        told.append(f"{_plural(letters, 'letter')} in {_plural(len(respelt), 'paragraph')}")
    if reworded:
        count = sum(max(len(edit.inserted), len(edit.deleted)) for edit in reworded)
        told.append(f"{_plural(count, 'word')} in {_plural(len(reworded), 'paragraph')}")
    if found.added:
        told.append(f"{_plural(len(found.added), 'short line')} or standing text added")
    if found.removed:
        told.append(f"{_plural(len(found.removed), 'line')} removed")
    return tuple(told)


def _plural(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
