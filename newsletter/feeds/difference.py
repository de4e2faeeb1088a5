"""What two texts differ in, line by line, and word by word within lines that were edited.

Lines are counted, not aligned, so a moved line is no difference, and the work grows with the
length of the texts, not with its square; words are aligned only within a pair of lines that are
versions of each other, and only as far as a budget goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain

from newsletter.feeds.normalise import comparable, words, words_of
from newsletter.feeds.pairing import Runs, Side, pairs_of
from newsletter.feeds.phrases import is_standing
from newsletter.feeds.spelling import is_respelt, letters_between, middle

_CELLS = 400_000
_LONGEST_ALIGNED = 400
_MOST_STANDING = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A line that became another one: words put in and taken out, typing errors left aside.

    `at` is the line's number in the new text. `typos` counts words that were merely respelt, and
    `letters` what that took.
    """

    at: int
    old: str
    new: str
    inserted: tuple[str, ...]
    deleted: tuple[str, ...]
    typos: int
    letters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All that differs: line numbers of the new text for what was added, lines for what went.

    `lacking` are all old lines that the new text has not as they were, removed or not.
    """

    added: tuple[int, ...]
    edited: tuple[Edit, ...]
    removed: tuple[str, ...]
    lacking: tuple[str, ...]
    is_empty: bool
    """Whether nothing differs that weighs, but perhaps the order of the lines."""


def significant(lines: Iterable[str]) -> list[str]:
    """The lines that count, made comparable: no standing text, no empty ones."""
    keys = (comparable(line) for line in lines if not is_standing(line))
    return [key for key in keys if key]


def difference(old: Sequence[str], new: Sequence[str]) -> Difference:
    """What differs between two texts, given as lines."""
    gone, come, stood = _sides(old, new)
    pairs = pairs_of(gone, come)
    come = _without_edits_of(stood, come, pairs)
    flat = _flat(gone) == _flat(come)  # the same words, in other lines
    went, came = gone.runs(), come.runs()
    paired = set(pairs.values())
    return Difference(
        added=tuple(
            at
            for at, found in come.words.items()
            if at not in pairs and not flat and not went.know(found)
        ),
        edited=tuple(_edits(old, new, pairs, (gone, come), (went, came))),
        removed=tuple(
            old[at]
            for at, found in gone.words.items()
            if at not in paired and not flat and not came.know(found)
        ),
        lacking=tuple(old[at] for at in gone.words),
        is_empty=not gone.words and not come.words,
    )


def _flat(side: Side) -> list[str]:
    return [*chain.from_iterable(side.words.values())]


def _without_edits_of(stood: Sequence[str], come: Side, pairs: dict[int, int]) -> Side:
    """The new side less what is but another wording of standing text that the old one had."""
    sets = [frozenset(words(line)) for line in stood[:_MOST_STANDING]]
    edits = {
        at
        for at, found in come.words.items()
        if at not in pairs and any(_is_rewording(frozenset(found), one) for one in sets)
    }
    kept = {at: found for at, found in come.words.items() if at not in edits}
    return Side(kept, come.before) if edits else come


def _is_rewording(ours: frozenset[str], standing: frozenset[str]) -> bool:
    return 3 * len(ours & standing) >= 2 * max(len(ours), len(standing))


def _sides(old: Sequence[str], new: Sequence[str]) -> tuple[Side, Side, list[str]]:
    """What each text has beyond the other: first by the letter, then by what weighs.

    And the standing text that only the old one has.
    """
    old_raw, new_raw = (
        _surplus_lines(list(enumerate(old)), new),
        _surplus_lines(list(enumerate(new)), old),
    )
    (old_keys, stood), (new_keys, _) = _weighing(old_raw), _weighing(new_raw)
    gone = _surplus_lines(old_keys, [key for _, key in new_keys])
    come = _surplus_lines(new_keys, [key for _, key in old_keys])
    return _side(old, gone), _side(new, come), stood


def _surplus_lines(
    numbered: Sequence[tuple[int, str]], other: Iterable[str]
) -> list[tuple[int, str]]:
    """The lines that come more often than in the other text; of repeated ones, the first."""
    surplus = Counter(line for _, line in numbered)
    surplus.subtract(other)
    found = []
    for at, line in numbered:
        if surplus[line] > 0:
            surplus[line] -= 1
            found.append((at, line))
    return found


def _weighing(numbered: Iterable[tuple[int, str]]) -> tuple[list[tuple[int, str]], list[str]]:
    """The lines that weigh, comparable; and standing text, as it is."""
    keys: list[tuple[int, str]] = []
    stood: list[str] = []
    for at, line in numbered:
        if is_standing(line):
            stood.append(line)
        elif key := comparable(line):
            keys.append((at, key))
    return keys, stood


def _side(lines: Sequence[str], unmatched: Sequence[tuple[int, str]]) -> Side:
    found = {at: words_of(key) for at, key in unmatched}
    return Side(found, lambda: _before(lines, unmatched))


def _before(lines: Sequence[str], unmatched: Sequence[tuple[int, str]]) -> dict[int, str]:
    """What stands before each of these lines, and is in the other text as well."""
    numbers = {at for at, _ in unmatched}
    before: dict[int, str] = {}
    for at, _ in unmatched:
        above = at - 1
        while above >= 0 and above not in numbers and is_standing(lines[above]):
            above -= 1
        if above in numbers:
            before[at] = before[above]
        else:
            before[at] = comparable(lines[above]) if above >= 0 else ""
    return before


# Words


def _edits(
    old: Sequence[str],
    new: Sequence[str],
    pairs: dict[int, int],
    sides: tuple[Side, Side],
    runs: tuple[Runs, Runs],
) -> Iterator[Edit]:
    gone, come = sides
    budget = _CELLS
    for at, old_at in sorted(pairs.items()):
        before, after = middle(gone.words[old_at], come.words[at])
        cells = len(before) * len(after)
        if max(len(before), len(after)) <= _LONGEST_ALIGNED and cells <= budget:
            budget -= cells
            steps = _aligned(before, after)
        else:
            steps = [(_surplus(before, after), _surplus(after, before))]
        yield _edit(at, old[old_at], new[at], steps, runs)


def _aligned(before: list[str], after: list[str]) -> list[tuple[list[str], list[str]]]:
    """What was taken out, and put in for it. The two have neither beginning nor end in common."""
    if not before or not after or len(before) == len(after) == 1:
        return [(before, after)] if before or after else []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    codes = matcher.get_opcodes()
    return [(before[a:b], after[c:d]) for code, a, b, c, d in codes if code != "equal"]


def _surplus(ours: list[str], theirs: list[str]) -> list[str]:
    return list((Counter(ours) - Counter(theirs)).elements())


def _edit(
    at: int,
    old: str,
    new: str,
    steps: Iterable[tuple[list[str], list[str]]],
    runs: tuple[Runs, Runs],
) -> Edit:
    """The words put in, those taken out, and how many were merely respelt."""
    went, came = runs
    inserted: list[str] = []
    deleted: list[str] = []
    typos = letters = 0
    for out, in_ in steps:
        if "".join(out) == "".join(in_):
            typos, letters = typos + 1, letters + 1  # "follow up" and "followup"
        elif len(out) == len(in_) and all(map(is_respelt, out, in_)):
            typos += len(out)
            letters += sum(map(letters_between, out, in_))
        else:
            inserted += [] if went.know(in_) else in_
            deleted += [] if came.know(out) else out
    return Edit(
        at=at,
        old=old,
        new=new,
        inserted=tuple(inserted),
        deleted=tuple(deleted),
        typos=typos,
        letters=letters,
    )
