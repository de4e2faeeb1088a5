"""All that is held about one person, for herself: in words that a program can read, too."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from newsletter.model.account import PersonDelivery
from newsletter.model.edition import Edition
from newsletter.model.event import Event
from newsletter.pipeline.context import Context
from newsletter.pipeline.mailboxes import id_of_reports
from newsletter.store import accounts, events
from newsletter.store import editions as edition_store
from subscribers import address as addresses
from subscribers import membership
from subscribers.errors import UnknownSubscriber
from subscribers.model import Consent, Dossier, Request, Subscriber, Suppression
from subscribers.store import pushed, soft_bounces
from subscribers.store.soft_bounces import Fate

_NOTE = (
    "All that is held about this address. Times are UTC. What the mail provider holds besides is"
    " named in the privacy notice."
)


def dossier_of(context: Context, address: str) -> dict[str, Any]:
    """The person, what she agreed to, what she asked for, which mails went to her and what came of
    them, whether her address is barred, and whether the provider was told so; ready for JSON.

    Raises AddressError, SecretKeyError. An address of which nothing is held has empty parts.
    """
    key = addresses.key(addresses.normalise(address))
    with context.database.read() as connection:
        try:
            held = membership.show(connection, address, secrets=context.secrets)
        except UnknownSubscriber:
            held = Dossier(subscriber=None)
        person = held.subscriber
        ledger = accounts.deliveries(connection, person.id) if person else {}
        editions = {each.id: each for each in edition_store.listed(connection)}
        fates = soft_bounces.of_people(connection, [person.id]) if person else []
        alone = events.reported(connection, [id_of_reports(person.id)]) if person else []
        told_at = pushed.told_at(connection, key)
    return {
        "note": _NOTE,
        "address": person.address if person else address,
        "made_at": _time(context.now()),
        "subscriber": None if person is None else _person(person),
        "consents": [_consent(each) for each in held.consents],
        "suppression": None if held.suppression is None else _suppression(held.suppression),
        "requests": [_request(each) for each in held.requests],
        "deliveries": [_delivery(each, editions[each.edition_id]) for each in ledger.values()],
        "mails_put_off": [_fate(each) for each in fates],
        "reports_without_a_mail": [_report(each) for each in alone],
        "provider_told_at": _time(told_at),
    }


def _person(person: Subscriber) -> dict[str, Any]:
    return {
        "number": person.id,
        "address": person.address,
        "name": person.name,
        "status": person.status.value,
        "topics": list(person.topics),
        "form": person.form.value,
        "added_at": _time(person.created_at),
        "confirmed_at": _time(person.confirmed_at),
        "changed_at": _time(person.changed_at),
        "paused_until": _time(person.paused_until),
        "link_token": person.token,
    }


def _consent(line: Consent) -> dict[str, Any]:
    return {
        "what": line.kind.value,
        "happened_at": _time(line.happened_at),
        "recorded_at": _time(line.recorded_at),
        "how": line.method.value,
        "source": line.source,
        "shown": line.wording,
        "shown_version": line.wording_version,
        "detail": line.detail,
        "network": line.network,
    }


def _suppression(bar: Suppression) -> dict[str, Any]:
    return {"reason": bar.reason.value, "since": _time(bar.since), "note": bar.note}


def _request(asked: Request) -> dict[str, Any]:
    return {
        "what": asked.purpose.value,
        "asked_at": _time(asked.asked_at),
        "topics": list(asked.topics),
        "form": asked.form.value,
        "source": asked.source,
        "network": asked.network,
        "state": asked.state.value,
        "mail": asked.letter.value if asked.letter else None,
        "reason": asked.reason,
        "mailed_at": _time(asked.mailed_at),
        "used_at": _time(asked.used_at),
        "link_expires_at": _time(asked.expires_at),
    }


def _delivery(each: PersonDelivery, edition: Edition) -> dict[str, Any]:
    return {
        "id": each.id,
        "edition": edition.key,
        "channel": edition.channel.value,
        "scheduled_at": _time(edition.period.scheduled_at),
        "state": each.state.value,
        "reason": each.reason,
        "events": [_report(event) for event in each.events],
    }


def _report(event: Event) -> dict[str, Any]:
    return {"what": event.kind.value, "at": _time(event.at), "reason": event.reason}


def _fate(each: Fate) -> dict[str, Any]:
    """A mail that the mailbox did not take at first."""
    return {
        "mail": each.mail,
        "bounced_at": _time(each.bounced_at),
        "arrived_at": _time(each.arrived_at),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
