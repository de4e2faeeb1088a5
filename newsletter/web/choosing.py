"""What a person gets: by the lasting link of each mail, and in full by a freshly mailed one.

Mails get forwarded. So behind the lasting link the address is masked and no topic is named; for
those a fresh link is mailed to the person herself.
"""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.delivery.links import SAMPLE_TOKEN
from newsletter.editions.wording import local_date
from newsletter.pipeline.readers.asking import ask_for_own_link
from newsletter.pipeline.readers.choosing import (
    Seen,
    by_lasting_link,
    by_mailed_link,
    choose_by_lasting_link,
    choose_by_mailed_link,
)
from newsletter.web.asking import answer
from newsletter.web.forms import (
    FORMS,
    Line,
    Lines,
    Token,
    mail_form,
    network,
    purpose_of,
    topics_of,
)
from newsletter.web.pages import Answers, page
from newsletter.web.personal import stale
from newsletter.web.site import Site, TheSite
from subscribers.model import Form, SubscriptionStatus

router = APIRouter(default_response_class=HTMLResponse, prefix="/preferences")

WEEKS = (1, 2, 4, 8, 12, 26)
"""How long a pause can be chosen to be."""

SOURCE = "preferences page"

_GONE: Answers = {404: {"description": "The link is nobody's, or too old."}}

_SAMPLE = Seen(
    address="a***@e***.org",
    status=SubscriptionStatus.ACTIVE,
    form=Form.NORMAL,
    paused_until=None,
)


@router.get("/{token}", summary="What can be changed by the lasting link; changes nothing")
def show(site: TheSite, token: Token) -> Response:
    """The form of the mail and a pause, of a person whose address is masked."""
    seen = _SAMPLE if token == SAMPLE_TOKEN else by_lasting_link(site.context, token)
    return _neutral(site, token, seen)


@router.post("/{token}", summary="Change form and pause", responses=_GONE)
def save(
    site: TheSite, request: Request, token: Token, form: Line = "", pause: Line = ""
) -> Response:
    """Changes what was chosen; what is not given stays as it is."""
    if token == SAMPLE_TOKEN:
        return _neutral(site, token, _SAMPLE)
    seen = choose_by_lasting_link(
        site.context,
        token,
        form=mail_form(form),
        pause_weeks=_weeks(pause),
        source=SOURCE,
        network=network(request),
    )
    return _neutral(site, token, seen, saved=True)


@router.post("/{token}/mail", summary="Have a fresh link mailed to oneself")
def mail(site: TheSite, request: Request, token: Token, purpose: Line = "") -> Response:
    """To the person's own address, whoever asks."""
    return answer(
        site,
        lambda: ask_for_own_link(
            site.context, purpose_of(purpose), token, network=network(request)
        ),
        wrong=lambda: stale(site),
    )


@router.get("/mailed/{token}", summary="All choices, by a fresh link", responses=_GONE)
def show_all(site: TheSite, token: Token) -> Response:
    """Topics too; changes nothing."""
    return _full(site, token, by_mailed_link(site.context, token))


@router.post("/mailed/{token}", summary="Change all choices, by a fresh link", responses=_GONE)
def save_all(
    site: TheSite,
    request: Request,
    token: Token,
    topics: Lines = [],  # noqa: B006 - the framework copies it
    form: Line = "",
    pause: Line = "",
) -> Response:
    """The link may be used again as long as it holds."""
    seen = choose_by_mailed_link(
        site.context,
        token,
        topics=topics_of(site, topics) if site.settings.topics else None,
        form=mail_form(form),
        pause_weeks=_weeks(pause),
        source=SOURCE,
        network=network(request),
    )
    return _full(site, token, seen, saved=True)


def _neutral(site: Site, token: str, seen: Seen | None, *, saved: bool = False) -> Response:
    if seen is None:
        return stale(site)
    values = _values(site, token, seen, saved=saved)
    return page(site, "choices", {**values, "sample": seen is _SAMPLE}, neutral=True)


def _full(site: Site, token: str, seen: Seen | None, *, saved: bool = False) -> Response:
    if seen is None:
        return stale(site)
    known = site.settings.topics
    chosen = seen.topics or tuple(topic.key for topic in known)
    values = _values(site, token, seen, saved=saved)
    return page(site, "all_choices", {**values, "topics": known, "chosen": chosen})


def _values(site: Site, token: str, seen: Seen, *, saved: bool) -> dict[str, object]:
    return {
        "token": token,
        "saved": saved,
        "address": seen.address,
        "active": seen.status is SubscriptionStatus.ACTIVE,
        "form": seen.form.value,
        "forms": FORMS,
        "weeks": WEEKS,
        "has_topics": bool(site.settings.topics),
        "paused_until": _day(site, seen.paused_until) if seen.paused_until else "",
    }


def _day(site: Site, moment: datetime) -> str:
    return local_date(moment, site.settings.newsletter.zone)


def _weeks(given: str) -> int | None:
    """The weeks of a pause; 0 ends one, and None leaves it as it is."""
    return int(given) if given in {"0", *map(str, WEEKS)} else None
