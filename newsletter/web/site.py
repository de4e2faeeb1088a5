"""What every page of the web application is given."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from newsletter.config import Settings
from newsletter.pipeline.context import Context
from newsletter.pipeline.readers.leaving import leave_by_one_click
from newsletter.templating import Templates
from newsletter.web.chores import Chores
from newsletter.web.metrics import Metrics
from newsletter.web.together import Together
from newsletter.wiring import Wiring
from subscribers.address import current_secret

log = logging.getLogger("newsletter.web")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The newsletter that this server is for, as the use cases know it, and what is counted."""

    context: Context
    templates: Templates
    metrics: Metrics
    chores: Chores
    leavers: Together

    @classmethod
    def of(cls, wiring: Wiring) -> Site:
        """Opens the database; its tables are up to date afterwards.

        Raises StoreError, and SecretKeyError when there is none to sign links with.
        """
        current_secret(wiring.secret_keys())
        metrics = Metrics()
        context = wiring.context(tell=log.info, progress=lambda _advance: None)
        return cls(
            context=context,
            templates=Templates(wiring.settings.templates_path()),
            metrics=metrics,
            chores=Chores(metrics),
            leavers=Together(partial(leave_by_one_click, context)),
        )

    @property
    def settings(self) -> Settings:
        """All settings."""
        return self.context.settings

    @property
    def public_url(self) -> str:
        """Where readers find these pages, without a slash at the end; may be ""."""
        return self.settings.newsletter.public_url.rstrip("/")

    @property
    def base(self) -> str:
        """What stands before every path of ours in a link: "", or the folder of `public_url`."""
        return urlsplit(self.public_url).path.rstrip("/")


async def _site_of(request: Request) -> Site:
    site = request.app.state.site
    assert isinstance(site, Site)
    return site


TheSite = Annotated[Site, Depends(_site_of)]
"""The site, as a parameter of a route."""
