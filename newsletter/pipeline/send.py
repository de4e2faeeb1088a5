"""Send: the main job. Goes on with what was interrupted, collects, composes, freezes, delivers.

Idempotent by (period, channel): once an edition is out, it says so and does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from newsletter.delivery.gates import Hold
from newsletter.delivery.states import OPEN_DRAFT, UNFINISHED
from newsletter.editions.period import due_period, is_late, period_of
from newsletter.errors import HeldError
from newsletter.model.delivery import Outcome, Recipients
from newsletter.model.edition import Channel, Edition, EditionState, Period
from newsletter.pipeline.canary import check_before_send
from newsletter.pipeline.collect import FeedReport, all_failed, collect
from newsletter.pipeline.compose import Composed, begin_channel, compose
from newsletter.pipeline.context import Context, schedule_of
from newsletter.pipeline.delivering.freezing import freeze, unattended
from newsletter.pipeline.delivering.refusals import nothing_left
from newsletter.pipeline.delivering.run import deliver, settle_scheduled
from newsletter.pipeline.gating import active_people, stops_before
from newsletter.pipeline.heeding import heed_waiting_reports
from newsletter.pipeline.naming import named
from newsletter.pipeline.pages import compose_checked
from newsletter.pipeline.report import UNFINISHED_OUTCOMES, Report, ended, subject_of
from newsletter.pipeline.suppressions import sync_before_send
from newsletter.pipeline.trials import check_trials
from newsletter.store import editions as edition_store
from newsletter.store import news as news_store
from newsletter.store.lock import run_lock

HOW_TO_SAY_YES = (
    "It waits for your yes: `newsletter send` at a terminal asks for it, `newsletter send --yes`"
    " takes it as given."
)

Confirm = Callable[["Question"], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the admin is asked before a real send."""

    edition_key: str
    channel: Channel
    transport: str
    subject: str
    people: int
    posts: int
    trials: int
    holds: tuple[Hold, ...]


def send(
    context: Context,
    *,
    confirm: Confirm,
    scheduled: bool = False,
    dry_run: bool = False,
) -> Report:
    """Brings the current period's edition to everybody, after finishing interrupted ones.

    `confirm` is asked at most once, and only before a real send. With `scheduled` nothing happens
    before the period's time has come, nor when it is over. Raises BusyError when another run is at
    work.
    """
    with run_lock(context.database):
        if not dry_run:
            heed_waiting_reports(context)
            settle_scheduled(context)
        resumed = () if dry_run else _resume(context, scheduled=scheduled)
        period = _period(context, scheduled=scheduled)
        earlier = tuple(report for report in resumed if _key(report) != period.key)
        for report in resumed:
            if _key(report) == period.key:  # an approved one, or one that was interrupted
                return replace(report, resumed=earlier)
        if earlier and earlier[-1].outcome in UNFINISHED_OUTCOMES:  # one edition after the other
            return replace(earlier[-1], resumed=earlier[:-1])
        report = _send_period(context, period, confirm, scheduled=scheduled, dry_run=dry_run)
        return replace(report, resumed=earlier)


def resume(context: Context, key: str) -> Report:
    """Goes on with one edition that was frozen and is not finished.

    Raises UsageError when there is nothing to go on with, BusyError as `send` does.
    """
    with run_lock(context.database):
        heed_waiting_reports(context)
        settle_scheduled(context)
        edition = named(context, key)
        if edition.state not in UNFINISHED:
            raise nothing_left(context, edition)
        context.tell(_begun(edition))
        return ended(context, deliver(context, edition))


def _period(context: Context, *, scheduled: bool) -> Period:
    schedule = schedule_of(context.settings)
    return (due_period if scheduled else period_of)(schedule, context.now())


def _resume(context: Context, *, scheduled: bool) -> tuple[Report, ...]:
    """Goes on with editions of this channel that were frozen and did not get out.

    A timer leaves an edition that was approved early until its time has come.
    """
    with context.database.read() as connection:
        unfinished = edition_store.listed(connection, channel=context.channel, states=UNFINISHED)
    reports = []
    for edition in reversed(unfinished):
        early = edition.state is EditionState.FROZEN and edition.period.scheduled_at > context.now()
        if scheduled and early:
            continue
        context.tell(_begun(edition))
        ready = unattended(context, edition) if scheduled else edition
        reports.append(ended(context, deliver(context, ready)))
        if reports[-1].outcome in UNFINISHED_OUTCOMES:
            break
    return tuple(reports)


def _begun(edition: Edition) -> str:
    if edition.state is EditionState.FROZEN:
        return f"Sending {edition.key} as it was frozen."
    if edition.state is EditionState.CANCELLING:
        return f"Going on with taking {edition.key} back."
    return f"Going on with {edition.key}."


def _send_period(
    context: Context, period: Period, confirm: Confirm, *, scheduled: bool, dry_run: bool
) -> Report:
    with context.database.read() as connection:
        found = edition_store.find(connection, period.key, context.channel)
    if found is not None and found.state not in OPEN_DRAFT:
        return _already(context, found, scheduled=scheduled, dry_run=dry_run)
    if scheduled and _was_quiet(context, period):
        return Report(outcome=Outcome.NOT_DUE)
    if scheduled and is_late(schedule_of(context.settings), period, context.now()):
        return _missed(context, period)
    feeds = collect(context)
    if all_failed(feeds):
        reasons = tuple(f"{feed.error} {feed.mend}".strip() for feed in feeds)
        return Report(outcome=Outcome.FAILED, reasons=reasons, feeds=feeds)
    trials = check_trials(context)
    composed = compose_checked(context, period)
    report = _go(context, composed, confirm, scheduled=scheduled, dry_run=dry_run)
    if scheduled and not dry_run and report.outcome is Outcome.NOTHING_NEW:
        _note_quiet(context, period, feeds)
    return replace(report, feeds=feeds, warnings=(*composed.warnings, *trials.warnings))


def _already(context: Context, edition: Edition, *, scheduled: bool, dry_run: bool) -> Report:
    """The period is settled: says how, and does nothing."""
    report = ended(context, edition)
    if dry_run and edition.state in UNFINISHED:
        reason = "It is frozen: the next `newsletter send` delivers it just as it is."
        people_now = report.recipients if edition.planned_at else _everybody(context)
        return replace(report, outcome=Outcome.DRY_RUN, reasons=(reason,), recipients=people_now)
    if report.outcome is Outcome.SENT or (scheduled and _only_refused(report)):
        return replace(report, outcome=Outcome.ALREADY_SENT)
    return report


def _only_refused(report: Report) -> bool:
    """It is out, some were refused, and nobody can do anything about it: no news for a timer."""
    over = not report.recipients.unknown and report.send_at is None
    return report.outcome is Outcome.PARTIAL and over


def _was_quiet(context: Context, period: Period) -> bool:
    """Whether this period's scheduled run took place and found nothing: then none is owed."""
    with context.database.read() as connection:
        return news_store.is_quiet(connection, context.channel, period.key)


def _note_quiet(context: Context, period: Period, feeds: tuple[FeedReport, ...]) -> None:
    """A quiet period is settled, so that what comes the day after waits for the next one.

    Not when a feed could not be read: the next call of the timer tries it again.
    """
    if any(feed.status == "failed" for feed in feeds):
        return
    with context.database.begin() as connection:
        begin_channel(context, connection)
        news_store.note_quiet(connection, context.channel, period.key)


def _missed(context: Context, period: Period) -> Report:
    """The grace time of a missed run is over: its posts go into the next edition, or nowhere."""
    if context.settings.schedule.late == "merge":
        reason = f"{period.key} did not go out in its time; what is new comes with the next."
        return Report(outcome=Outcome.NOT_DUE, reasons=(reason,))
    collect(context)
    composed = compose(context, period)
    if composed.edition is not None:
        reason = f"{period.key} was missed and is skipped ([schedule] late)."
        with context.database.begin() as connection:
            edition_store.drop_all(connection, composed.edition.id)
            edition_store.move(
                connection,
                composed.edition.id,
                composed.edition.state,
                EditionState.CANCELLED,
                reasons=[reason],
            )
    return Report(outcome=Outcome.NOT_DUE, reasons=(f"{period.key} was missed and is skipped.",))


def _go(
    context: Context, composed: Composed, confirm: Confirm, *, scheduled: bool, dry_run: bool
) -> Report:
    """From a composed draft to a delivered edition, through the gates."""
    edition = composed.edition
    if edition is None:
        return Report(outcome=Outcome.NOTHING_NEW)
    unread = None if dry_run else _unread_lists(context)
    if not dry_run:
        check_before_send(context)
    people_now = active_people(context)
    report = Report(
        outcome=Outcome.HELD,
        edition=edition,
        subject=subject_of(composed),
        items=composed.items,
        trials=composed.trials,
        recipients=_everybody(context),
    )
    stops = stops_before(context, composed, people_now)
    if dry_run:
        reasons = stops.reasons + tuple(f"{h.message} {h.mend}" for h in stops.confirmable)
        return replace(report, outcome=Outcome.DRY_RUN, reasons=reasons)
    reasons = stops.reasons + ((unread,) if unread else ())
    if reasons:
        return _held(context, report, reasons)
    question = _question(context, composed, people_now, stops.confirmable)
    if context.channel is Channel.REAL and not _may_go(question, confirm, scheduled):
        reasons = tuple(f"{hold.message} {hold.mend}" for hold in stops.confirmable)
        return _held(context, report, (*reasons, HOW_TO_SAY_YES))
    return ended(context, deliver(context, freeze(context, edition, scheduled=scheduled)))


def _unread_lists(context: Context) -> str | None:
    """Why it is not known who has left at the provider; None when it is, or is kept by us."""
    try:
        sync_before_send(context)
    except HeldError as error:
        return str(error)
    return None


def _may_go(question: Question, confirm: Confirm, scheduled: bool) -> bool:
    """A timer confirms nothing: with a hold it waits, without one it goes."""
    return not question.holds if scheduled else confirm(question)


def _held(context: Context, report: Report, reasons: tuple[str, ...]) -> Report:
    assert report.edition is not None
    with context.database.begin() as connection:
        edition_store.move(
            connection,
            report.edition.id,
            report.edition.state,
            EditionState.HELD,
            reasons=list(reasons),
        )
        edition = edition_store.get(connection, report.edition.id)
    return replace(report, outcome=Outcome.HELD, edition=edition, reasons=reasons)


def _everybody(context: Context) -> Recipients:
    return Recipients(pending=active_people(context))


def _key(report: Report) -> str:
    return report.edition.key if report.edition else ""


def _question(
    context: Context, composed: Composed, people_now: int, holds: tuple[Hold, ...]
) -> Question:
    assert composed.edition is not None
    return Question(
        edition_key=composed.edition.key,
        channel=context.channel,
        transport=context.transport_name,
        subject=subject_of(composed),
        people=people_now,
        posts=len(composed.items),
        trials=len(composed.trials),
        holds=holds,
    )
