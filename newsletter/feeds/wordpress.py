"""WordPress' addresses: which site is one, where its REST API is, and how its feeds are asked.

Its query variables `paged`, `orderby` and `order` are public (wp-includes/class-wp.php), so that
core honours them in feeds; a cache or plugin in front of it may not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

from newsletter.errors import FeedError
from newsletter.feeds.addresses import check_url
from newsletter.model.feed import Fetched, ParsedFeed

PER_PAGE: Final = 100
"""The most posts the REST API gives at once."""

_FIELDS: Final = (
    "id,date_gmt,modified_gmt,guid,link,title,content,excerpt,categories,tags,"
    "jetpack_featured_media_url"
)
_API_LINK: Final = re.compile(
    r"<([^<>]*)>\s*;[^<]*?\brel\s*=\s*[\"']?https?://api\.w\.org/?[\"']?", re.IGNORECASE
)
_FEED_PATH: Final = re.compile(r"/(?:index\.php/)?feed(?:/(?:atom|rss2?|rdf))?/?$", re.IGNORECASE)
_OWN_QUERY: Final = frozenset({"feed", "paged", "orderby", "order"})


def is_wordpress(fetched: Fetched, parsed: ParsedFeed) -> bool:
    """Whether the feed or its server names WordPress."""
    return "wordpress" in (parsed.generator or "").lower() or bool(_announced(fetched))


def api_root(fetched: Fetched) -> str:
    """Where the REST API of the site is: as its Link header says (RFC 8288), else as usual.

    "" where neither can be told. An API that is not encrypted, of a feed that is, is none.
    """
    found = _announced(fetched) or _usual_root(fetched.final_url)
    try:
        root = urljoin(fetched.final_url, found) if found else ""
        check_url(root)
    except (FeedError, ValueError):
        return ""
    downgrade = fetched.final_url.startswith("https:") and root.startswith("http:")
    return "" if downgrade else root


def _announced(fetched: Fetched) -> str:
    found = _API_LINK.search(fetched.headers.get("link", ""))
    return found[1].strip() if found else ""


def _usual_root(feed_url: str) -> str:
    home = home_of(feed_url)
    return f"{home}wp-json/" if home else ""


def home_of(feed_url: str) -> str:
    """The site (or section) whose feed this is, with a slash at its end; "" where that is unclear.

    WordPress' feeds are `…/feed/`, `…/feed/atom/` or `…/?feed=atom`.
    """
    parts = urlsplit(feed_url)
    path = _FEED_PATH.sub("/", parts.path)
    if path == parts.path and not any(key == "feed" for key, _ in parse_qsl(parts.query)):
        return ""
    return parts._replace(path=path, query="", fragment="").geturl()


def is_of_whole_site(feed_url: str, root: str) -> bool:
    """Whether the feed is that of all posts of the site with this API, and of no section of it."""
    parts = urlsplit(feed_url)
    if any(key not in _OWN_QUERY for key, _ in parse_qsl(parts.query, keep_blank_values=True)):
        return False
    home, there = urlsplit(home_of(feed_url)), urlsplit(root)
    site = re.sub(r"(?:index\.php/?)?(?:wp-json/?)?$", "", there.path)
    return home.path.rstrip("/") == site.rstrip("/") and _host(home.netloc) == _host(there.netloc)


def _host(netloc: str) -> str:
    return netloc.lower().rpartition("@")[2].removeprefix("www.")


# The REST API


def posts_address(
    root: str, *, page: int = 1, since: datetime | None = None, numbers: Sequence[int] = ()
) -> str:
    """Posts in the order of their edits, the last edited first, or those with these numbers.

    `since` goes out as it is in UTC, though WordPress takes it for the site's own time: whoever
    asks leaves a margin of a day (https://core.trac.wordpress.org/changeset/50024).
    """
    query: dict[str, str] = {"orderby": "modified", "order": "desc", "per_page": str(PER_PAGE)}
    if since is not None:
        query["modified_after"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    if numbers:
        query["include"] = ",".join(map(str, numbers))
    if page > 1:
        query["page"] = str(page)
    return _route(root, "wp/v2/posts", {**query, "_fields": _FIELDS})


def terms_address(root: str, kind: str, numbers: Sequence[int]) -> str:
    """The names of these `categories` or `tags`, at most PER_PAGE."""
    query = {"include": ",".join(map(str, numbers)), "per_page": str(PER_PAGE)}
    return _route(root, f"wp/v2/{kind}", {**query, "_fields": "id,name"})


def _route(root: str, route: str, query: dict[str, str]) -> str:
    said = urlencode(query, safe=",:")
    if "rest_route=" in root:  # a site without speaking addresses
        return f"{root.rstrip('/')}/{quote(route)}&{said}"
    return f"{root.rstrip('/')}/{route}?{said}"


# Feeds


def modified_address(feed_url: str, *, order: str = "desc", page: int = 1) -> str:
    """The Atom feed in the order of edits; "" where the feed has none beside it."""
    home = home_of(feed_url)
    if not home:
        return ""
    parts = urlsplit(feed_url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True)
            if pair[0] not in _OWN_QUERY]  # fmt: skip
    query = [*kept, ("orderby", "modified"), ("order", order)]
    if _FEED_PATH.search(parts.path):
        path = _FEED_PATH.sub("/feed/atom/", parts.path)
    else:
        path, query = parts.path, [("feed", "atom"), *query]
    query += [("paged", str(page))] if page > 1 else []
    return parts._replace(path=path, query=urlencode(query), fragment="").geturl()


def page_address(feed_url: str, page: int) -> str:
    """A further page of a feed, from 2 on; beyond the last one WordPress answers 404."""
    parts = urlsplit(feed_url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "paged"]
    query = urlencode([*kept, ("paged", str(page))])
    return parts._replace(query=query, fragment="").geturl()
