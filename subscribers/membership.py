"""One person at a time: to add, show, take off the list, and erase.

Each takes an open connection (a `sqlalchemy.Connection`) whose transaction the caller owns.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from subscribers import address as addresses
from subscribers import softbounces
from subscribers.errors import LeftAlone, UnknownSubscriber
from subscribers.model import (
    ConsentKind,
    Dossier,
    Method,
    Subscriber,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
    join_topics,
)
from subscribers.rows import MAX_NAME, MAX_SOURCE, one_line
from subscribers.store import evidence, people, pushed, requests, suppressions
from subscribers.token import new_tokens

if TYPE_CHECKING:
    from sqlalchemy import Connection

COMMAND_LINE: Final = "command line"
"""The source of what the admin enters by hand."""

_WHY: Final = {
    SuppressionReason.UNSUBSCRIBED: "unsubscribed",
    SuppressionReason.HARD_BOUNCE: "is suppressed: mail to it came back for good",
    SuppressionReason.SOFT_BOUNCES: "is suppressed: mail to it came back too often",
    SuppressionReason.COMPLAINT: "is suppressed: a mail was reported as spam",
    SuppressionReason.MANUAL: "is suppressed by hand",
    SuppressionReason.ERASED: "was erased at the person's wish",
}

_FOR_THE_ADMIN: Final = (SuppressionReason.COMPLAINT, SuppressionReason.MANUAL)
_ONLY_SHE: Final = "Only the person can undo that, by signing up and confirming again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """Who was added; `outcome` is `added`, `updated` or `unchanged`."""

    subscriber: Subscriber
    outcome: str


def add(
    conn: Connection,
    address: str,
    *,
    now: datetime,
    name: str | None = None,
    topics: Collection[str] | None = None,
    source: str = COMMAND_LINE,
    secrets: tuple[str, ...] = (),
) -> Added:
    """Add a person who has agreed, or change the name and topics of one who is there.

    None leaves name or topics as they are; no topics means everything. Raises AddressError, and
    LeftAlone for whoever left, was suppressed or erased.
    """
    normal = addresses.normalise(address)
    key = addresses.key(normal)
    name = None if name is None else one_line(name)[:MAX_NAME]
    source = one_line(source)[:MAX_SOURCE]
    before = people.find(conn, key)
    _refuse_who_left(conn, normal, before, secrets)
    if before is None:
        _insert(conn, normal, name or "", join_topics(topics or ()), source, now)
        return Added(subscriber=_found(conn, key), outcome="added")
    if before.status is SubscriptionStatus.PENDING:
        people.activate(conn, {key: now}, now)
        _record(conn, before.id, ConsentKind.GIVEN, source, now)
    new_name = before.name if name is None else name
    new_topics = join_topics(before.topics if topics is None else topics)
    if (new_name, new_topics) != (before.name, join_topics(before.topics)):
        people.change_choices(conn, {key: (new_name, new_topics)}, now)
    after = _found(conn, key)
    return Added(subscriber=after, outcome="unchanged" if after == before else "updated")


def _refuse_who_left(
    conn: Connection, address: str, before: Subscriber | None, secrets: tuple[str, ...]
) -> None:
    key = addresses.key(address)
    bar = suppressions.barred(conn, [key], secrets).get(key)
    reason = None if bar is None else bar.reason
    gone = before is not None and before.status is SubscriptionStatus.UNSUBSCRIBED
    if gone and reason not in _FOR_THE_ADMIN:
        reason = SuppressionReason.UNSUBSCRIBED
    if reason is not None:
        raise LeftAlone(f"{address} {_WHY[reason]}, and is left alone.", _mend(address, reason))


def _mend(address: str, reason: SuppressionReason) -> str:
    """Who may undo it, and how: as signing up decides it."""
    remove = f"`newsletter suppressions remove {address}`"
    if reason in _FOR_THE_ADMIN:
        said = "" if reason is SuppressionReason.MANUAL else " with --reason"
        return f"Signing up does not undo that. If the person asked you for it: {remove}{said}."
    if reason in (SuppressionReason.HARD_BOUNCE, SuppressionReason.SOFT_BOUNCES):
        return f"Let the person sign up and confirm; or, if mail arrives there again: {remove}."
    return _ONLY_SHE


def _insert(
    conn: Connection, address: str, name: str, topics: str, source: str, now: datetime
) -> None:
    (token,) = new_tokens(1)
    new = people.NewPerson(
        address=address,
        address_key=addresses.key(address),
        name=name,
        token=token,
        status=SubscriptionStatus.ACTIVE.value,
        topics=topics,
        confirmed_at=now,
    )
    ids = people.insert_people(conn, [new], now)
    if token in ids:
        _record(conn, ids[token], ConsentKind.GIVEN, source, now)


def _record(
    conn: Connection,
    subscriber_id: int,
    kind: ConsentKind,
    source: str,
    now: datetime,
    detail: str = "",
) -> None:
    line = evidence.Evidence(subscriber_id, now, kind, source, method=Method.ADMIN, detail=detail)
    evidence.record_consents(conn, [line], now)


def show(conn: Connection, address: str, *, secrets: tuple[str, ...] = ()) -> Dossier:
    """All that is held about an address. Raises UnknownSubscriber when that is nothing."""
    normal = addresses.normalise(address)
    key = addresses.key(normal)
    subscriber = people.find(conn, key)
    asked = requests.of_address(conn, key)
    if subscriber is not None:
        return Dossier(
            subscriber=subscriber,
            consents=evidence.consents_of(conn, subscriber.id),
            suppression=suppressions.by_address(conn, [key]).get(key),
            requests=asked,
        )
    bar = suppressions.barred(conn, [key], secrets).get(key)
    if bar is None and not asked:
        raise _unknown(normal)
    return Dossier(subscriber=None, suppression=bar, requests=asked)


def unsubscribe(
    conn: Connection, address: str, *, now: datetime, source: str = COMMAND_LINE
) -> bool:
    """Take a person off the list and write that down; False when she had left before.

    Raises UnknownSubscriber.
    """
    normal = addresses.normalise(address)
    key = addresses.key(normal)
    subscriber = _found(conn, key, normal)
    if subscriber.status is SubscriptionStatus.UNSUBSCRIBED:
        return False
    people.deactivate(conn, [key], now)
    said = one_line(source)[:MAX_SOURCE]
    _record(conn, subscriber.id, ConsentKind.WITHDRAWN, said, now)
    return True


def status_of(conn: Connection, address: str) -> SubscriptionStatus | None:
    """How the subscription of an address stands; None for one that is not on the list."""
    subscriber = people.find(conn, addresses.key(addresses.normalise(address)))
    return None if subscriber is None else subscriber.status


def suppression_of(
    conn: Connection, address: str, *, secrets: tuple[str, ...] = ()
) -> Suppression | None:
    """Why an address must not be written to, if so. Raises AddressError and SecretKeyError."""
    key = addresses.key(addresses.normalise(address))
    return suppressions.barred(conn, [key], secrets).get(key)


def suppress(
    conn: Connection,
    address: str,
    *,
    now: datetime,
    note: str = "",
    secrets: tuple[str, ...] = (),
) -> Suppression | None:
    """Bar an address by hand, whoever it belongs to; what barred it before, which then stays.

    Raises AddressError, and SecretKeyError when it could be an erased one.
    """
    before = suppression_of(conn, address, secrets=secrets)
    if before is None:
        key = addresses.key(addresses.normalise(address))
        said = one_line(note)[:MAX_SOURCE]
        suppressions.suppress(conn, key, SuppressionReason.MANUAL, now, said)
    return before


def lift_suppression(
    conn: Connection,
    address: str,
    *,
    now: datetime,
    reason: str = "",
    secrets: tuple[str, ...] = (),
) -> Suppression:
    """Let an address be written to again; what barred it. The subscription stays as it is.

    `reason` is how the person asked for it; it goes into her evidence, and after a complaint there
    must be one. Raises UnknownSubscriber for one that is not suppressed, and LeftAlone for an
    erased one, or for a complaint without a reason.
    """
    normal = addresses.normalise(address)
    before = suppression_of(conn, normal, secrets=secrets)
    if before is None:
        raise UnknownSubscriber(
            f"{normal} is not suppressed.", "Look with `newsletter suppressions list`."
        )
    said = one_line(reason)[:MAX_SOURCE]
    _refuse_to_lift(normal, before, said)
    key = addresses.key(normal)
    suppressions.lift_wholly(conn, key, secrets)
    softbounces.forget(conn, key)
    person = people.find(conn, key)
    if person is not None:
        detail = f"suppression lifted: {before.reason.value}"
        _record(conn, person.id, ConsentKind.CHANGED, said or COMMAND_LINE, now, detail)
    return before


def _refuse_to_lift(address: str, before: Suppression, reason: str) -> None:
    if before.reason is SuppressionReason.ERASED:
        raise LeftAlone(f"{address} {_WHY[before.reason]}, and is left alone.", _ONLY_SHE)
    if before.reason is SuppressionReason.COMPLAINT and not reason:
        raise LeftAlone(
            f"{address} {_WHY[before.reason]}, and is left alone.",
            "If the person asked to be written to again, say how with --reason.",
        )


def erase(conn: Connection, address: str, *, now: datetime, secrets: tuple[str, ...]) -> bool:
    """Delete a person and her evidence; only a keyed hash stays, so that no import brings her back.

    It keeps a reason that only the admin can undo: who complained is not asked again because she
    was erased since. False when she was erased before. Raises SecretKeyError without a secret key,
    and UnknownSubscriber.
    """
    addresses.current_secret(secrets)
    normal = addresses.normalise(address)
    key = addresses.key(normal)
    asked = requests.delete_of(conn, key)  # first, since answering one may add the person
    subscriber = people.find(conn, key)
    bar = suppressions.barred(conn, [key], secrets).get(key)
    if subscriber is None and bar is None and not asked:
        raise _unknown(normal)
    if subscriber is not None:
        people.delete_person(conn, subscriber.id)
    if bar is not None and bar.erased:
        pushed.forget(conn, [key])
        return subscriber is not None or asked > 0
    lasting = None if bar is None or bar.reason not in _FOR_THE_ADMIN else bar.reason
    suppressions.keep_hash_only(conn, key, secrets, now, lasting or SuppressionReason.ERASED)
    return True


def _found(conn: Connection, key: str, address: str = "") -> Subscriber:
    subscriber = people.find(conn, key)
    if subscriber is None:
        raise _unknown(address or key)
    return subscriber


def _unknown(address: str) -> UnknownSubscriber:
    return UnknownSubscriber(
        f"Nobody on the list has the address {address}.",
        "Look with `newsletter subscribers list --search TEXT`.",
    )
