"""The gate's look at links and pictures."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.editions.findings import finding
from newsletter.editions.mailparts import Anatomy, Fetched, Picture
from newsletter.model.edition import Finding, Masthead, Rendered, Tags
from newsletter.model.masthead import Images
from newsletter.model.tracking import tracking_in

WIDEST = 600
"""CSS pixels of the widest picture; the mail is 640 wide with its margins."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def links(rendered: Rendered, anatomy: Anatomy, tags: Tags) -> Iterator[Finding]:
    """What is wrong with the links of a mail."""
    own = {tags.unsubscribe_html, tags.preferences_html, tags.view_html} - {""}
    insecure = []
    for link in anatomy.links:
        where = place(rendered, link.section)
        if not _may_link(link.href, anatomy, own):
            message = f"The link “{link.text}” leads to “{link.href}”, which is no web address."
            yield finding("bad-link", where, message)
        if not link.text:
            yield finding("empty-link", where, f"The link to {link.href} has no text.")
        if names := tracking_in(link.href):
            message = f"The link “{link.text}” tells where a reader came from: {', '.join(names)}."
            yield finding("tracking-link", where, message)
        if is_insecure(link.href) and not link.quoted:
            insecure.append(link)
    if insecure:
        many = f"{len(insecure)} links are" if len(insecure) > 1 else "A link is"
        message = f"{many} not encrypted, such as {insecure[0].href}."
        yield finding("insecure-link", place(rendered, insecure[0].section), message)


def pictures(rendered: Rendered, anatomy: Anatomy, masthead: Masthead) -> Iterator[Finding]:
    """What is wrong with the pictures of a mail."""
    for picture in anatomy.pictures:
        yield from _picture(rendered, picture)
    fetched = [*(Fetched(each.src, each.section) for each in anatomy.pictures), *anatomy.fetched]
    insecure = [each for each in fetched if is_insecure(each.address)]
    if insecure:
        many = f"{len(insecure)} pictures are" if len(insecure) > 1 else "A picture is"
        message = f"{many} not encrypted, such as {insecure[0].address}."
        yield finding("insecure-picture", place(rendered, insecure[0].section), message)
    if masthead.images is Images.ALL:
        return  # that others learn of it was chosen
    hosts: dict[str, list[Fetched]] = defaultdict(list)
    for each in fetched:
        if host := _foreign_host(each.address, masthead.website):
            hosts[host].append(each)
    for host, theirs in sorted(hosts.items()):
        message = f"{host} learns who opens the mail, since it fetches {theirs[0].address}."
        yield finding("foreign-picture", place(rendered, theirs[0].section), message)


def place(rendered: Rendered, section: str) -> str:
    """The variant, and the heading under which something is, if it is under one."""
    return f"{rendered.key}, “{section}”" if section else rendered.key


def is_web_address(address: str) -> bool:
    """Whether it is a complete address of the web."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def is_insecure(address: str) -> bool:
    """Whether it is of the web, unencrypted, and not on this machine itself."""
    if not address.startswith("http://") or not is_web_address(address):
        return False
    return urlsplit(address).hostname not in _LOOPBACK


def _may_link(href: str, anatomy: Anatomy, own: set[str]) -> bool:
    if href in own:
        return True
    if href.startswith("#"):
        return href[1:] in anatomy.ids
    return is_web_address(href) or bool(re.match(r"mailto:.", href))


def _picture(rendered: Rendered, picture: Picture) -> Iterator[Finding]:
    where, src = place(rendered, picture.section), picture.src
    if not is_web_address(src):
        yield finding("bad-picture", where, f"The picture “{src}” has no web address.")
    if picture.alt is None:
        yield finding("no-alt", where, f"The picture {src} has no alternative text.")
    if not picture.width.isdigit():
        message = f"The picture {src} has no width; Outlook would show it too large."
        yield finding("no-width", where, message)
    elif int(picture.width) > WIDEST:
        message = f"The picture {src} is {picture.width} pixels wide; {WIDEST} are the most."
        yield finding("too-wide", where, message)


def _foreign_host(src: str, website: str) -> str:
    """The picture's host if it is not the blog's, or one below it."""
    if not is_web_address(src) or not is_web_address(website):
        return ""
    host = (urlsplit(src).hostname or "").removeprefix("www.")
    own = (urlsplit(website).hostname or "").removeprefix("www.")
    return "" if host == own or host.endswith("." + own) or host in _LOOPBACK else host
