"""Which line of a new text is a version of which line of the old one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

_RARE = 8
_ALIKE = 0.5
_CANDIDATES = 3
_KNOWN_RUNS = 0.8


@dataclass(frozen=True, slots=True)
class Side:
    """The lines of one text that the other one lacks, by number: their words, and, when it is asked
    for, what stood before.
    """

    words: dict[int, list[str]]
    before: Callable[[], dict[int, str]]

    def runs(self) -> Runs:
        """What is needed to tell whether text of the other side was here."""
        found = self.words.values()
        return Runs(
            words=frozenset(chain.from_iterable(found)),
            runs=frozenset(run for line in found for run in _threes(line)),
        )


@dataclass(frozen=True, slots=True)
class Runs:
    """All words of some lines, and all runs of three."""

    words: frozenset[str]
    runs: frozenset[tuple[str, ...]]

    def know(self, found: Sequence[str]) -> bool:
        """Whether a text is from there, if split, joined or moved: no new word, few new runs."""
        own = _threes(found)
        if not own or not self.words.issuperset(found):
            return False
        return sum(run in self.runs for run in own) >= _KNOWN_RUNS * len(own)


def _threes(found: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(found, found[1:], found[2:], strict=False))


def pairs_of(gone: Side, come: Side) -> dict[int, int]:
    """New line number to old line number: by the rare words they share, then by their place."""
    sets = {at: frozenset(found) for at, found in gone.words.items()}
    where: dict[str, list[int]] = defaultdict(list)
    for at, found in sets.items():
        for word in found:
            where[word].append(at)
    rare = {word: lines for word, lines in where.items() if len(lines) <= _RARE}
    free = set(sets)
    pairs: dict[int, int] = {}
    for at, own in come.words.items():
        ours = frozenset(own)
        best = _most_alike(ours, sets, rare)
        if best is not None and best in free and _likeness(ours, sets[best]) >= _ALIKE:
            pairs[at] = best
            free.discard(best)
    return pairs | _pairs_by_place(gone, come, free, come.words.keys() - pairs.keys())


def _most_alike(
    ours: frozenset[str], sets: dict[int, frozenset[str]], rare: dict[str, list[int]]
) -> int | None:
    votes = Counter(chain.from_iterable(rare[word] for word in ours if word in rare))
    likely = [line for line, _ in votes.most_common(_CANDIDATES)]
    return max(likely, key=lambda line: (_likeness(ours, sets[line]), -line), default=None)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """How much of the shorter line is in the longer one."""
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter >= 2 else 0.0


def _pairs_by_place(
    gone: Side, come: Side, free_old: set[int], free_new: set[int]
) -> dict[int, int]:
    """Where one line stands in the place of one other, it is its new version."""
    if not free_old or not free_new:
        return {}
    old_places, new_places = _by_place(gone, free_old), _by_place(come, free_new)
    return {
        ours[0]: theirs[0]
        for place, ours in new_places.items()
        if len(ours) == 1 and len(theirs := old_places.get(place, [])) == 1
    }


def _by_place(side: Side, numbers: set[int]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    before = side.before()
    for at in sorted(numbers):
        places[before[at]].append(at)
    return places
