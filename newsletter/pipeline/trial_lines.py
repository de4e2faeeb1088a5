"""What an edition, a proof and the admin are told of trials, from what the store knows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from newsletter.config import Settings
from newsletter.model.post import PostSummary, Weight
from newsletter.model.trial import (
    Attention,
    KnownTrial,
    RegisterLine,
    StalePost,
    StoredRecord,
    TrialChange,
    TrialId,
    TrialNews,
    TrialRecord,
)
from newsletter.store import posts as post_store
from newsletter.store import trial_records as record_store
from newsletter.store import trials as trial_store
from newsletter.trials.differences import changes_between
from newsletter.trials.lines import Sight, disagreements, moved_on, register_line
from newsletter.trials.registers import name_of

if TYPE_CHECKING:
    from sqlalchemy import Connection


def sight_of(settings: Settings, now: datetime) -> Sight:
    """How lines are looked at: at this time, in the newsletter's time zone."""
    return Sight(
        now=now,
        zone=settings.newsletter.zone,
        stale_after=timedelta(days=settings.trials.stale_days),
        asks=settings.trials.check,
    )


def lines_for(
    connection: Connection, post_ids: Collection[int], sight: Sight
) -> dict[int, tuple[RegisterLine, ...]]:
    """The register's line of each trial of these posts, changed or not; posts without are left out.

    Numbers that the register keeps as one study give one line.
    """
    trials = trial_store.of_posts(connection, post_ids)
    records = _newest(connection, {each.id for known in trials.values() for each in known})
    return {
        post_id: tuple(_lines(_each_study_once(known, records), records, sight))
        for post_id, known in trials.items()
    }


def line_of(connection: Connection, known: KnownTrial, sight: Sight) -> RegisterLine:
    """The line of one trial."""
    return next(iter(_lines([known], _newest(connection, [known.id]), sight)))


def changes_since(
    connection: Connection,
    since: datetime,
    sight: Sight,
    *,
    unattended: bool,
    told: Mapping[int, int] = MappingProxyType({}),
) -> tuple[TrialNews, ...]:
    """What changed in the register for followed trials, against what readers know: the record they
    were last `told` of (by the trial's id), or what was known at `since` (UTC), if that is newer.
    The weightiest first, and nothing for what was changed back.

    `unattended` (a setting) approves everything; else only what the admin approved is.
    """
    followed = trial_store.listed(connection, attention=(Attention.FOLLOWED,))
    ids = [known.id for known in followed]
    before = _known_to_readers(connection, ids, since, told)
    after = record_store.newest(connection, ids)
    news: dict[str, TrialNews] = {}
    for known in followed:
        if known.id not in after or after[known.id].id == before[known.id].id:
            continue
        new = _news(connection, known, before[known.id], after[known.id], sight)
        if new.changes or new.details:
            approved = unattended or after[known.id].approved_at is not None
            news.setdefault(after[known.id].record.number, replace(new, approved=approved))
    return tuple(sorted(news.values(), key=lambda each: (not each.changes, each.trial)))


def _known_to_readers(
    connection: Connection, trial_ids: Collection[int], since: datetime, told: Mapping[int, int]
) -> dict[int, StoredRecord]:
    known = record_store.as_of(connection, trial_ids, since)
    wanted = [told[each] for each in trial_ids if each in told]
    for each in record_store.by_ids(connection, wanted):
        if each.id > known[each.trial_id].id:
            known[each.trial_id] = each
    return known


def posts_behind(connection: Connection, sight: Sight) -> tuple[StalePost, ...]:
    """The posts whose trial has moved on in the register since they were written, oldest first.

    A post is written when it was published, and again with each major change.
    """
    posts = {post.id: post for post in trial_store.posts_with(connection)}
    trials = trial_store.of_posts(connection, posts)
    found = [
        stale
        for post_id, known in trials.items()
        for each in known
        if (stale := _behind(connection, posts[post_id], each, sight)) is not None
    ]
    return tuple(sorted(found, key=lambda stale: (stale.written, stale.post_id, stale.trial)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of the register's entry, and what changed with it."""

    stored: StoredRecord
    changes: tuple[TrialChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that is known of a trial; `versions` are oldest first."""

    known: KnownTrial
    title: str
    line: RegisterLine
    versions: tuple[Version, ...]
    posts: tuple[PostSummary, ...]


def story_of(connection: Connection, known: KnownTrial, sight: Sight) -> Story:
    """A trial with its history and its posts."""
    records = record_store.history(connection, known.id)
    name = name_of(known.trial.register)
    versions = [Version(stored=records[0])] if records else []
    for before, after in pairwise(records):
        changes = changes_between(before.record, after.record, register=name)
        versions.append(Version(stored=after, changes=changes))
    return Story(
        known=known,
        title=records[-1].record.title if records else "",
        line=line_of(connection, known, sight),
        versions=tuple(versions),
        posts=tuple(trial_store.posts_with(connection, known.id)),
    )


def _newest(connection: Connection, trial_ids: Collection[int]) -> dict[int, TrialRecord]:
    return {key: each.record for key, each in record_store.newest(connection, trial_ids).items()}


def _each_study_once(
    trials: Sequence[KnownTrial], records: dict[int, TrialRecord]
) -> list[KnownTrial]:
    kept: dict[TrialId, KnownTrial] = {}
    for each in trials:
        record = records.get(each.id)
        kept.setdefault(TrialId(record.register, record.number) if record else each.trial, each)
    return list(kept.values())


def _lines(
    trials: Sequence[KnownTrial], records: dict[int, TrialRecord], sight: Sight
) -> Iterable[RegisterLine]:
    there = [records[each.id] for each in trials if each.id in records]
    others = disagreements(there)
    for each in trials:
        record = records.get(each.id)
        key = TrialId(record.register, record.number) if record else each.trial
        yield register_line(each, record, sight, others=others.get(key, ()))


def _news(
    connection: Connection,
    known: KnownTrial,
    before: StoredRecord,
    after: StoredRecord,
    sight: Sight,
) -> TrialNews:
    changes = changes_between(before.record, after.record, register=name_of(known.trial.register))
    told = {change.kind for change in changes if change.matters}
    line = register_line(known, after.record, sight, told=told)
    return TrialNews(
        trial=known.trial,
        title=after.record.title,
        url=line.url,
        line=line,
        changes=tuple(change for change in changes if change.matters),
        details=tuple(change for change in changes if not change.matters),
        noted_at=after.seen_at,
        record_id=after.id,
        posts=tuple(trial_store.post_ids(connection, known.id)),
    )


def _behind(
    connection: Connection, post: PostSummary, known: KnownTrial, sight: Sight
) -> StalePost | None:
    records = record_store.history(connection, known.id)
    if not records or post.published is None or known.missing:
        return None
    written = _written(connection, post, sight)
    said = moved_on(written, [each.record for each in records])
    if not said:
        return None
    return StalePost(
        post_id=post.id,
        title=post.title,
        url=post.url,
        trial=known.trial,
        text=f"{_when_written(post, written, sight)}; register: {said}",
        written=written,
        lines=(register_line(known, records[-1].record, sight),),
    )


def _written(connection: Connection, post: PostSummary, sight: Sight) -> date:
    assert post.published is not None
    revisions = post_store.history(connection, post.id)
    rewritten = [
        each.seen_at for each in revisions if each.number > 1 and each.change.weight is Weight.MAJOR
    ]
    return max([post.published, *rewritten]).astimezone(sight.zone).date()


def _when_written(post: PostSummary, written: date, sight: Sight) -> str:
    assert post.published is not None
    published = post.published.astimezone(sight.zone).date()
    edited = f", last rewritten {written.year}" if written != published else ""
    return f"published {published.year}{edited}"
