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
from newsletter.editions.subject import subject_of
from newsletter.editions.templates import templates_of
from newsletter.errors import RenderError
from newsletter.model.edition import Digest, Form, Rendered, Tags

_TEMPLATE = "digest/digest.mjml.j2"


def render(digest: Digest, tags: Tags, *, overrides: Path | None = None) -> Rendered:
    """One variant's subject, MJML, HTML and text, with `tags` where something personal belongs.

    Pure but for reading templates: the same digest and tags give the same bytes. `overrides` is a
    folder laid out like ours (`digest/…`) whose files come before ours. The forms differ in size of
    type only: `plain` and `discreet` look like `normal`. Raises RenderError, which names the post
    when one post is to blame, or the template and its line.
    """
    page = page_of(digest)
    subject = subject_of(digest)
    mjml = _mjml(digest, page, tags, overrides)
    html = _html(digest, tags, mjml, overrides)
    text = _text(digest, page, tags, overrides)
    return Rendered(
        key=_key(digest),
        form=digest.form,
        subject=subject,
        mjml=mjml,
        html=html,
        text=text,
        checksum=checksum_of(subject, html, text),
    )


def render_page(name: str, values: dict[str, object]) -> str:
    """A page for the admin's own browser from one of our HTML templates."""
    return templates_of().render(name, values)


def checksum_of(subject: str, html: str, text: str) -> str:
    """SHA-256 (hex) of what is sent; the lengths keep the three parts apart."""
    parts = [part.encode() for part in (subject, html, text)]
    whole = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hashlib.sha256(whole).hexdigest()


def _key(digest: Digest) -> str:
    return digest.variant if digest.form is Form.NORMAL else f"{digest.variant}.{digest.form}"


def _mjml(digest: Digest, page: Page, tags: Tags, overrides: Path | None) -> str:
    return templates_of(overrides).render(_TEMPLATE, _values(digest, page, tags))


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
        raise located(error, about, templates_of(overrides), _TEMPLATE, values) from error
