"""What a fetch of a feed brings: entries, one fetch long."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Means(StrEnum):
    """How a site tells of posts outside of its feed's window, the best first."""

    REST = "rest"
    """WordPress' REST API lists what was edited since a time."""
    MODIFIED = "modified"
    """Its Atom feed can be had in the order of edits (`?orderby=modified`)."""
    PAGED = "paged"
    """The feed can be read on, page by page."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave to ask "has it changed?" with (RFC 9110 §8.8), as received, per URL."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A server's answer to one request for a feed (or page), after redirects.

    `body` is decompressed, at most the fetcher's limit; None when `not_modified`, and when only
    the head was asked for. `headers` has lower-case names.
    """

    url: str
    final_url: str
    http_status: int
    not_modified: bool = False
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    validators: Validators = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item as parsed from a feed.

    Times are UTC and aware. `title`, `author` and `categories` are plain text with entities
    resolved; `content` and `summary` are the feed's HTML, not cleaned. `id` is the feed's own
    identifier and None where it gives none. Links are absolute.
    """

    id: str | None
    link: str | None
    title: str
    published: datetime | None = None
    updated: datetime | None = None
    content: str = ""
    summary: str = ""
    author: str | None = None
    categories: tuple[str, ...] = ()
    image: str | None = None
    post_number: int | None = None
    """WordPress' number of the post, from `?p=` in the id or the feed's `post-id` element."""
    base: str | None = None
    """What relative addresses inside `content` and `summary` are relative to, where the feed says
    so (`xml:base`, or its own address); else the entry's link serves."""
    protected: bool = False
    """The blog shows a password form instead of the text: such a post is never news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed as read. `notes` says what was wrong with it but could be read over."""

    title: str
    link: str | None
    language: str | None
    generator: str | None
    format: str
    """`rss2.0`, `rss1.0`, `rss0.9x`, `atom1.0`, `atom0.3` or `json1`."""
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()
    next_page: str | None = None
    """Where older entries are: `next` (RFC 5005 §3), or `prev-archive` (§4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """How a site is followed beyond its feed's window, and how far. Times are UTC.

    `means` is None before the site was tried, which was last done at `probed_at`. `api` is the
    root of its REST API, or "". Everything edited until `through`, a time the site gave, has been
    seen; that was asked at `followed_at`, when the site's Last-Modified was `marker`.
    """

    means: Means | None = None
    api: str = ""
    probed_at: datetime | None = None
    followed_at: datetime | None = None
    through: datetime | None = None
    marker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """A feed as the store knows it before a fetch. Times are UTC.

    `baseline_at` is when it was collected for the first time; `body_hash` of the last body read.
    """

    id: int
    url: str
    validators: Validators
    body_hash: str | None
    unconditional_at: datetime | None
    baseline_at: datetime | None
    succeeded_at: datetime | None = None
    follow: Follow = Follow()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStatus:
    """A feed as `status` shows it: what the last fetch came to. Times are UTC."""

    url: str
    title: str
    status: str
    http_status: int | None
    error: str
    failures: int
    fetched_at: datetime | None
    succeeded_at: datetime | None
    means: Means | None = None
    alarm: str = ""
    """That posts may have been missed, and why; "" when there is no such fear."""
    alarm_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """The feed found for a blog's address. `kind` is `atom`, `rss` or `json`."""

    feed_url: str
    kind: str
    title: str
