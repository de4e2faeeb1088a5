"""What a visitor is told when something is not as it should be: a page in words, never a traceback.

For programs (`/api/…`) it is a JSON document instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from newsletter.web.pages import page
from newsletter.web.site import Site

WORDS: Mapping[int, tuple[str, str]] = {
    400: (
        "That could not be read",
        "Something in what was sent is not as we need it. Please go back and try again.",
    ),
    404: (
        "There is no such page",
        "The address may be incomplete: mails sometimes cut a long link. Please try it again.",
    ),
    405: (
        "That does not work here",
        "This page cannot be used in that way. Please go back, and use its button.",
    ),
    408: ("That took too long", "The connection was too slow or was broken. Please try again."),
    413: ("That was too much", "More was sent than this page can take. Please send less."),
    429: (
        "One moment, please",
        "There were many requests in a short time. Please wait some minutes, and try again.",
    ),
    500: (
        "Something went wrong here",
        "It is our fault, not yours. Please try again in some minutes.",
    ),
    503: (
        "Please try again in a moment",
        "Something is being worked on just now. Please try again in some minutes.",
    ),
}
"""A heading and a sentence for each status that is answered with."""

ANSWERS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "A page that says what is wrong.", "content": {"text/html": {}}},
    "5XX": {"description": "A page that says to try again.", "content": {"text/html": {}}},
}
"""What every route may answer, as OpenAPI has it."""

PERSONAL = ("/confirm/", "/preferences/", "/unsubscribe/", "/forget/", "/dossier/")
"""What the paths in personal links begin with; a failure there names the newsletter no more than
the page itself would have."""

RETRY_SECONDS = 120
"""After so long a mail provider may try again, when we were at fault."""


def failure(
    site: Site,
    path: str,
    status: int,
    headers: Mapping[str, str] | None = None,
    *,
    neutral: bool = False,
) -> Response:
    """The answer that says what is wrong; an unknown status is told of as the nearest one.

    It is `neutral`, as a page can be, at personal paths in any case.
    """
    known = status if status in WORDS else (500 if status >= 500 else 400)
    heading, sentence = WORDS[known]
    given = dict(headers or {})
    if status >= 500 or status == 429:
        given.setdefault("Retry-After", str(RETRY_SECONDS))
    if path.startswith("/api/"):
        error = {"code": str(status), "message": f"{heading}.", "mend": sentence}
        return JSONResponse({"error": error}, status_code=status, headers=given)
    words = {"heading": heading, "sentence": sentence}
    neutral = neutral or path.startswith(PERSONAL)
    return page(site, "failure", words, status=status, headers=given, neutral=neutral)


def install(app: FastAPI) -> None:
    """Lets the framework answer with our pages."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        site: Site = request.app.state.site
        return failure(site, request.url.path, error.status_code, error.headers)

    async def unreadable(request: Request, _error: Exception) -> Response:
        return failure(request.app.state.site, request.url.path, 400)

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, unreadable)
