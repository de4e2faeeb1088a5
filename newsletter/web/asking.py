"""Asking for something, answered by a mail: signing up, and a fresh link to one's own pages.

Nobody learns from an answer whether an address is on the list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.pipeline import archive
from newsletter.pipeline.readers.asking import ask_for_link, sign_up, wording_of
from newsletter.web.archive import shown_entry
from newsletter.web.failures import failure
from newsletter.web.forms import FORMS, Line, Lines, mail_form, network, purpose_of, topics_of
from newsletter.web.pages import PUBLIC, Answers, page
from newsletter.web.site import Site, TheSite
from subscribers.asking import Answer
from subscribers.errors import AddressError
from subscribers.model import Form as MailForm
from subscribers.model import Purpose

router = APIRouter(default_response_class=HTMLResponse)

LATEST = 5
"""So many editions are on the first page."""

NO_ADDRESS = "That is not a complete e-mail address. It looks like anna@example.org."

FRAME = "frame"
SOURCES = {FRAME: "sign-up form in a frame"}
"""Where a form stood, as it says itself, in words for the evidence; else it is the page."""

Trap = Annotated[str, Form(max_length=1000, description="Left empty by people.")]

_ANSWERS: Answers = {
    200: {"description": "The same answer for every address: look into your mailbox."},
    400: {"description": "What was typed is not an address."},
    429: {"description": "Too many requests from this network."},
}


@router.get("/", summary="What the newsletter is, signing up, and the latest editions")
def home(site: TheSite) -> Response:
    """The first page."""
    return _home(site, {}, headers=PUBLIC)


@router.get("/embed", summary="The sign-up alone, to be shown within a page of the blog")
def embed(site: TheSite) -> Response:
    """May be framed by the blog, and by nobody else."""
    policy = (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors 'self' {_origin(site.settings.newsletter.website)}"
    )
    headers = {**PUBLIC, "X-Robots-Tag": "noindex", "Content-Security-Policy": policy}
    return page(site, "embed", {**_form(site, {}), "place": FRAME}, headers=headers)


def _origin(url: str) -> str:
    """Where a page is from, as a header may name it: without its path, in letters of ASCII."""
    parts = urlsplit(url)
    host = (parts.hostname or "").encode("idna").decode("ascii")
    named = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{named}" + (f":{parts.port}" if parts.port else "")


@router.post("/subscribe", summary="Sign up by a form", responses=_ANSWERS)
def subscribe(
    site: TheSite,
    request: Request,
    email: Line = "",
    topics: Lines = [],  # noqa: B006 - the framework copies it
    form: Line = "",
    shown: Line = "",
    place: Line = "",
    extra: Trap = "",
) -> Response:
    """Writes the wish down; a mail with a link to confirm follows, if there may be one.

    `shown` names the text that stood beside the button. Where it is not today's, as in a form that
    was copied into a page long ago, today's is shown first.
    """
    if not site.settings.signup.enabled:
        return failure(site, "/", 404)
    typed: dict[str, object] = {"email": email, "chosen": topics, "wanted": form}
    if shown != wording_mark(site):
        return _home(site, {**typed, "again": True})
    return answer(
        site,
        lambda: sign_up(
            site.context,
            email,
            topics=topics_of(site, topics),
            form=mail_form(form) or MailForm.NORMAL,
            source=SOURCES.get(place, "sign-up page"),
            network=network(request),
            trap=extra,
        ),
        wrong=lambda: _home(site, {**typed, "fault": NO_ADDRESS}, status=400),
        joining=True,
    )


@router.get("/link", summary="Ask for a fresh link to one's own pages")
def link(site: TheSite) -> Response:
    """A form: the address, and what for."""
    return _link(site, {})


@router.post("/link", summary="Have a fresh link mailed", responses=_ANSWERS)
def mail_link(
    site: TheSite, request: Request, email: Line = "", purpose: Line = "", extra: Trap = ""
) -> Response:
    """Writes the wish down; a mail with the link follows, if something is held of the address."""
    wanted = purpose_of(purpose)
    return answer(
        site,
        lambda: ask_for_link(site.context, wanted, email, network=network(request), trap=extra),
        wrong=lambda: _link(
            site,
            {"email": email, "purpose": wanted.value, "fault": NO_ADDRESS},
            status=400,
        ),
    )


def answer(
    site: Site,
    ask: Callable[[], Answer],
    *,
    wrong: Callable[[], Response],
    joining: bool = False,
) -> Response:
    """Asks, and gives the one answer; `wrong` shows the form again."""
    try:
        given = ask()
    except AddressError:
        return wrong()
    if given is Answer.TOO_MANY:
        return failure(site, "/", 429, neutral=True)
    site.chores.call()
    return page(site, "asked", {"joining": joining}, neutral=True)


def wording_mark(site: Site) -> str:
    """A short name of what people agree to, by which a form says which text stood in it."""
    return hashlib.sha256(wording_of(site.settings).encode()).hexdigest()[:16]


def _home(
    site: Site,
    typed: Mapping[str, object],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    found = archive.entries(site.context, limit=LATEST)
    entries = [shown_entry(site, entry) for entry in found]
    values = {"entries": entries, **_form(site, typed)}
    return page(site, "home", values, status=status, headers=headers)


def _form(site: Site, typed: Mapping[str, object]) -> dict[str, object]:
    """What the sign-up form needs; `typed` is what was typed before."""
    return {
        "open": site.settings.signup.enabled,
        "topics": site.settings.topics,
        "forms": FORMS,
        "wording": wording_of(site.settings),
        "mark": wording_mark(site),
        "email": "",
        "chosen": (),
        "wanted": "",
        "fault": "",
        "again": False,
        "place": "page",
        **typed,
    }


def _link(site: Site, typed: Mapping[str, object], *, status: int = 200) -> Response:
    empty = {"email": "", "purpose": Purpose.PREFERENCES.value, "fault": ""}
    return page(site, "link", {**empty, **typed}, status=status)
