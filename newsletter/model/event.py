"""What the provider reports later of a delivery, in our own words: no address, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.model.delivery import BatchState, DeliveryState


class EventKind(StrEnum):
    """What happened to one attempt of a delivery; the later in this list, the more it says."""

    PROCESSED = "processed"
    """The provider has it. Openings and clicks are noted as no more than this."""
    DROPPED = "dropped"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BLOCKED = "blocked"
    """Refused this time, and not tried again; says nothing of the address."""
    SOFT_BOUNCED = "soft_bounced"
    """The same for a reason that lies with the mailbox: it is full, or not to be reached. Many of
    them in a row mean that nobody reads there any more."""
    BOUNCED = "bounced"
    """Refused for good: mail to this address never arrives."""
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one attempt of a delivery; each kind counts once.

    `at` is aware; `reason` is a shortened text without any address.
    """

    delivery_id: str
    attempt: int
    kind: EventKind
    at: datetime
    reason: str = ""

    @property
    def key(self) -> tuple[str, int, EventKind]:
        """What it is the event of, and of which kind."""
        return self.delivery_id, self.attempt, self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """What happened to somebody's mailbox, where it is not said with which of our mails.

    `delivery_id` is what was said, "" where nothing was; `address_key` is that of
    `subscribers.address`.
    """

    delivery_id: str
    address_key: str
    kind: EventKind
    at: datetime
    reason: str = ""


def join(one: Event, other: Event) -> Event:
    """What is kept of two events with the same key: the later, but of `processed` the earlier.

    The earlier, because the later one may be the moment in which somebody opened the mail.
    """
    if one.kind is EventKind.PROCESSED:
        return min(one, other, key=lambda event: event.at)
    return max(one, other, key=lambda event: (event.at, event.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What all events of one attempt of a delivery come to; no kind where there were none."""

    kind: EventKind | None = None
    at: datetime | None = None
    reason: str = ""

    @property
    def proves_acceptance(self) -> bool:
        """Whether the request of this attempt was taken: it is taken or refused as a whole."""
        return self.kind is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFacts:
    """A batch as the ledger has it, for comparing with what the provider reports of it.

    `recalled`: some of its edition's provider ids were cancelled, so that an attempt may have been
    taken and discarded again.
    """

    id: int
    edition_id: int
    edition_key: str
    number: int
    state: BatchState
    attempt: int
    provider_id: int | None
    recalled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a delivery is in the ledger; one that was skipped from the start is in no batch."""

    delivery_id: str
    subscriber_id: int
    state: DeliveryState
    batch: BatchFacts | None
