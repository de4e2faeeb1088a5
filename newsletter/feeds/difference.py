"""What two texts differ in, line by line, and word by word within lines that were edited.

Lines are counted, not aligned, so a moved line is no difference, and the work grows with the
length of the texts, not with its square; words are aligned only within a pair of lines that are
versions of each other, and only as far as a budget goes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain

from newsletter.feeds.normalise import comparable, words
from newsletter.feeds.phrases import is_standing

_RARE = 8
_ALIKE = 0.5
_CELLS = 400_000
_LONGEST_ALIGNED = 400
_RUN = 3
_KNOWN_RUNS = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A line that became another one: words put in and taken out, typing errors left aside.

    `at` is the line's number in the new text. `typos` counts words that were merely respelt.
    """

    at: int
    old: str
    new: str
    inserted: tuple[str, ...]
    deleted: tuple[str, ...]
    typos: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All that differs: line numbers of the new text for what was added, lines for what went."""

    added: tuple[int, ...]
    edited: tuple[Edit, ...]
    removed: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs, but perhaps the order of the lines."""
        return not (self.added or self.edited or self.removed)


@dataclass(frozen=True, slots=True)
class _Side:
    """The lines of one text that the other one lacks, by number, and what stands before each."""

    lines: Sequence[str]
    unmatched: tuple[int, ...]
    before: dict[int, str]


def significant(lines: Sequence[str]) -> list[tuple[int, str]]:
    """The lines that count, numbered and made comparable: no standing text, no empty ones."""
    numbered = ((at, comparable(line)) for at, line in enumerate(lines) if not is_standing(line))
    return [(at, key) for at, key in numbered if key]


def difference(old: Sequence[str], new: Sequence[str]) -> Difference:
    """What differs between two texts, given as lines."""
    old_lines, new_lines = significant(old), significant(new)
    spare_old = Counter(key for _, key in old_lines)
    spare_new = Counter(key for _, key in new_lines)
    gone = _side(old, old_lines, spare_new)
    come = _side(new, new_lines, spare_old)
    pairs = _pairs(gone, come)
    gone_words = [words(old[at]) for at in gone.unmatched]
    come_words = [words(new[at]) for at in come.unmatched]
    went, came = _runs(gone_words), _runs(come_words)
    paired_old = set(pairs.values())
    flat = [*chain.from_iterable(gone_words)] == [*chain.from_iterable(come_words)]
    return Difference(
        added=tuple(
            at
            for at, found in zip(come.unmatched, come_words, strict=True)
            if at not in pairs and not flat and not _is_known(found, went)
        ),
        edited=tuple(_edits(old, new, pairs, went, came)),
        removed=tuple(
            old[at]
            for at, found in zip(gone.unmatched, gone_words, strict=True)
            if at not in paired_old and not flat and not _is_known(found, came)
        ),
    )


def _side(
    lines: Sequence[str], numbered: Sequence[tuple[int, str]], other: Counter[str]
) -> _Side:
    """Of a line that comes more often than in the other text, the first ones are the surplus."""
    surplus = Counter(key for _, key in numbered) - other
    unmatched, before, last = [], {}, ""
    for at, key in numbered:
        if surplus[key] > 0:
            surplus[key] -= 1
            unmatched.append(at)
            before[at] = last
        else:
            last = key
    return _Side(lines, tuple(unmatched), before)


# Which new line is a version of which old one


def _pairs(gone: _Side, come: _Side) -> dict[int, int]:
    """New line number to old line number: by the rare words they share, then by their place."""
    old_words = {at: frozenset(words(gone.lines[at])) for at in gone.unmatched}
    where: dict[str, list[int]] = defaultdict(list)
    for at, found in old_words.items():
        for word in found:
            where[word].append(at)
    free = set(old_words)
    pairs: dict[int, int] = {}
    for at in come.unmatched:
        ours = frozenset(words(come.lines[at]))
        votes = Counter(
            line for word in ours for line in where.get(word, ()) if len(where[word]) <= _RARE
        )
        best = max(votes, key=lambda line: (_likeness(ours, old_words[line]), -line), default=None)
        if best in free and best is not None and _likeness(ours, old_words[best]) >= _ALIKE:
            pairs[at] = best
            free.discard(best)
    return pairs | _pairs_by_place(gone, come, free, set(come.unmatched) - set(pairs))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """How much of the shorter line is in the longer one."""
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter >= 2 else 0.0


def _pairs_by_place(
    gone: _Side, come: _Side, free_old: set[int], free_new: set[int]
) -> dict[int, int]:
    """Where one line stands in the place of one other, it is its new version."""
    old_places: dict[str, list[int]] = defaultdict(list)
    new_places: dict[str, list[int]] = defaultdict(list)
    for at in sorted(free_old):
        old_places[gone.before[at]].append(at)
    for at in sorted(free_new):
        new_places[come.before[at]].append(at)
    return {
        ours[0]: theirs[0]
        for place, ours in new_places.items()
        if len(ours) == 1 and len(theirs := old_places.get(place, [])) == 1
    }


# Words


def _edits(
    old: Sequence[str],
    new: Sequence[str],
    pairs: dict[int, int],
    went: frozenset[tuple[str, ...]],
    came: frozenset[tuple[str, ...]],
) -> Iterable[Edit]:
    budget = _CELLS
    for at, old_at in sorted(pairs.items()):
        before, after = words(old[old_at]), words(new[at])
        if before == after:
            yield Edit(at=at, old=old[old_at], new=new[at], inserted=(), deleted=(), typos=0)
            continue
        before, after = _middle(before, after)
        cells = len(before) * len(after)
        longest = max(len(before), len(after))
        if longest <= _LONGEST_ALIGNED and cells <= budget:
            budget -= cells
            steps = _aligned(before, after)
        else:
            steps = [(_surplus(before, after), _surplus(after, before))]
        yield _edit(at, old[old_at], new[at], steps, went, came)


def _middle(before: list[str], after: list[str]) -> tuple[list[str], list[str]]:
    """The words between a common beginning and a common end."""
    shorter = min(len(before), len(after))
    head = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    room = shorter - head
    tail = next((i for i in range(room) if before[-1 - i] != after[-1 - i]), room)
    return before[head : len(before) - tail], after[head : len(after) - tail]


def _aligned(before: list[str], after: list[str]) -> list[tuple[list[str], list[str]]]:
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
    went: frozenset[tuple[str, ...]],
    came: frozenset[tuple[str, ...]],
) -> Edit:
    inserted: list[str] = []
    deleted: list[str] = []
    typos = 0
    for out, in_ in steps:
        if len(out) == len(in_) and all(map(is_respelt, out, in_)):
            typos += len(out)
            continue
        if "".join(out) == "".join(in_):
            typos += 1  # "follow up" and "followup"
            continue
        inserted += [] if len(in_) > _RUN and _is_known(in_, went) else in_
        deleted += [] if len(out) > _RUN and _is_known(out, came) else out
    return Edit(
        at=at, old=old, new=new, inserted=tuple(inserted), deleted=tuple(deleted), typos=typos
    )


def is_respelt(one: str, other: str) -> bool:
    """Whether two words differ as a word and its misspelling do. Numbers and short words never."""
    if min(len(one), len(other)) < 4 or one.isdigit() or other.isdigit():
        return False
    if one.removesuffix("s") == other.removesuffix("s"):
        return True
    left, right = _middle(list(one), list(other))
    size = max(len(left), len(right))
    swapped = size == 2 and left == right[::-1]
    british = {"".join(left), "".join(right)} in ({"s", "z"}, {"u", ""})
    return swapped or british or size <= 1 or (size == 2 and min(len(one), len(other)) >= 8)


def _runs(lines: Iterable[list[str]]) -> frozenset[tuple[str, ...]]:
    """All runs of three words; by them text is known again that was split, joined or moved."""
    return frozenset(
        run for found in lines for run in zip(found, found[1:], found[2:], strict=False)
    )


def _is_known(found: list[str], runs: frozenset[tuple[str, ...]]) -> bool:
    own = list(zip(found, found[1:], found[2:], strict=False))
    return bool(own) and sum(run in runs for run in own) >= _KNOWN_RUNS * len(own)
