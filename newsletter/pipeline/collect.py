"""Collect: fetch the feeds, and note in the store what is new and what changed.

One bad feed never ends a run: each feed gives a report. What was learned of a feed and the
validators that say "we have seen it" are committed together, so that nothing is skipped by a crash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from newsletter.editions.period import length
from newsletter.errors import FeedError
from newsletter.feeds.due import EVERY, is_due
from newsletter.model.feed import FeedState, Fetched, Validators
from newsletter.pipeline.context import Context
from newsletter.store import feeds as feed_store

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
    alarm: str = ""
    """That posts may have been missed, and why; it is among the notes as well."""


def collect(context: Context) -> tuple[FeedReport, ...]:
    """Collects every feed of the settings, in their order. The caller holds the run lock."""
    urls = [feed.url for feed in context.settings.feeds]
    states = _states(context, urls)
    followed = frozenset(state.id for state in states)
    return tuple(
        _take_in(context, state, answer, followed)
        for state, answer in zip(states, _answers(context, states), strict=True)
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


def _answers(context: Context, states: Sequence[FeedState]) -> Iterator[Fetched | FeedError]:
    """What each feed's server answers: several at a time, and each when its turn comes."""
    if len(states) == 1:  # most blogs have one feed, which needs no threads
        yield _fetch(context, states[0])
        return
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(states))) as pool:
        yield from pool.map(lambda state: _fetch(context, state), states)


def _fetch(context: Context, state: FeedState) -> Fetched | FeedError:
    validators = None if _unconditional(state, context.now()) else state.validators
    try:
        return context.fetch(state.url, validators)
    except FeedError as error:
        return error


def _unconditional(state: FeedState, now: datetime) -> bool:
    """Whether to fetch without asking "has it changed?": some servers always say no."""
    return state.unconditional_at is None or now - state.unconditional_at >= EVERY


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
    body_hash = state.body_hash
    if fetched.body is not None:
        body_hash = hashlib.sha256(fetched.body).hexdigest()
    changed = body_hash != state.body_hash
    if changed or _is_due(context, state, fetched):
        return _changed(context, state, fetched, body_hash, followed)
    return _unchanged(context, state, fetched)


def _is_due(context: Context, state: FeedState, fetched: Fetched) -> bool:
    """Whether the site is asked for what its feed does not show, though that is as it was."""
    return context.settings.collect.most_pages > 0 and is_due(
        state.follow,
        marker=_kept(state.validators, fetched).last_modified,
        read=fetched.body is not None,
        weekly=_unconditional(state, context.now()),
        now=context.now(),
    )


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
    body_hash: str | None,
    followed: frozenset[int],
) -> FeedReport:
    """Reads the feed, and what the site tells beyond it; what that needs is imported only here."""
    from newsletter.pipeline.following import EMPTY, alarm_of, look_beyond, notes_of
    from newsletter.pipeline.reading import Reading, read_feed
    from newsletter.pipeline.weights import scale_of

    now, changed = context.now(), body_hash != state.body_hash
    validators = fetched.validators if changed else _kept(state.validators, fetched)
    reading = read_feed(fetched) if fetched.body is not None else Reading()
    reading, beyond = look_beyond(context, state, reading, validators.last_modified)
    with context.database.begin() as connection:
        taken = reading.write(
            connection,
            state,
            now=now,
            period=length(context.settings.schedule.every),
            followed=followed,
            scale=scale_of(context.settings, connection),
        )
        alarm = alarm_of(state, beyond, taken, posts=reading.entries)
        feed_store.record_follow(connection, state.id, beyond.follow)
        if alarm or beyond.whole:
            feed_store.record_alarm(connection, state.id, alarm, now=now)
        elif reading.entries:
            feed_store.end_alarm(connection, state.id, EMPTY)
        feed_store.record_success(
            connection,
            state,
            now=now,
            http_status=fetched.http_status,
            validators=validators,
            body_hash=body_hash,
            title=reading.title if changed else None,
            unconditional=_unconditional(state, now),
        )
    found = taken.tally
    some = changed or found.new or found.updated or found.minor
    return FeedReport(
        url=state.url,
        status="ok" if some else "unchanged",
        http_status=fetched.http_status,
        entries=reading.entries,
        new=found.new,
        updated=found.updated,
        minor=found.minor,
        notes=(*((alarm,) if alarm else ()), *notes_of(beyond, taken), *reading.notes),
        alarm=alarm,
    )
