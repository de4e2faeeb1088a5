"""Know a post again, whatever its feed has done to guid, host, scheme, date and permalink.

Marks are tried in the order of their strength: guid, WordPress post number, slug, title and text.
A link or a date alone proves nothing: some feeds give all items the same link, and authors
re-date what they rewrite.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self, TypeVar

from newsletter.feeds.alike import (
    Pair,
    same_by_address,
    same_by_guid,
    same_by_number,
    same_by_slug,
    same_by_text,
)
from newsletter.feeds.fingerprint import (
    fingerprint_of,
    has_text,
    is_similar,
    title_mark,
    words_mark,
)
from newsletter.feeds.links import query_number
from newsletter.feeds.marks import normal_address, normal_guid, slug_of
from newsletter.feeds.normalise import folded
from newsletter.model.feed import Entry
from newsletter.model.post import Identity, KnownPost

By = Literal["guid", "number", "slug", "address", "text", "new", "duplicate"]
_K = TypeVar("_K", bound=Hashable)
_MANY = 20
_NOTHING = Identity(guid=None, post_number=None, slug=None, fingerprint=None)


def identity_of(entry: Entry, text: str) -> Identity:
    """The marks of an entry; `text` is that of the cleaned post, one block a line."""
    guid = normal_guid(entry.id)
    address = normal_address(entry.link)
    number = entry.post_number
    if number is None:
        number = query_number(entry.id, "p") or query_number(entry.link, "p")
    return Identity(
        guid=guid,
        post_number=number,
        slug=slug_of(guid, address),
        fingerprint=fingerprint_of(entry.title, text),
        address=address,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """The known posts, ready to be looked up by each of their marks."""

    by_guid: dict[str, list[KnownPost]]
    by_number: dict[int, list[KnownPost]]
    by_slug: dict[str, list[KnownPost]]
    by_address: dict[str, list[KnownPost]]
    by_words: dict[str, list[KnownPost]]
    by_title: dict[str, list[KnownPost]]

    @classmethod
    def of(cls, posts: Iterable[KnownPost]) -> Self:
        """Build the index; the order of the posts does not matter."""
        index = cls({}, {}, {}, {}, {}, {})
        for post in sorted(posts, key=lambda post: -post.id):
            marks = post.identity
            _put(index.by_guid, marks.guid, post)
            _put(index.by_number, marks.post_number, post)
            _put(index.by_slug, marks.slug, post)
            _put(index.by_address, normal_address(post.url), post)
            _put(index.by_words, words_mark(marks.fingerprint), post)
            _put(index.by_title, title_mark(post.title), post)
        return index


def _put(index: dict[_K, list[KnownPost]], key: _K | None, post: KnownPost) -> None:
    if key is not None:
        index.setdefault(key, []).append(post)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What an entry is: a known post, a new one, or a second copy of another entry."""

    known: KnownPost | None
    by: By


_STEPS: tuple[tuple[By, Callable[[Pair], bool]], ...] = (
    ("guid", same_by_guid),
    ("number", same_by_number),
    ("slug", same_by_slug),
    ("address", same_by_address),
    ("text", same_by_text),
)


def _candidates(step: By, marks: Identity, title: str, known: Known) -> Sequence[KnownPost]:
    if step == "guid":
        return known.by_guid.get(marks.guid or "", ())
    if step == "number":
        return known.by_number.get(marks.post_number if marks.post_number is not None else -1, ())
    if step == "slug":
        return known.by_slug.get(marks.slug or "", ())
    if step == "address":
        return known.by_address.get(marks.address or "", ())
    same = known.by_words.get(words_mark(marks.fingerprint) or "", [])
    return [*same[:_MANY], *known.by_title.get(title_mark(title), [])[:_MANY]]


def _best(step: By, marks: Identity, title: str, known: Known, taken: set[int]) -> Pair | None:
    """The known post that one mark leads to; None where it leads to none, or to several."""
    is_same = dict(_STEPS)[step]
    likely = _candidates(step, marks, title, known)[: 2 * _MANY]
    found = {p.id: p for p in likely if p.id not in taken}.values()
    pairs = [pair for p in found if is_same(pair := Pair(marks, title, p))]
    ranked = sorted(pairs, key=lambda pair: (pair.rank, -pair.post.id), reverse=True)
    even = len(ranked) > 1 and ranked[0].rank == ranked[1].rank
    if even and not (ranked[0].same_title or ranked[0].same_text):
        return None
    return ranked[0] if ranked else None


def match(identity: Identity, title: str, known: Known) -> KnownPost | None:
    """The known post that an entry with these marks and this title is; None for a new one.

    For all entries of a fetch use `match_all`, which never gives one post to two of them.
    """
    for step, _ in _STEPS:
        if (pair := _best(step, identity, title, known, set())) is not None:
            return pair.post
    return None


def is_copy(marks: Identity, title: str, known: Known) -> bool:
    """Whether a known post has the same title and text, perhaps edited, whatever the marks say.

    So it is with each post of a blog that went to another program. It does not make them one post:
    an author may begin a new one with the words of an old one.
    """
    if not folded(title) or not has_text(marks.fingerprint):
        return False
    likely = known.by_title.get(title_mark(title), [])[:_MANY]
    return any(is_similar(marks.fingerprint, post.identity.fingerprint) for post in likely)


# All entries of a fetch together


def match_all(items: Sequence[tuple[Identity, str]], known: Known) -> tuple[Match, ...]:
    """What each entry of one fetch is, given as (identity, title); in their order.

    A known post goes to one entry at most: to the one with the stronger mark, then to the one that
    is more like it. Marks that several entries share (one link for all) count for none of them.
    An entry that repeats another one, or holds nothing at all, is a `duplicate` and wants nothing
    done. The order of the entries does not matter.
    """
    found: dict[int, Match] = {at: Match(known=None, by="duplicate") for at in _repeats(items)}
    entries = _without_shared(items, skip=set(found))
    for at, (marks, _) in enumerate(entries):
        if marks == _NOTHING:
            found[at] = Match(known=None, by="duplicate")
    taken: set[int] = set()
    for step, _ in _STEPS:
        while claimed := _claims(step, entries, known, found.keys(), taken):
            found |= {at: Match(known=post, by=step) for at, post in claimed.items()}
            taken |= {post.id for post in claimed.values()}
    new = Match(known=None, by="new")
    return tuple(found.get(at, new) for at in range(len(items)))


def _claims(
    step: By,
    entries: Sequence[tuple[Identity, str]],
    known: Known,
    done: Collection[int],
    taken: set[int],
) -> dict[int, KnownPost]:
    """Which entries get which post by one mark; those that lose one may try for the next."""
    claims: dict[int, list[tuple[int, Pair]]] = defaultdict(list)
    for at, (marks, title) in enumerate(entries):
        if at not in done and (pair := _best(step, marks, title, known, taken)) is not None:
            claims[pair.post.id].append((at, pair))
    winners = (
        max(claim, key=lambda one: (one[1].rank, _order(*entries[one[0]])))
        for claim in claims.values()
    )
    return {at: pair.post for at, pair in winners}


def _order(marks: Identity, title: str) -> tuple[str, ...]:
    """Any order will do, as long as it is not that of the feed."""
    return (title, marks.fingerprint or "", marks.guid or "", marks.address or "")


def _repeats(items: Sequence[tuple[Identity, str]]) -> set[int]:
    """The entries that say again what another one of the fetch says."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for at, (marks, title) in enumerate(items):
        if marks.guid is not None:
            numbered = marks.post_number is not None  # WordPress numbers a post once
            groups["guid", marks.guid, "" if numbered else folded(title)].append(at)
        else:
            groups["text", marks.fingerprint, marks.address].append(at)
    again: set[int] = set()
    for group in groups.values():
        keep = max(group, key=lambda at: (bool(items[at][0].fingerprint), *_order(*items[at])))
        again.update(at for at in group if at != keep)
    return again


def _without_shared(
    items: Sequence[tuple[Identity, str]], *, skip: set[int]
) -> list[tuple[Identity, str]]:
    """The entries less the marks that would fit more than one of them."""
    own = [marks for at, (marks, _) in enumerate(items) if at not in skip]
    guids = Counter(marks.guid for marks in own)
    addresses = Counter(marks.address for marks in own)
    slugs = Counter(marks.slug for marks in own)
    return [
        (
            replace(
                marks,
                guid=marks.guid if guids[marks.guid] <= 1 else None,
                address=marks.address if addresses[marks.address] <= 1 else None,
                slug=marks.slug if slugs[marks.slug] <= 1 else None,
            ),
            title,
        )
        for marks, title in items
    ]
