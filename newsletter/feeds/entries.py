"""What entries of every format have in common: links made absolute, WordPress' own marks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from newsletter.feeds.plain import storable

_POST_NUMBER: Final = re.compile(r"[?&](?:#0*38;|amp;)?p=(\d{1,15})(?:&|$)")
_PASSWORD_FORM: Final = re.compile(
    r"<form\b[^>]{0,1000}(?:\bpost-password-form\b|action=postpass\b)", re.IGNORECASE
)
_PROTECTED_TITLE: Final = re.compile(
    r"(?:protected|geschützt|protégé|protegid[oa]|protetto|beveiligd|beskyttet|skyddad)\s?:",
    re.IGNORECASE,
)
_PROTECTED_EXCERPT: Final = re.compile(
    r"protected post|geschützt|protég|protegid|protett|beveiligd|beschermd|beskyttet|skydda",
    re.IGNORECASE,
)
_PICTURE_NAME: Final = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.IGNORECASE)
_AVATAR: Final = re.compile(r"//[\w.-]*gravatar\.com/|/avatars?/", re.IGNORECASE)


def absolute(address: Any, base: str) -> str | None:
    """A link as an absolute web address; None for anything a reader's browser should not open."""
    if not isinstance(address, str) or not address.strip():
        return None
    try:
        whole = urljoin(base, storable(address).strip().replace(" ", "%20"))
        parts = urlsplit(whole)
    except ValueError:
        return None
    whole = re.sub(r"[\x00-\x20\x7f]", "", whole)
    return whole if parts.scheme in ("http", "https") and parts.netloc else None


def number_of(name: str | None, post_id: Any = None) -> int | None:
    """WordPress' number of a post: its `post-id` element, or the `?p=` of its guid."""
    if isinstance(post_id, str) and re.fullmatch(r"\s*\d{1,15}\s*", post_id):
        return int(post_id)
    found = _POST_NUMBER.search(name or "")
    return int(found[1]) if found else None


def asks_for_password(html: str) -> bool:
    """Whether WordPress' form for the password of a post is in a piece of HTML."""
    return _PASSWORD_FORM.search(html) is not None


def protected(title: str, content: str, summary: str) -> bool:
    """Whether WordPress shows its password form instead of the text.

    A feed of excerpts has no form. There the title's mark counts together with the excerpt's word
    for it, in the languages known here; each alone may be an ordinary post's.
    """
    if asks_for_password(content) or asks_for_password(summary):
        return True
    marked = _PROTECTED_TITLE.match(title) and _PROTECTED_EXCERPT.search(summary[:300])
    return bool(marked) and not content


def picture(found: Iterable[tuple[str, str]], base: str) -> str | None:
    """The first of (address, kind) that is a picture, and not one of the author."""
    for address, kind in found:
        link = absolute(address, base)
        if link is None or _AVATAR.search(link):
            continue
        if kind.startswith("image") or (not kind and _PICTURE_NAME.search(urlsplit(link).path)):
            return link
    return None
