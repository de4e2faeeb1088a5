"""A digest to the bytes that are sent: Jinja2 to MJML to HTML, and the plain-text twin.

The only place that knows the template library. A folder of the admin's own overrides our
templates file by file.
"""

from __future__ import annotations

import hashlib
import traceback
from dataclasses import replace
from functools import lru_cache
from html import escape
from pathlib import Path

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateSyntaxError,
)
from jinja2.filters import do_mark_safe

from newsletter.editions import plaintext
from newsletter.editions.mjml import mjml_to_html
from newsletter.editions.page import Page, page_of
from newsletter.editions.palette import DARK, LIGHT, sizes_of
from newsletter.editions.subject import subject_of
from newsletter.errors import RenderError
from newsletter.model.edition import Digest, Form, Rendered, Tags
from newsletter.resources import templates_dir


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
    return _filled(name, values, None)


def checksum_of(subject: str, html: str, text: str) -> str:
    """SHA-256 (hex) of what is sent; the lengths keep the three parts apart."""
    parts = [part.encode() for part in (subject, html, text)]
    whole = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hashlib.sha256(whole).hexdigest()


def _key(digest: Digest) -> str:
    return digest.variant if digest.form is Form.NORMAL else f"{digest.variant}.{digest.form}"


def _mjml(digest: Digest, page: Page, tags: Tags, overrides: Path | None) -> str:
    values = {"page": page, "tags": tags, "light": LIGHT, "dark": DARK}
    return _filled("digest/digest.mjml.j2", {**values, "sizes": sizes_of(digest.form)}, overrides)


def _text(digest: Digest, page: Page, tags: Tags, overrides: Path | None) -> str:
    values = {"page": page, "tags": tags}
    return plaintext.tidied(_filled("digest/digest.txt.j2", values, overrides))


def _html(digest: Digest, tags: Tags, mjml: str, overrides: Path | None) -> str:
    about = f"The edition {digest.period.key} ({digest.variant})"
    try:
        return mjml_to_html(mjml, about=about)
    except RenderError:
        _name_the_culprit(digest, tags, overrides)
        raise


def _name_the_culprit(digest: Digest, tags: Tags, overrides: Path | None) -> None:
    """Renders every entry alone; the first that fails is named by the error it raises."""
    bare = replace(digest, note="", trials=(), updated=(), new=())
    for about, alone in (
        *((f"The trial {u.note.number}", replace(bare, trials=(u,))) for u in digest.trials),
        *((f"The post “{i.title}” ({i.url})", replace(bare, updated=(i,))) for i in digest.updated),
        *((f"The post “{i.title}” ({i.url})", replace(bare, new=(i,))) for i in digest.new),
    ):
        mjml_to_html(_mjml(alone, page_of(alone), tags, overrides), about=about)


def _filled(name: str, values: dict[str, object], overrides: Path | None) -> str:
    try:
        environment = _environment(overrides, markup=not name.endswith(".txt.j2"))
        return environment.get_template(name).render(values)
    except TemplateSyntaxError as error:
        raise _template_error(error.filename or name, error.lineno, error) from error
    except Exception as error:  # a template is a program that the admin may write
        raise _template_error(*_place(error, name), error) from error


def _place(error: Exception, name: str) -> tuple[str, int]:
    """File and line of the template in which the error arose; Jinja2 puts them in the trace."""
    frames = traceback.extract_tb(error.__traceback__)
    found = [frame for frame in frames if frame.filename.endswith(".j2")]
    return (found[-1].filename, found[-1].lineno or 0) if found else (name, 0)


def _template_error(place: str, line: int, error: Exception) -> RenderError:
    where = f"{place}, line {line}" if line else place
    return RenderError(
        f"The template {where} does not work: {error}.",
        "Correct it, or delete your copy so that the one that came with the program is used.",
    )


@lru_cache(maxsize=8)
def _environment(overrides: Path | None, *, markup: bool) -> Environment:
    environment = Environment(
        loader=_loader(overrides),
        autoescape=markup,  # noqa: S701 - off only for the plain text, which has no markup
        undefined=StrictUndefined,
        finalize=_as_markup if markup else None,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=overrides is not None,
    )
    environment.filters["wrapped"] = plaintext.wrapped
    environment.globals["rule"] = plaintext.rule
    return environment


def _loader(overrides: Path | None) -> BaseLoader:
    folders = [folder for folder in (overrides, templates_dir()) if folder is not None]
    return ChoiceLoader([FileSystemLoader(folder) for folder in folders])


def _as_markup(value: object) -> object:
    """A value for an HTML template: escaped, and its braces too.

    A `{{` that is left in a mail is then a template's fault, and a provider with a template
    language of its own finds nothing to fill in an author's text.
    """
    if not isinstance(value, str):
        return value
    if hasattr(value, "__html__"):
        return _without_braces(value)
    return _escaped(value)


@lru_cache(maxsize=2048)
def _escaped(text: str) -> str:
    """Cached, since colours come often, and a post is in the mails of several topics."""
    return _without_braces(escape(text))


def _without_braces(html: str) -> str:
    return do_mark_safe(str(html).replace("{", "&#123;").replace("}", "&#125;"))
