"""From settings to objects: the only reader of the clock and of the environment."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter import __version__
from newsletter.config import Settings, load
from newsletter.config.checks import is_loopback
from newsletter.config.proxies import proxy_for
from newsletter.errors import SettingsError
from newsletter.model.feed import Fetched, Validators
from newsletter.pipeline.context import Context, Fetch, Progress
from newsletter.store.engine import Database, open_database
from newsletter.store.schema import upgrade

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from newsletter.delivery.transports.contract import Transport
    from newsletter.delivery.transports.sendgrid_blocklist import SendGridSuppressions
    from newsletter.model.edition import Rendered
    from newsletter.pipeline.examination.surroundings import Surroundings

CLOCK_VARIABLE = "NEWSLETTER_NOW"
"""An ISO 8601 time with offset at which the calendar starts, for rehearsals and tests."""


class Wiring:
    """The objects one set of settings describes, each made when it is first asked for."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self.settings = settings
        self.environ = environ
        self._started = _starting_time(settings, environ)
        self._monotonic = time.monotonic()
        self._database: Database | None = None
        self._transport: Transport | None = None
        self.pictures: Mapping[str, str] = {}
        """Stand-ins (address -> address) for pictures on pages to look at, when the blog is not
        there: the demo's."""

    def now(self) -> datetime:
        """The time, in UTC; with NEWSLETTER_NOW it starts there and runs on."""
        if self._started is None:
            return datetime.now(UTC)
        return self._started + timedelta(seconds=time.monotonic() - self._monotonic)

    def database(self) -> Database:
        """The database, its tables up to date. Raises StoreError."""
        if self._database is None:
            self._database = open_database(self.settings.store_url())
            upgrade(self._database)
        return self._database

    def read(self) -> AbstractContextManager[Connection]:
        """A connection for reading."""
        return self.database().read()

    def begin(self) -> AbstractContextManager[Connection]:
        """A connection for writing, committed at the end."""
        return self.database().begin()

    def secret_keys(self) -> tuple[str, ...]:
        """The keys of NEWSLETTER_SECRET_KEY, the current one first. Never printed."""
        return tuple(key.get_secret_value() for key in self.settings.secrets.keys)

    def transport(self) -> Transport:
        """The way out that the settings name. Raises SettingsError when a secret is missing."""
        if self._transport is None:
            self._transport = self._new_transport()
        return self._transport

    def context(self, *, tell: Callable[[str], None], progress: Progress) -> Context:
        """What the use cases are given; `tell` and `progress` show how the work gets on."""
        return Context(
            settings=self.settings,
            database=self.database(),
            open_transport=self.transport,
            now=self.now,
            pause=self.pause,
            fetch=self._fetch,
            visit=self._visit,
            tell=tell,
            progress=progress,
            lists=self.lists,
            secrets=self.secret_keys(),
            ask_register=self._register(),
            press=self._press,
            blocklist=self.lists,
            rehearsed_clock=self._started is not None,
        )

    def lists(self) -> SendGridSuppressions:
        """SendGrid's lists of who has left or cannot be reached. Raises SettingsError without a
        key, and with a rehearsed clock, by which nobody could say up to when they were read.
        """
        from newsletter.delivery.transports.sendgrid_account import Account
        from newsletter.delivery.transports.sendgrid_blocklist import SendGridSuppressions

        key = self.settings.secrets.sendgrid_api_key
        if key is None or not key.get_secret_value():
            raise SettingsError(
                "SendGrid's lists cannot be read: SENDGRID_API_KEY is not set.",
                "Make a key in SendGrid under Settings > API Keys, and put it into .env.",
            )
        given = self.settings.delivery.sendgrid
        if self._rehearsed_away(given.base_url):
            raise SettingsError(
                f"{CLOCK_VARIABLE} is set, and SendGrid goes by the real time.",
                f"Take {CLOCK_VARIABLE} out of the environment.",
            )
        account = Account(
            key.get_secret_value(),
            base_url=given.base_url,
            timeout=given.timeout_seconds,
            proxy=proxy_for(given.base_url, self.environ),
        )
        return SendGridSuppressions(account)

    def pause(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)

    def surroundings(self, *, nameserver: str = "", dkim_selector: str = "") -> Surroundings:
        """What an examination is given; nothing is opened for it. Raises UsageError."""
        from newsletter.delivery.resolver import resolver
        from newsletter.pipeline.examination.surroundings import Surroundings

        return Surroundings(
            settings=self.settings,
            now=self.now,
            rehearsed_clock=self._started is not None,
            fetch=self._fetch,
            ask=resolver(nameserver),
            proxy=proxy_for(self.settings.delivery.sendgrid.base_url, self.environ),
            dkim_selector=dkim_selector,
        )

    def close(self) -> None:
        """Gives back what was opened."""
        if self._transport is not None:
            self._transport.close()
        if self._database is not None:
            self._database.close()

    def _new_transport(self) -> Transport:
        match self.settings.delivery.transport:
            case "sendgrid":
                return self._sendgrid()
            case "smtp":
                from newsletter.delivery.transports.smtp import Smtp
                from newsletter.pipeline.mailserver import mail_server_of

                return Smtp(mail_server_of(self.settings), clock=time.monotonic)
            case "outbox":
                from newsletter.delivery.transports.outbox import Outbox

                return Outbox(self.settings.outbox_path(), self._write_pages)

    def _sendgrid(self) -> Transport:
        from newsletter.delivery.transports.sendgrid import SendGrid

        delivery, key = self.settings.delivery, self.settings.secrets.sendgrid_api_key
        if key is None or not key.get_secret_value():
            raise SettingsError(
                "SENDGRID_API_KEY is not set, and mails go out by SendGrid.",
                "Make a key in SendGrid under Settings > API Keys, and put it into .env.",
            )
        return SendGrid(
            key.get_secret_value(),
            base_url=delivery.sendgrid.base_url,
            timeout=delivery.sendgrid.timeout_seconds,
            proxy=proxy_for(delivery.sendgrid.base_url, self.environ),
            now=self.now,
            undo=delivery.undo_minutes > 0,
        )

    def _write_pages(self, folder: Path, edition_key: str, rendered: Rendered) -> None:
        from newsletter.pipeline.outbox import write_pages

        write_pages(folder, edition_key, rendered, pictures=self.pictures)

    def _register(self) -> Fetch | None:
        """How a register of trials is asked, if it is. By a rehearsed clock nobody could say when
        it was checked, so then only one on this machine is.
        """
        given = self.settings.trials
        if not given.check or self._rehearsed_away(given.base_url):
            return None
        return partial(self._fetch, seconds=given.timeout_seconds)

    def _press(self, way: str, link: str) -> int:
        from newsletter.delivery.one_click import OneClick

        proxy = proxy_for(link, self.environ)
        return OneClick(proxy=proxy, agent=_agent(self.settings.newsletter.website))(way, link)

    def _rehearsed_away(self, url: str) -> bool:
        """Whether the calendar is rehearsed, and the address not on this machine."""
        return self._started is not None and not is_loopback(urlsplit(url).hostname or "")

    def _fetch(self, url: str, validators: Validators | None, *, seconds: float = 60) -> Fetched:
        website = self.settings.newsletter.website
        return fetch_page(url, validators, website=website, seconds=seconds)

    def _visit(self, url: str, whole: bool) -> Fetched:
        from newsletter.feeds.fetch import fetch
        from newsletter.feeds.limits import PAGE

        agent, method = _agent(self.settings.newsletter.website), "GET" if whole else "HEAD"
        proxy = proxy_for(url, self.environ)
        return fetch(url, limits=PAGE, user_agent=agent, proxy=proxy, method=method, stay=True)


def wire(config: Path) -> Wiring:
    """Reads the settings file and the environment. Raises SettingsError, naming every fault."""
    return Wiring(load(config, os.environ), os.environ)


def fetch_page(
    url: str, validators: Validators | None = None, *, website: str = "", seconds: float = 60
) -> Fetched:
    """Fetches a feed or page as this program: its name, and the blog it works for."""
    from newsletter.feeds.fetch import Limits, fetch

    return fetch(
        url,
        validators=validators,
        limits=Limits(total=seconds),
        user_agent=_agent(website),
        proxy=proxy_for(url, os.environ),
    )


def _agent(website: str) -> str:
    return f"newsletter/{__version__}" + (f" (+{website})" if website else "")


def environment() -> Mapping[str, str]:
    """The environment, for the one command that works without settings (`init`)."""
    return os.environ


def stand_in_clock(environ: Mapping[str, str] | None = None) -> Callable[[], float]:
    """The clock of a stand-in for a provider, in seconds since 1970.

    Like everything else it starts at NEWSLETTER_NOW, if that is set. Raises SettingsError.
    """
    given = (os.environ if environ is None else environ).get(CLOCK_VARIABLE)
    if not given:
        return time.time
    start, began = _parsed_time(given).timestamp(), time.monotonic()
    return lambda: start + time.monotonic() - began


def _starting_time(settings: Settings, environ: Mapping[str, str]) -> datetime | None:
    given = environ.get(CLOCK_VARIABLE)
    if not given:
        return None
    host = _provider_host(settings)
    if host is not None and not is_loopback(host):
        raise SettingsError(
            f"{CLOCK_VARIABLE} is set, and mails would really go out through {host}.",
            f"Take {CLOCK_VARIABLE} out of the environment, or rehearse with the outbox.",
        )
    return _parsed_time(given)


def _parsed_time(given: str) -> datetime:
    try:
        started = datetime.fromisoformat(given)
    except ValueError:
        started = None
    if started is None or started.tzinfo is None:
        raise SettingsError(
            f"{CLOCK_VARIABLE} is not a time with an offset: {given!r}.",
            "Write it like 2026-11-16T08:00:00Z.",
        )
    return started.astimezone(UTC)


def _provider_host(settings: Settings) -> str | None:
    delivery = settings.delivery
    if delivery.transport == "smtp":
        return delivery.smtp.host
    if delivery.transport == "sendgrid":
        return urlsplit(delivery.sendgrid.base_url).hostname or ""
    return None
