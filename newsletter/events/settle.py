"""What reported events mean for a batch: a pure decision, carried out by the store.

The rules are told in docs/explanation/delivery.md, "What the provider reports later".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from newsletter.events.fold import is_recall
from newsletter.model.delivery import COPY_APART, BatchState
from newsletter.model.event import BatchFacts, Event, EventKind


@dataclass(frozen=True, slots=True)
class Evidence:
    """Attempts of one batch, each in up to three sets; each set is part of the one before."""

    reported: frozenset[int]
    """Of which anything at all is reported."""
    taken: frozenset[int]
    """Whose request certainly was taken, and not taken back again."""
    left: frozenset[int]
    """Whose mails have left for the mailboxes."""


class Alarm(StrEnum):
    """What the admin must be told, since nothing can mend it any more."""

    DOUBLE = "double"
    """People were, or will be, mailed twice."""
    CANCEL = "cancel"
    """The provider mailed what it had confirmed as cancelled."""
    OLDER = "older"
    """The provider did what this database does not know: it is an old copy."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a batch. `accepted` is the attempt that counts as taken, None: no change.

    `detached`: it counts by another attempt than the one under its provider id, so that a cancel
    of that id must not plan it again, but should take back the other copy.
    """

    accepted: int | None = None
    detached: bool = False
    alarms: tuple[Alarm, ...] = ()


def evidence_of(events: Iterable[Event], *, recalled: bool) -> Evidence:
    """What events of a batch's deliveries say; `recalled` as in BatchFacts.

    Where an attempt may have been cancelled, that its request was taken does not say that its mails
    will leave: the provider may process and drop a mail long before it is due.
    """
    reported, taken, left = set(), set(), set()
    stays = {EventKind.DROPPED, EventKind.PROCESSED} if recalled else {EventKind.DROPPED}
    for event in events:
        reported.add(event.attempt)
        if event.kind not in stays:
            left.add(event.attempt)
        elif not recalled and not is_recall(event):
            taken.add(event.attempt)
    return Evidence(frozenset(reported), frozenset(taken | left), frozenset(left))


def from_before_the_copy(event: Event, batch: BatchFacts) -> bool:
    """Whether an older copy of the ledger was put back after the attempt that the event is of.

    Then nobody knows who was in that attempt, and the event proves something of one person only.
    """
    return event.attempt // COPY_APART < batch.attempt // COPY_APART


@dataclass(frozen=True, slots=True)
class OldVerdict:
    """What is known of attempts from before a copy: the deliveries that were certainly `mailed`."""

    mailed: frozenset[str] = frozenset()
    alarms: tuple[Alarm, ...] = ()


def old_verdict(events: Iterable[Event], batch: BatchFacts) -> OldVerdict:
    """What events of a batch's deliveries say of attempts from before a copy, person by person.

    Only a mail that has left counts, since the copy does not know what was cancelled.
    """
    left: dict[str, set[int]] = {}
    mailed = set()
    for event in events:
        if event.kind in {EventKind.DROPPED, EventKind.PROCESSED}:
            continue
        left.setdefault(event.delivery_id, set()).add(event.attempt)
        if from_before_the_copy(event, batch):
            mailed.add(event.delivery_id)
    twice = any(len(left[each]) > 1 for each in mailed)
    return OldVerdict(frozenset(mailed), (Alarm.DOUBLE,) if twice else ())


def verdict(batch: BatchFacts, found: Evidence) -> Verdict:
    """What the evidence means for a batch in its present state."""
    accepted, detached = _accepted(batch, found)
    alarms = []
    if _is_double(batch, found):
        alarms.append(Alarm.DOUBLE)
    if batch.state is BatchState.PLANNED and accepted is not None and batch.recalled:
        alarms.append(Alarm.CANCEL)
    if _is_older(batch, found):
        alarms.append(Alarm.OLDER)
    return Verdict(accepted, detached, tuple(alarms))


def _accepted(batch: BatchFacts, found: Evidence) -> tuple[int | None, bool]:
    if batch.state is BatchState.UNKNOWN:
        if batch.attempt in found.taken:
            return batch.attempt, False
        if found.left:  # its people have it, by an attempt that was believed cancelled or lost
            return max(batch.attempt, *found.left), True
    if batch.state is BatchState.PLANNED and found.left:
        return max(found.left), True
    return None, False


def _is_double(batch: BatchFacts, found: Evidence) -> bool:
    if len(found.left) > 1:
        return True
    counted = batch.state is BatchState.ACCEPTED or (
        batch.state is BatchState.UNKNOWN and batch.attempt in found.taken
    )
    return counted and any(attempt < batch.attempt for attempt in found.left)


def _is_older(batch: BatchFacts, found: Evidence) -> bool:
    """Whether there is more than the ledger ever asked for."""
    never_asked = batch.attempt + (0 if batch.state is BatchState.PLANNED else 1)
    return any(attempt >= never_asked for attempt in found.reported)
