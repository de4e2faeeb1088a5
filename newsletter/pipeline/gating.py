"""Before a send: gathers the facts the gates look at, and sorts what they say."""

from __future__ import annotations

from dataclasses import dataclass, replace

from newsletter.delivery import window
from newsletter.delivery.gates import GateFacts, Hold, Leaving, Terms, gates
from newsletter.delivery.states import OPEN_DRAFT
from newsletter.delivery.transports.contract import Condition
from newsletter.editions.period import next_period
from newsletter.errors import TransportError
from newsletter.model.edition import Channel, Edition, EditionState
from newsletter.pipeline.compose import Composed
from newsletter.pipeline.context import Context, pages_of, schedule_of
from newsletter.store import editions as edition_store
from newsletter.store import outcomes, planning, restoring, unsubscribe_checks
from subscribers.store import people


@dataclass(frozen=True, slots=True, kw_only=True)
class Stops:
    """What stands before a draft: reasons that must be mended, and holds a yes can lift."""

    reasons: tuple[str, ...]
    confirmable: tuple[Hold, ...]


def stops_before(context: Context, composed: Composed, people_now: int) -> Stops:
    """What stands before a composed draft, for this number of people.

    A provider that does not answer is a reason like any other, and hides none of them.
    """
    assert composed.edition is not None
    facts = _facts(context, composed.edition, people_now)
    trouble: tuple[str, ...] = ()
    try:
        found = _condition(context)
        facts = replace(facts, credits=found.credits)
        trouble = tuple(" ".join(said) for said in [window.clock_trouble(found.ahead)] if said)
    except TransportError as error:
        trouble = (str(error),)
    holds = gates(facts)
    firm = tuple(f"{h.message} {h.mend}" for h in holds if not h.confirmable)
    return Stops(
        reasons=composed.reasons + trouble + firm,
        confirmable=tuple(h for h in holds if h.confirmable),
    )


def _condition(context: Context) -> Condition:
    """How the provider is found; a rehearsal asks nobody."""
    if context.channel is not Channel.REAL:
        return Condition()
    return context.transport.condition()


def _facts(context: Context, edition: Edition, people_now: int) -> GateFacts:
    newsletter, delivery = context.settings.newsletter, context.settings.delivery
    last = _last_out(context)
    last_people = None
    if last is not None:
        with context.database.read() as connection:
            last_people = outcomes.recipients(connection, last.id).planned
    with context.database.read() as connection:
        to_mail = planning.mailable(connection, edition.id, now=context.now())
        restored = restoring.restored_at(connection)
    return GateFacts(
        channel=context.channel,
        people=people_now,
        to_mail=to_mail,
        terms=Terms(
            transport=context.transport_name,
            sender=newsletter.sender,
            public_url=pages_of(context.settings),
        ),
        last_terms=_terms_of(last) if last else None,
        last_people=last_people,
        approval_required=context.settings.schedule.approval == "required",
        warmup=delivery.warmup,
        per_day=delivery.per_day,
        days_until_next=_days_until_next(context, edition),
        leaving=_leaving(context),
        restored=restored is not None
        and not (last and last.frozen_at and last.frozen_at > restored),
    )


def _leaving(context: Context) -> Leaving | None:
    """How unsubscribing was found; that nobody answered once says nothing, if it worked before."""
    root = pages_of(context.settings)
    if not root:
        return None
    with context.database.read() as connection:
        last = unsubscribe_checks.last(connection, root)
    if last is None:
        return Leaving()
    age = None if last.passed_at is None else context.now() - last.passed_at
    trouble = "" if last.unreachable and age is not None else last.found
    return Leaving(trouble=trouble, age=age)


def _days_until_next(context: Context, edition: Edition) -> int:
    """From this edition's day to that of the one after it, in the newsletter's time zone."""
    zone = context.settings.newsletter.zone
    starts = max(context.now(), edition.period.scheduled_at)
    after = next_period(schedule_of(context.settings), starts).scheduled_at
    return (after.astimezone(zone).date() - starts.astimezone(zone).date()).days


def _last_out(context: Context) -> Edition | None:
    """The last edition of the channel whose handing over was begun; one that was approved and
    cancelled before that is none to compare with.
    """
    out = [state for state in EditionState if state not in OPEN_DRAFT]
    with context.database.read() as connection:
        found = edition_store.listed(connection, channel=context.channel, states=out)
    return next((edition for edition in found if edition.planned_at), None)


def active_people(context: Context) -> int:
    """How many people an edition would go to now."""
    with context.database.read() as connection:
        return people.active_count(connection)


def _terms_of(edition: Edition) -> Terms:
    return Terms(transport=edition.transport, sender=edition.sender, public_url=edition.public_url)
