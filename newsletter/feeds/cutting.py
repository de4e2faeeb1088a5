"""Cut a part out of a block's HTML, by where it stands in the block's text."""

from __future__ import annotations

import html as entities
import re

_PIECE = re.compile(r"<(/?)([a-z]+)[^>]*>|[^<]+")


def excerpt_of(html: str, start: int, end: int) -> str:
    """The part of a block's HTML that holds the characters from `start` to `end` of its text."""
    open_tags: list[tuple[str, str]] = []
    out: list[str] = []
    at = 0
    for found in _PIECE.finditer(html):
        if found[2]:
            _tag(found, open_tags, out, inside=start <= at < end)
            continue
        text = entities.unescape(found[0])
        part = text[max(0, start - at) : max(0, end - at)]
        if part:
            if not out:
                out = [tag for _, tag in open_tags]
            out.append(entities.escape(part, quote=False))
        at += len(text)
        if at >= end:
            break
    if not out:
        return ""
    return "".join(out) + "".join(f"</{name}>" for name, _ in reversed(open_tags))


def _tag(
    found: re.Match[str], open_tags: list[tuple[str, str]], out: list[str], *, inside: bool
) -> None:
    if found[1]:
        if open_tags:
            open_tags.pop()
    else:
        open_tags.append((found[2], found[0]))
    if inside and out:
        out.append(found[0])
