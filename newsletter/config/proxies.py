"""Which proxy the environment names for an address."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from newsletter.config.checks import is_loopback


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """The proxy the environment names for a URL; none for this machine itself or NO_PROXY."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    direct = (environ.get("no_proxy") or environ.get("NO_PROXY") or "").split(",")
    if is_loopback(host) or any(_covers(name.strip(), host) for name in direct):
        return None
    name = f"{parts.scheme}_proxy"
    return environ.get(name) or environ.get(name.upper()) or None


def _covers(name: str, host: str) -> bool:
    """Whether an entry of NO_PROXY (`*`, a host, or a domain) is for this host."""
    domain = name.lstrip(".").lower()
    return name == "*" or (bool(domain) and (host == domain or host.endswith(f".{domain}")))
