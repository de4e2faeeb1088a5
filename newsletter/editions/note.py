"""The author's note: Markdown in, safe HTML out. The only place that knows the Markdown library."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt

from newsletter.editions.fragment import safe_fragment


def note_html(markdown: str) -> str:
    """The note as HTML; raw HTML in it is shown as text, and only web and mail links stay."""
    return safe_fragment(_markdown().render(markdown)) if markdown.strip() else ""


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "typographer": False})
