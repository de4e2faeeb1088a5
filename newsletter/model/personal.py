"""What is personal in a mail, and how it is put in: the same way for every transport."""

from __future__ import annotations

import html as html_escape
from dataclasses import dataclass

from newsletter.model.edition import Tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """One person's own addresses (absolute URLs, or `mailto:`), not escaped; `view` may be ""."""

    unsubscribe: str
    preferences: str
    view: str


def html_values(tags: Tags, links: Links) -> dict[str, str]:
    """What stands for each HTML tag in this person's mail, escaped for an attribute or text."""
    return {
        tags.unsubscribe_html: html_escape.escape(links.unsubscribe),
        tags.preferences_html: html_escape.escape(links.preferences),
        tags.view_html: html_escape.escape(links.view),
    }


def text_values(tags: Tags, links: Links) -> dict[str, str]:
    """What stands for each text tag in this person's mail."""
    return {
        tags.unsubscribe_text: links.unsubscribe,
        tags.preferences_text: links.preferences,
        tags.view_text: links.view,
    }


def fill_html(html: str, tags: Tags, links: Links) -> str:
    """The HTML part with this person's links in the place of the tags."""
    return _filled(html, html_values(tags, links))


def fill_text(text: str, tags: Tags, links: Links) -> str:
    """The text part with this person's links in the place of the tags."""
    return _filled(text, text_values(tags, links))


def _filled(part: str, values: dict[str, str]) -> str:
    for tag, value in values.items():
        part = part.replace(tag, value) if tag else part
    return part
