"""The gate: an edition that would reach its readers broken is held."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.editions.anatomy import Anatomy, anatomy_of
from newsletter.model.edition import Finding, Masthead, Rendered, Tags

SIZE_LIMIT = 95_000
"""Bytes of HTML with the longest personal links; Gmail cuts a mail off at about 102,000."""

POSTAL_ADDRESS = "no-postal-address"
"""The finding that a rehearsal may have."""

LONGEST_LINK = 300
"""Bytes that a personal link may take."""

_LEFTOVER = re.compile(r"<mj-[\w-]*|\{\{|\{%")
_DROP = (
    "Leave the post out with `newsletter editions drop EDITION POST`, or correct it on the blog."
)
_TEMPLATE = "Correct the template that was changed, or delete it to use the one of the program."


def check(rendered: Rendered, tags: Tags, masthead: Masthead) -> tuple[Finding, ...]:
    """What is wrong with a variant, in a fixed order; an `error` among it holds the edition.

    `place` names the variant, and the post or section where that is known.
    """
    anatomy = anatomy_of(rendered.html)
    findings = [
        *_size(rendered, tags),
        *_leftovers(rendered),
        *_subject(rendered),
        *_document(rendered, anatomy),
        *_links(rendered, anatomy, tags),
        *_pictures(rendered, anatomy),
        *_unsubscribe(rendered, anatomy, tags),
        *_postal_address(rendered, anatomy, masthead),
    ]
    return tuple(findings)


def mail_size(rendered: Rendered, tags: Tags) -> int:
    """Bytes of the HTML part when every personal link has LONGEST_LINK bytes."""
    growth = (rendered.html.count(tag) * (LONGEST_LINK - len(tag)) for tag in tags.all() if tag)
    return len(rendered.html.encode()) + sum(growth)


def _error(code: str, place: str, message: str, mend: str) -> Finding:
    return Finding(code=code, error=True, place=place, message=message, mend=mend)


def _size(rendered: Rendered, tags: Tags) -> Iterator[Finding]:
    size = mail_size(rendered, tags)
    if size > SIZE_LIMIT:
        yield _error(
            "too-large",
            rendered.key,
            f"The mail is {size:,} bytes long; over {SIZE_LIMIT:,} Gmail may cut off its end, and "
            "the unsubscribe link with it.",
            "Leave posts out with `newsletter editions drop EDITION POST`, or shorten the note.",
        )


def _leftovers(rendered: Rendered) -> Iterator[Finding]:
    """An author's braces are written as entities, so what is found is a template's."""
    for leftover in sorted(set(_LEFTOVER.findall(rendered.html))):
        yield _error(
            "leftover",
            f"{rendered.key}, HTML",
            f"“{leftover}” was left over from a template.",
            _TEMPLATE,
        )


def _subject(rendered: Rendered) -> Iterator[Finding]:
    if not rendered.subject.strip() or len(rendered.subject.splitlines()) != 1:
        yield _error(
            "subject", rendered.key, "The subject is empty or has several lines.", _TEMPLATE
        )


def _document(rendered: Rendered, anatomy: Anatomy) -> Iterator[Finding]:
    place = f"{rendered.key}, HTML"
    if anatomy.language in {"", "und"}:
        mend = "Set `language` in the settings, such as en-GB."
        yield _error("no-language", place, "The mail does not say its language.", mend)
    if not anatomy.title:
        yield _error("no-title", place, "The mail has no title.", _TEMPLATE)
    if not rendered.text.strip():
        yield _error("no-text", f"{rendered.key}, text", "The plain-text part is empty.", _TEMPLATE)
    for name, times in sorted(Counter(anatomy.ids).items()):
        if times > 1:
            message = f"The id “{name}” is used {times} times."
            yield _error("duplicate-id", place, message, _TEMPLATE)


def _links(rendered: Rendered, anatomy: Anatomy, tags: Tags) -> Iterator[Finding]:
    for link in anatomy.links:
        place = _place(rendered, link.section)
        if not _may_link(link.href, anatomy, tags):
            message = f"The link “{link.text}” leads to “{link.href}”, which is no web address."
            yield _error("bad-link", place, message, _DROP)
        if not link.text:
            yield _error("empty-link", place, f"The link to {link.href} has no text.", _DROP)


def _may_link(href: str, anatomy: Anatomy, tags: Tags) -> bool:
    if href in {tags.unsubscribe_html, tags.preferences_html, tags.view_html} - {""}:
        return True
    if href.startswith("#"):
        return href[1:] in anatomy.ids
    return _is_web_address(href) or href.startswith("mailto:")


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _pictures(rendered: Rendered, anatomy: Anatomy) -> Iterator[Finding]:
    for picture in anatomy.pictures:
        place = _place(rendered, picture.section)
        if not _is_web_address(picture.src):
            message = f"The picture “{picture.src}” has no web address."
            yield _error("bad-picture", place, message, _DROP)
        if picture.alt is None:
            message = f"The picture {picture.src} has no alternative text."
            yield _error("no-alt", place, message, _DROP)
        if not picture.width.isdigit():
            message = f"The picture {picture.src} has no width; Outlook would show it too large."
            yield _error("no-width", place, message, _TEMPLATE)


def _unsubscribe(rendered: Rendered, anatomy: Anatomy, tags: Tags) -> Iterator[Finding]:
    in_html = any(link.href == tags.unsubscribe_html for link in anatomy.links)
    in_text = tags.unsubscribe_text in rendered.text
    for part, present in (("HTML", in_html), ("text", in_text)):
        if not present:
            message = "There is no link to unsubscribe."
            yield _error("no-unsubscribe", f"{rendered.key}, {part}", message, _TEMPLATE)


def _postal_address(rendered: Rendered, anatomy: Anatomy, masthead: Masthead) -> Iterator[Finding]:
    address = " ".join(masthead.postal_address.split())
    if not address:
        mend = "Set `postal_address` under [newsletter]; the law of many countries wants it."
        yield _error(POSTAL_ADDRESS, rendered.key, "There is no postal address.", mend)
        return
    for part, text in (("HTML", anatomy.text), ("text", rendered.text)):
        if address not in " ".join(text.split()):
            message = "The postal address is missing."
            yield _error(POSTAL_ADDRESS, f"{rendered.key}, {part}", message, _TEMPLATE)


def _place(rendered: Rendered, section: str) -> str:
    return f"{rendered.key}, “{section}”" if section else rendered.key
