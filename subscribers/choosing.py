"""What a person on the list wants to get: topics, the form of the mail, a pause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from subscribers import address as addresses
from subscribers.model import ConsentKind, Form, Method, Subscriber, SubscriptionStatus, join_topics
from subscribers.rows import MAX_SOURCE, one_line
from subscribers.store import evidence, people

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST_WEEKS: Final = 52


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be changed; None leaves it as it is. No topics means everything.

    `pause_weeks` counts from now; 0 ends a pause.
    """

    topics: tuple[str, ...] | None = None
    form: Form | None = None
    pause_weeks: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a person has chosen; `paused_until` is UTC, None or in the past for no pause."""

    topics: str
    form: Form
    paused_until: datetime | None


def choose(
    conn: Connection,
    person: Subscriber,
    wish: Wish,
    *,
    now: datetime,
    method: Method,
    source: str = "",
    network: str = "",
) -> Subscriber:
    """Change what a person gets, and write that down; the person as she is then.

    Whoever is not on the list is left as she is. `network` only if it is to be kept.
    """
    before = Choices(
        topics=join_topics(person.topics), form=person.form, paused_until=person.paused_until
    )
    after = wished(before, wish, now)
    said = difference(before, after)
    if not said or person.status is not SubscriptionStatus.ACTIVE:
        return person
    people.set_choices(conn, person.id, after.topics, after.form, after.paused_until, now)
    line = evidence.Evidence(
        person.id,
        now,
        ConsentKind.CHANGED,
        one_line(source)[:MAX_SOURCE],
        method=method,
        detail=said,
        network=one_line(network)[:MAX_SOURCE],
    )
    evidence.record_consents(conn, [line], now)
    return people.find(conn, addresses.key(person.address)) or person


def wished(before: Choices, wish: Wish, now: datetime) -> Choices:
    """The choices after a wish."""
    paused_until = before.paused_until
    if wish.pause_weeks is not None:
        weeks = min(max(wish.pause_weeks, 0), MOST_WEEKS)
        paused_until = now + timedelta(weeks=weeks) if weeks else None
    return Choices(
        topics=before.topics if wish.topics is None else join_topics(wish.topics),
        form=before.form if wish.form is None else wish.form,
        paused_until=paused_until,
    )


def difference(before: Choices, after: Choices) -> str:
    """What changed, in words for the evidence; "" for nothing."""
    said = []
    if before.topics != after.topics:
        said.append(f"topics: {_topics(before)} → {_topics(after)}")
    if before.form is not after.form:
        said.append(f"form: {before.form} → {after.form}")
    if before.paused_until != after.paused_until:
        until = after.paused_until
        said.append("pause ended" if until is None else f"paused until {until:%Y-%m-%d %H:%M} UTC")
    return "; ".join(said)


def _topics(choices: Choices) -> str:
    return choices.topics or "everything"
