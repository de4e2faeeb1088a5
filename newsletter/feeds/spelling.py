"""Tell a word that was merely respelt from one that now says something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from newsletter.feeds.telling import meaning_of

_Part = TypeVar("_Part")

_SHORT_WORDS = frozenset(
    "a an am as at be by do go he hi if in is it me my no of oh on or so to up us we all and any"  # noqa: SIM905
    " are ask bad bed big bit box boy but buy can car cut day did die due eat end far few fit for"
    " get got had has her him his hot how ill its job kid law led let lot low man may men met mix"
    " mom nor not now nut odd off old one our out own pay per put ran red run sad saw say see set"
    " she sit six son tax tea ten the tie tin tip toe ton too top try two use via war was way wet"
    " who why win won yes yet you".split()
)
"""English words of up to three letters that another one may become by a single slip of a finger:
"now" for "not" is another word, "nto" is a typing error."""

_LONG = 8
_OPPOSED = (frozenset(("er", "o")), frozenset(("", "a")), frozenset(("er", "ra")))
"""What two words of opposite or other meaning may differ in: hyper- and hypo-, typical and
atypical, inter- and intra-."""


def middle(before: Sequence[_Part], after: Sequence[_Part]) -> tuple[list[_Part], list[_Part]]:
    """What stands between a common beginning and a common end of two sequences."""
    head, tail = _common(before, after)
    return list(before[head : len(before) - tail]), list(after[head : len(after) - tail])


def _common(before: Sequence[_Part], after: Sequence[_Part]) -> tuple[int, int]:
    """How long the common beginning and the common end are; they do not overlap."""
    shorter = min(len(before), len(after))
    head = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    room = shorter - head
    tail = next((i for i in range(room) if before[-1 - i] != after[-1 - i]), room)
    return head, tail


def is_respelt(one: str, other: str) -> bool:
    """Whether two words differ as a word and its misspelling do. Numbers never do."""
    if one == other:
        return True
    if one[:1].isdigit() or other[:1].isdigit():
        return False
    if min(len(one), len(other)) < 4:
        return _is_slip(one, other)
    if one.removesuffix("s") == other.removesuffix("s"):
        return True
    if _says_otherwise(one, other):
        return False
    return _differs_little(one, other)


def letters_between(one: str, other: str) -> int:
    """How many letters a respelling touched."""
    return max(map(len, middle(one, other)))


def _differs_little(one: str, other: str) -> bool:
    left, right = middle(one, other)
    size = max(len(left), len(right))
    swapped = size == 2 and left == right[::-1]
    british = {"".join(left), "".join(right)} in ({"s", "z"}, {"u", ""})
    long = size == 2 and min(len(one), len(other)) >= _LONG
    return swapped or british or size <= 1 or long


def _says_otherwise(one: str, other: str) -> bool:
    """Whether the difference turns the meaning: "closes" and "closed", "available" and "un…"."""
    before, after = meaning_of(one), meaning_of(other)
    if before and after:
        return before != after
    head, tail = _common(one, other)
    left, right = one[head : len(one) - tail], other[head : len(other) - tail]
    if head == 0 and max(len(left), len(right)) == 2:
        return left != right[::-1]  # un-, in-, de-: a slip there would be rare
    return head <= 4 and frozenset((left, right)) in _OPPOSED and (head == 0 or len(one) > _LONG)


def _is_slip(one: str, other: str) -> bool:
    """Whether one of two short words is no word at all, and a single slip away from the other."""
    if one in _SHORT_WORDS and other in _SHORT_WORDS:
        return False
    if meaning_of(one) and meaning_of(other):
        return False
    left, right = middle(one, other)
    size = max(len(left), len(right))
    slip = size <= 1 or (size == 2 and left == right[::-1])
    longer = max(len(one), len(other))
    return slip and (longer >= 3 or (longer == 2 and not _SHORT_WORDS.isdisjoint((one, other))))
