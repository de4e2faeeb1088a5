"""Confirming: the page behind the link of a confirmation mail."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.pipeline.readers import joining
from newsletter.web.forms import Token, network
from newsletter.web.pages import Answers, page
from newsletter.web.site import Site, TheSite
from subscribers.confirming import Outcome

router = APIRouter(default_response_class=HTMLResponse, prefix="/confirm")

STATUS = {
    Outcome.UNKNOWN: 404,
    Outcome.EXPIRED: 410,
    Outcome.OVERTAKEN: 410,
    Outcome.BARRED: 403,
}
"""How the answer to a link that does not lead on the list begins; 200 for all others."""

_ANSWERS: Answers = {
    403: {"description": "The address is barred; only the sender can change that."},
    404: {"description": "No such link was mailed."},
    410: {"description": "The link is too old, or was overtaken."},
}


@router.get("/{token}", summary="A page with one button; changes nothing", responses=_ANSWERS)
def ask(site: TheSite, token: Token) -> Response:
    """The button, if it would lead on the list; else what pressing it would be answered with."""
    outcome = joining.foresee(site.context, token)
    if outcome is Outcome.CONFIRMED:
        return page(site, "confirm", {"token": token})
    return _result(site, outcome)


@router.post("/{token}", summary="Join; may be repeated", responses=_ANSWERS)
def confirm(site: TheSite, token: Token, request: Request) -> Response:
    """Puts the person on the list."""
    done = joining.confirm(
        site.context, token, source="confirmation page", network=network(request)
    )
    return _result(site, done.outcome)


def _result(site: Site, outcome: Outcome) -> Response:
    neutral = outcome is not Outcome.CONFIRMED  # who got the mail passed on finds the link used
    values = {"outcome": outcome.value}
    return page(site, "confirmed", values, status=STATUS.get(outcome, 200), neutral=neutral)
