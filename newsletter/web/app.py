"""The web application: readers' pages, and what watches and feeds them, on one set of settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from newsletter import __version__
from newsletter.pipeline.readers.answering import answer_due
from newsletter.web import (
    archive,
    asking,
    choosing,
    confirming,
    failures,
    health,
    leaving,
    personal,
    webhooks,
)
from newsletter.web.shield import Shield
from newsletter.web.site import Site
from newsletter.wiring import Wiring

ROUTERS = (
    asking.router,
    confirming.router,
    choosing.router,
    leaving.router,
    personal.router,
    archive.router,
    health.router,
    webhooks.router,
)
"""Every group of pages, a module each."""

OPENAPI = "/api/v1/openapi.json"


def create(wiring: Wiring) -> FastAPI:
    """The application for these settings; opens the database. Raises StoreError, SecretKeyError."""
    site = Site.of(wiring)
    app = FastAPI(
        title=site.settings.newsletter.title,
        version=__version__,
        summary="Signing up, choosing, leaving, reading; and what providers report.",
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would be made from what the visitor says the host is
        lifespan=_running,
    )
    app.state.site = site
    site.chores.add("letters", lambda: answer_due(site.context))
    for router in ROUTERS:
        app.include_router(router, responses=failures.ANSWERS)
    failures.install(app)
    webhooks.install(app, site)
    app.add_middleware(Shield, site=site)
    app.openapi()  # the framework puts much off until it is needed: not to the first visitor
    return app


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    site: Site = app.state.site
    site.chores.start()
    try:
        yield
    finally:
        site.chores.stop()
