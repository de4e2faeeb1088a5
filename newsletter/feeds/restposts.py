"""Reads what WordPress' REST API says of posts, as the entries of a feed (wp/v2/posts).

Titles are HTML there, categories and tags are numbers, and a protected post has no text.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from newsletter.feeds import answers, encoding, plain
from newsletter.feeds.entries import absolute, picture, protected
from newsletter.model.feed import Entry, Fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class RestPost:
    """A post; its `terms` are (`categories` or `tags`, number) and not yet its categories."""

    entry: Entry
    terms: tuple[tuple[str, int], ...] = ()

    @property
    def number(self) -> int:
        """WordPress' number of the post."""
        return self.entry.post_number or 0

    def named(self, names: Mapping[tuple[str, int], str]) -> Entry:
        """As an entry, with the names of its terms, categories first."""
        found = (names.get(term, "") for term in self.terms)
        return replace(self.entry, categories=tuple(dict.fromkeys(filter(None, found))))


@dataclass(frozen=True, slots=True, kw_only=True)
class RestPage:
    """One answer; `pages` is how many there are (`X-WP-TotalPages`), 1 where it does not say."""

    posts: tuple[RestPost, ...]
    pages: int = 1


def read_posts(fetched: Fetched) -> RestPage:
    """The posts of an answer. Raises FeedError (`unreadable`, `html`, …) when it has none."""
    said = fetched.headers.get("x-wp-totalpages", "").strip()
    items = [item for item in _list(fetched) if isinstance(item, dict)]
    return RestPage(
        posts=tuple(post for item in items if (post := _post(item, fetched.final_url))),
        pages=int(said) if said.isascii() and said.isdecimal() and len(said) < 8 else 1,
    )


def read_names(fetched: Fetched) -> dict[int, str]:
    """The names of terms by their numbers. Raises FeedError."""
    return {
        item["id"]: plain.from_html(plain.storable(item["name"]))
        for item in _list(fetched)
        if isinstance(item, dict)
        and isinstance(item.get("id"), int)
        and isinstance(item.get("name"), str)
    }


def _list(fetched: Fetched) -> list[Any]:
    text, _ = encoding.decode(fetched.body or b"", fetched.headers.get("content-type", ""))
    try:
        document = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        if answers.is_html(text) or answers.is_bot_page(text, fetched.headers):
            raise answers.page_error(
                fetched.url, fetched.final_url, text, fetched.headers
            ) from error
        raise answers.unreadable(fetched.url, "it is no JSON") from error
    if not isinstance(document, list):
        raise answers.unreadable(fetched.url, "it is JSON, but no list")
    return document


def _post(item: dict[str, Any], base: str) -> RestPost | None:
    """A post; None for an item without number or address, which nobody could know again."""
    number, link = item.get("id"), absolute(item.get("link"), base)
    if not isinstance(number, int) or isinstance(number, bool) or number < 1 or link is None:
        return None
    title, locked = plain.from_html(_rendered(item, "title")), _locked(item)
    content = _rendered(item, "content")
    summary = "" if locked else _rendered(item, "excerpt")  # of a locked post: that it is locked
    image = item.get("jetpack_featured_media_url")
    entry = Entry(
        id=html.unescape(_rendered(item, "guid")).strip() or None,
        link=link,
        title=title,
        published=_moment(item.get("date_gmt")),
        updated=_moment(item.get("modified_gmt")),
        content=content,
        summary=summary,
        image=picture([(image, "image")], link) if isinstance(image, str) and image else None,
        post_number=number,
        protected=locked or protected(title, content, summary),
    )
    return RestPost(entry=entry, terms=(*_terms(item, "categories"), *_terms(item, "tags")))


def _rendered(item: dict[str, Any], name: str) -> str:
    part = item.get(name)
    text = part.get("rendered") if isinstance(part, dict) else None
    return plain.repaired(plain.storable(text)) if isinstance(text, str) else ""


def _locked(item: dict[str, Any]) -> bool:
    content = item.get("content")
    return isinstance(content, dict) and content.get("protected") is True


def _moment(value: Any) -> datetime | None:
    """A time of the API: UTC without saying so; a draft's is `0000-00-00` or missing."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _terms(item: dict[str, Any], kind: str) -> tuple[tuple[str, int], ...]:
    numbers = item.get(kind)
    if not isinstance(numbers, list):
        return ()
    return tuple((kind, number) for number in numbers if isinstance(number, int))
