"""Absorb: what the provider reported sets the ledger right, and bars people who must not be mailed.

Block by block, each one transaction: a process may die between any two of them, and everything may
be absorbed again, in any order. What follows from what is decided in `newsletter.events`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.events.fold import merge
from newsletter.events.normalise import normalise_all, strays
from newsletter.events.settle import (
    Alarm,
    evidence_of,
    from_before_the_copy,
    old_verdict,
    verdict,
)
from newsletter.model.delivery import BatchState
from newsletter.model.event import BatchFacts, Event, Place
from newsletter.pipeline.mailboxes import follow
from newsletter.store import events as store
from newsletter.store import proofs
from newsletter.store.engine import Database
from subscribers.softbounces import SoftLimit

if TYPE_CHECKING:
    from sqlalchemy import Connection

BLOCK = 5_000
"""Events per transaction, at the most: a block takes well under a second."""

_WORDS = {
    Alarm.DOUBLE: (
        "Edition {key}: {people:,} people (batch {number}) were mailed twice, or will be. The"
        " provider reports mails of an attempt that counted as not sent, besides attempt {attempt}."
        " Mails that have left cannot be called back; nobody else is affected."
    ),
    Alarm.CANCEL: (
        "Edition {key}: the provider mailed {people:,} people (batch {number}) although it had"
        " confirmed that these mails were cancelled. They are not mailed again. Ask the provider's"
        " support why, and take no cancel for certain until that is known."
    ),
    Alarm.OLDER: (
        "The provider reports mails of edition {key} that this database knows nothing of: it is"
        " older than what the provider did, as a backup is that was put back. Put back a newer one"
        " if there is one, and look at `newsletter editions show {key}` before anything is sent."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """Something to tell the admin; `about` is the same for the same thing."""

    about: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How many batches turned out to have been taken, and what the admin must be told anew."""

    batches: int = 0
    alarms: tuple[Raised, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorbed:
    """What reports came to. `recorded` were new or said more than was known; `ignored` are not of
    our mails, or nothing we know. `suppressed` are people who are mailed no more.
    """

    recorded: int = 0
    ignored: int = 0
    settled_batches: int = 0
    suppressed: int = 0
    alarms: tuple[Raised, ...] = ()

    def __add__(self, other: Absorbed) -> Absorbed:
        return Absorbed(
            recorded=self.recorded + other.recorded,
            ignored=self.ignored + other.ignored,
            settled_batches=self.settled_batches + other.settled_batches,
            suppressed=self.suppressed + other.suppressed,
            alarms=self.alarms + other.alarms,
        )


def absorb(
    database: Database,
    posted: Sequence[object],
    *,
    now: datetime,
    retention: timedelta,
    limit: SoftLimit = SoftLimit(),  # noqa: B008 - a frozen value
) -> Absorbed:
    """Absorbs what was posted (SendGrid's events as decoded JSON); may be repeated.

    Events that are older than `retention` are forgotten, some with each call. Raises StoreError;
    the blocks before are done.
    """
    done = Absorbed()
    for start in range(0, len(posted), BLOCK):
        with database.begin() as connection:
            done += absorb_block(connection, posted[start : start + BLOCK], now=now, limit=limit)
    with database.begin() as connection:
        store.forget_before(connection, now - retention)
    return done


def settle_recorded(connection: Connection, edition_id: int, *, now: datetime) -> Settled:
    """Settles an edition's batches by what was absorbed before they were in doubt.

    For a run, in its own transaction, after it has found batches of unknown end, and before it
    hands over anything that was tried before.
    """
    waiting = proofs.unsettled(connection, edition_id)
    done = Settled()
    for start in range(0, len(waiting), BLOCK):
        ids = waiting[start : start + BLOCK]
        events = store.reported(connection, ids)
        block = _settle(connection, proofs.places(connection, ids), events, now)
        done = Settled(batches=done.batches + block.batches, alarms=done.alarms + block.alarms)
    return done


def absorb_block(
    connection: Connection, posted: Sequence[object], *, now: datetime, limit: SoftLimit
) -> Absorbed:
    """Absorbs about `BLOCK` events at the most, in the caller's transaction; may be repeated."""
    events, ignored = normalise_all(posted, now=now)
    ids = sorted({event.delivery_id for event in events})
    places = proofs.places(connection, ids)
    ours = [event for event in events if event.delivery_id in places]
    before = merge(store.reported(connection, list(places)))
    after = merge(ours, before)
    gained = [event for key, event in after.items() if before.get(key) is not event]
    recorded = store.record(connection, gained)
    settled = _settle(connection, places, after.values(), now)
    followed = follow(
        connection,
        gained,
        before=before,
        places=places,
        strays=[each for each in strays(posted, now=now) if each.delivery_id not in places],
        limit=limit,
        now=now,
    )
    return Absorbed(
        recorded=recorded + followed.recorded,
        ignored=ignored + len(events) - len(ours) - followed.found,
        settled_batches=settled.batches,
        suppressed=followed.suppressed,
        alarms=settled.alarms,
    )


def _settle(
    connection: Connection, places: Mapping[str, Place], events: Collection[Event], now: datetime
) -> Settled:
    """Compares the batches with what is reported of them, always in the same order."""
    accepted, touched = 0, set()
    due: list[tuple[Alarm, BatchFacts]] = []
    doubtful = _by_batch(places, events).values()
    for batch, told in sorted(doubtful, key=lambda pair: (pair[0].edition_id, pair[0].number)):
        known = [event for event in told if not from_before_the_copy(event, batch)]
        found = verdict(batch, evidence_of(known, recalled=batch.recalled))
        if found.accepted is not None and proofs.accept(
            connection, batch, found.accepted, detached=found.detached, now=now
        ):
            accepted += 1
            touched.add(batch.edition_id)
            batch = replace(batch, state=BatchState.ACCEPTED, attempt=found.accepted)  # noqa: PLW2901
        old = old_verdict(told, batch)
        if old.mailed and _accept_people(connection, batch, old.mailed, now):
            accepted += 1
            touched.add(batch.edition_id)
        due += [(alarm, batch) for alarm in (*found.alarms, *old.alarms)]
    for edition_id in sorted(touched):
        proofs.finish(connection, edition_id)
    # Last of all: two receivers that are to tell the same must not wait for each other's batches.
    raised = [_raised(connection, batch, alarm, now) for alarm, batch in sorted(due, key=_order)]
    return Settled(batches=accepted, alarms=tuple(each for each in raised if each))


def _accept_people(
    connection: Connection, batch: BatchFacts, mailed: Collection[str], now: datetime
) -> bool:
    """Takes those for accepted who were, before an older copy of the ledger was put back."""
    if batch.state not in {BatchState.UNKNOWN, BatchState.PLANNED}:
        return False
    return proofs.accept_people(connection, batch, sorted(mailed), now=now)


def _order(due: tuple[Alarm, BatchFacts]) -> tuple[int, str, int]:
    alarm, batch = due
    return batch.edition_id, alarm, batch.number


def _by_batch(
    places: Mapping[str, Place], events: Collection[Event]
) -> dict[int, tuple[BatchFacts, list[Event]]]:
    """The batches of which something is reported that is not just as the ledger has it, each with
    all that is reported of it.
    """
    found: dict[int, tuple[BatchFacts, list[Event]]] = {}
    for event in events:
        batch = places[event.delivery_id].batch
        if batch is not None and (
            batch.state is not BatchState.ACCEPTED or event.attempt != batch.attempt
        ):
            found.setdefault(batch.id, (batch, []))
    for event in events if found else ():
        batch = places[event.delivery_id].batch
        if batch is not None and batch.id in found:
            found[batch.id][1].append(event)
    return found


def _raised(
    connection: Connection, batch: BatchFacts, alarm: Alarm, now: datetime
) -> Raised | None:
    """Notes an alarm once; None when it was noted before, or concerns nobody."""
    people = proofs.people_in(connection, batch)
    key = batch.edition_key
    if alarm is Alarm.OLDER:
        about = f"{alarm}:{key}"
    elif people:
        about = f"{alarm}:{key}:{batch.attempt}:{batch.number}"
    else:
        return None
    text = _WORDS[alarm].format(key=key, people=people, number=batch.number, attempt=batch.attempt)
    if not store.alarm(connection, about=about, text=text, now=now):
        return None
    return Raised(about=about, text=text)
