"""What a `send` came to: one value, by the edition's state and the ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.delivery import window
from newsletter.model.delivery import Outcome, Recipients
from newsletter.model.edition import DigestItem, Edition, EditionState, TrialUpdate
from newsletter.pipeline.collect import FeedReport
from newsletter.pipeline.compose import Composed, as_stored
from newsletter.pipeline.context import Context
from newsletter.store import outcomes, provider_ids

if TYPE_CHECKING:
    from sqlalchemy import Connection

NOBODY = Recipients()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a `send` came to. `feeds` is empty when nothing was collected; `warnings` are what the
    quality check says of an edition without holding it.
    """

    outcome: Outcome
    edition: Edition | None = None
    subject: str = ""
    items: tuple[DigestItem, ...] = ()
    trials: tuple[TrialUpdate, ...] = ()
    recipients: Recipients = NOBODY
    reasons: tuple[str, ...] = ()
    feeds: tuple[FeedReport, ...] = ()
    warnings: tuple[str, ...] = ()
    resumed: tuple[Report, ...] = ()
    send_at: datetime | None = None
    """When (UTC) the last mails leave the provider, of an edition that waits there."""
    cancel_before: datetime | None = None
    """Until when (UTC) all of it can be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When the last mails that wait at the provider leave, and until when all can be taken back.

    Both UTC; None when that is over, or there is nothing that waits.
    """

    send_at: datetime | None = None
    cancel_before: datetime | None = None


def window_of(connection: Connection, edition: Edition, now: datetime) -> Window:
    """The undo window of an edition as it is now."""
    first = provider_ids.earliest_time(connection, edition.id)
    last = provider_ids.latest_time(connection, edition.id)
    until = window.cancel_before(first) if first else None
    return Window(
        send_at=last if last and last > now else None,
        cancel_before=until if until and until > now else None,
    )


def as_it_is(edition: Edition, found: Window) -> Edition:
    """A scheduled edition whose mails have left by now is sent, before a run has noted so."""
    if edition.state is EditionState.SCHEDULED and found.send_at is None:
        return replace(edition, state=EditionState.SENT)
    return edition


def ended(context: Context, edition: Edition) -> Report:
    """What became of an edition, by its state and the ledger."""
    with context.database.read() as connection:
        stored = as_stored(connection, edition)
        found = window_of(connection, edition, context.now())
        recipients = outcomes.recipients(connection, edition.id)
    return Report(
        outcome=_outcome(edition),
        edition=edition,
        subject=subject_of(stored),
        items=stored.items,
        trials=stored.trials,
        recipients=recipients,
        reasons=edition.reasons,
        send_at=found.send_at,
        cancel_before=found.cancel_before,
    )


def _outcome(edition: Edition) -> Outcome:
    if edition.state is EditionState.FROZEN and edition.reasons:
        return Outcome.PAUSED  # something stopped it before it was planned
    return _OUTCOMES.get(edition.state, Outcome.CONTINUES)


_OUTCOMES = {
    EditionState.SENT: Outcome.SENT,
    EditionState.PARTIAL: Outcome.PARTIAL,
    EditionState.PAUSED: Outcome.PAUSED,
    EditionState.SCHEDULED: Outcome.SCHEDULED,
    EditionState.CANCELLED: Outcome.CANCELLED,
    EditionState.CANCELLING: Outcome.PAUSED,
}

UNFINISHED_OUTCOMES = (Outcome.PAUSED, Outcome.CONTINUES)
"""An edition that ended a run like this goes on before another one is made."""


def subject_of(composed: Composed) -> str:
    """The subject of the first variant; "" when there is none."""
    return composed.variants[0].subject if composed.variants else ""
