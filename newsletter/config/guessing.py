"""A first proposal for the settings of a new newsletter, from what its feed says of itself."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from newsletter.config import checks
from newsletter.config.starter import Start

_BARE_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]+")
_NO_NAME = re.compile(r'[<>"\\]')
_GAPS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def guess(
    *, feed: str, website: str | None, title: str, language: str | None, timezone: str
) -> Start:
    """A first proposal, from what the feed says of itself; `website` and `language` may be wrong.

    Every value stands the check of its setting, whatever came in, if `feed` and `timezone` do.
    """
    home = _website(website) or _website(feed) or "https://blog.example.org"
    host = (urlsplit(home).hostname or "").removeprefix("www.")
    domain = host if _BARE_HOST.fullmatch(host) and _mailable(host) else "example.org"
    name = _GAPS.sub(" ", title).strip() or f"News from {domain}"
    return Start(
        title=name,
        sender=f"{_NO_NAME.sub('', name).strip()} <news@{domain}>".strip(),
        website=home,
        public_url=f"https://news.{domain}",
        language=_language(language),
        timezone=timezone,
        feed=feed,
    )


def _website(address: str | None) -> str:
    """The address in the secure form, only its host when it is a feed's; or nothing."""
    try:
        parts = urlsplit((address or "").strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if not host or parts.scheme not in ("http", "https"):
        return ""
    secure = "http" if parts.scheme == "http" and checks.is_loopback(host) else "https"
    host = f"[{host}]" if ":" in host else host
    path = "" if "feed" in f"{parts.path}?{parts.query}" else parts.path
    kept_port = f":{port}" if port and secure == parts.scheme else ""
    try:
        return checks.secure_address(f"{secure}://{host}{kept_port}{path}")
    except checks.Wrong:
        return ""


def _mailable(domain: str) -> bool:
    try:
        checks.mailbox(f"news@{domain}")
    except checks.Wrong:
        return False
    return True


def _language(tag: str | None) -> str:
    try:
        return checks.language((tag or "").strip().replace("_", "-"))
    except checks.Wrong:
        return "en"
