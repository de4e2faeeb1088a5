"""Collect: fetch the feeds, and note in the store what is new and what changed.

One bad feed never ends a run: each feed gives a report. What was learned of a feed and the
validators that say "we have seen it" are committed together, so that nothing is skipped by a crash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.editions.period import length
from newsletter.errors import FeedError
from newsletter.model.feed import FeedState, Fetched, Validators
from newsletter.pipeline.context import Context
from newsletter.store import feeds as feed_store

UNCONDITIONAL_EVERY = timedelta(days=7)
"""How often a feed is fetched without asking "has it changed?": some servers always say no."""

_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """What collecting one feed came to; the contract of `collect --json`."""

    url: str
    status: str
    http_status: int | None = None
    entries: int = 0
    new: int = 0
    updated: int = 0
    minor: int = 0
    error: str | None = None
    mend: str = ""
    notes: tuple[str, ...] = ()


def collect(context: Context) -> tuple[FeedReport, ...]:
    """Collects every feed of the settings, in their order. The caller holds the run lock."""
    urls = [feed.url for feed in context.settings.feeds]
    states = _states(context, urls)
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(states))) as pool:
        answers = pool.map(lambda state: _fetch(context, state), states)
        followed = frozenset(state.id for state in states)
        return tuple(
            _take_in(context, state, answer, followed)
            for state, answer in zip(states, answers, strict=True)
        )


def all_failed(reports: Sequence[FeedReport]) -> bool:
    """Whether nothing at all could be read."""
    return all(report.status == "failed" for report in reports)


def _states(context: Context, urls: list[str]) -> list[FeedState]:
    with context.database.read() as connection:
        states = feed_store.states(connection, urls)
    if len(states) == len(urls):
        return states
    with context.database.begin() as connection:
        feed_store.register(connection, urls)
        return feed_store.states(connection, urls)


def _fetch(context: Context, state: FeedState) -> Fetched | FeedError:
    validators = None if _unconditional(state, context.now()) else state.validators
    try:
        return context.fetch(state.url, validators)
    except FeedError as error:
        return error


def _unconditional(state: FeedState, now: datetime) -> bool:
    return state.unconditional_at is None or now - state.unconditional_at >= UNCONDITIONAL_EVERY


def _take_in(
    context: Context, state: FeedState, answer: Fetched | FeedError, followed: frozenset[int]
) -> FeedReport:
    try:
        if isinstance(answer, FeedError):
            raise answer
        return _read(context, state, answer, followed)
    except FeedError as error:
        now = context.now()
        with context.database.begin() as connection:
            feed_store.record_failure(
                connection, state, now=now, error=error.message, http_status=error.http_status
            )
        return FeedReport(
            url=state.url,
            status="failed",
            http_status=error.http_status,
            error=error.message,
            mend=error.mend,
        )


def _read(
    context: Context, state: FeedState, fetched: Fetched, followed: frozenset[int]
) -> FeedReport:
    if fetched.not_modified or fetched.body is None:
        return _unchanged(context, state, fetched)
    body_hash = hashlib.sha256(fetched.body).hexdigest()
    if body_hash == state.body_hash:
        return _unchanged(context, state, fetched)
    return _changed(context, state, fetched, body_hash, followed)


def _unchanged(context: Context, state: FeedState, fetched: Fetched) -> FeedReport:
    now = context.now()
    with context.database.begin() as connection:
        feed_store.record_success(
            connection,
            state,
            now=now,
            http_status=fetched.http_status,
            validators=_kept(state.validators, fetched),
            body_hash=state.body_hash,
            title=None,
            unconditional=_unconditional(state, now),
        )
    return FeedReport(url=state.url, status="unchanged", http_status=fetched.http_status)


def _kept(old: Validators, fetched: Fetched) -> Validators:
    new = fetched.validators
    return new if new.etag or new.last_modified else old


def _changed(
    context: Context,
    state: FeedState,
    fetched: Fetched,
    body_hash: str,
    followed: frozenset[int],
) -> FeedReport:
    """Reads the feed; what that needs is imported only when a feed did change."""
    from newsletter.pipeline.reading import read_feed
    from newsletter.pipeline.weights import scale_of

    now = context.now()
    reading = read_feed(fetched)
    with context.database.begin() as connection:
        found = reading.write(
            connection,
            state,
            now=now,
            period=length(context.settings.schedule.every),
            followed=followed,
            scale=scale_of(context.settings, connection),
        )
        feed_store.record_success(
            connection,
            state,
            now=now,
            http_status=fetched.http_status,
            validators=fetched.validators,
            body_hash=body_hash,
            title=reading.title,
            unconditional=_unconditional(state, now),
        )
    return FeedReport(
        url=state.url,
        status="ok",
        http_status=fetched.http_status,
        entries=reading.entries,
        new=found.new,
        updated=found.updated,
        minor=found.minor,
        notes=reading.notes,
    )
