"""Leaving by the lasting link that stands in each mail: at once, and as often as one likes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from subscribers import address as addresses
from subscribers.model import ConsentKind, Method, Subscriber, SubscriptionStatus
from subscribers.rows import MAX_SOURCE, one_line
from subscribers.store import evidence, people

if TYPE_CHECKING:
    from sqlalchemy import Connection

MAX_REASON: Final = 500
"""Characters of a reason that are kept."""


class Outcome(StrEnum):
    """What became of it. Whoever asks is told the same in all three: you are unsubscribed."""

    LEFT = "left"
    ALREADY = "already"
    UNKNOWN = "unknown"
    """No such token: nobody, or a person who was erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """The outcome, and the number of the person, where there is one."""

    outcome: Outcome
    subscriber_id: int | None = None


def leave(
    conn: Connection,
    token: str,
    *,
    now: datetime,
    method: Method,
    source: str = "",
    reason: str = "",
    network: str = "",
) -> Left:
    """Take the person of a token off the list, and write that down, with one reason if she gave it.

    May be repeated; who left without a reason may give one afterwards. It counts for every mail
    that was not handed over yet. `network` only if it is to be kept.
    """
    person = people.by_token(conn, token)
    if person is None:
        return Left(outcome=Outcome.UNKNOWN)
    said = one_line(reason)[:MAX_REASON]
    left = (
        not has_left(person) and people.deactivate(conn, [addresses.key(person.address)], now) > 0
    )
    if left or (said and not _gave_reason(conn, person)):
        line = evidence.Evidence(
            person.id,
            now,
            ConsentKind.WITHDRAWN if left else ConsentKind.CHANGED,
            one_line(source)[:MAX_SOURCE],
            method=method,
            detail=f"{_REASON}{said}" if said else "",
            network=one_line(network)[:MAX_SOURCE],
        )
        evidence.record_consents(conn, [line], now)
    return Left(outcome=Outcome.LEFT if left else Outcome.ALREADY, subscriber_id=person.id)


def in_order(conn: Connection, tokens: Collection[str]) -> list[str]:
    """The tokens of people, in the order in which others change many of them at once.

    Who takes several off the list in one transaction does it in this order, so that two such
    wait for each other and not in a circle.
    """
    return people.tokens_in_order(conn, tokens)


def person_of(conn: Connection, token: str) -> Subscriber | None:
    """The person whose lasting link this is; changes nothing."""
    return people.by_token(conn, token)


def has_left(person: Subscriber) -> bool:
    """Whether she is off the list."""
    return person.status is SubscriptionStatus.UNSUBSCRIBED


_REASON: Final = "reason: "


def _gave_reason(conn: Connection, person: Subscriber) -> bool:
    """Whether the person said why since she left."""
    for line in reversed(evidence.consents_of(conn, person.id)):
        if line.detail.startswith(_REASON):
            return True
        if line.kind is ConsentKind.WITHDRAWN:
            return False
    return False
