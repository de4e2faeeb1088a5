"""Why a person was mailed an edition, or was not: by the ledger, and by when she was listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.delivery.plan import NOT_DISCREET, NOTHING_FOR_TOPICS, PAUSED
from newsletter.editions.wording import local_date
from newsletter.errors import UsageError
from newsletter.model.account import PersonAccount, PersonDelivery
from newsletter.model.delivery import DeliveryState
from newsletter.model.edition import Edition, EditionState
from newsletter.pipeline.context import Context
from newsletter.store import accounts
from newsletter.store import editions as edition_store
from subscribers import membership
from subscribers.model import (
    AGREED,
    Consent,
    ConsentKind,
    Dossier,
    Subscriber,
    SubscriptionStatus,
    SuppressionReason,
)

SKIPPED = {
    SuppressionReason.UNSUBSCRIBED.value: "the person had unsubscribed",
    SuppressionReason.HARD_BOUNCE.value: "mail to the address had come back for good",
    SuppressionReason.SOFT_BOUNCES.value: "mail to the address had come back too often",
    SuppressionReason.COMPLAINT.value: "a mail had been reported as spam",
    SuppressionReason.MANUAL.value: "the address was suppressed by hand",
    SuppressionReason.ERASED.value: "the person was erased",
    PAUSED: "the person had paused the newsletter",
    NOTHING_FOR_TOPICS: "there was nothing in it for the chosen topics",
    NOT_DISCREET: "discreet mails were chosen after it was made, and it has no such form",
}
"""Why the ledger skipped a person, in words that say nothing more."""

_TURNS = (*AGREED, ConsentKind.WITHDRAWN)
"""The kinds of evidence after which a person is on the list, or is not."""

_NOT_YET = "it has not been sent yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedPerson:
    """A person, and the editions of this channel, newest first."""

    dossier: Dossier
    editions: tuple[PersonAccount, ...]


def explain_person(
    context: Context, address: str, *, edition: str | None = None
) -> ExplainedPerson:
    """Why the person of this address got the editions of this channel, or did not.

    With `edition` (a key) only that one. Raises UnknownSubscriber, AddressError, UsageError.
    """
    with context.database.read() as connection:
        dossier = membership.show(connection, address, secrets=context.secrets)
        editions = edition_store.listed(connection, channel=context.channel)
        person = dossier.subscriber
        ledger = accounts.deliveries(connection, person.id) if person else {}
    if edition is not None:
        editions = [each for each in editions if each.key == edition]
        if not editions:
            raise UsageError(f"There is no edition {edition}.", "See `newsletter editions list`.")
    if person is None:
        return ExplainedPerson(dossier=dossier, editions=())
    zone = context.settings.newsletter.zone
    told = (
        of_edition(each, ledger.get(each.id), person, dossier.consents, zone) for each in editions
    )
    return ExplainedPerson(dossier=dossier, editions=tuple(told))


def of_edition(
    edition: Edition,
    delivery: PersonDelivery | None,
    person: Subscriber,
    consents: Sequence[Consent],
    zone: ZoneInfo,
) -> PersonAccount:
    """What became of one edition for one person; no `delivery` where the ledger has none."""
    if delivery is None:
        outcome, (code, because) = "none", _absent(edition, person, consents, zone)
    else:
        outcome, code = delivery.state.value, delivery.reason or delivery.state.value
        because = _because(edition, delivery)
    return PersonAccount(
        edition_key=edition.key,
        state=edition.state.value,
        outcome=outcome,
        code=code,
        because=because,
        events=delivery.events if delivery else (),
    )


def _because(edition: Edition, delivery: PersonDelivery) -> str:
    key, reason = edition.key, delivery.reason
    match delivery.state:
        case DeliveryState.ACCEPTED:
            return "the mail was handed over"
        case DeliveryState.REJECTED:
            return f"the mail was refused: {reason or 'no reason was given'}"
        case DeliveryState.UNKNOWN:
            return (
                "nobody knows whether the mail was taken, and so it is not sent again by itself"
                f" (see `newsletter editions show {key}`)"
            )
        case DeliveryState.CANCELLED:
            return "the edition was taken back before this mail left"
        case DeliveryState.SKIPPED:
            return SKIPPED.get(reason, reason)
        case DeliveryState.PLANNED if edition.state is EditionState.CANCELLED:
            return "the edition was taken back before this mail was handed over"
        case DeliveryState.PLANNED:
            return f"the mail is still to be handed over; the edition is {edition.state.value}"


def _absent(
    edition: Edition, person: Subscriber, consents: Sequence[Consent], zone: ZoneInfo
) -> tuple[str, str]:
    """Why the ledger has no line: nobody was planned, or not this person."""
    at = edition.planned_at
    if at is None:
        if edition.state is EditionState.CANCELLED:
            return "not-sent", "the edition was closed before it was sent to anybody"
        return "not-yet", _NOT_YET
    if person.created_at > (edition.frozen_at or at):
        return "not-listed", f"not on the list then; added on {_day(person.created_at, zone)}"
    left = _left(consents, at)
    if left is not None:
        return "left", f"the person had left before, on {_day(left, zone)}"
    if person.status is SubscriptionStatus.PENDING:
        return "pending", "the person has not confirmed"
    if person.confirmed_at is not None and person.confirmed_at > at:
        return "pending", (
            f"the person had not confirmed by then, only on {_day(person.confirmed_at, zone)}"
        )
    return "unlisted", "the person was not planned for; nothing more is known of why"


def _left(consents: Sequence[Consent], at: datetime) -> datetime | None:
    """When the person had left, if that was the last word by then."""
    told = sorted(
        (each for each in consents if each.recorded_at <= at and each.kind in _TURNS),
        key=lambda each: each.recorded_at,
    )
    if told and told[-1].kind is ConsentKind.WITHDRAWN:
        return told[-1].happened_at
    return None


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return local_date(moment, zone).replace("\u00a0", " ")
