"""The corpus: every rule applied to every post, and what comparing makes of each pair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from newsletter.feeds.clean import clean
from newsletter.feeds.compare import compare, revision_of
from newsletter.model.post import Change, Revision, Weight
from tests.changes.edits import RULES, Edited
from tests.changes.posts import POSTS, Post

SEED = 20261114
HOME = "https://blog.example.org/2019/01/16/a-post/"
STRICT = ("status", "number", "dated section")
"""Where nothing may be judged wrongly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A pair, and what was made of it."""

    kind: str
    edited: Edited
    change: Change

    @property
    def is_right(self) -> bool:
        """Whether the weight is right, and the sentence and the quotation are, where given."""
        wanted = self.edited
        return (
            self.change.weight is wanted.weight
            and wanted.says in ("", self.change.summary)
            and wanted.quotes in self.change.quote_text
        )


def pairs(seed: int = SEED) -> Iterator[tuple[str, Edited]]:
    """Every pair with the name of its rule; the same ones for the same seed."""
    for kind, rule in RULES.items():
        for number, post in enumerate(POSTS):
            yield from ((kind, edited) for edited in rule(post, Random(f"{seed}{kind}{number}")))


@cache
def revision(post: Post) -> Revision:
    """A post as it is kept."""
    return revision_of(post.title, clean(post.html(), base_url=HOME))


@cache
def judged(seed: int = SEED) -> tuple[Judged, ...]:
    """What comparing makes of every pair."""
    return tuple(
        Judged(kind=kind, edited=one, change=compare(revision(one.old), revision(one.new)))
        for kind, one in pairs(seed)
    )


def typos_called_major(found: tuple[Judged, ...]) -> list[Judged]:
    """Typing errors that readers would be told of."""
    return [one for one in found if one.kind == "typo" and one.change.weight is Weight.MAJOR]
