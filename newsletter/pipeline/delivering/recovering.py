"""What an interrupted run has left: batches that nobody is submitting any more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.model.edition import Edition
from newsletter.pipeline.absorb import settle_recorded
from newsletter.pipeline.context import Context
from newsletter.store import events, messages, provider_ids, recovery

if TYPE_CHECKING:
    from sqlalchemy import Connection


def settle_what_was_left(context: Context, edition: Edition, owner: str) -> None:
    """A batch whose sender died is unknown; where repeating does no harm, it is planned again.

    What another transport has left is unknown as a whole, whatever it was.
    """
    ours = context.transport_name == edition.transport
    with context.database.begin() as connection:
        if ours and context.transport.one_by_one:
            messages.recover(connection, edition.id, owner)
            return
        recovery.recover(connection, edition.id, owner)
        heed_reports(context, connection, edition.id)
        provider_ids.close_doubtful(connection, edition.id)
        if ours and context.transport.repeatable:
            recovery.plan_unknown_again(connection, edition.id)


def forget_reports(context: Context) -> None:
    """Reports that are older than they may be kept are forgotten, some with each run."""
    retention = timedelta(days=context.settings.privacy.retention_days)
    with context.database.begin() as connection:
        events.forget_before(connection, context.now() - retention)


def heed_reports(context: Context, connection: Connection, edition_id: int) -> None:
    """What the provider reported earlier may settle what is in doubt now, or say that it went out
    in spite of a cancel. In the caller's transaction, before anything is claimed again.
    """
    for alarm in settle_recorded(connection, edition_id, now=context.now()).alarms:
        context.tell(alarm.text)


def put_back_unbegun(context: Context, edition: Edition, owner: str) -> bool:
    """Plans batches anew that this run has claimed without knowing it: the database's answer to the
    commit was lost. Only while none of its requests is on its way; whether there were any.
    """
    with context.database.begin() as connection:
        return recovery.put_back_own(connection, edition.id, owner) > 0


def wait_for_others(context: Context, edition: Edition, owner: str) -> bool:
    """On PostgreSQL a dead sender's batch is free when its lease has run out: waits for that.

    True when there is something to claim again, False when nobody is submitting anything. The
    caller has no request on its way.
    """
    if put_back_unbegun(context, edition, owner):
        return True
    with context.database.read() as connection:
        seconds = recovery.seconds_until_free(connection, edition.id)
    if seconds is None:
        return False
    context.tell(f"Waiting {seconds:.0f} s for batches that an interrupted run had taken.")
    context.pause(seconds)
    settle_what_was_left(context, edition, owner)
    return True
