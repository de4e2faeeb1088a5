"""What of a run is still to be told: by what it came to, and by what the store knows."""

from __future__ import annotations

from dataclasses import replace

from newsletter.editions.period import due_period
from newsletter.model.delivery import Outcome
from newsletter.model.edition import Period
from newsletter.pipeline.context import Context, schedule_of
from newsletter.pipeline.notifying.words import Message, receipt
from newsletter.pipeline.report import Report
from newsletter.store import feeds as feed_store
from newsletter.store import news as news_store

ENDS = (Outcome.SENT, Outcome.ALREADY_SENT, Outcome.PARTIAL)
"""After these an edition is out: whoever sees it on a terminal has been told."""


def period_owed(context: Context) -> Period:
    """The period that a timer's run is about."""
    return due_period(schedule_of(context.settings), context.now())


def receipt_owed(context: Context, report: Report) -> Message | None:
    """What a timer's run has to say, or one before it that did not get to say it; None: nothing.

    Each message is told once, so it is no harm to find the same again every hour.
    """
    period = period_owed(context)
    if report.outcome is Outcome.NOT_DUE:
        if report.reasons:
            return receipt(report, period.key) if _was_there(context, period) else None
        if not _was_quiet(context, period):
            return None
        report = replace(report, outcome=Outcome.NOTHING_NEW)
    if report.outcome is Outcome.CANCELLED and _was_quiet(context, period):
        return None  # a draft that was made by hand after the period was over
    return receipt(report, period.key)


def _was_quiet(context: Context, period: Period) -> bool:
    """Whether the period's run took place and found nothing, which settled it."""
    with context.database.read() as connection:
        return news_store.is_quiet(connection, context.channel, period.key)


def _was_there(context: Context, period: Period) -> bool:
    """Whether there was a newsletter when the period was due: else nothing of it was missed."""
    with context.database.read() as connection:
        since = feed_store.first_read(connection)
    return since is not None and since <= period.scheduled_at
