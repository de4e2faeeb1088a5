"""Titles and names of a feed as plain text, and text of a feed as HTML."""

from __future__ import annotations

import html
import re
from typing import Final

_TAG: Final = re.compile(
    r"<!--.*?-->|</?(?:a|abbr|acronym|b|big|bdi|bdo|br|center|cite|code|del|dfn|div|em|font|h[1-6]"
    r"|i|img|ins|kbd|mark|nobr|p|q|s|samp|script|small|span|strike|strong|style|sub|sup|tt|u|var"
    r"|wbr)(?:\s[^<>]*)?/?>",
    re.IGNORECASE | re.DOTALL,
)
_BREAK: Final = re.compile(r"<(?:br|/?p|/?div|/?h[1-6])\b[^<>]*>", re.IGNORECASE)
_SCRIPT: Final = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_ESCAPED_TWICE: Final = re.compile(
    r"&(?:#\d{2,6}|#x[0-9a-f]{2,5}|amp|quot|apos|nbsp|[lr][sd]quo|[nm]dash|hellip"
    r"|[a-z](?:acute|grave|uml|circ|cedil|tilde|ring)|szlig);",
    re.IGNORECASE,
)
_INVISIBLE: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u2060\ufeff]")
_HTML: Final = re.compile(
    r"</(?:p|a|div|em|strong|b|i|li|h[1-6]|span)\s*>|<(?:br|img)\b", re.IGNORECASE
)
_OPENS_ESCAPED: Final = re.compile(
    r"\s*&lt;(?:!--|(?:p|a|div|span|table|section|article|figure|img|h[1-6]|ul|ol)(?:\s|/|&gt;))",
    re.IGNORECASE,
)
_CLOSES_ESCAPED: Final = re.compile(r"&lt;/[a-z][a-z0-9]*\s*(?:&gt;|>)", re.IGNORECASE)
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_MOJIBAKE: Final = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc"
    "\u2013-\u203a\u20ac\u2122]"
)


_LONGEST: Final = 5000
"""Characters of a title that are looked at."""


def from_html(text: str) -> str:
    """An HTML title as one line of plain text.

    Known tags go, `5 < 6` stays, entities become characters, also where a plugin escaped them
    twice.
    """
    text = _SCRIPT.sub(" ", text[:_LONGEST])
    text = _TAG.sub("", _BREAK.sub(" ", text))
    return from_text(html.unescape(text))


def from_text(text: str) -> str:
    """A plain title as one line; a `<b>` in it is meant as such and stays.

    Twice-escaped entities, double-encoded characters and white space are put right.
    """
    text = _ESCAPED_TWICE.sub(lambda found: html.unescape(found[0]), text)
    return " ".join(_INVISIBLE.sub("", repaired(text)).split())


def repaired(text: str) -> str:
    """Text as it was meant, where UTF-8 was taken for Latin-1 and encoded again ("rÃ©siste").

    Only if the whole text can be read so (Windows-1252 counts as Latin-1); any other is returned
    as it is.
    """
    if not _MOJIBAKE.search(text):
        return text
    for candidate in (text, f"{text}\xa0"):  # trimming takes half of a last "à"
        try:
            return b"".join(map(_byte, candidate)).decode("utf-8")
        except UnicodeError:
            continue
    return text


def _byte(character: str) -> bytes:
    return character.encode("latin-1" if ord(character) < 256 else "cp1252")


def looks_like_html(text: str) -> bool:
    """Whether a text that was called plain holds tags of HTML after all."""
    return _HTML.search(text) is not None


def unescaped(text: str) -> str:
    """HTML as it was meant, where it was escaped once too often; any other text as it is.

    Only if its very first thing is an escaped tag, before any real one, and another one is closed:
    a post that shows a line of code has a paragraph around it, or words before it.
    """
    if _OPENS_ESCAPED.match(text) and _CLOSES_ESCAPED.search(text):
        return html.unescape(text)
    return text


def to_html(text: str) -> str:
    """Plain text as HTML: escaped, with a paragraph at each empty line."""
    blocks = [" ".join(block.split()) for block in re.split(r"\n\s*\n", text)]
    return "\n".join(f"<p>{html.escape(block, quote=False)}</p>" for block in blocks if block)


def storable(text: str) -> str:
    """Text without what no database takes: NUL, and halves of characters (lone surrogates)."""
    return _UNSTORABLE.sub("\ufffd", text)
