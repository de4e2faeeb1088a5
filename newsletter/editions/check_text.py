"""The gate's look at the plain-text part, and at what must stand in both parts."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from newsletter.editions.check_links import place
from newsletter.editions.findings import finding
from newsletter.editions.mailparts import Anatomy
from newsletter.model.edition import Finding, Masthead, Rendered, Tags

POSTAL_ADDRESS = "no-postal-address"


def text(rendered: Rendered, anatomy: Anatomy | None, tags: Tags) -> Iterator[Finding]:
    """Whether there is a text, and in it every title and link of the HTML.

    A link in a quotation is the blog's, and found there by who follows the post's own.
    """
    if not rendered.text.strip():
        yield finding("no-text", f"{rendered.key}, text", "The plain-text part is empty.")
        return
    if anatomy is None:
        return
    flat = " ".join(rendered.text.split())
    for title in anatomy.titles:
        if title not in flat:
            message = f"The title “{title}” is missing in the text part."
            yield finding("not-in-text", place(rendered, title), message)
    twins = _twins(tags)
    for link in {link.href: link for link in reversed(anatomy.links) if not link.quoted}.values():
        wanted = twins[link.href] if link.href in twins else _as_text(link.href)
        if wanted not in rendered.text:
            where = "each reader's own" if link.href in twins else link.href
            message = f"The link “{link.text}” ({where}) is missing in the text part."
            yield finding("not-in-text", place(rendered, link.section), message)


def unsubscribe(rendered: Rendered, anatomy: Anatomy | None, tags: Tags) -> Iterator[Finding]:
    """Whether both parts have the link, and it can be seen."""
    in_html = anatomy is None or any(
        link.href == tags.unsubscribe_html and link.text for link in anatomy.links
    )
    in_text = tags.unsubscribe_text in rendered.text
    for part, present in (("HTML", in_html), ("text", in_text)):
        if not present:
            message = "There is no link to unsubscribe."
            yield finding("no-unsubscribe", f"{rendered.key}, {part}", message)


def postal_address(
    rendered: Rendered, anatomy: Anatomy | None, masthead: Masthead
) -> Iterator[Finding]:
    """Whether there is one, and both parts show it."""
    address = " ".join(masthead.postal_address.split())
    if not address:
        mend = "Set `postal_address` under [newsletter]; the law of many countries wants it."
        yield finding(POSTAL_ADDRESS, rendered.key, "There is no postal address.", mend)
        return
    parts = {"HTML": anatomy.text if anatomy else address, "text": rendered.text}
    for part, words in parts.items():
        if address not in " ".join(words.split()):
            message = "The postal address is missing."
            yield finding(POSTAL_ADDRESS, f"{rendered.key}, {part}", message)


def _twins(tags: Tags) -> dict[str, str]:
    """What a personal link of the HTML is in the text."""
    return {
        tags.unsubscribe_html: "",  # it has a finding of its own
        tags.preferences_html: tags.preferences_text,
        tags.view_html: tags.view_text,
    }


def _as_text(href: str) -> str:
    """A link as it stands in a text: a mail address without its scheme; "" for one within."""
    if href.startswith("#"):
        return ""
    if href.startswith("mailto:"):
        return unquote(href.removeprefix("mailto:").partition("?")[0])
    return href
