"""Before a send: gathers the facts the gates look at, and sorts what they say."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.delivery.gates import GateFacts, Hold, Terms, gates
from newsletter.delivery.states import OPEN_DRAFT
from newsletter.model.edition import Edition, EditionState
from newsletter.pipeline.compose import Composed
from newsletter.pipeline.context import Context, pages_of
from newsletter.store import editions as edition_store
from newsletter.store import outcomes
from subscribers.store import people


@dataclass(frozen=True, slots=True, kw_only=True)
class Stops:
    """What stands before a draft: reasons that must be mended, and holds a yes can lift."""

    reasons: tuple[str, ...]
    confirmable: tuple[Hold, ...]


def stops_before(context: Context, composed: Composed, people_now: int) -> Stops:
    """What stands before a composed draft, for this number of people."""
    holds = gates(_facts(context, people_now))
    firm = tuple(f"{h.message} {h.mend}" for h in holds if not h.confirmable)
    return Stops(
        reasons=composed.reasons + firm, confirmable=tuple(h for h in holds if h.confirmable)
    )


def _facts(context: Context, people_now: int) -> GateFacts:
    newsletter = context.settings.newsletter
    last = _last_out(context)
    last_people = None
    if last is not None:
        with context.database.read() as connection:
            last_people = outcomes.recipients(connection, last.id).planned
    return GateFacts(
        channel=context.transport.channel,
        people=people_now,
        terms=Terms(
            transport=context.transport.name,
            sender=newsletter.sender,
            public_url=pages_of(context.settings),
        ),
        last_terms=_terms_of(last) if last else None,
        last_people=last_people,
        approval_required=context.settings.schedule.approval == "required",
    )


def _last_out(context: Context) -> Edition | None:
    """The last edition of the channel that was frozen."""
    out = [state for state in EditionState if state not in OPEN_DRAFT]
    with context.database.read() as connection:
        found = edition_store.listed(connection, channel=context.transport.channel, states=out)
    return next((edition for edition in found if edition.frozen_at), None)


def active_people(context: Context) -> int:
    """How many people an edition would go to now."""
    with context.database.read() as connection:
        return people.active_count(connection)


def _terms_of(edition: Edition) -> Terms:
    return Terms(transport=edition.transport, sender=edition.sender, public_url=edition.public_url)
