"""Values as they stand in templates of markup: escaped, their braces too."""

from __future__ import annotations

from functools import lru_cache
from html import escape

from jinja2.filters import do_mark_safe


def as_markup(value: object) -> object:
    """A value for a template of markup: escaped, and its braces too.

    A `{{` that is left in a mail is then a template's fault, and a provider with a template
    language of its own finds nothing to fill in an author's text.
    """
    if not isinstance(value, str):
        return value
    if hasattr(value, "__html__"):
        return _without_braces(value)
    return _escaped(value)


@lru_cache(maxsize=2048)
def _escaped(text: str) -> str:
    """Cached, since colours come often, and a post is in the mails of several topics."""
    return _without_braces(escape(text))


def _without_braces(html: str) -> str:
    return do_mark_safe(str(html).replace("{", "&#123;").replace("}", "&#125;"))
