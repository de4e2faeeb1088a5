"""Leaving by the link of a mail: a page with one button for people, RFC 8058 for mail programs.

Looking at a page changes nothing: programs that guard mailboxes follow every link of a mail.
"""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from newsletter.delivery.links import SAMPLE_TOKEN
from newsletter.pipeline.readers.choosing import by_lasting_link
from newsletter.pipeline.readers.leaving import Farewell
from newsletter.pipeline.readers.leaving import leave as take_off
from newsletter.web.forms import Body, Token, field
from newsletter.web.pages import page
from newsletter.web.site import Site, TheSite
from subscribers.leaving import Outcome
from subscribers.model import Method, SubscriptionStatus

router = APIRouter(default_response_class=HTMLResponse)

REASONS = (
    ("too-often", "It comes too often"),
    ("not-for-me", "It is not about what I need"),
    ("no-longer", "I no longer want to read about this"),
    ("never-asked", "I never asked for it"),
)
"""What can be chosen as a reason: a word for the evidence, and the words for people."""

_KINDS = ("application/x-www-form-urlencoded", "multipart/form-data")
_SCHEMA = {"type": "object", "properties": {"List-Unsubscribe": {"const": "One-Click"}}}

_HUMAN = "page"
"""The field by which our own button is told from the mail program's."""


@router.get("/unsubscribe/{token}", summary="A page with one button; changes nothing")
def ask(site: TheSite, token: Token) -> Response:
    """The button, whoever the token belongs to."""
    seen = None if token == SAMPLE_TOKEN else by_lasting_link(site.context, token)
    values = {
        "token": token,
        "sample": token == SAMPLE_TOKEN,
        "address": seen.address if seen else "",
        "left": seen is not None and seen.status is SubscriptionStatus.UNSUBSCRIBED,
        "has_topics": bool(site.settings.topics),
    }
    return page(site, "unsubscribe", values, neutral=True)


@router.post(
    "/unsubscribe/{token}",
    summary="Leave: one-click as in RFC 8058, or by the button of the page",
    responses={200: {"description": "She is off the list.", "content": {"text/plain": {}}}},
    openapi_extra={"requestBody": {"content": {kind: {"schema": _SCHEMA} for kind in _KINDS}}},
)
async def leave(site: TheSite, token: Token, body: Body) -> Response:
    """Takes the person off the list at once; 200 as well for a token that belongs to nobody."""
    if field(body, _HUMAN):
        return await run_in_threadpool(_by_button, site, token, body)
    if token != SAMPLE_TOKEN:
        await site.leavers.put(token)
    return PlainTextResponse("You are unsubscribed.\n")


def _by_button(site: Site, token: str, body: bytes) -> Response:
    reason = dict(REASONS).get(field(body, "reason"), "")
    said = ": ".join(filter(None, (reason, field(body, "words"))))
    farewell = Farewell(outcome=Outcome.UNKNOWN)
    if token != SAMPLE_TOKEN:
        farewell = take_off(
            site.context,
            token,
            method=Method.PERSONAL_LINK,
            source="unsubscribe page",
            reason=said,
        )
    values = {
        "token": token,
        "sample": token == SAMPLE_TOKEN,
        "unknown": farewell.outcome is Outcome.UNKNOWN,
        "coming": len(farewell.coming),
        "thanks": bool(said),
        "reasons": REASONS,
    }
    return page(site, "left", values, neutral=True)
