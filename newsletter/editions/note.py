"""The author's note: Markdown in, safe HTML out. The only place that knows the Markdown library."""

from __future__ import annotations

import re
from functools import cache

from markdown_it import MarkdownIt

from newsletter.editions.fragment import safe_fragment

_PLACEHOLDER = re.compile(
    r"\{\{[^{}\n]{1,60}\}\}|\*\|[A-Z0-9_:]{1,40}\|\*|%[A-Z]+(?:_[A-Z]+)*%|\[(?:FIRST|LAST)?_?NAME\]",
    re.IGNORECASE,
)


def placeholders(markdown: str) -> tuple[str, ...]:
    """What another program would fill in for each person: "*|FNAME|*", "{{ first_name }}".

    Nothing is filled into a note, which is the same for everybody.
    """
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(markdown)))


def note_html(markdown: str) -> str:
    """The note as HTML; raw HTML in it is shown as text, and only web and mail links stay."""
    return safe_fragment(_markdown().render(markdown)) if markdown.strip() else ""


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "typographer": False})
