"""The gate: an edition that would reach its readers broken is held."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from newsletter.editions import check_links, check_text, check_twins
from newsletter.editions.anatomy import LEAST_SIZE, anatomy_of
from newsletter.editions.findings import COLOURS, finding
from newsletter.editions.mailparts import Anatomy, Words
from newsletter.editions.palette import LEAST_CONTRAST, contrast, faint
from newsletter.model.edition import Finding, Form, Masthead, Rendered, Tags
from newsletter.model.look import Look

SIZE_LIMIT = 95_000
"""Bytes of HTML with the longest personal links; Gmail cuts a mail off at about 102,000."""

POSTAL_ADDRESS = check_text.POSTAL_ADDRESS
"""The finding that a rehearsal may have."""

LONGEST_LINK = 300
"""Bytes that a personal link may take."""

_LEFTOVER = re.compile(r"<mj-[\w-]*|\{\{|\{%")
_PERSONAL = "-nl-"
_TAG = re.compile(r"[0-9A-Za-z]+-(?:unsubscribe|preferences|view)-(?:html|text)-")
_SHOWN = 40


def check(rendered: Rendered, tags: Tags, masthead: Masthead) -> tuple[Finding, ...]:
    """What is wrong with a variant, in a fixed order; an `error` among it holds the edition.

    `place` names the variant, and the post or section where that is known. A variant without HTML
    is text alone.
    """
    anatomy = anatomy_of(rendered.html) if rendered.html else None
    findings = [
        *_size(rendered, tags),
        *_leftovers(rendered, tags),
        *_subject(rendered),
        *(_document(rendered, anatomy, masthead) if anatomy else ()),
        *(check_links.links(rendered, anatomy, tags) if anatomy else ()),
        *(check_links.pictures(rendered, anatomy, masthead) if anatomy else ()),
        *check_text.text(rendered, anatomy, tags),
        *(check_twins.twins(rendered, anatomy) if anatomy else ()),
        *check_text.unsubscribe(rendered, anatomy, tags),
        *check_text.postal_address(rendered, anatomy, masthead),
    ]
    return tuple(findings)


def check_letter(
    name: str, subject: str, html: str, text: str, masthead: Masthead
) -> tuple[Finding, ...]:
    """What is wrong with a mail that belongs to no edition; `name` is its place."""
    tags = Tags.of("", pages=False)
    mail = Rendered(
        key=name, form=Form.NORMAL, subject=subject, mjml="", html=html, text=text, checksum=""
    )
    anatomy = anatomy_of(html) if html else None
    parts = (
        *_leftovers(mail, tags),
        *_subject(mail),
        *(_document(mail, anatomy, masthead) if anatomy else ()),
        *(check_links.links(mail, anatomy, tags) if anatomy else ()),
        *(check_links.pictures(mail, anatomy, masthead) if anatomy else ()),
        *check_text.text(mail, anatomy, tags),
    )
    return tuple(parts)


def check_look(look: Look) -> tuple[Finding, ...]:
    """Whether every text of the palette can be read on its ground, in light and in the dark."""
    return tuple(
        finding(
            "low-contrast",
            f"settings, [look.{name}]",
            f"`{pair.text}` on `{pair.ground}` has a contrast of {pair.ratio:.1f} to 1; "
            f"{LEAST_CONTRAST} are needed.",
            COLOURS,
        )
        for name, scheme in (("light", look.light), ("dark", look.dark))
        for pair in faint(scheme)
    )


def mail_size(rendered: Rendered, tags: Tags) -> int:
    """Bytes of the HTML part when every personal link has LONGEST_LINK bytes."""
    growth = (rendered.html.count(tag) * (LONGEST_LINK - len(tag)) for tag in tags.all() if tag)
    return len(rendered.html.encode()) + sum(growth)


def _size(rendered: Rendered, tags: Tags) -> Iterator[Finding]:
    size = mail_size(rendered, tags)
    if size > SIZE_LIMIT:
        message = (
            f"The mail is {size:,} bytes long; over {SIZE_LIMIT:,} Gmail may cut off its end, and "
            "the unsubscribe link with it."
        )
        yield finding("too-large", rendered.key, message)


def _leftovers(rendered: Rendered, tags: Tags) -> Iterator[Finding]:
    """An author's braces are written as entities, so what is found in HTML is a template's."""
    of_html = {tags.unsubscribe_html, tags.preferences_html, tags.view_html}
    of_text = {tags.unsubscribe_text, tags.preferences_text, tags.view_text}
    for part, found in (
        ("HTML", _of_templates(rendered.html)),
        ("HTML", _personal(rendered.html) - of_html),
        ("text", _personal(rendered.text) - of_text),
        ("subject", _personal(rendered.subject)),
    ):
        for leftover in sorted(set(found)):
            message = f"“{leftover}” was left over from a template."
            yield finding("leftover", f"{rendered.key}, {part}", message)


def _of_templates(html: str) -> list[str]:
    """What is written for a template; looked for one by one, since that is many times quicker."""
    there = any(mark in html for mark in ("<mj-", "{{", "{%"))
    return _LEFTOVER.findall(html) if there else []


def _personal(part: str) -> set[str]:
    """The marks for personal links, of whatever edition and part."""
    pieces = part.split(_PERSONAL)[1:]
    return {_PERSONAL + found[0] for piece in pieces if (found := _TAG.match(piece))}


def _subject(rendered: Rendered) -> Iterator[Finding]:
    if not rendered.subject.strip() or len(rendered.subject.splitlines()) != 1:
        yield finding("subject", rendered.key, "The subject is empty or has several lines.")


def _document(rendered: Rendered, anatomy: Anatomy, masthead: Masthead) -> Iterator[Finding]:
    place = f"{rendered.key}, HTML"
    if anatomy.language in {"", "und"}:
        yield finding("no-language", place, "The mail does not say its language.")
    elif _voice(anatomy.language) != _voice(masthead.language or "en"):
        message = (
            f"The mail says its language is “{anatomy.language}”; it is “{masthead.language}”."
        )
        yield finding("wrong-language", place, message)
    if not anatomy.title:
        yield finding("no-title", place, "The mail has no title.")
    for name, times in sorted(Counter(anatomy.ids).items()):
        if times > 1:
            yield finding("duplicate-id", place, f"The id “{name}” is used {times} times.")
    for what in sorted(set(anatomy.active)):
        yield finding("active-content", place, f"“{what}” has no place in a mail.")
    yield from _structure(rendered, anatomy)
    yield from _type(rendered, anatomy, masthead.look)


def _voice(language: str) -> str:
    """What a screen reader chooses its voice by: `en` of `en-GB`."""
    return language.replace("_", "-").partition("-")[0].lower()


def _structure(rendered: Rendered, anatomy: Anatomy) -> Iterator[Finding]:
    for broken in anatomy.unbalanced:
        message = f"For {broken.view} <{broken.tag}> is not opened and closed in order."
        yield finding("unbalanced", check_links.place(rendered, broken.section), message)


def _type(rendered: Rendered, anatomy: Anatomy, look: Look) -> Iterator[Finding]:
    """Small and faint texts, the first of each kind: they come of a template, not of a post.

    A pair of colours that is faint in the palette is told of there (see `check_look`).
    """
    scheme = look.light
    told = {(getattr(scheme, p.text), getattr(scheme, p.ground)) for p in faint(scheme)}
    if anatomy.style_size < LEAST_SIZE:
        message = f"A style sheet sets type of {anatomy.style_size:g} pixels."
        yield finding("small-type", f"{rendered.key}, HTML", message)
    for words in _first_of_each(anatomy.small):
        message = f"{_quoted(words.text)} is {words.style.size:g} pixels large; 16 are the least."
        yield finding("small-type", check_links.place(rendered, words.section), message)
    for words in _first_of_each(anatomy.faint):
        ink, ground = words.style.ink, words.style.ground
        if (ink, ground) in told:
            continue
        message = (
            f"{_quoted(words.text)} is {ink} on {ground}, a contrast of"
            f" {contrast(ink, ground):.1f} to 1."
        )
        yield finding("low-contrast", check_links.place(rendered, words.section), message)


def _first_of_each(found: list[Words]) -> list[Words]:
    return list({words.style: words for words in reversed(found)}.values())[::-1]


def _quoted(text: str) -> str:
    flat = " ".join(text.split())
    return f"“{flat[:_SHOWN]}…”" if len(flat) > _SHOWN else f"“{flat}”"
