"""What an import does with each row: decided on values alone, block by block.

A person who unsubscribed stays gone, whoever is suppressed or erased is left alone, and a status
only ever moves forward: pending → active → unsubscribed. An address that the list calls unreachable
is suppressed here as well; where the list says that its person is on it all the same, as our own
lists do, she comes onto it, and is not mailed. Who agreed after the time at which the list says she
left is not put off again by an old list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from subscribers.model import ConsentKind, Form, SuppressionReason
from subscribers.rows import ACTIVE, PENDING, UNSUBSCRIBED, Candidate
from subscribers.store.people import Known


class Outcome(StrEnum):
    """What became of a row; the words of the report."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    LEFT_ALONE = "left_alone"


JOINED_AGAIN: Final = "joined_again_since"
"""Why somebody is left alone whom an old list says to have left."""


class Barred(NamedTuple):
    """An address that the list says must not be written to, to be written down here."""

    reason: str
    since: datetime
    source: str


_GRAIN: Final = timedelta(seconds=1)


class Note(NamedTuple):
    """Evidence to be written down for the person of an address key."""

    key: str
    happened_at: datetime
    kind: ConsentKind
    source: str


@dataclass(slots=True)
class Plan:
    """What one block of rows comes to, as it is put together."""

    states: dict[str, Known] = field(default_factory=dict)
    """How the people the block changes or adds will be."""
    new: dict[str, Candidate] = field(default_factory=dict)
    choices: set[str] = field(default_factory=set)
    """Whose name or topics change."""
    activated: dict[str, datetime] = field(default_factory=dict)
    forms: set[str] = field(default_factory=set)
    """Whose form changes."""
    bars: dict[str, Barred] = field(default_factory=dict)
    """Addresses that must not be written to, and were not known to be so."""
    left: set[str] = field(default_factory=set)
    """Who was there and leaves."""
    confirmed: dict[str, datetime | None] = field(default_factory=dict)
    """When the new ones agreed."""
    notes: list[Note] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """Why people were left alone."""


def plan(
    candidates: Iterable[Candidate],
    known: Mapping[str, Known],
    barred: Mapping[str, SuppressionReason],
    now: datetime,
    agreed: Mapping[str, datetime] | None = None,
) -> Plan:
    """What to do with a block of rows, in the file's order.

    `known` are the people among them who are there, `barred` the suppressed and erased addresses,
    `agreed` when those last agreed whom the rows say to have left; all by address key. A later row
    of the same person meets what an earlier one made.
    """
    made = Plan()
    for candidate in candidates:
        key = candidate.key
        before = made.states.get(key) or known.get(key)
        why = _joined_again(candidate, before, agreed or {}) or _left_alone(
            made, candidate, before, barred.get(key), now
        )
        if why:
            made.reasons[why] += 1
            outcome = Outcome.LEFT_ALONE
        elif before is None:
            outcome = _add(made, candidate, now)
        else:
            outcome = _update(made, candidate, before, now)
        made.outcomes[outcome] += 1
    return made


def _joined_again(
    candidate: Candidate, before: Known | None, agreed: Mapping[str, datetime]
) -> str | None:
    """Whether what the list says is older than the person's last word, by more than a second."""
    if before is None or before.status == UNSUBSCRIBED or candidate.left_at is None:
        return None
    last = agreed.get(candidate.key)
    if last is None or last <= candidate.left_at + _GRAIN:
        return None
    return JOINED_AGAIN


def _left_alone(
    made: Plan,
    candidate: Candidate,
    before: Known | None,
    barred: SuppressionReason | None,
    now: datetime,
) -> str | None:
    """Why a row changes no person; an address that it calls unreachable is barred on the way."""
    key, leaves = candidate.key, candidate.status == UNSUBSCRIBED
    if barred is None and key in made.bars:
        barred = SuppressionReason(made.bars[key].reason)
    if barred is not None:
        if before is None or not leaves:
            return barred.value
    elif candidate.suppressed:
        if candidate.suppressed != SuppressionReason.ERASED:
            since = candidate.left_at or now
            note = candidate.heard_from if candidate.stated else candidate.source
            made.bars[key] = Barred(candidate.suppressed, since, note)
        if not leaves and (before is not None or not _is_on_the_list(candidate)):
            return candidate.suppressed
    if before is not None and before.status == UNSUBSCRIBED and not leaves:
        return SuppressionReason.UNSUBSCRIBED.value
    return None


def _is_on_the_list(candidate: Candidate) -> bool:
    """Whether somebody who must not be written to is a subscriber nevertheless."""
    return candidate.stated and candidate.suppressed != SuppressionReason.ERASED


def _add(made: Plan, candidate: Candidate, now: datetime) -> Outcome:
    key, status, consented_at = candidate.key, candidate.status, candidate.consented_at
    form = candidate.form or Form.NORMAL.value
    made.states[key] = Known(status, candidate.name, candidate.topics, form)
    made.new[key] = candidate
    if status == ACTIVE:
        consented_at = consented_at or now
    elif status == PENDING:
        consented_at = None
    made.confirmed[key] = consented_at
    if consented_at is not None:
        made.notes.append(Note(key, consented_at, ConsentKind.IMPORTED, candidate.source))
    if status == UNSUBSCRIBED:
        left_at = candidate.left_at or now
        made.notes.append(Note(key, left_at, ConsentKind.WITHDRAWN, candidate.heard_from))
    return Outcome.ADDED


def _update(made: Plan, candidate: Candidate, before: Known, now: datetime) -> Outcome:
    """Take over what the row says and the person's state allows."""
    key = candidate.key
    status = _moved(before.status, candidate.status)
    gone = before.status == UNSUBSCRIBED
    name = before.name if gone else candidate.name or before.name
    topics = before.topics if gone else candidate.topics or before.topics
    form = before.form if gone else candidate.form or before.form
    after = Known(status, name, topics, form)
    if after == before:
        return Outcome.UNCHANGED
    made.states[key] = after
    if status != before.status:
        _note_move(made, candidate, status, now)
    if key not in made.new and (name, topics) != (before.name, before.topics):
        made.choices.add(key)
    if key not in made.new and form != before.form:
        made.forms.add(key)
    return Outcome.UPDATED


def _moved(before: str, wanted: str) -> str:
    order = (PENDING, ACTIVE, UNSUBSCRIBED)
    return max(before, wanted, key=order.index)


def _note_move(made: Plan, candidate: Candidate, status: str, now: datetime) -> None:
    key = candidate.key
    if status == UNSUBSCRIBED:
        left_at = candidate.left_at or now
        made.notes.append(Note(key, left_at, ConsentKind.WITHDRAWN, candidate.heard_from))
        made.left.add(key)
        return
    agreed = candidate.consented_at or now
    made.notes.append(Note(key, agreed, ConsentKind.IMPORTED, candidate.source))
    if key in made.new:
        made.confirmed[key] = agreed
    else:
        made.activated[key] = agreed
