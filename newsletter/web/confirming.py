"""Confirming: the page behind the link of a confirmation mail."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.pipeline.readers import joining
from newsletter.web.forms import Token, network
from newsletter.web.pages import Answers, page
from newsletter.web.site import Site, TheSite
from subscribers.confirming import LinkState, Outcome
from subscribers.model import Purpose

router = APIRouter(default_response_class=HTMLResponse, prefix="/confirm")

STATUS = {"unknown": 404, "expired": 410, "overtaken": 410, "barred": 403}
"""How the answer to a link that does not lead on the list begins; 200 for all others."""

_ANSWERS: Answers = {
    403: {"description": "The address is barred; only the sender can change that."},
    404: {"description": "No such link was mailed."},
    410: {"description": "The link is too old, or was overtaken."},
}


@router.get("/{token}", summary="A page with one button; changes nothing", responses=_ANSWERS)
def ask(site: TheSite, token: Token) -> Response:
    """The button, as long as the link holds."""
    state = joining.look(site.context, Purpose.SUBSCRIBE, token).state
    if state is LinkState.OPEN:
        return page(site, "confirm", {"token": token})
    shown = "already" if state is LinkState.USED else state.value
    return _result(site, shown)


@router.post("/{token}", summary="Join; may be repeated", responses=_ANSWERS)
def confirm(site: TheSite, token: Token, request: Request) -> Response:
    """Puts the person on the list."""
    done = joining.confirm(
        site.context, token, source="confirmation page", network=network(request)
    )
    return _result(site, done.outcome.value)


def _result(site: Site, outcome: str) -> Response:
    neutral = outcome != Outcome.CONFIRMED  # whoever got the mail passed on finds the link used
    status = STATUS.get(outcome, 200)
    return page(site, "confirmed", {"outcome": outcome}, status=status, neutral=neutral)
