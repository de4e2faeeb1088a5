"""What is held about a person, and its deletion: both by a freshly mailed link."""

from __future__ import annotations

import json

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse, Response

from newsletter.pipeline.readers import joining
from newsletter.web.forms import Token
from newsletter.web.pages import Answers, page
from newsletter.web.site import Site, TheSite
from subscribers.confirming import LinkState
from subscribers.model import Purpose

router = APIRouter(default_response_class=HTMLResponse)

_GONE: Answers = {404: {"description": "The link is nobody's, too old, or was used."}}


def stale(site: Site) -> Response:
    """The answer to a link that leads nowhere (any more): how to get a fresh one."""
    return page(site, "stale", status=404, neutral=True)


@router.get("/forget/{token}", summary="A page with one button; changes nothing", responses=_GONE)
def ask_to_forget(site: TheSite, token: Token) -> Response:
    """The button, as long as the link holds."""
    return _button(site, Purpose.FORGET, token)


@router.post("/forget/{token}", summary="Delete all that is held about a person", responses=_GONE)
def forget(site: TheSite, token: Token) -> Response:
    """Once; afterwards the link belongs to nobody."""
    done = joining.forget(site.context, token)
    return page(site, "forgotten", neutral=True) if done else stale(site)


@router.get("/dossier/{token}", summary="A page with one button", responses=_GONE)
def ask_for_dossier(site: TheSite, token: Token) -> Response:
    """The button, as long as the link holds."""
    return _button(site, Purpose.DOSSIER, token)


@router.post(
    "/dossier/{token}",
    summary="All that is held about a person, as JSON",
    response_class=JSONResponse,
    responses=_GONE,
)
def dossier(site: TheSite, token: Token) -> Response:
    """A file to keep; may be fetched again as long as the link holds."""
    document = joining.dossier(site.context, token)
    if document is None:
        return stale(site)
    return Response(
        json.dumps(document, indent=2, ensure_ascii=False),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="what-is-held-about-me.json"'},
    )


def _button(site: Site, purpose: Purpose, token: str) -> Response:
    if joining.look(site.context, purpose, token).state is not LinkState.OPEN:
        return stale(site)
    return page(site, purpose.value, {"token": token}, neutral=True)
