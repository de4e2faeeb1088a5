"""Which posts an edition shows, in which order, and to whom: decisions over values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

import subscribers.model as subscribers
from newsletter.model.edition import DigestItem, Form, ItemKind, TrialUpdate
from newsletter.model.post import Candidate, Change, PostSummary, Revision, Weight

ALL = "all"
"""The variant of everybody who chose no topics, or all of them."""

T = TypeVar("T", DigestItem, TrialUpdate)

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic of the settings: posts of these categories, or whose title the pattern matches."""

    key: str
    categories: tuple[str, ...] = ()
    title_pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A set of topics and a form; `topics` empty means everything. `key` is its name in files."""

    topics: tuple[str, ...]
    form: Form

    @property
    def name(self) -> str:
        """The topics' part of the name: `all`, `trials+news`."""
        return "+".join(self.topics) or ALL

    @property
    def key(self) -> str:
        """The whole name: `all`, `trials+news`, `all.large`."""
        return self.name if self.form is Form.NORMAL else f"{self.name}.{self.form}"


def select(
    candidates: Sequence[Candidate],
    topics: Sequence[Topic],
    *,
    compare: Callable[[Candidate, Revision], Change],
    present: Callable[[Candidate, ItemKind, Change | None], DigestItem],
) -> list[DigestItem]:
    """The items of an edition: posts with a major change first, then new ones, latest first.

    Each candidate is compared with what readers were last shown, whatever happened in between;
    `compare`, which gets the revision that was shown, and `present` come from the caller, since
    cleaning and comparing live elsewhere.
    """
    items = []
    for candidate in candidates:
        item = _item(candidate, compare, present)
        if item is not None:
            items.append(replace(item, topics=topics_of(candidate, topics)))
    return sorted(items, key=_order)


def topics_of(candidate: Candidate | PostSummary, topics: Sequence[Topic]) -> tuple[str, ...]:
    """The keys of the topics a post belongs to, in the order of the settings."""
    categories = {category.casefold() for category in candidate.categories}
    return tuple(
        topic.key
        for topic in topics
        if categories & {category.casefold() for category in topic.categories}
        or (topic.title_pattern and re.search(topic.title_pattern, candidate.title))
    )


def variant_for(topics: Sequence[str], form: Form, known: Sequence[str]) -> Variant:
    """The variant of those who chose these topics and this form.

    Topics the settings no longer know do not count; who is left with none gets everything, as does
    who chose all there are.
    """
    chosen = tuple(key for key in known if key in topics)
    return Variant(topics=() if len(chosen) == len(known) else chosen, form=form)


def for_variant(items: Sequence[T], variant: Variant) -> list[T]:
    """The items of a variant; a post (or trial update) without a topic goes to everybody."""
    chosen = set(variant.topics)
    return [item for item in items if not chosen or not item.topics or chosen & set(item.topics)]


def variants_of(choices: Sequence[subscribers.Choice], known: Sequence[str]) -> list[Variant]:
    """The variants that are wanted, each once, `all` first and always there."""
    wanted = {variant_for(choice.topics, choice.form, known) for choice in choices}
    everything = Variant(topics=(), form=Form.NORMAL)
    return [everything, *sorted(wanted - {everything}, key=lambda variant: variant.key)]


def _item(
    candidate: Candidate,
    compare: Callable[[Candidate, Revision], Change],
    present: Callable[[Candidate, ItemKind, Change | None], DigestItem],
) -> DigestItem | None:
    if candidate.shown is None:
        return present(candidate, ItemKind.NEW, None)
    change = compare(candidate, candidate.shown.revision)
    if change.weight is not Weight.MAJOR:
        return None
    return present(candidate, ItemKind.UPDATED, change)


def _order(item: DigestItem) -> tuple[bool, float, int]:
    moment = item.updated if item.kind is ItemKind.UPDATED else item.published
    latest = moment or item.published or _NEVER
    return (item.kind is ItemKind.NEW, -latest.timestamp(), item.post_id)
