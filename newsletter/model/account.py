"""Accounts for the admin: why a post was in an edition, or not, and why a person was mailed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.model.delivery import DeliveryState
from newsletter.model.edition import ItemKind
from newsletter.model.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """A post in an edition, as it was kept: what was said of it, or that it was left out."""

    edition_id: int
    revision_id: int
    kind: ItemKind
    dropped: bool
    change: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFacts:
    """What of a post decides whether it is news at all. Times are UTC.

    `baseline`: it was old when it was first seen. `unavailable`: its page was found gone or private
    since then, as a word and a time.
    """

    first_seen_at: datetime
    baseline: bool
    protected: bool
    unavailable: tuple[str, datetime] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAccount:
    """Why a post is in an edition, or not; `because` goes on after "because" or ":".

    `edition_key` is "" for the edition that comes next. `code` names the reason for programs.
    """

    edition_key: str
    state: str
    included: bool
    code: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDelivery:
    """What the ledger has of one edition for one person, and what was reported of it."""

    edition_id: int
    id: str
    state: DeliveryState
    reason: str
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAccount:
    """Whether a person got an edition, and why not. `outcome` is a state of the ledger, or `none`.

    `code` names the reason for programs; `because` is a sentence.
    """

    edition_key: str
    state: str
    outcome: str
    code: str
    because: str
    events: tuple[Event, ...] = ()
