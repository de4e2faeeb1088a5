"""Trials: which ones posts mention, what the register says of them, and what changed there.

The register is a guest in this work: when it is down, slow or talks nonsense, the report says so,
what was known stays, and nothing else is held up by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.errors import RegisterError, UsageError
from newsletter.model.trial import (
    Attention,
    KnownTrial,
    Register,
    RegisterState,
    TrialChange,
    TrialId,
    TrialRecord,
)
from newsletter.pipeline.context import Context
from newsletter.store import trial_records as record_store
from newsletter.store import trials as trial_store
from newsletter.trials.client import NAME, Answers, ClinicalTrialsGov
from newsletter.trials.differences import changes_between
from newsletter.trials.recognise import trials_in
from newsletter.trials.registers import VERSION, trial_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

AGAIN_AFTER = timedelta(hours=1)
"""So long after an answer the register is left alone: its data change once a day."""

MISSING_AGAIN_AFTER = timedelta(days=30)
"""How often a number that the register does not have is asked for again."""

TIME_FOR_ALL = timedelta(minutes=2)
"""No question is begun after so long; the next run goes on with what is left."""

_POSTS_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialChanged:
    """What changed for one trial at this check."""

    trial: TrialId
    title: str
    attention: Attention
    changes: tuple[TrialChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialsReport:
    """What a check came to.

    `status` is `none` (no trial to ask for), `off` (the register is not asked), `recent` (it
    answered less than an hour ago), `unchanged` (its data are the same), `ok` or `failed`. `asked`
    and `answered` count trials; `waiting` those left for the next run.
    """

    status: str
    found: tuple[TrialId, ...] = ()
    asked: int = 0
    answered: int = 0
    waiting: int = 0
    changed: tuple[TrialChanged, ...] = ()
    missing: tuple[TrialId, ...] = ()
    error: str = ""
    mend: str = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the admin should know, and what holds nothing up."""
        if self.status != "failed":
            return ()
        return (f"{self.error} {self.mend}".strip(),)


def check_trials(context: Context, *, anew: bool = False) -> TrialsReport:
    """Searches new and changed posts for trials, and asks the register what is new of them.

    `anew` asks also when it answered just before. The caller holds the run lock. Raises StoreError.
    """
    found = search_posts(context)
    with context.database.read() as connection:
        trials = trial_store.asked_for(connection, Register.CTGOV)
        state = trial_store.state(connection, Register.CTGOV)
    return replace(_ask(context, trials, state, anew=anew), found=found)


def search_posts(context: Context) -> tuple[TrialId, ...]:
    """Searches the posts that are new or changed; the trials that were not known before."""
    with context.database.read() as connection:
        known = {each.trial for each in trial_store.listed(connection)}
    found: list[TrialId] = []
    while True:
        with context.database.begin() as connection:
            posts = trial_store.unsearched(connection, VERSION, limit=_POSTS_AT_ONCE)
            if not posts:
                return tuple(trial for trial in dict.fromkeys(found) if trial not in known)
            for post in posts:
                found += _note_mentions(context, connection, post)
            trial_store.note_searched(connection, VERSION, posts[-1].revision_id)


def _note_mentions(
    context: Context, connection: Connection, post: trial_store.Unsearched
) -> tuple[TrialId, ...]:
    trials = trials_in(post.title, post.html)
    about = len(trials) <= context.settings.trials.propose_up_to
    trial_store.set_mentions(
        connection,
        post.post_id,
        trials,
        Attention.PROPOSED if about else Attention.MENTIONED,
        now=context.now(),
    )
    return trials


def _ask(
    context: Context, trials: Sequence[KnownTrial], state: RegisterState, *, anew: bool
) -> TrialsReport:
    if not trials:
        return TrialsReport(status="none")
    if context.ask_register is None:
        return TrialsReport(status="off", waiting=len(trials))
    if not anew and _answered_just_now(trials, state, context.now()):
        return TrialsReport(status="recent")
    settings = context.settings.trials
    register = ClinicalTrialsGov(
        context.ask_register,
        base_url=settings.base_url,
        pause=context.pause,
        now=context.now,
        limit=TIME_FOR_ALL,
    )
    try:
        timestamp = register.data_timestamp()
    except RegisterError as error:
        return _failed(context, error, waiting=len(trials))
    wanted = [each for each in trials if _is_due(each, timestamp, context.now())]
    answers = register.ask(each.trial.number for each in wanted)
    return _take_in(context, wanted, answers, timestamp)


def _answered_just_now(trials: Sequence[KnownTrial], state: RegisterState, now: datetime) -> bool:
    recent = state.reached_at is not None and now - state.reached_at < AGAIN_AFTER
    return recent and not state.failures and all(each.checked_at for each in trials)


def _is_due(trial: KnownTrial, timestamp: str, now: datetime) -> bool:
    if trial.missing and trial.checked_at is not None:
        return now - trial.checked_at >= MISSING_AGAIN_AFTER
    return trial.data_timestamp != timestamp


def _failed(context: Context, error: RegisterError, *, waiting: int) -> TrialsReport:
    with context.database.begin() as connection:
        trial_store.note_failure(connection, Register.CTGOV, error.message)
    return TrialsReport(status="failed", waiting=waiting, error=error.message, mend=error.mend)


def _take_in(
    context: Context, wanted: Sequence[KnownTrial], answers: Answers, timestamp: str
) -> TrialsReport:
    """Writes down what was answered, also when the rest was not."""
    now, changed = context.now(), []
    answered = [each for each in wanted if each.trial.number in answers.records]
    missing = [each for each in wanted if each.trial.number in answers.missing]
    with context.database.begin() as connection:
        for each in answered:
            changed += _note_record(connection, each, answers.records[each.trial.number], now)
        ids = [each.id for each in answered]
        trial_store.note_checked(connection, ids, now=now, data_timestamp=timestamp)
        gone = [each.id for each in missing]
        trial_store.note_checked(connection, gone, now=now, data_timestamp=timestamp, missing=True)
        trial_store.note_unchanged(connection, Register.CTGOV, now=now, data_timestamp=timestamp)
        if answers.error is None:
            trial_store.note_reached(connection, Register.CTGOV, now=now, data_timestamp=timestamp)
    waiting = len(wanted) - len(answered) - len(missing)
    report = _failed(context, answers.error, waiting=waiting) if answers.error else None
    return replace(
        report or TrialsReport(status="ok" if wanted else "unchanged", waiting=waiting),
        asked=len(wanted),
        answered=len(answered),
        changed=tuple(changed),
        missing=tuple(each.trial for each in missing),
    )


def _note_record(
    connection: Connection, known: KnownTrial, record: TrialRecord, now: datetime
) -> list[TrialChanged]:
    """Keeps a record; what changed with it. The first one is the baseline, and no change."""
    last = record_store.newest(connection, [known.id]).get(known.id)
    record_store.add(connection, known.id, record, now=now)
    changes = changes_between(last.record, record, register=NAME) if last else ()
    if not changes:
        return []
    return [
        TrialChanged(
            trial=known.trial, title=record.title, attention=known.attention, changes=changes
        )
    ]


def set_attention(context: Context, numbers: Sequence[str], attention: Attention) -> list[TrialId]:
    """Follows or mutes trials by their numbers; one that no post mentions is taken up as well.

    Raises UsageError when a text is no number of a register.
    """
    trials = [_parsed(number) for number in numbers]
    with context.database.begin() as connection:
        for trial in trials:
            key = trial_store.ensure(connection, trial, attention, now=context.now())
            trial_store.set_attention(connection, key, attention)
    return trials


def approve(context: Context, numbers: Sequence[str]) -> list[TrialId]:
    """Lets what changed in the register for these trials be told in the next edition.

    What changes after that needs a new approval. Raises UsageError for a trial without a record.
    """
    trials = [_parsed(number) for number in numbers]
    with context.database.begin() as connection:
        for trial in trials:
            known = trial_store.get(connection, trial)
            newest = record_store.newest(connection, [known.id]).get(known.id) if known else None
            if newest is None:
                raise UsageError(
                    f"Nothing is known of {trial.number} from its register.",
                    "See `newsletter trials list`.",
                )
            record_store.approve(connection, newest.id, now=context.now())
    return trials


def known_trial(connection: Connection, number: str) -> KnownTrial:
    """The trial of this number. Raises UsageError for one that nobody has mentioned."""
    found = trial_store.get(connection, _parsed(number))
    if found is None:
        raise UsageError(
            f"No post mentions the trial {number}, and it is not followed.",
            "See `newsletter trials list`.",
        )
    return found


def _parsed(number: str) -> TrialId:
    found = trial_of(number)
    if found is None:
        raise UsageError(
            f"{number!r} is not the number of a trial in a register that is known here.",
            "Write it as the register does, such as NCT03590119 or 2017-000369-54.",
        )
    return found
