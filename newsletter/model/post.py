"""Posts as we know them over time: revisions, and what changed between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Weight(StrEnum):
    """How much a change matters to a reader."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"


class Source(StrEnum):
    """What told the text of a post; the same post may read a little differently in each."""

    FEED = "feed"
    REST = "rest"


class Pin(StrEnum):
    """What is said of a post beforehand: any change of it is news, or none, or as it weighs."""

    ALWAYS = "always"
    NEVER = "never"
    NORMAL = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture of a post; `alt` is "" for a decorative one."""

    url: str
    alt: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """A post's text made safe and quiet.

    `html` is well-formed, allow-listed HTML with absolute links. `text` is the same as plain text,
    one block (heading, paragraph, list item, table row) a line, for comparing and excerpts.
    """

    html: str
    text: str
    image: Image | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One version of a post's cleaned text. `text_hash` is of the normalised title and text."""

    title: str
    html: str
    text: str
    text_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What differs between two revisions.

    `summary` is one plain sentence for the reader ("New section of 14 November 2026").
    `quote_html` is safe HTML taken from the new text, whole sentences, at most about 400
    characters; `quote_text` the same as text. Both are "" when there is nothing to quote.
    `reasons` are for the admin: what made the weight what it is.
    """

    weight: Weight
    summary: str = ""
    quote_html: str = ""
    quote_text: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The marks by which a post is known again, strongest first; each None where there is none.

    `guid`: normalised (scheme and host case folded, the scheme left out of web addresses).
    `post_number`: WordPress' `?p=` number. `slug`: last part of the path without date.
    `fingerprint`: of the normalised title and text, at most 64 characters. `address`: the entry's
    own link without scheme; never enough alone, it confirms or rules out what the others say, and
    need not be stored (`KnownPost.url` says the same).
    """

    guid: str | None
    post_number: int | None
    slug: str | None
    fingerprint: str | None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPost:
    """A post in the store, as far as matching an entry needs it."""

    id: int
    feed_id: int = 0
    identity: Identity
    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostSummary:
    """A post as `posts list` shows it. Times are UTC."""

    id: int
    title: str
    url: str
    published: datetime | None
    updated: datetime | None
    first_seen: datetime
    categories: tuple[str, ...]
    revisions: int
    last_change: Weight


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDraft:
    """What an entry says of a post right now: everything but its identity in the store.

    `beyond`: it was found outside of the feed's window. `untold` are the facts (`categories`,
    `image`) that the source does not tell: of a known post they stay as they are. `shown_hash` is
    that of the text in the feed's window, where another source has told the text.
    """

    identity: Identity
    url: str
    title: str
    published: datetime | None
    updated: datetime | None
    categories: tuple[str, ...]
    image: Image | None
    protected: bool
    revision: Revision
    source: Source = Source.FEED
    beyond: bool = False
    untold: frozenset[str] = frozenset()
    shown_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRevision:
    """A revision with its place in the post's history and what was made of it. Times are UTC."""

    id: int
    post_id: int
    number: int
    seen_at: datetime
    revision: Revision
    change: Change
    source: Source = Source.FEED


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A post that may be in an edition: its newest revision, and the last one readers were shown.

    `shown` is None when nobody was shown any: then the post is new to them.
    """

    post_id: int
    title: str
    url: str
    published: datetime | None
    updated: datetime | None
    categories: tuple[str, ...]
    image: Image | None
    newest: StoredRevision
    shown: StoredRevision | None
