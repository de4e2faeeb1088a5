"""Before a run does anything: what the provider reported while no server absorbed it is heeded."""

from __future__ import annotations

from newsletter.pipeline.context import Context
from newsletter.store import posted_events as store


def heed_waiting_reports(context: Context) -> None:
    """Absorbs the posts that wait. Mostly there are none, and then nothing is imported for them."""
    with context.database.read() as connection:
        if not store.any_waiting(connection):
            return
    from newsletter.pipeline.draining import Rules, drain

    done = drain(context.database, Rules.of(context.settings), now=context.now).absorbed
    for alarm in done.alarms:
        context.tell(alarm.text)
    if done.suppressed:
        context.tell(f"By what the provider reported, {done.suppressed:,} more are not mailed.")
