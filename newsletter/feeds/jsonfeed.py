"""Reads JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), faults forgiven."""

from __future__ import annotations

import json
from typing import Any

from newsletter.feeds import answers, plain
from newsletter.feeds.dates import read_date
from newsletter.feeds.entries import absolute, number_of, picture, protected
from newsletter.model.feed import Entry, ParsedFeed


def parse_json(text: str, *, url: str, final_url: str) -> ParsedFeed:
    """The feed in a JSON text. Raises FeedError (`unreadable`) if it is none."""
    try:
        document = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise answers.unreadable(url, f"it is damaged JSON ({_where(error)})") from error
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise answers.unreadable(url, "it is JSON, but no JSON Feed")
    notes = [] if "jsonfeed.org/version/1" in str(document.get("version")) else [
        "it does not say which version of JSON Feed it is"]  # fmt: skip
    base = absolute(document.get("home_page_url"), final_url) or final_url
    entries = [_entry(item, document, base) for item in document["items"] if _is_item(item)]
    if len(entries) < len(document["items"]):
        notes.append("empty items were left out")
    return ParsedFeed(
        title=_title(document.get("title")),
        link=absolute(document.get("home_page_url"), final_url),
        language=_title(document.get("language")) or None,
        generator=None,
        format="json1",
        entries=tuple(entries),
        notes=tuple(notes),
        next_page=absolute(document.get("next_url"), final_url),
    )


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}: {error.msg}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else "a number too long"


def _is_item(item: Any) -> bool:
    keys = ("id", "url", "title", "content_html", "content_text", "summary")
    return isinstance(item, dict) and any(item.get(key) for key in keys)


def _entry(item: dict[str, Any], feed: dict[str, Any], base: str) -> Entry:
    content = _text(item.get("content_html")) or plain.to_html(_text(item.get("content_text")))
    summary = plain.to_html(_text(item.get("summary")))
    title, name = _title(item.get("title")), _name(item.get("id"))
    return Entry(
        id=name,
        link=absolute(item.get("url"), base) or absolute(item.get("external_url"), base),
        title=title,
        published=read_date(_text(item.get("date_published"))),
        updated=read_date(_text(item.get("date_modified"))),
        content=content,
        summary=summary,
        author=_author(item) or _author(feed),
        categories=_tags(item.get("tags")),
        image=picture([(_text(item.get(key)), "image") for key in ("image", "banner_image")], base),
        post_number=number_of(name),
        protected=protected(title, content, summary),
    )


def _text(value: Any) -> str:
    return plain.repaired(plain.storable(value)) if isinstance(value, str) else ""


def _title(value: Any) -> str:
    return plain.from_text(_text(value))


def _name(value: Any) -> str | None:
    """The id as text: 1.0 let it be a number, and says to take that as the text of it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return plain.storable(value).strip() or None if isinstance(value, str) else None


def _author(place: dict[str, Any]) -> str | None:
    """The authors' names: a list in 1.1, one object in 1.0."""
    people = place.get("authors") if isinstance(place.get("authors"), list) else None
    named = (_title(person.get("name")) for person in people or [place.get("author")]
             if isinstance(person, dict))  # fmt: skip
    return ", ".join(dict.fromkeys(name for name in named if name)) or None


def _tags(value: Any) -> tuple[str, ...]:
    tags = value if isinstance(value, list) else []
    return tuple(dict.fromkeys(title for title in map(_title, tags) if title))
