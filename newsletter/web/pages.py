"""A template of `templates/web/` and its values, to the answer of a route."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from fastapi.responses import HTMLResponse, Response

from newsletter.errors import RenderError
from newsletter.pipeline.context import look_of
from newsletter.web.site import Site, log

PUBLIC = {"X-Robots-Tag": "all", "Cache-Control": "public, max-age=300"}
"""Headers of a page that is the same for everybody, and may be found by search engines."""

Answers = dict[int | str, dict[str, Any]]
"""What a route may answer beside 200, as OpenAPI has it."""


def page(
    site: Site,
    name: str,
    values: Mapping[str, object] | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    neutral: bool = False,
) -> HTMLResponse:
    """The page made by `templates/web/NAME.html.j2`, or by the admin's own copy of it.

    A `neutral` page does not say which newsletter it belongs to: the links that lead to it stand in
    mails, and those get forwarded.
    """
    given = site.settings.newsletter
    frame = {
        "neutral": neutral,
        "base": site.base,
        "title": given.title,
        "website": given.website,
        "language": given.language,
        "direction": given.direction,
        "reply_address": given.reply_address,
        "postal_address": given.postal_address,
        "style": f"{site.base}/static/style.css?{mark(style(site))}",
    }
    html = filled(site, f"web/{name}.html.j2", {"site": frame, **(values or {})})
    return HTMLResponse(html, status_code=status, headers=dict(headers or {}))


def style(site: Site) -> str:
    """The style sheet of all pages."""
    look = look_of(site.settings)
    return filled(site, "web/style.css.j2", {"light": look.light, "dark": look.dark})


def filled(site: Site, name: str, values: Mapping[str, object]) -> str:
    """The text of a template. One of the admin's own that does not work keeps nobody from it."""

    def tell(error: RenderError) -> None:
        log.error("%s The program's own templates are used for this page. %s", error.message,
                  error.mend)  # fmt: skip

    return site.templates.render_surely(name, values, tell)


def style_answer(site: Site) -> Response:
    """The style sheet, which a browser may keep: its address changes with it."""
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(style(site), media_type="text/css", headers=headers)


def mark(text: str) -> str:
    """A short name of a text, which changes with it."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
