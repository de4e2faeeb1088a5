"""Posts whose changes are always news, or never, whatever they weigh."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from newsletter.feeds.compare import compare
from newsletter.feeds.weighing import Rules
from newsletter.model.post import Change, Pin, Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Addresses with `*` for anything, by what is said of the posts there."""

    always: Sequence[str] = ()
    never: Sequence[str] = ()
    normal: Sequence[str] = ()

    def pin(self, url: str) -> Pin:
        """What the patterns say of an address: `normal` goes before `never`, that before `always`.

        Scheme, host case and a slash at the end make no difference.
        """
        for pin, patterns in ((Pin.NORMAL, self.normal), (Pin.NEVER, self.never)):
            if any(matches(pattern, url) for pattern in patterns):
                return pin
        return Pin.ALWAYS if any(matches(p, url) for p in self.always) else Pin.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Weighs the changes of posts: by the rules, unless a post is pinned.

    `pins` are those of single posts, by their number; they go before the patterns.
    """

    rules: Rules = field(default_factory=Rules)
    patterns: Patterns = field(default_factory=Patterns)
    pins: Mapping[int, Pin] = field(default_factory=dict)

    def pin(self, post_id: int, url: str) -> Pin:
        """How a post is pinned."""
        return self.pins.get(post_id) or self.patterns.pin(url)

    def weigh(self, post_id: int, url: str, old: Revision, new: Revision) -> Change:
        """What changed from one revision of a post to another, and whether that is news."""
        return compare(old, new, self.rules, self.pin(post_id, url))


def matches(pattern: str, url: str) -> bool:
    """Whether an address is one that a pattern means."""
    return _expression(pattern).fullmatch(_bare(url)) is not None


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    parts = _bare(pattern).split("*")
    return re.compile(".*".join(re.escape(part) for part in parts), re.DOTALL)


def _bare(address: str) -> str:
    """Less scheme and last slash, the host in small letters."""
    rest = re.sub(r"^[a-z][a-z0-9+.-]*://", "", address.strip(), flags=re.IGNORECASE)
    host, slash, path = rest.partition("/")
    return f"{host.lower()}{slash}{path}".rstrip("/")
