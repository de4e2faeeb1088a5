"""Freeze: from here on nothing about an edition changes, neither its bytes nor its people."""

from __future__ import annotations

from newsletter.errors import HeldError
from newsletter.model.edition import Edition, EditionState
from newsletter.pipeline.context import Context, pages_of
from newsletter.store import editions as edition_store
from newsletter.store import planning

UNDO_WHEN_UNATTENDED = 120
"""Minutes in which a timer's edition can be taken back, where the settings do not say."""


def freeze(context: Context, edition: Edition, *, scheduled: bool = False) -> Edition:
    """Freezes the draft's bytes and the list of people, and remembers what it goes out with.

    Raises HeldError when the draft is not any more what it was.
    """
    settings = context.settings
    with context.database.begin() as connection:
        frozen = edition_store.freeze(
            connection,
            edition,
            now=context.now(),
            transport=context.transport_name,
            sender=settings.newsletter.sender,
            public_url=pages_of(settings),
            undo_minutes=undo_minutes(context, scheduled=scheduled),
            newest_first=bool(settings.delivery.warmup),
            plan_until=planning.last_person(connection),
        )
        if not frozen:
            raise HeldError(
                f"The edition {edition.key} changed while it was looked at.",
                "Run `newsletter preview` and then the command again.",
            )
        return edition_store.get(connection, edition.id)


def unattended(context: Context, edition: Edition) -> Edition:
    """An edition that was approved before, and is begun by a timer: nobody is watching, so it waits
    as long as one that the timer has frozen.
    """
    if edition.state is not EditionState.FROZEN or not edition.undo_minutes:
        return edition
    minutes = undo_minutes(context, scheduled=True)
    if minutes == UNDO_WHEN_UNATTENDED:
        with context.database.begin() as connection:
            edition_store.widen_window(connection, edition.id, minutes)
            return edition_store.get(connection, edition.id)
    return edition


def undo_minutes(context: Context, *, scheduled: bool) -> int:
    """The window an edition gets; none where a transport cannot take anything back."""
    delivery = context.settings.delivery
    if context.transport.undo is None:
        return 0
    if scheduled and "undo_minutes" not in delivery.model_fields_set:
        return UNDO_WHEN_UNATTENDED
    return delivery.undo_minutes
