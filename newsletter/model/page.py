"""Pages of the blog that an edition leads to, and how they answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """What became of a page: only `gone` and `private` are certain enough to act on."""

    THERE = "there"
    GONE = "gone"
    """404 or 410 (RFC 9110 §15.5.5, §15.5.11)."""
    PRIVATE = "private"
    """It asks for a password."""
    UNSURE = "unsure"
    """Refused, in trouble, too slow, or not reached: it may be there for everybody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCheck:
    """How a page answered at `checked_at`; `since` is when it first did so. Times are UTC.

    `trouble` is a kind of FeedError, "" without one.
    """

    url: str
    standing: Standing
    checked_at: datetime
    since: datetime
    http_status: int | None = None
    trouble: str = ""

    @property
    def is_gone(self) -> bool:
        """Whether no reader can open it any more."""
        return self.standing in (Standing.GONE, Standing.PRIVATE)

    @property
    def said(self) -> str:
        """What happened, as the end of a sentence that begins with "its page"."""
        if self.standing is Standing.PRIVATE:
            return "asks for a password"
        if self.http_status is not None and self.http_status >= 400:
            return f"answers {self.http_status}"
        if self.standing is Standing.UNSURE:
            return f"could not be reached ({self.trouble or 'no time was left'})"
        return "is there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """A post that readers were shown in an edition, and that is gone from the blog since."""

    post_id: int
    title: str
    url: str
    edition_key: str
    since: datetime
