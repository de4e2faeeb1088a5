"""Decide what a reader should hear of a changed post: nothing, or which passage is new.

The weight of a change is that of its words. Quotation marks, dashes, white space, tracking
parameters, counters, moved lines and standing text weigh nothing; misspellings and small
rewordings are minor; new dated sections, new paragraphs, other numbers, dates, register numbers or
words of status, and lines that moved to a heading of another status are major.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from newsletter.feeds.difference import Difference, difference, significant
from newsletter.feeds.moves import moves_of
from newsletter.feeds.normalise import comparable, digest, words
from newsletter.feeds.page import Page
from newsletter.feeds.phrases import is_standing
from newsletter.feeds.places import marks_of
from newsletter.feeds.quote import Passage, Quote, quote
from newsletter.feeds.said import reasons_of, retitled, size_of, summary_of
from newsletter.feeds.sections import newest, newest_day
from newsletter.feeds.sentences import sentences
from newsletter.feeds.spelling import is_respelt
from newsletter.feeds.weighing import News, Rules, news_of
from newsletter.model.post import Change, Cleaned, Pin, Revision, Weight

_FEED_CUT = re.compile(
    r"\s*(?:\[\s*(?:…|\.\.\.)\s*\]|…|\.\.\.)\s*(?:(?:continue|read) \w+.{0,80})?$"
)
_DEFAULT = Rules()


def revision_of(title: str, cleaned: Cleaned) -> Revision:
    """A post's text as one version. `text_hash` is the same for texts that differ in nothing."""
    lines = cleaned.text.split("\n")
    keys = sorted(significant(lines))
    return Revision(
        title=title,
        html=cleaned.html,
        text=cleaned.text,
        text_hash=digest(comparable(title), *keys, *marks_of(cleaned.html, lines)),
    )


def compare(old: Revision, new: Revision, rules: Rules = _DEFAULT, pin: Pin = Pin.NORMAL) -> Change:
    """What changed from one revision of a post to the next, and what to quote of it.

    With `Pin.ALWAYS` whatever differs at all is major; with `Pin.NEVER` nothing is.
    """
    if pin is Pin.ALWAYS:
        rules = replace(rules, everything=True)
    change = _compared(old, new, rules)
    if pin is Pin.ALWAYS and change.weight is Weight.MAJOR:
        return replace(change, reasons=("pinned: always news", *change.reasons))
    if pin is Pin.NEVER and change.weight is Weight.MAJOR:
        reasons = ("pinned: never news", *change.reasons)
        return Change(weight=Weight.MINOR, reasons=reasons)
    return change


def is_excerpt(short: Revision, whole: Revision) -> bool:
    """Whether one is but the beginning of the other, under the same title."""
    if comparable(short.title) != comparable(whole.title):
        return False
    return _is_cut(short.text.split("\n"), whole.text.split("\n"))


def _compared(old: Revision, new: Revision, rules: Rules) -> Change:
    if old.text_hash == new.text_hash:
        return Change(weight=Weight.NONE, reasons=("the words are the same",))
    old_lines, new_lines = old.text.split("\n"), new.text.split("\n")
    if _is_cut(old_lines, new_lines) or _is_cut(new_lines, old_lines):
        return Change(weight=Weight.MINOR, reasons=("the feed shows more or less of the post",))
    found = difference(old_lines, new_lines)
    news = news_of(found, old_lines, new_lines, rules, moved=moves_of(old, new, found))
    title = _title_change(old.title, new.title)
    if rules.everything and title is not Weight.NONE:
        title = Weight.MAJOR
    if found.is_empty and not news.moved and title is Weight.NONE:
        return Change(weight=Weight.NONE, reasons=("lines moved, or standing text changed",))
    if news.is_empty and title is not Weight.MAJOR and not rules.everything:
        return Change(weight=Weight.MINOR, reasons=_why_quiet(found, title))
    return _major(old, new, found, news, title, rules)


def _is_cut(short: Sequence[str], long: Sequence[str]) -> bool:
    """Whether one text is but the beginning of the other, as a feed with excerpts shows it.

    WordPress' own mark, "[…]", is enough, and may come in the middle of a word, as plugins cut; a
    bare "…" must stand where the other text goes on in the same line, for authors end posts with it
    too.
    """
    last = next((at for at in range(len(short) - 1, -1, -1) if not is_standing(short[at])), None)
    found = (
        _FEED_CUT.search(short[last], max(0, len(short[last]) - 200)) if last is not None else None
    )
    if last is None or found is None:
        return False
    rest = short[last][: found.start()]
    begun = [*(line for line in short[:last] if not is_standing(line)), rest]
    whole = [line for line in long if not is_standing(line)]
    if sum(map(len, begun)) >= sum(map(len, whole)):
        return False
    if found[0].lstrip().startswith("["):
        known = words(" ".join(begun))
        room = 2 * sum(map(len, begun)) + 200
        return _begins(known, words(" ".join(whole)[:room]))
    line = whole[len(begun) - 1] if len(begun) <= len(whole) else ""
    same = begun[:-1] == whole[: len(begun) - 1] and line.startswith(rest)
    return same and len(line) > len(short[last])


def _begins(known: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether a text begins with these words; the last of them may have lost its end."""
    there = whole[: len(known)]
    if not known or len(there) < len(known) or there[:-1] != known[:-1]:
        return False
    last = known[-1]
    return there[-1] == last or (last.isalpha() and there[-1].startswith(last))


# The title


def _title_change(old: str, new: str) -> Weight:
    if comparable(old) == comparable(new):
        return Weight.NONE
    before, after = words(old), words(new)
    same = len(before) == len(after) and all(
        one == other or is_respelt(one, other) for one, other in zip(before, after, strict=True)
    )
    return Weight.MINOR if same or "".join(before) == "".join(after) else Weight.MAJOR


# What to say of it


def _why_quiet(found: Difference, title: Weight) -> tuple[str, ...]:
    reasons = ("the title was respelt",) if title is not Weight.NONE else ()
    return (*reasons, *size_of(found)) or ("small rewording",)


def _major(
    old: Revision, new: Revision, found: Difference, news: News, title: Weight, rules: Rules
) -> Change:
    renamed = title is Weight.MAJOR
    reasons = (("the title changed",) if renamed else ()) + reasons_of(news, found)
    if news.is_empty:
        summary = retitled(old.title, new.title) if renamed else "A part of the text was taken out"
        return Change(weight=Weight.MAJOR, summary=summary, reasons=reasons)
    page = Page(new.html, new.text.split("\n"))
    known_day = newest_day(old.text.split("\n")) if news.sections else None
    shown = _shown(page, found, news, rules)
    summary = summary_of(
        page,
        news,
        was_newest=known_day.isoformat() if known_day else "",
        retitled_from=old.title if renamed else "",
    )
    return Change(
        weight=Weight.MAJOR,
        summary=summary,
        quote_html=shown.html,
        quote_text=shown.text,
        reasons=reasons,
    )


def _shown(page: Page, found: Difference, news: News, rules: Rules) -> Quote:
    known = frozenset(
        comparable(sentence) for line in found.lacking for sentence in sentences(line)
    )
    if news.sections:
        first, *rest = newest(news.sections).passages
        passages = [replace(first, alone=True), *rest]
    else:
        places = {one.at: one.under for one in news.moved}
        lines = sorted({*news.added, *(edit.at for edit in news.rewritten), *places})
        passages = [
            Passage(at=at, weighs=at in news.telling or at in places, under=places.get(at, ""))
            for at in lines
        ]
    return quote(page, passages, known=known, length=rules.quote_length)
