"""The subject line: says what is inside."""

from __future__ import annotations

import re

from newsletter.editions.wording import counted, one_line, shortened, title_of
from newsletter.model.edition import Digest, DigestItem

LIMIT = 70
"""Characters; most inboxes on a computer show as many, phones about half."""

_LEAST_TITLE = 20
_ACRONYM = re.compile(r"\(([A-Z][A-Z0-9-]{2,14})\)$")


def subject_of(digest: Digest) -> str:
    """`LUTIA post updated, and 3 new posts`: one line, never empty, at most LIMIT characters."""
    mark = "SAMPLE: " if digest.sample else ""
    return mark + _news(digest, LIMIT - len(mark))


def _news(digest: Digest, limit: int) -> str:
    if digest.updated:
        tail = _tail(len(digest.updated) - 1, "more update", len(digest.new), "new post")
        return _named(digest.updated[0], " updated", tail, limit)
    if digest.new:
        more = len(digest.new) - 1
        return _named(
            digest.new[0], "", f", and {counted(more, 'more new post')}" * (more > 0), limit
        )
    return shortened(one_line(digest.masthead.title) or "News from the blog", limit)


def _tail(updates: int, update: str, news: int, new: str) -> str:
    more = [counted(n, noun) for n, noun in ((updates, update), (news, new)) if n]
    return f", {' and '.join(more)}" if len(more) == 2 else f", and {more[0]}" if more else ""


def _named(item: DigestItem, verb: str, tail: str, limit: int) -> str:
    room = limit - len(verb) - len(tail)
    title = title_of(item)
    if len(title) <= room:
        return title + verb + tail
    acronym = _ACRONYM.search(title)
    if acronym and verb:
        return f"{acronym[1]} post{verb}{tail}"
    return shortened(title, max(room, _LEAST_TITLE)) + verb + tail
