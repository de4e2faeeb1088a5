"""Finds the feed of a blog from the address people know, its front page's.

Atom is preferred, since WordPress' RSS does not say when a post was last changed and its Atom
does. A feed of comments is never taken for the blog's.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

from newsletter.errors import FeedError
from newsletter.feeds import answers, encoding
from newsletter.feeds.parse import parse
from newsletter.model.feed import Discovered, Entry, Fetched, ParsedFeed

_TYPES: Final = {
    "application/atom+xml": 0,
    "application/rss+xml": 1,
    "application/rdf+xml": 1,
    "application/feed+json": 2,
}
"""Types of a feed in a page's links, the better first."""

_ANYWHERE: Final = ("feed/atom/", "feed/", "?feed=atom", "?feed=rss2")
_AT_ROOT: Final = (
    "atom.xml", "feed.xml", "rss.xml", "index.xml", "feed.json", "feeds/posts/default",
)  # fmt: skip
"""Where WordPress, and then other blogs (Jekyll, Hugo, Ghost, Blogger), keep their feeds."""

_COMMENTS: Final = re.compile(
    r"\b(comments?|kommentare?|commentaires?|comentários?|comentarios?|commenti|reacties|"
    r"kommentarer|komentarze|комментарии)\b",
    re.IGNORECASE,
)
_COMMENTS_PATH: Final = re.compile(
    r"/comments(/|\b)|[?&]withcomments=|/comments/default", re.IGNORECASE
)
_WORDPRESS_FEED: Final = re.compile(r"/feed(?:/(?:rss2?|rdf))?/?$")
_WORDPRESS_QUERY: Final = re.compile(r"(?<=[?&]feed=)(?:rss2?|rdf)\b")
_NO_ANSWER: Final = frozenset({"dns", "refused", "connection", "timeout", "certificate"})
_NOT_THERE: Final = frozenset({"not-found", "gone", "html", "empty", "http-status", "unreadable"})
_PAGE_READ: Final = 2 * 1024**2


@dataclass(frozen=True, slots=True)
class _Found:
    url: str
    feed: ParsedFeed


@dataclass(slots=True)
class _Search:
    """One search: what was tried, and the first refusal that would explain a failure."""

    fetch: Callable[[str], Fetched]
    tried: list[str] = field(default_factory=list)
    refusal: FeedError | None = None

    def feed_at(self, url: str) -> _Found | None:
        """The feed at an address, if there is one and it is not of comments."""
        if url in self.tried:
            return None
        self.tried.append(url)
        try:
            return _as_feed(self.fetch(url))
        except FeedError as error:
            if self.refusal is None and error.kind not in _NOT_THERE:
                self.refusal = error
            return None

    def best(self, urls: Iterator[str]) -> _Found | None:
        """The first feed with entries; failing that, the first without."""
        empty = None
        for url in urls:
            found = self.feed_at(url)
            if found and found.feed.entries:
                return found
            empty = empty or found
            if self.refusal and self.refusal.kind in _NO_ANSWER:
                break  # a dozen more addresses would each cost as long
        return empty


def discover(address: str, *, fetch: Callable[[str], Fetched]) -> Discovered:
    """The feed of the blog at an address, with or without scheme; the feed's own will do as well.

    `fetch` gets a URL and raises FeedError. Raises FeedError: that of the page if nothing answers
    there, `no-feed` with all that was tried if no feed is found.
    """
    search = _Search(fetch)
    home, failed = _open(search, address)
    found = _as_feed_or_none(home) if home else None
    if found is None:
        start = home.final_url if home else search.tried[-1]
        found = search.best(_candidates(start, home))
    if found is None:
        raise failed or search.refusal or answers.no_feed(address.strip(), search.tried)
    found = _with_dates_of_change(search, found)
    kind = {"a": "atom", "r": "rss", "j": "json"}[found.feed.format[0]]
    return Discovered(feed_url=found.url, kind=kind, title=found.feed.title)


def _open(search: _Search, address: str) -> tuple[Fetched | None, FeedError | None]:
    """The page at an address; or why it was refused, where its feed may answer all the same."""
    error: FeedError | None = None
    for url in _schemes(address):
        search.tried.append(url)
        try:
            return search.fetch(url), None
        except FeedError as failed:
            error = error or failed
            if failed.kind not in _NO_ANSWER:
                return None, failed
            if failed.kind == "dns":
                break
    raise error or answers.invalid_url(address)


def _schemes(address: str) -> tuple[str, ...]:
    """An address as URLs to try, https first where it does not say."""
    address = re.sub(r"^feed:(//)?", "", address.strip(), flags=re.IGNORECASE)
    if re.match(r"[a-z][a-z0-9+.-]*://", address, re.IGNORECASE):
        return (address,)
    address = address.lstrip("/")
    return (f"https://{address}", f"http://{address}")


def _as_feed(fetched: Fetched) -> _Found | None:
    feed = parse(fetched)
    with_password = "@" in urlsplit(fetched.url).netloc
    url = fetched.url if with_password else fetched.final_url
    return None if _is_of_comments(feed) else _Found(url, feed)


def _as_feed_or_none(fetched: Fetched) -> _Found | None:
    try:
        return _as_feed(fetched)
    except FeedError:
        return None


def _is_of_comments(feed: ParsedFeed) -> bool:
    if feed.entries:
        return all("#comment" in f"{entry.link} {entry.id}" for entry in feed.entries)
    return _COMMENTS.search(feed.title) is not None


def _candidates(start: str, home: Fetched | None) -> Iterator[str]:
    """Where the feed may be: what the page says, then the usual places."""
    if home is not None:
        yield from _links(home)
    for base in dict.fromkeys((start.partition("?")[0].rstrip("/") + "/", urljoin(start, "/"))):
        yield from (urljoin(base, place) for place in _ANYWHERE)
    yield from (urljoin(start, f"/{place}") for place in _AT_ROOT)


class _LinkReader(HTMLParser):
    """Collects `<link rel="alternate" type="…" href="…">` (WHATWG HTML §4.6.7.1)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base = ""
        self.links: list[tuple[int, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "base":
            self.base = self.base or given.get("href", "")
        rank = _TYPES.get(given.get("type", "").split(";")[0].strip().lower())
        alternate = tag == "link" and "alternate" in given.get("rel", "").lower().split()
        if alternate and rank is not None and given.get("href"):
            self.links.append((rank, given["href"].strip(), given.get("title", "")))


def _links(page: Fetched) -> list[str]:
    """The feeds a page names, the likeliest first: of its own section, Atom, as it lists them."""
    text, _ = encoding.decode((page.body or b"")[:_PAGE_READ], page.headers.get("content-type", ""))
    reader = _LinkReader()
    with contextlib.suppress(AssertionError):  # html.parser's way of giving up
        reader.feed(text)
    base = urljoin(page.final_url, reader.base)
    own = page.final_url.partition("?")[0].rstrip("/")
    ranked = [
        (not url.startswith(own), rank, url)
        for rank, href, title in reader.links
        if not _COMMENTS.search(title) and (url := _joined(base, href))
    ]
    return [url for *_, url in sorted(ranked, key=lambda link: link[:2])]


def _joined(base: str, href: str) -> str:
    try:
        url = urljoin(base, href)
    except ValueError:
        return ""
    return "" if _COMMENTS_PATH.search(url) else url


def _with_dates_of_change(search: _Search, found: _Found) -> _Found:
    """WordPress' Atom feed instead of its RSS feed, if it is there and of the same posts."""
    if not found.feed.format.startswith("rss"):
        return found
    for url in _atom_siblings(found.url):
        atom = search.feed_at(url)
        if atom and atom.feed.format.startswith("atom") and _same_posts(found.feed, atom.feed):
            return atom
    return found


def _atom_siblings(url: str) -> Iterator[str]:
    address, mark, query = url.partition("?")
    if _WORDPRESS_FEED.search(address):
        yield _WORDPRESS_FEED.sub("/feed/atom/", address) + mark + query
    if _WORDPRESS_QUERY.search(url):
        yield _WORDPRESS_QUERY.sub("atom", url)


def _same_posts(one: ParsedFeed, other: ParsedFeed) -> bool:
    def marks(entries: tuple[Entry, ...]) -> set[str]:
        return {str(entry.post_number or entry.id or entry.link) for entry in entries}

    return marks(one.entries) == marks(other.entries) == set() or not marks(one.entries).isdisjoint(
        marks(other.entries)
    )
