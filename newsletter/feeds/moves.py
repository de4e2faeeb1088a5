"""What moved from under one heading of status to under another: "Leeds", now a closed site."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from newsletter.feeds.blocks import blocks
from newsletter.feeds.difference import Difference
from newsletter.feeds.normalise import comparable, words
from newsletter.feeds.places import Place, headings_of, may_speak, places_of
from newsletter.feeds.telling import status_in
from newsletter.model.post import Revision

_LONG_WORD = 4
_BY_NAME = attrgetter("name", "status")
_BY_STATUS = attrgetter("status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A line of the new text, by its number, and the heading or introducing line it is under."""

    at: int
    under: str


def moves_of(old: Revision, new: Revision, found: Difference) -> tuple[Move, ...]:
    """The lines that are in both texts, but under another status; in the order of the new one."""
    old_lines, new_lines = old.text.split("\n"), new.text.split("\n")
    if not (may_speak(new.html, new_lines) or may_speak(old.html, old_lines)):
        return ()
    was_blocks, now_blocks = blocks(old.html), blocks(new.html)
    if len(now_blocks) != len(new_lines):
        return ()  # cleaned by other rules than today's: lines cannot be found again
    heads = {*headings_of(was_blocks), *headings_of(now_blocks)}
    was = places_of(was_blocks, old.html, heads)
    now = places_of(now_blocks, new.html, heads)
    respelt = _respelt(found)
    was_keys = [comparable(block.text) for block in was_blocks]
    now_keys = [comparable(block.text) for block in now_blocks]
    now_keys = [respelt.get(key, key) for key in now_keys]
    ends = _end_of(was), _end_of(now)
    before, after = _by_line(was_keys, was), _by_line(now_keys, now)
    moved = [
        here
        for key in after.keys() & before.keys()
        for there, here in _changed(before[key], after[key])
        if _says_otherwise(there, here)
        and now_keys[here.under] != was_keys[there.under]
        and (here.listed or (there.under, here.under) != ends)
    ]
    numbers = {one.at for one in moved}
    whole = (one for one in moved if numbers.isdisjoint(one.within))
    return tuple(Move(at=one.at, under=one.name) for one in sorted(whole, key=lambda one: one.at))


def _respelt(found: Difference) -> dict[str, str]:
    """Lines that differ by slips of the finger: the new one to the old one."""
    return {
        comparable(edit.new): comparable(edit.old)
        for edit in found.edited
        if not edit.inserted and not edit.deleted
    }


def _end_of(places: Iterable[Place]) -> int:
    """The heading of the last prose under a status.

    What closes a post stands there as well, and stays where it is when sections change places.
    """
    return max((one.under for one in places if one.status and not one.listed), default=-1)


def _by_line(keys: Sequence[str], places: Iterable[Place]) -> dict[str, list[Place]]:
    by_line: dict[str, list[Place]] = defaultdict(list)
    for one in places:
        by_line[keys[one.at]].append(one)
    return by_line


def _changed(was: Sequence[Place], now: Sequence[Place]) -> Iterator[tuple[Place, Place]]:
    """The places that a line has left, with those it has got instead."""
    for by in (_BY_NAME, _BY_STATUS):
        was, now = _surplus(was, now, by), _surplus(now, was, by)
    return zip(was, now, strict=False)


def _surplus(
    ours: Iterable[Place], theirs: Iterable[Place], by: Callable[[Place], object]
) -> list[Place]:
    left = Counter(map(by, theirs))
    found = []
    for one in ours:
        if left[by(one)] > 0:
            left[by(one)] -= 1
        else:
            found.append(one)
    return found


def _says_otherwise(was: Place, now: Place) -> bool:
    """Whether two headings differ in a word of status.

    Where one of them has none they must be alike in another word, as "Sites" and "Closed sites".
    """
    if was.status and now.status:
        return True
    return was.listed and now.listed and not _names(was).isdisjoint(_names(now))


def _names(place: Place) -> set[str]:
    found = words(place.name)
    return {word for word in found if len(word) >= _LONG_WORD and not status_in([word])}
