"""A whole delivery in one process, against the stand-in for SendGrid as its judge.

Time is one movable clock for both sides: a pause moves it on instead of waiting, so that an hour of
an undo window takes no time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from newsletter.config import Settings, load
from newsletter.delivery.transports.contract import Transport
from newsletter.delivery.transports.sendgrid import SendGrid
from newsletter.model.delivery import Recipients
from newsletter.model.edition import Channel, Edition, EditionState, Form, Period, Rendered, Tags
from newsletter.pipeline.context import Context
from newsletter.pipeline.delivering.run import deliver
from newsletter.standin.ledger import Ledger
from newsletter.standin.rules import KEY, Rules
from newsletter.standin.server import StandIn, serve
from newsletter.store import editions, planning
from newsletter.store.engine import Database, open_database
from newsletter.store.lock import run_lock
from newsletter.store.schema import upgrade
from newsletter.store.tables import delivery
from tests.integration.store.ledger import Reader, add_readers

START = datetime(2026, 11, 16, 8, 7, tzinfo=UTC)
WEEK = Period(key="2026-W47", scheduled_at=START, first_day=date(2026, 11, 16))
NONCE = "00ff00ff00ff00ff"

SETTINGS = """
[newsletter]
title = "A newsletter"
sender = "A Newsletter <news@example.org>"
postal_address = "1 Street, Town"
public_url = "https://news.example.org"
website = "https://blog.example.org"
[[feeds]]
url = "https://blog.example.org/feed/"
[delivery]
transport = "sendgrid"
batch_size = {batch_size}
concurrency = {concurrency}
per_second = 1000.0
undo_minutes = {undo_minutes}
[delivery.sendgrid]
base_url = "{url}"
timeout_seconds = {timeout}
"""


class MovableClock:
    """One time for everybody: it stands still, and a pause moves it on."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._guard = threading.Lock()

    def now(self) -> datetime:
        """The time, in UTC."""
        return self._now

    def seconds(self) -> float:
        """The same in seconds since 1970."""
        return self._now.timestamp()

    def move(self, seconds: float) -> None:
        """Moves it on, or back. May be called by many threads."""
        with self._guard:
            self._now += timedelta(seconds=seconds)


def _as_it_is(transport: Transport) -> Transport:
    return transport


@dataclass(slots=True)
class DeliveryDesk:
    """A frozen edition for many people, the stand-in, and a way to run a send again and again."""

    folder: Path
    database: Database
    settings: Settings
    provider: StandIn
    clock: MovableClock
    said: list[str] = field(default_factory=list)
    timeout: float = 1.0

    @property
    def judge(self) -> Ledger:
        """What the provider has on record."""
        return self.provider.ledger

    def context(self, transport: Transport, **changes: Any) -> Context:
        """One run's world."""
        made = Context(
            settings=self.settings,
            database=self.database,
            open_transport=lambda: transport,
            now=self.clock.now,
            pause=self.clock.move,
            fetch=_nothing,
            tell=self.said.append,
            progress=lambda *_: None,
            lists=_nothing,
            secrets=(),
        )
        return replace(made, **changes)

    @contextmanager
    def transport(self) -> Iterator[SendGrid]:
        """A new way out, as a new process would have it."""
        given = self.settings.delivery
        made = SendGrid(
            KEY,
            base_url=self.provider.url,
            timeout=self.timeout,
            proxy=None,
            now=self.clock.now,
            undo=bool(given.undo_minutes),
        )
        try:
            yield made
        finally:
            made.close()

    def edition(self) -> Edition:
        """The edition as it is now."""
        with self.database.read() as connection:
            found = editions.find(connection, WEEK.key, Channel.REAL)
        assert found is not None
        return found

    def run(self, wrap: Callable[[Transport], Transport] = _as_it_is, **changes: Any) -> Edition:
        """What a `send` does with an edition that was frozen or interrupted.

        `wrap` may put something between the run and its transport.
        """
        with self.transport() as transport, run_lock(self.database):
            return deliver(self.context(wrap(transport), **changes), self.edition())

    def rules(self, **given: Any) -> None:
        """Changes how the stand-in behaves from now on."""
        self.provider.service.change_rules(given)

    def recipients(self) -> Recipients:
        """What became of everybody, by our ledger."""
        with self.database.read() as connection:
            from newsletter.store import outcomes

            return outcomes.recipients(connection, self.edition().id)

    def ours(self) -> dict[str, str]:
        """Each delivery's state, by our ledger."""
        with self.database.read() as connection:
            rows = connection.execute(select(delivery.c.id, delivery.c.state))
            return {row.id: row.state for row in rows}


def rendered(html: str = "", text: str = "") -> Rendered:
    """A small variant with every tag in it."""
    tags = Tags.of(NONCE)
    body = "<p>Hello</p>" + "".join(
        f'<a href="{tag}">.</a>'
        for tag in (tags.unsubscribe_html, tags.preferences_html, tags.view_html)
    )
    words = f"{tags.unsubscribe_text} {tags.preferences_text} {tags.view_text}"
    return Rendered(
        key="all",
        form=Form.NORMAL,
        subject="This week",
        mjml="<mjml/>",
        html=html or f"<html><body>{body}</body></html>",
        text=text or f"Hello {words}",
        checksum="c",
    )


@contextmanager
def desk(
    folder: Path,
    *,
    people: int,
    batch_size: int,
    undo_minutes: int = 60,
    concurrency: int = 4,
    timeout: float = 1.0,
    rules: Rules | None = None,
    url: str = "",
    start: datetime = START,
) -> Iterator[DeliveryDesk]:
    """A frozen edition for `people`, ready to be handed over to a stand-in with these rules.

    `timeout` (seconds) is how long an answer is waited for.
    """
    clock = MovableClock(start)
    folder.mkdir(parents=True, exist_ok=True)
    with serve(folder / "provider", rules or Rules(), clock=clock.seconds) as provider:
        config = folder / "newsletter.toml"
        config.write_text(
            SETTINGS.format(
                batch_size=batch_size,
                concurrency=concurrency,
                undo_minutes=undo_minutes,
                url=provider.url,
                timeout=max(timeout, 1.0),
            )
        )
        database = open_database(url or f"sqlite:///{folder / 'newsletter.db'}")
        upgrade(database)
        made = DeliveryDesk(
            folder=folder,
            database=database,
            settings=load(config, {"NEWSLETTER_SECRET_KEY": "k" * 40}),
            provider=provider,
            clock=clock,
            timeout=timeout,
        )
        _freeze(made, people, undo_minutes)
        try:
            yield made
        finally:
            database.close()


def _freeze(made: DeliveryDesk, people: int, undo_minutes: int) -> None:
    with made.database.begin() as connection:
        add_readers(connection, [Reader()] * people)
        draft = editions.create(connection, WEEK, Channel.REAL, NONCE)
        editions.save_draft(
            connection,
            draft,
            state=EditionState.DRAFT,
            reasons=[],
            checksum="one",
            items=[],
            left_out=[],
            variants=[rendered()],
            choices=[],
            now=made.clock.now(),
        )
        assert editions.freeze(
            connection,
            editions.get(connection, draft.id),
            now=made.clock.now(),
            transport="sendgrid",
            sender=made.settings.newsletter.sender,
            public_url=made.settings.newsletter.public_url,
            undo_minutes=undo_minutes,
            newest_first=False,
            plan_until=planning.last_person(connection),
        )


def _nothing(*_: Any, **__: Any) -> Any:
    raise AssertionError("nothing of this kind is asked for in a delivery")
