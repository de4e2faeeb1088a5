"""The archive: earlier editions as permanent pages, and as a feed."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime
from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.editions.wording import local_date
from newsletter.pipeline import archive
from newsletter.pipeline.context import look_of
from newsletter.web.failures import failure
from newsletter.web.pages import PUBLIC, filled, mark, page
from newsletter.web.site import Site, TheSite

router = APIRouter(default_response_class=HTMLResponse)

FEED_LENGTH = 30
"""So many editions are in the feed."""

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""A mail has its styles in itself, and its pictures lie with the blog; nothing in it can run."""


class _Rss(Response):
    media_type = "application/rss+xml"


_KEY = re.compile(r"[0-9W-]{4,16}")
_BODY = re.compile(r"<body\b[^>]*>")


@router.get("/archive/", summary="The list of earlier editions")
@router.get("/archive", include_in_schema=False)
def index(site: TheSite) -> Response:
    """All editions that went out, newest first."""
    found = archive.entries(site.context)
    entries = [shown_entry(site, entry) for entry in found]
    return page(site, "archive", {"entries": entries}, headers=PUBLIC)


@router.get(
    "/archive/feed.xml",
    summary="The editions as an RSS 2.0 feed",
    response_class=_Rss,
    responses={304: {"description": "It is what If-None-Match names."}},
)
def feed(site: TheSite, request: Request) -> Response:
    """The last editions, each as a link to its page; sent only to who does not have it."""
    found = archive.entries(site.context, limit=FEED_LENGTH)
    given = site.settings.newsletter
    values = {
        "title": given.title,
        "home": f"{site.public_url}/archive/",
        "own": f"{site.public_url}/archive/feed.xml",
        "language": given.language,
        "entries": [shown_entry(site, entry) for entry in found],
    }
    text = filled(site, "web/feed.xml.j2", values)
    tag = f'"{mark(text)}"'
    headers = {**PUBLIC, "ETag": tag}
    if _names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return _Rss(text, headers=headers)


@router.get(
    "/archive/{edition}",
    summary="An edition as a page",
    responses={404: {"description": "No such edition was sent."}},
)
def edition(site: TheSite, edition: str) -> Response:
    """The bytes that were mailed to everybody, with links that are nobody's."""
    found = archive.page(site.context, edition) if _KEY.fullmatch(edition) else None
    if found is None:
        return failure(site, "/archive/", 404)
    if not found.entry.removed and not found.html:
        return failure(site, "/archive/", 503)
    if found.entry.removed:
        return page(site, "removed", {"label": found.entry.label}, status=410, headers=PUBLIC)
    values = {
        "base": site.base,
        "missing": found.entry.missing,
        "rehearsal": found.rehearsal,
        "light": look_of(site.settings).light,
    }
    above = filled(site, "web/archive_top.html.j2", values)
    html = _BODY.sub(lambda body: f"{body[0]}{above}<main>", found.html, count=1)
    html = html.replace("</body>", "</main></body>")
    headers = {} if found.rehearsal else PUBLIC
    return HTMLResponse(html, headers={**headers, "Content-Security-Policy": POLICY})


def _names(given: str, tag: str) -> bool:
    """Whether an If-None-Match is of this ETag (RFC 9110 §13.1.2: by weak comparison)."""
    tags = [each.strip().removeprefix("W/") for each in given.split(",")]
    return tag in tags or tags == ["*"]


def shown_entry(site: Site, entry: archive.Entry) -> dict[str, object]:
    """What the templates show of an edition."""
    return {
        "key": entry.key,
        "url": f"{site.public_url}/archive/{entry.key}",
        "label": entry.label,
        "date": local_date(entry.sent_at, site.settings.newsletter.zone),
        "published": _rfc_822(entry.sent_at),
        "subject": entry.subject,
        "description": escape(f"{entry.label}: {' · '.join(entry.titles)}"),  # it is read as HTML
        "removed": entry.removed,
        "missing": entry.missing,
    }


def _rfc_822(moment: datetime) -> str:
    """A time as RSS 2.0 wants it."""
    return format_datetime(moment)
