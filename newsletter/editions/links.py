"""Where an edition leads to on the blog."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import urldefrag, urlsplit

from newsletter.editions.anatomy import anatomy_of
from newsletter.model.edition import Rendered


def host_of(url: str) -> str:
    """The host of a web address, with its port, less "www."; "" where there is none."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return parts.hostname.removeprefix("www.") + (f":{port}" if port else "")


def links_to(variants: Sequence[Rendered], hosts: Collection[str]) -> tuple[str, ...]:
    """The addresses on these hosts that any variant links to, each once, less their fragments."""
    hrefs = (link.href.strip() for variant in variants for link in anatomy_of(variant.html).links)
    bare = (urldefrag(href).url for href in hrefs if host_of(href) in hosts)
    return tuple(dict.fromkeys(bare))
