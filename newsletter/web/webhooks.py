"""`POST /webhooks/sendgrid`: what SendGrid reports is written down, and then answered.

What is wrong with a post is answered with 400, what is wrong here with 503, so that SendGrid tries
it again, for a day. Absorbing is another thread's work.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from newsletter.errors import SettingsError
from newsletter.events.verify import SIGNATURE, TIMESTAMP, Verifier
from newsletter.pipeline.draining import Rules, drain
from newsletter.pipeline.receiving import Receipt, receive
from newsletter.web.site import Site, TheSite, log

WRITERS = 4
"""So many posts are looked at and written down at a time; other pages have threads of their own."""

MOST_AT_ONCE = 64
"""More posts than this under way are refused, to be tried again: they are all in memory."""

NO_KEY = (
    "SendGrid's events are refused: SENDGRID_WEBHOOK_PUBLIC_KEY is not set, so nobody could tell"
    " them from forged ones."
)

router = APIRouter()


class Webhook:
    """What takes posts in: the keys, threads to write with, and how many are under way."""

    def __init__(self, site: Site) -> None:
        self.verifier = _verifier(site)
        self.writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="webhook")
        self.under_way = 0


def install(app: FastAPI, site: Site) -> None:
    """Makes the endpoint ready, and lets what was taken in be absorbed beside."""
    app.state.webhook = Webhook(site)
    context = site.context
    rules = Rules.of(context.settings)

    def absorb() -> None:
        done = drain(context.database, rules, now=context.now, ended=site.chores.ending)
        for alarm in done.absorbed.alarms:
            log.warning("%s", alarm.text)

    site.chores.add("absorb", absorb)


@router.post(
    "/webhooks/sendgrid",
    status_code=204,
    summary="What SendGrid reports of mails (its signed Event Webhook)",
    responses={
        400: {"description": "Not signed by SendGrid, too old, or no JSON array."},
        503: {"description": "Not written down; to be tried again."},
    },
)
async def sendgrid(request: Request, site: TheSite) -> Response:
    """204 when it is written down for good; an empty or unneeded post too."""
    webhook: Webhook = request.app.state.webhook
    timestamp, signature = (request.headers.get(name, "") for name in (TIMESTAMP, SIGNATURE))
    if webhook.verifier is None:
        raise _refused(site, 503, "no-key")
    if not timestamp or not signature:
        raise _refused(site, 400, Receipt.FORGED)
    if webhook.under_way >= MOST_AT_ONCE:
        raise _refused(site, 503, "busy")
    webhook.under_way += 1
    try:
        take_in = partial(
            receive, site.context.database, webhook.verifier, timestamp=timestamp,
            signature=signature, body=await request.body(), now=site.context.now(),
        )  # fmt: skip
        receipt = await asyncio.get_running_loop().run_in_executor(webhook.writers, take_in)
    finally:
        webhook.under_way -= 1
    if receipt is not Receipt.TAKEN:
        log.warning("A post of events was refused: it is %s.", receipt.value)
        raise _refused(site, 400, receipt)
    site.metrics.count("newsletter_event_posts_total", outcome=receipt)
    site.chores.call()
    return Response(status_code=204)


def _refused(site: Site, status: int, outcome: str) -> HTTPException:
    site.metrics.count("newsletter_event_posts_total", outcome=outcome)
    return HTTPException(status)


def _verifier(site: Site) -> Verifier | None:
    """None where no key is set, or one that is none: `doctor` says how to mend it."""
    keys = site.settings.secrets.webhook_keys
    if not keys and site.settings.delivery.transport == "sendgrid":
        log.warning(NO_KEY)
    try:
        return Verifier(keys) if keys else None
    except SettingsError as error:
        log.error("%s", error)
        return None
