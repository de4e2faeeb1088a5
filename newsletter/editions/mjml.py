"""MJML to HTML: the only place that knows the MJML engine, so that it can be replaced."""

from __future__ import annotations

from mjml import mjml2html

from newsletter.errors import RenderError

_MEND = (
    "Leave the post out (`newsletter editions drop EDITION POST`), or correct the template"
    " that was changed."
)


def mjml_to_html(mjml: str, *, about: str) -> str:
    """The HTML of an MJML document, with no remote font in it.

    `about` says in an error what could not be rendered. The engine does not validate: an unknown
    tag comes out as it went in. Raises RenderError when it cannot read the document; the engine's
    panic, which is no `Exception`, is among what is caught.
    """
    try:
        return mjml2html(mjml, fonts={})
    except ValueError as error:
        raise RenderError(f"{about} cannot be turned into HTML: {error}.", _MEND) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise RenderError(
            f"{about} cannot be turned into HTML: the engine failed.", _MEND
        ) from error
