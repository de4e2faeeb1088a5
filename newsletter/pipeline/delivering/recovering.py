"""What an interrupted run has left: batches that nobody is submitting any more."""

from __future__ import annotations

from newsletter.model.edition import Edition
from newsletter.pipeline.context import Context
from newsletter.store import messages, provider_ids, recovery


def settle_what_was_left(context: Context, edition: Edition, owner: str) -> None:
    """A batch whose sender died is unknown; where repeating does no harm, it is planned again."""
    with context.database.begin() as connection:
        if context.transport.one_by_one:
            messages.recover(connection, edition.id, owner)
            return
        recovery.recover(connection, edition.id, owner)
        provider_ids.close_doubtful(connection, edition.id)
        if context.transport.repeatable:
            recovery.plan_unknown_again(connection, edition.id)


def wait_for_others(context: Context, edition: Edition, owner: str) -> bool:
    """On PostgreSQL a dead sender's batch is free when its lease has run out: waits for that.

    True when there is something to claim again, False when nobody is submitting anything.
    """
    with context.database.read() as connection:
        seconds = recovery.seconds_until_free(connection, edition.id)
    if seconds is None:
        return False
    context.tell(f"Waiting {seconds:.0f} s for batches that an interrupted run had taken.")
    context.pause(seconds)
    settle_what_was_left(context, edition, owner)
    return True
