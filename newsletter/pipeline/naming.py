"""An edition by the name that the admin gives it."""

from __future__ import annotations

from newsletter.errors import UsageError
from newsletter.model.edition import Channel, Edition
from newsletter.pipeline.context import Context
from newsletter.store import editions as edition_store


def named(context: Context, key: str) -> Edition:
    """The edition with this key in the current channel. Raises UsageError when there is none."""
    with context.database.read() as connection:
        found = edition_store.find(connection, key, context.channel)
        if found is not None:
            return found
        there = [e.key for e in edition_store.listed(connection, channel=context.channel)]
        other = Channel.REAL if context.channel is Channel.REHEARSAL else Channel.REHEARSAL
        elsewhere = edition_store.find(connection, key, other)
    mend = f"There are: {', '.join(there)}." if there else "There is none at all yet."
    if elsewhere is not None and elsewhere.transport:
        mend = f'For the {other} one set [delivery] transport = "{elsewhere.transport}" again.'
    raise UsageError(f"There is no edition {key} ({context.channel}).", mend)
