"""Which of the differences of two texts a reader should hear of, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from newsletter.feeds import telling
from newsletter.feeds.amounts import hours_in, signed_in
from newsletter.feeds.blocks import CELL_GAP
from newsletter.feeds.dated import opening_of
from newsletter.feeds.difference import Difference, Edit
from newsletter.feeds.moves import Move
from newsletter.feeds.normalise import comparable, words
from newsletter.feeds.phrases import shared_tail_start
from newsletter.feeds.sections import Section, grown_sections, new_sections
from newsletter.feeds.sentences import sentences

_STUDY = frozenset(("trial", "trials", "study", "studies"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """From when on a change is news; the settings of `[changes]` with their defaults.

    `paragraph_words`: an added paragraph, item or row of at least so many words. `new_words`: so
    many words put into one that was there. `new_share`: or this share of it, of at least
    `paragraph_words` words. `status_words` and `status_phrases`: more words that always count, and
    more sequences of words, case-folded.
    `quote_length`: characters of a quotation, about. `everything`: whatever differs is news.
    """

    paragraph_words: int = 5
    new_words: int = 8
    new_share: float = 0.4
    status_words: frozenset[str] = frozenset()
    status_phrases: frozenset[tuple[str, ...]] = frozenset()
    quote_length: int = 400
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What of a difference a reader should hear: dated sections, or else lines by their number.

    `telling` are those lines whose words turn what a patient should do; `moved` those that stand
    under another status.
    """

    sections: tuple[Section, ...] = ()
    added: tuple[int, ...] = ()
    rewritten: tuple[Edit, ...] = ()
    moved: tuple[Move, ...] = ()
    telling: frozenset[int] = frozenset()
    reasons: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing."""
        return not (self.sections or self.added or self.rewritten or self.moved)


def news_of(
    found: Difference,
    old: Sequence[str],
    new: Sequence[str],
    rules: Rules,
    *,
    moved: Sequence[Move] = (),
) -> News:
    """What is news of a difference between two texts, given as lines, and of lines that `moved`."""
    tail = shared_tail_start(old, new)
    sections = (*new_sections(found.added, new), *grown_sections(found.edited))
    in_section = {passage.at for section in sections for passage in section.passages}
    headings = {at for section in sections for at in section.heading}
    added = tuple(
        at
        for at in found.added
        if at not in in_section | headings
        and (rules.everything or _is_news(new[at], rules, in_tail=at >= tail))
    )
    told = [
        (edit, reason)
        for edit in found.edited
        if (reason := _why_major(edit, rules, in_tail=edit.at >= tail))
    ]
    rewritten = tuple(edit for edit, _ in told if edit.at not in in_section)
    prose = (_IN_A_PARAGRAPH, _ANYHOW)
    telling_edits = {edit.at for edit, reason in told if not reason.endswith(prose)}
    return News(
        sections=sections,
        added=added,
        rewritten=rewritten,
        moved=tuple(one for one in moved if one.at < tail and one.at not in in_section),
        telling=frozenset(telling_edits | {at for at in added if _tells(new[at], rules)}),
        reasons=tuple(reason for _, reason in told if reason is not _ANYHOW),
    )


def _tells(line: str, rules: Rules) -> bool:
    found = words(line)
    phrases = telling.phrases_in(found, rules.status_phrases)
    return telling.tells(found, line, rules.status_words) or bool(phrases)


def _is_news(line: str, rules: Rules, *, in_tail: bool) -> bool:
    """Whether an added line is one; at the standing end of a post only a study's news is."""
    found = words(line)
    if in_tail:
        named = telling.names_register(line)
        return named or (not _STUDY.isdisjoint(found) and bool(telling.status_in(found)))
    opening = opening_of(line)
    if opening is not None and opening.bare:
        return False
    numbered = len(found) > 2 and any(word[0].isdigit() for word in found)
    return len(found) >= rules.paragraph_words or numbered or _tells(line, rules)


_IN_A_PARAGRAPH = "new words in a paragraph"
_ANYHOW = "whatever changes"


def _why_major(edit: Edit, rules: Rules, *, in_tail: bool) -> str:
    """Why an edited line is news; "" where it is not."""
    return _why(edit, rules, in_tail=in_tail) or (_ANYHOW if rules.everything else "")


def _why(edit: Edit, rules: Rules, *, in_tail: bool) -> str:
    if in_tail and not _is_news(edit.new, rules, in_tail=True):
        return ""
    if not edit.inserted and not (edit.deleted and fresh_sentences(edit)):
        return _why_signed(edit)  # else words respelt, or whole sentences taken out
    why = _why_telling(edit, rules) or _why_signed(edit) or _why_long(edit, rules)
    return "" if why and _is_date_moved_on(edit) else why


def _is_date_moved_on(edit: Edit) -> bool:
    """Whether "Updated 3 May" became "Updated 4 June", and nothing else was said.

    Where no word says that this is the date of an update, it may be that of a meeting.
    """
    opening, before = opening_of(edit.new), opening_of(edit.old)
    if opening is None or before is None:
        return False
    both_said = opening.said and before.said
    same = comparable(opening.rest) == comparable(before.rest)
    return same and (both_said or opening.bare)


def fresh_sentences(edit: Edit) -> tuple[str, ...]:
    """The sentences of the new line that the old one had not."""
    old = {comparable(sentence) for sentence in sentences(edit.old)}
    return tuple(one for one in sentences(edit.new) if comparable(one) not in old)


def _why_telling(edit: Edit, rules: Rules) -> str:
    put_in, taken_out = edit.inserted, edit.deleted
    came = telling.status_in(put_in, rules.status_words)
    went = telling.status_in(taken_out, rules.status_words)
    if came != went:
        return f"words of status: {_exchange(went, came)}"
    if rules.status_phrases:
        came = telling.phrases_in(words(edit.new), rules.status_phrases)
        went = telling.phrases_in(words(edit.old), rules.status_phrases)
        if came != went:
            return f"words of status: {_exchange(went, came)}"
    for what, came, went in (
        ("numbers", *_numbers(put_in, taken_out)),
        ("months", telling.months_in(put_in, edit.new), telling.months_in(taken_out, edit.old)),
    ):
        if came and came != went:
            return f"{what}: {_exchange(went, came)}"
    came, went = telling.weekdays_in(put_in), telling.weekdays_in(taken_out)
    if came and went and came != went:
        return f"days: {_exchange(went, came)}"
    return _why_exchanged(edit) or _why_in_context(edit)


def _why_exchanged(edit: Edit) -> str:
    """Two numbers, or words of status, that changed places."""
    if not edit.inserted or Counter(edit.inserted) != Counter(edit.deleted):
        return ""
    told, tells = telling.exchanged_in(words(edit.old), words(edit.new))
    return f"exchanged: {', '.join(told[:4])} → {', '.join(tells[:4])}" if told else ""


def _why_signed(edit: Edit) -> str:
    """The sign of a number: "< 20" that became "> 20", "7 p.m." that became "7 a.m.".

    One that came or went counts only beside the same words: "over 20" may be written "> 20".
    """
    same_words = not edit.inserted and not edit.deleted
    for what, signs_in in (("numbers", signed_in), ("times", hours_in)):
        came, went = signs_in(edit.new), signs_in(edit.old)
        if came != went and (same_words or (came - went and went - came)):
            return f"{what}: {_exchange(went, came)}"
    return ""


def _why_in_context(edit: Edit) -> str:
    """Words that tell only beside others: measures after a number, "will" with a status."""
    if CELL_GAP in edit.new and CELL_GAP in edit.old:
        return "another entry in a table"
    if not telling.needs_context((*edit.inserted, *edit.deleted)):
        return ""
    before, after = words(edit.old), words(edit.new)
    came, went = telling.units_in(edit.inserted, after), telling.units_in(edit.deleted, before)
    if came and went and came != went:
        return f"measures: {_exchange(went, came)}"
    came, went = telling.shades_in(edit.inserted, after), telling.shades_in(edit.deleted, before)
    return f"words of status: {_exchange(went, came)}" if came != went else ""


def _numbers(put_in: Sequence[str], taken_out: Sequence[str]) -> tuple[Counter[str], Counter[str]]:
    """Numbers put in, and taken out.

    Spelt-out ones, which prose is full of, count only where one took the place of another.
    """
    came, went = telling.amounts_in(put_in), telling.amounts_in(taken_out)
    if came and (went or any(map(telling.is_phase, put_in))):
        return came, went
    return telling.digits_in(put_in), telling.digits_in(taken_out)


def _why_long(edit: Edit, rules: Rules) -> str:
    count = len(edit.inserted)
    enough = count >= rules.new_words or (
        count >= rules.paragraph_words and count >= rules.new_share * len(words(edit.new))
    )
    return f"{count} {_IN_A_PARAGRAPH}" if enough else ""


def _exchange(went: Counter[str], came: Counter[str]) -> str:
    return f"{_few(went - came)} → {_few(came - went)}"


def _few(found: Counter[str]) -> str:
    return ", ".join(sorted(found)[:4]) or "none"
