"""Web addresses: which can be fetched, and where a redirect leads."""

from __future__ import annotations

import contextlib
import re
from urllib.parse import urljoin, urlsplit

from newsletter.feeds import answers


def check_url(url: str) -> None:
    """Raises FeedError (`invalid-url`) unless this is a full http or https address."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError as error:
        raise answers.invalid_url(url) from error
    unfit = re.search(r"[\x00-\x20\x7f]", parts.netloc) or not parts.hostname
    if parts.scheme not in ("http", "https") or unfit:
        raise answers.invalid_url(url)


def is_same_site(one: str, other: str) -> bool:
    """Whether two addresses have the same host, "www." or not; the scheme may differ."""
    hosts = [(urlsplit(url).hostname or "").removeprefix("www.") for url in (one, other)]
    return hosts[0] == hosts[1]


def redirect_target(address: str, location: str) -> str:
    """Where a redirect leads (RFC 9110 §10.2.2); any fragment and credentials in it are dropped."""
    with contextlib.suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    try:
        target = urljoin(address, location.strip())
    except ValueError as error:
        raise answers.invalid_url(location) from error
    check_url(target)
    if urlsplit(address).scheme == "https" and urlsplit(target).scheme == "http":
        raise answers.insecure_redirect(address, target)
    return answers.shown(target)
