"""MJML to HTML: the only place that knows the MJML engine, so that it can be replaced."""

from __future__ import annotations

import re

from mjml import mjml2html

from newsletter.editions.mjml_order import misplaced_in
from newsletter.errors import RenderError

_MEND = (
    "Leave the post out (`newsletter editions drop EDITION POST`), or correct the template"
    " that was changed."
)

_TAG = re.compile(r"<[a-zA-Z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'")
_TITLE = re.compile(r"(?<=<mj-title>)[^<]*")
_ODD = re.compile(r"[^\x20-\x7e]|\\|='[^']*\"")
_LETTER = re.compile(r"[^\x20-\x7e]|\\|(?<!^)\"(?!$)")


def mjml_to_html(mjml: str, *, about: str) -> str:
    """The HTML of an MJML document, with no remote font in it.

    `about` says in an error what could not be rendered. The engine does not validate, so the order
    of the elements is looked at here. Raises RenderError when it cannot read the document; the
    engine's panic, which is no `Exception`, is among what is caught.
    """
    try:
        html = mjml2html(_spelled(mjml), fonts={})
    except ValueError as error:
        raise RenderError(f"{about} cannot be turned into HTML: {error}.", _MEND) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise RenderError(
            f"{about} cannot be turned into HTML: the engine failed.", _MEND
        ) from error
    if fault := misplaced_in(mjml):
        raise RenderError(f"{about} cannot be turned into HTML: {fault.said}.", _MEND)
    return html


def _spelled(mjml: str) -> str:
    r"""The document with every letter in an attribute as ASCII or as an entity.

    The engine writes attributes as Rust shows a text to a programmer: of a space that must not
    break it makes `\u{a0}`, which a screen reader reads aloud. It makes one of the title, too.
    """
    return _TITLE.sub(_entities, _TAG.sub(lambda tag: _of_tag(tag[0]), mjml))


def _of_tag(tag: str) -> str:
    if not _ODD.search(tag):
        return tag
    return _VALUE.sub(_entities, tag)


def _entities(text: re.Match[str]) -> str:
    return _LETTER.sub(lambda letter: f"&#{ord(letter[0])};", text[0])
