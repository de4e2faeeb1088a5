"""What a page's answer says of a post: is it there, gone, or behind a password?

A wrong "gone" would keep news from readers, so all that could have another reason is `unsure`.
"""

from __future__ import annotations

import html
import re
from typing import Final
from urllib.parse import urlsplit

from newsletter.errors import FeedError
from newsletter.feeds import answers, encoding
from newsletter.feeds.entries import asks_for_password
from newsletter.feeds.normalise import words
from newsletter.model.feed import Fetched
from newsletter.model.page import Standing

_GONE: Final = frozenset({404, 410})
_TELLING: Final = 8
"""So many words in a row of a post are found on its page, or it is not shown there."""

_UNSEEN: Final = re.compile(
    r"<(head|script|style|template|noscript)\b.*?(?:</\1\s*>|\Z)|<!--.*?-->",
    re.IGNORECASE | re.DOTALL,
)
_TAG: Final = re.compile(r"<[^<>]*>")
_RESERVED: Final = (".example", ".test", ".invalid", "example.com", "example.net", "example.org")


def is_reserved(url: str) -> bool:
    """Whether the address is of a name that is nobody's (RFC 2606, RFC 6761): never asked for."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    return any(host == name.lstrip(".") or host.endswith(f".{name.lstrip('.')}")
               for name in _RESERVED)  # fmt: skip


def standing_of(answer: Fetched | FeedError, text: str = "") -> Standing:
    """How a page stands, by its answer; `text` is how the post begins, to find it on the page."""
    if isinstance(answer, FeedError):
        if answer.http_status in _GONE and answer.kind in ("not-found", "gone"):
            return Standing.GONE
        return Standing.UNSURE
    if answer.body is None:
        return Standing.THERE
    page, _ = encoding.decode(answer.body, answer.headers.get("content-type", ""))
    if answers.is_bot_page(page, answer.headers):
        return Standing.UNSURE
    closed = asks_for_password(page) or answers.is_login_page(answer.final_url, page)
    return Standing.PRIVATE if closed and not _shows(page, text) else Standing.THERE


def _shows(page: str, text: str) -> bool:
    """Whether the post can be read there all the same: the form may be another post's."""
    wanted = words(text)[:_TELLING]
    if len(wanted) < _TELLING:
        return False
    return " ".join(wanted) in " ".join(words(_text_of(page)))


def _text_of(page: str) -> str:
    return html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", page)))
