"""Status: one look at feeds, editions and people, and at what waits for the admin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.delivery.states import UNFINISHED
from newsletter.editions.period import next_period, period_of
from newsletter.editions.trials import waiting_words
from newsletter.editions.wording import local_date
from newsletter.model.delivery import Recipients
from newsletter.model.edition import Channel, Edition, EditionState, Period
from newsletter.model.feed import FeedStatus
from newsletter.model.page import PageCheck
from newsletter.pipeline.context import Context, schedule_of
from newsletter.pipeline.notifying.telling import not_told
from newsletter.pipeline.readers.overdue import unanswered
from newsletter.pipeline.report import Window, as_it_is, window_of
from newsletter.pipeline.trial_placing import waiting_trials
from newsletter.store import editions as edition_store
from newsletter.store import feeds as feed_store
from newsletter.store import outcomes
from newsletter.store import pages as page_store
from subscribers.store import people

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SHOWN = 5
_ALARMED = timedelta(days=30)
"""For so long it is shown that posts may have been missed, or are gone from the blog."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionLine:
    """An edition with its subject and what became of it."""

    edition: Edition
    subject: str
    recipients: Recipients
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All that `newsletter status` shows. `waiting` are sentences for the admin, with the mend."""

    channel: Channel
    transport: str
    active: int
    period: Period
    next: Period
    feeds: tuple[FeedStatus, ...]
    editions: tuple[EditionLine, ...]
    waiting: tuple[str, ...]


def overview(context: Context) -> Overview:
    """Reads it all in one go; nothing is fetched and nothing changes."""
    schedule, now = schedule_of(context.settings), context.now()
    urls = [feed.url for feed in context.settings.feeds]
    channel = context.channel
    with context.database.read() as connection:
        feeds = tuple(feed_store.statuses(connection, urls))
        editions = tuple(
            _line(connection, edition, now)
            for edition in edition_store.listed(connection, channel=channel, limit=_SHOWN)
        )
        left = _left_behind(connection, channel)
        active = people.active_count(connection)
        untold = [*not_told(connection, channel, now), *unanswered(connection, now)]
        trials = waiting_words(waiting_trials(context, connection))
        gone = _gone(page_store.unavailable(connection, now - _ALARMED), context)
    return Overview(
        channel=channel,
        transport=context.transport_name,
        active=active,
        period=period_of(schedule, now),
        next=next_period(schedule, now),
        feeds=feeds,
        editions=editions,
        waiting=(
            *_waiting(feeds, editions, active),
            *left,
            *trials,
            *_alarms(feeds, now),
            *gone,
            *untold,
        ),
    )


def _line(connection: Connection, edition: Edition, now: datetime) -> EditionLine:
    found = window_of(connection, edition, now)
    return EditionLine(
        edition=as_it_is(edition, found),
        subject=edition_store.subject(connection, edition.id),
        recipients=outcomes.recipients(connection, edition.id),
        window=found,
    )


def _left_behind(connection: Connection, channel: Channel) -> list[str]:
    """Real editions that were on their way when the settings were changed to a rehearsal."""
    if channel is Channel.REAL:
        return []
    return [
        f"{each.key} (real) is not finished, and nothing is done about it as long as the settings"
        f' say outbox. Set [delivery] transport = "{each.transport}" again; then `newsletter send`'
        f" goes on, and `newsletter editions cancel {each.key}` takes it back."
        for each in edition_store.listed(connection, channel=Channel.REAL, states=UNFINISHED)
    ]


def _waiting(
    feeds: tuple[FeedStatus, ...], editions: tuple[EditionLine, ...], active: int
) -> list[str]:
    said = [_failing(feed) for feed in feeds if feed.failures]
    if not feeds:
        said.append("Nothing was collected yet. Run `newsletter collect`.")
    if not active:
        said.append("There are no subscribers. Add them with `newsletter subscribers import FILE`.")
    for line in editions:
        edition = line.edition
        if edition.state is EditionState.HELD:
            said += [f"{edition.key} is held: {reason}" for reason in edition.reasons]
        elif edition.state in UNFINISHED:
            said += [f"{edition.key} is {edition.state.value}: {r}" for r in edition.reasons] or [
                f"{edition.key} is not finished. Run `newsletter send` to go on with it."
            ]
        elif edition.state is EditionState.PARTIAL:
            said += [f"{edition.key} did not reach everybody: {r}" for r in edition.reasons] or [
                f"{edition.key} did not reach everybody; see `editions show {edition.key}`."
            ]
    return said


def _alarms(feeds: tuple[FeedStatus, ...], now: datetime) -> list[str]:
    return [
        f"{feed.url}: {feed.alarm}"
        for feed in feeds
        if feed.alarm and feed.alarm_at and now - feed.alarm_at < _ALARMED
    ]


def _gone(found: Sequence[tuple[str, PageCheck]], context: Context) -> list[str]:
    """The posts that no edition shows since their page was tried and is gone."""
    if not context.settings.digest.check_links:
        return []
    zone = context.settings.newsletter.zone
    return [
        f"“{title}” is left out of editions: its page {check.said} since"
        f" {local_date(check.since, zone)}: {check.url}"
        for title, check in found
    ]


def _failing(feed: FeedStatus) -> str:
    times = "at the last try" if feed.failures == 1 else f"{feed.failures} times in a row"
    return f"The feed {feed.url} could not be read {times}: {feed.error}"
