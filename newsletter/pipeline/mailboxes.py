"""What reports mean for the people they are about: who must not be mailed any more.

In the transaction of the block that is absorbed. Only what is new is acted on: whoever the admin
has let in again is not barred by a repeated report.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.events.fold import BARRING, Merged, fold, merge, suppression_of
from newsletter.model.delivery import DeliveryState
from newsletter.model.event import Event, EventKind, Place, Stray
from newsletter.store import events as store
from subscribers.feedback import Feedback, heed
from subscribers.model import SuppressionReason
from subscribers.softbounces import SoftLimit, weigh
from subscribers.store import people, pushed, soft_bounces
from subscribers.store.soft_bounces import Fate

if TYPE_CHECKING:
    from sqlalchemy import Connection

SOURCE = "sendgrid"
"""What stands in the evidence of who unsubscribed at the provider, and before every note."""

_PERSON = "person-"
_NO_ATTEMPT = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What followed: people `suppressed`; strays that were somebody's (`found`), and those among
    them that were new (`recorded`).
    """

    suppressed: int = 0
    found: int = 0
    recorded: int = 0


def follow(
    connection: Connection,
    gained: Sequence[Event],
    *,
    before: Merged,
    places: Mapping[str, Place],
    strays: Sequence[Stray],
    limit: SoftLimit,
    now: datetime,
) -> Followed:
    """Bars whom the events are about that say more than was known before, and whom strays are."""
    told = list(_feedback(gained, before, places, _told_of(connection, gained, places)))
    owners = people.ids_of(connection, sorted({stray.address_key for stray in strays}))
    fresh = _fresh(connection, strays, owners)
    told += [_of_stray(event) for event in fresh]
    made = heed(connection, told, now=now, source=SOURCE)
    soft = _weigh(connection, gained, places, limit, now)
    return Followed(
        suppressed=len(made.suppressed.keys() | made.left.keys()) + soft,
        found=sum(stray.address_key in owners for stray in strays),
        recorded=len(fresh),
    )


# ---- reports with the ids of a mail


def _told_of(
    connection: Connection, gained: Sequence[Event], places: Mapping[str, Place]
) -> frozenset[int]:
    """Whose mail was dropped, and whom the provider was told not to mail."""
    dropped = {places[e.delivery_id].subscriber_id for e in gained if e.kind is EventKind.DROPPED}
    keys = people.keys_of(connection, dropped) if dropped else {}
    told = pushed.among(connection, sorted(keys.values())) if keys else set()
    return frozenset(id_ for id_, key in keys.items() if key in told)


def _feedback(
    gained: Iterable[Event],
    before: Merged,
    places: Mapping[str, Place],
    told_of: Collection[int],
) -> Iterable[Feedback]:
    """By each event for itself: who complained may have left as well, whatever comes first.

    A mail that was dropped because the provider was told that the person left (`told_of`) says
    nothing of her wish: she came back, and could not be taken off its list yet.
    """
    for event in gained:
        if event.kind not in BARRING:
            continue
        place = places[event.delivery_id]
        live = _is_live(place, event.attempt)
        reason = suppression_of(fold([event]), attempt_live=live)
        known = before.get(event.key)
        echo = event.kind is EventKind.DROPPED and reason is SuppressionReason.UNSUBSCRIBED
        if echo and place.subscriber_id in told_of:
            continue
        if reason is None or (
            known is not None and suppression_of(fold([known]), attempt_live=live) is reason
        ):
            continue
        yield Feedback(
            subscriber_id=place.subscriber_id, reason=reason, at=event.at, note=_note(event)
        )


def _is_live(place: Place, attempt: int) -> bool:
    current = place.batch is not None and place.batch.attempt == attempt
    return current and place.state is not DeliveryState.CANCELLED


def _note(event: Event) -> str:
    return f"{SOURCE}: {event.reason}" if event.reason else SOURCE


# ---- reports of an address alone


def id_of_reports(subscriber_id: int) -> str:
    """What stands in the place of a delivery's id in reports that are about a person alone."""
    return f"{_PERSON}{subscriber_id}"


def _fresh(
    connection: Connection, strays: Sequence[Stray], owners: Mapping[str, int]
) -> list[Event]:
    """The strays that are about people and newer than what is kept; they are kept from now on.

    They are kept by the number of the person, so that no address stays.
    """
    events = [
        Event(
            delivery_id=id_of_reports(owners[stray.address_key]),
            attempt=_NO_ATTEMPT,
            kind=stray.kind,
            at=stray.at,
            reason=stray.reason,
        )
        for stray in strays
        if stray.address_key in owners
    ]
    if not events:
        return []
    before = merge(store.reported(connection, sorted({event.delivery_id for event in events})))
    after = merge(events, before)
    gained = [event for key, event in after.items() if before.get(key) is not event]
    store.record(connection, gained)
    return gained


def _of_stray(event: Event) -> Feedback:
    reason = suppression_of(fold([event]), attempt_live=True)
    assert reason is not None, event.kind
    id_ = int(event.delivery_id.removeprefix(_PERSON))
    return Feedback(subscriber_id=id_, reason=reason, at=event.at, note=_note(event))


# ---- soft bounces


def _weigh(
    connection: Connection,
    gained: Sequence[Event],
    places: Mapping[str, Place],
    limit: SoftLimit,
    now: datetime,
) -> int:
    """Counts mails in a row that did not arrive. That one did counts only for people of whom
    another did not: most are never written down here.
    """
    bounced = [_fate(e, places) for e in gained if e.kind is EventKind.SOFT_BOUNCED]
    arrived = [_fate(e, places) for e in gained if e.kind is EventKind.DELIVERED]
    shaky = {fate.subscriber_id for fate in bounced}
    known = soft_bounces.having(connection, [f.subscriber_id for f in arrived]) if arrived else ()
    history = store.arrivals(connection, sorted(shaky)) if shaky else []
    news = [
        *bounced,
        *(fate for fate in arrived if fate.subscriber_id in known),
        *(Fate(id_, mail, arrived_at=at) for id_, mail, at in history),
    ]
    return weigh(connection, news, limit=limit, now=now, source=SOURCE) if news else 0


def _fate(event: Event, places: Mapping[str, Place]) -> Fate:
    id_ = places[event.delivery_id].subscriber_id
    if event.kind is EventKind.DELIVERED:
        return Fate(id_, event.delivery_id, arrived_at=event.at)
    return Fate(id_, event.delivery_id, bounced_at=event.at)
