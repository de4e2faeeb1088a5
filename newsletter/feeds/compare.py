"""Decide what a reader should hear of a changed post: nothing, or which passage is new.

The weight of a change is that of its words. Quotation marks, dashes, white space, tracking
parameters, counters, moved lines and standing text weigh nothing; misspellings and small
rewordings are minor; new dated sections, new paragraphs, and other numbers, dates, register
numbers or words of status are major.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.feeds.dated import opening_of
from newsletter.feeds.difference import Difference, Edit, difference, is_respelt, significant
from newsletter.feeds.normalise import comparable, digest, words
from newsletter.feeds.phrases import tail_start
from newsletter.feeds.quote import Passage, Quote, quote
from newsletter.feeds.sections import Section, grown_sections, new_sections, newest
from newsletter.model.post import Change, Cleaned, Revision, Weight

# Words that turn what a patient should do: a study's status, and every "not".
_STATUS = frozenset(
    "recruiting recruitment recruits recruited enrolling enrolment enrollment enrolled closed"  # noqa: SIM905
    " closes closing completed completion approved approval approves terminated termination"
    " suspended withdrawn withdraws withdrew halted stopped discontinued paused resumed reopened"
    " opened cancelled canceled rejected refused granted authorised authorized licensed reimbursed"
    " funded available unavailable recalled delayed postponed results result published failed"
    " failure not no never longer nor without cannot neither safe unsafe died death".split()
)
_REGISTER = re.compile(
    r"\bNCT\W{0,3}0\d{7}\b|\bISRCTN\W{0,2}\d{8}\b|\b20\d{2}-\d{6}-\d{2}\b|\bACTRN\W{0,2}126\d{11}",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    r"cannot|(?:is|are|was|were|do|does|did|has|have|had|wo|ca|could|should|would)nt"
)
_STUDY = frozenset(("trial", "trials", "study", "studies"))
_FEW_WORDS = 5
_NEW_SENTENCE = 8
_SHARE = 0.4
_FEED_CUT = re.compile(
    r"\s*(?:\[\s*(?:…|\.\.\.)\s*\]|…|\.\.\.)\s*(?:(?:continue|read) \w+.{0,80})?$"
)


def revision_of(title: str, cleaned: Cleaned) -> Revision:
    """A post's text as one version. `text_hash` is the same for texts that differ in nothing."""
    keys = sorted(significant(cleaned.text.split("\n")))
    return Revision(
        title=title,
        html=cleaned.html,
        text=cleaned.text,
        text_hash=digest(comparable(title), *keys),
    )


def compare(old: Revision, new: Revision) -> Change:
    """What changed from one revision of a post to the next, and what to quote of it."""
    if old.text_hash == new.text_hash:
        return Change(weight=Weight.NONE, reasons=("the words are the same",))
    if _is_cut(old.text, new.text) or _is_cut(new.text, old.text):
        return Change(weight=Weight.MINOR, reasons=("the feed shows more or less of the post",))
    old_lines, new_lines = old.text.split("\n"), new.text.split("\n")
    found = difference(old_lines, new_lines)
    news = _news(found, new_lines)
    title = _title_change(old.title, new.title)
    if news.is_empty and title is not Weight.MAJOR:
        return _quiet_change(found, title)
    return _major(old, new, new_lines, news, title)


def _is_cut(short: str, long: str) -> bool:
    """Whether one text is but the beginning of the other, as a feed with excerpts shows it.

    WordPress' own mark, "[…]", is enough; a bare "…" must stand where the other text goes on in
    the same line, for authors end posts with it too.
    """
    found = _FEED_CUT.search(short, max(0, len(short) - 200))
    if found is None or len(short) >= len(long):
        return False
    start = short[: found.start()]
    if found[0].lstrip().startswith("["):
        known = words(start)
        return bool(known) and words(long[: 2 * len(short) + 200])[: len(known)] == known
    line = long.split("\n")[start.count("\n") : start.count("\n") + 1]
    return bool(line) and long.startswith(start) and len(line[0]) > len(short.rpartition("\n")[2])


# The title


def _title_change(old: str, new: str) -> Weight:
    if comparable(old) == comparable(new):
        return Weight.NONE
    before, after = words(old), words(new)
    same = len(before) == len(after) and all(
        one == other or is_respelt(one, other) for one, other in zip(before, after, strict=True)
    )
    return Weight.MINOR if same or "".join(before) == "".join(after) else Weight.MAJOR


# The text


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    """What of a difference a reader should hear."""

    sections: tuple[Section, ...]
    paragraphs: tuple[int, ...]
    rewritten: tuple[Edit, ...]
    reasons: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.sections or self.paragraphs or self.rewritten)


def _news(found: Difference, lines: Sequence[str]) -> _News:
    tail = tail_start(lines)
    sections = (*new_sections(found.added, lines), *grown_sections(found.edited))
    in_section = {passage.at for section in sections for passage in section.passages}
    paragraphs = tuple(
        at for at in found.added if at not in in_section and _is_news(lines[at], in_tail=at >= tail)
    )
    told = [
        (edit, reason) for edit in found.edited if (reason := _why_major(edit, edit.at >= tail))
    ]
    return _News(
        sections=sections,
        paragraphs=paragraphs,
        rewritten=tuple(edit for edit, _ in told if edit.at not in in_section),
        reasons=tuple(reason for _, reason in told),
    )


def _is_news(line: str, *, in_tail: bool) -> bool:
    """Whether an added line is one; at the standing end of a post only a study's news is."""
    found = words(line)
    telling = not _STATUS.isdisjoint(found) or _REGISTER.search(line) is not None
    if in_tail:
        return telling and (not _STUDY.isdisjoint(found) or _REGISTER.search(line) is not None)
    opening = opening_of(line)
    if opening is not None and opening.bare:
        return False
    numbered = len(found) > 2 and any(word[0].isdigit() for word in found)
    return len(found) >= _FEW_WORDS or telling or numbered


def _why_major(edit: Edit, in_tail: bool) -> str:
    """Why an edited line is news; "" where it is not."""
    if in_tail and not _is_news(edit.new, in_tail=True):
        return ""
    opening, before = opening_of(edit.new), opening_of(edit.old)
    if opening is not None and before is not None and opening.bare and before.bare:
        return ""  # "Updated 3 May" became "Updated 4 June"
    came, went = _telling(edit.inserted), _telling(edit.deleted)
    if came != went:
        return f"telling words: {_few(went - came)} → {_few(came - went)}"
    numbers, gone = _numbers(edit.inserted), _numbers(edit.deleted)
    if numbers and numbers != gone:
        return f"numbers: {_few(gone - numbers)} → {_few(numbers - gone)}"
    count, size = len(edit.inserted), len(words(edit.new))
    if count >= _NEW_SENTENCE or (count >= _FEW_WORDS and count >= _SHARE * size):
        return f"{count} new words in a paragraph"
    return ""


def _telling(found: Sequence[str]) -> Counter[str]:
    plain = ("not" if _NEGATED.fullmatch(word) else word for word in found)
    return Counter(word for word in plain if word in _STATUS)


def _numbers(found: Sequence[str]) -> Counter[str]:
    return Counter(word for word in found if word[0].isdigit())


def _few(found: Counter[str]) -> str:
    return ", ".join(sorted(found)[:4]) or "none"


# What to say of it


def _quiet_change(found: Difference, title: Weight) -> Change:
    if found.is_empty and title is Weight.NONE:
        return Change(weight=Weight.NONE, reasons=("lines moved, or standing text changed",))
    reasons = []
    if title is not Weight.NONE:
        reasons.append("the title was respelt")
    if typos := sum(edit.typos for edit in found.edited):
        reasons.append(f"words respelt: {typos}")
    if found.added:
        reasons.append(f"short lines or standing text added: {len(found.added)}")
    if found.removed:
        reasons.append(f"lines removed: {len(found.removed)}")
    return Change(weight=Weight.MINOR, reasons=tuple(reasons) or ("small rewording",))


def _major(
    old: Revision, new: Revision, lines: Sequence[str], news: _News, title: Weight
) -> Change:
    reasons = list(news.reasons)
    retitled = title is Weight.MAJOR
    if retitled:
        reasons.insert(0, "the title changed")
    reasons += [f"dated section: {s.opening.label or 'no date'}" for s in news.sections]
    if news.paragraphs:
        reasons.append(f"new paragraphs: {len(news.paragraphs)}")
    shown = _shown(new, lines, news)
    summary = (
        f"The title changed from “{old.title}” to “{new.title}”"
        if news.is_empty
        else _summary(news)
    )
    return Change(
        weight=Weight.MAJOR,
        summary=summary,
        quote_html=shown.html,
        quote_text=shown.text,
        reasons=tuple(reasons),
    )


def _shown(new: Revision, lines: Sequence[str], news: _News) -> Quote:
    if news.is_empty:
        return Quote()
    if news.sections:
        return quote(new.html, lines, newest(news.sections).passages)
    passages = [Passage(at=at) for at in news.paragraphs]
    passages += [Passage(at=edit.at, unlike=edit.old) for edit in news.rewritten]
    return quote(new.html, lines, sorted(passages, key=lambda passage: passage.at))


def _summary(news: _News) -> str:
    if news.sections:
        label = newest(news.sections).opening.label
        return f"New section of {label}" if label else "New section marked as an update"
    added, rewritten = len(news.paragraphs), len(news.rewritten)
    if not rewritten:
        return "One new paragraph" if added == 1 else f"{_number(added)} new paragraphs"
    if not added:
        return (
            "A paragraph was rewritten"
            if rewritten == 1
            else f"{_number(rewritten)} paragraphs were rewritten"
        )
    new = "One new paragraph" if added == 1 else f"{_number(added)} new paragraphs"
    return f"{new}, and {_number(rewritten).lower()} rewritten"


def _number(count: int) -> str:
    names = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
    return names[count] if count < len(names) else str(count)
