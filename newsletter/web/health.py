"""`/healthz` and `/metrics`, for whatever watches the server; and the style sheet."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from newsletter import __version__
from newsletter.errors import StoreError
from newsletter.store.health import schema_state
from newsletter.web.metrics import CONTENT_TYPE
from newsletter.web.pages import style_answer
from newsletter.web.site import TheSite, log

router = APIRouter()


@router.get(
    "/healthz",
    summary="Whether pages can be served: the database answers",
    responses={503: {"description": "The database does not answer."}},
)
def healthz(site: TheSite) -> Response:
    """200 while the database answers and has our tables, else 503."""
    try:
        state = schema_state(site.context.database)
    except StoreError as error:
        log.error("/healthz: %s", error.message)
        state = "does not answer"
    if state == "current":
        return JSONResponse({"status": "ok"})
    return JSONResponse({"status": f"database: {state}"}, status_code=503)


@router.get(
    "/metrics",
    summary="Counters in Prometheus' text form",
    response_class=PlainTextResponse,
)
def metrics(site: TheSite) -> Response:
    """What this process has counted since it began."""
    text = site.metrics.text(version=__version__)
    return PlainTextResponse(text, headers={"Content-Type": CONTENT_TYPE})


@router.get("/static/style.css", include_in_schema=False)
def stylesheet(site: TheSite) -> Response:
    """The one style sheet of all pages."""
    return style_answer(site)
