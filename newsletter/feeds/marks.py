"""The marks of a post in addresses and guids, made comparable."""

from __future__ import annotations

import re
from urllib.parse import unquote

from newsletter.feeds.links import split
from newsletter.model.post import Identity
from newsletter.model.tracking import without_tracking

_DEFAULT_PORT = {"http": 80, "https": 443}
_EXTENSION = re.compile(r"\.(?:html?|php|aspx?|jsp)$")
_DATE_IN_PATH = re.compile(r"/((?:19|20)\d\d)/(\d{1,2})(?:/(\d{1,2}))?(?=/)")
_TELLS_NOTHING = frozenset(
    "about archive archives article articles blog blogs default entry episode feed home index item"  # noqa: SIM905
    " latest links main news newsletter note notes page post posts read rss story uncategorized"
    " untitled update updates view weblog".split()
)


def normal_guid(raw: str | None) -> str | None:
    """A web address as host and path, anything else as it is; None for a mere site's front."""
    bare = (raw or "").strip()
    if not bare:
        return None
    return normal_address(bare) if re.match(r"(?i)https?:", bare) else bare


def normal_address(raw: str | None) -> str | None:
    """`host[:port]/path?query#fragment`, host case folded, no default port, no trailing slash.

    RFC 3986 §6.2.2.1 and §6.2.3. None for no web address, and for the front page of a site.
    """
    parts = split(without_tracking((raw or "").strip()))
    if parts is None or parts.scheme.lower() not in _DEFAULT_PORT or not parts.hostname:
        return None
    port = "" if parts.port in (None, _DEFAULT_PORT[parts.scheme.lower()]) else f":{parts.port}"
    query = f"/?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    rest = f"{parts.path.rstrip('/')}{query}{fragment}"
    return f"{parts.hostname.rstrip('.')}{port}{rest}" if rest else None


def _path(address: str) -> str:
    return re.split(r"[?#]", address, maxsplit=1)[0].partition("/")[2]


def host_of(address: str | None) -> str:
    """The host of a normal address, less "www."; "" where there is none."""
    return re.split(r"[/?#:]", address or "", maxsplit=1)[0].removeprefix("www.")


def is_web(guid: str | None) -> bool:
    """Whether a normal guid is a web address."""
    return guid is not None and re.match(r"[\w.-]+\.\w+(?::\d+)?/", guid) is not None


def slug_of(guid: str | None, address: str | None) -> str | None:
    """From the link, unless it leads elsewhere (a link blog, a feed's counting proxy)."""
    own = address if not is_web(guid) or host_of(guid) == host_of(address) else guid
    return slug_in(own)


def slug_in(address: str | None) -> str | None:
    """The last part of the path; None where it could be any post's ("update", "2", a date)."""
    last = unquote(_path(address or "").rstrip("/").rpartition("/")[2]).casefold()
    slug = _EXTENSION.sub("", last)
    telling = len(slug) >= 4 and re.search(r"[^\W\d_]{2}", slug) is not None
    return slug if telling and slug not in _TELLS_NOTHING else None


def date_in(address: str | None) -> tuple[str, ...] | None:
    """Year, month and perhaps day in the path of a permalink."""
    found = _DATE_IN_PATH.search(f"{address}/") if address else None
    return tuple(part for part in found.groups() if part) if found else None


def is_opaque(marks: Identity) -> bool:
    """Whether the guid is a bare id, and no permalink."""
    return not is_web(marks.guid) or (marks.slug is not None and slug_in(marks.guid) != marks.slug)
