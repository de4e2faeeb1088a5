"""A digest to the bytes that are sent: Jinja2 to MJML to HTML, and the plain-text twin.

A folder of the admin's own overrides our templates file by file (see `newsletter.templating`).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from newsletter.editions import plaintext
from newsletter.editions.blame import culprit, located
from newsletter.editions.mjml import mjml_to_html
from newsletter.editions.page import Page, page_of
from newsletter.editions.palette import sizes_of
from newsletter.editions.subject import headline_of, preheader_line, subject_line
from newsletter.editions.templates import templates_of
from newsletter.errors import RenderError
from newsletter.model.edition import Digest, Form, Rendered, Tags

_TEMPLATE = "digest/digest.mjml.j2"
_PLAIN = "digest/plain.mjml.j2"


def render(digest: Digest, tags: Tags, *, overrides: Path | None = None) -> Rendered:
    """One variant's subject, MJML, HTML and text, with `tags` where something personal belongs.

    Pure but for reading templates: the same digest and tags give the same bytes. `overrides` is a
    folder laid out like ours (`digest/…`) whose files come before ours. Raises RenderError, which
    names the post when one post is to blame, or the template and its line.
    """
    subject, preheader = _inbox_lines(digest, overrides)
    page = page_of(digest, preheader=preheader)
    mjml = _mjml(digest, page, tags, overrides)
    html = _html(digest, tags, mjml, overrides)
    text = _text(digest, page, tags, overrides)
    sender = digest.masthead.discreet.sender if digest.form is Form.DISCREET else ""
    return Rendered(
        key=_key(digest),
        form=digest.form,
        subject=subject,
        mjml=mjml,
        html=html,
        text=text,
        checksum=checksum_of(subject, html, text, sender),
        preheader=preheader,
        sender=sender,
    )


def render_page(name: str, values: dict[str, object]) -> str:
    """A page for the admin's own browser from one of our HTML templates."""
    return templates_of().render(name, values)


def checksum_of(subject: str, html: str, text: str, sender: str = "") -> str:
    """SHA-256 (hex) of what is sent; the lengths keep the parts apart."""
    parts = [part.encode() for part in (subject, html, text, *([sender] if sender else []))]
    whole = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hashlib.sha256(whole).hexdigest()


def _key(digest: Digest) -> str:
    return digest.variant if digest.form is Form.NORMAL else f"{digest.variant}.{digest.form}"


def _inbox_lines(digest: Digest, overrides: Path | None) -> tuple[str, str]:
    """Subject and pre-header, in the words of their templates."""
    headline, templates = headline_of(digest), templates_of(overrides)
    values: dict[str, object] = {"headline": headline, "digest": digest}
    subject = templates.render("digest/subject.txt.j2", values)
    preheader = templates.render("digest/preheader.txt.j2", values)
    return subject_line(subject, headline), preheader_line(preheader, headline)


def _template(digest: Digest) -> str:
    return _PLAIN if digest.form is Form.PLAIN else _TEMPLATE


def _mjml(digest: Digest, page: Page, tags: Tags, overrides: Path | None) -> str:
    return templates_of(overrides).render(_template(digest), _values(digest, page, tags))


def _values(digest: Digest, page: Page, tags: Tags) -> dict[str, object]:
    look = digest.masthead.look
    colours = {"light": look.light, "dark": look.dark}
    return {"page": page, "tags": tags, **colours, "sizes": sizes_of(digest.form)}


def _text(digest: Digest, page: Page, tags: Tags, overrides: Path | None) -> str:
    values = {"page": page, "tags": tags}
    return plaintext.tidied(templates_of(overrides).render("digest/digest.txt.j2", values))


def _html(digest: Digest, tags: Tags, mjml: str, overrides: Path | None) -> str:
    about = f"The edition {digest.period.key} ({digest.variant})"
    try:
        return mjml_to_html(mjml, about=about)
    except RenderError as error:
        found = culprit(digest, lambda alone: _mjml(alone, page_of(alone), tags, overrides))
        about, shown = found or (about, digest)
        values = _values(shown, page_of(shown), tags)
        raise located(error, about, templates_of(overrides), _template(digest), values) from error
