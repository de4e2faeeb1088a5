"""What a mailed link does when it is used: to join, or to do what was asked for.

Looking at a link changes nothing, since programs that guard mailboxes follow every one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from subscribers import address as addresses
from subscribers import links, softbounces
from subscribers.model import (
    ConsentKind,
    Letter,
    Method,
    Purpose,
    Request,
    RequestState,
    Subscriber,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
    join_topics,
)
from subscribers.rows import MAX_SOURCE, one_line
from subscribers.store import evidence, people, pushed, requests, suppressions
from subscribers.token import new_tokens

if TYPE_CHECKING:
    from sqlalchemy import Connection


class LinkState(StrEnum):
    """How a mailed link stands."""

    OPEN = "open"
    USED = "used"
    OVERTAKEN = "overtaken"
    """The person left after she had asked for it, so it brings her back no more."""
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    """Not ours, of another purpose, or of a person who was erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A mailed link and what it belongs to; no request where it is unknown."""

    state: LinkState
    request: Request | None = None


class Outcome(StrEnum):
    """What became of a try to confirm."""

    CONFIRMED = "confirmed"
    ALREADY = "already"
    """Confirmed before, and still on the list: nothing was changed."""
    OVERTAKEN = "overtaken"
    EXPIRED = "expired"
    BARRED = "barred"
    """A mail to the address was reported as spam, or it was barred by hand: the admin can help."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The outcome, and the person as she is then, where she is on the list."""

    outcome: Outcome
    subscriber: Subscriber | None = None


_LIFTED: Final = (
    SuppressionReason.UNSUBSCRIBED,
    SuppressionReason.HARD_BOUNCE,
    SuppressionReason.SOFT_BOUNCES,
    SuppressionReason.ERASED,
)
"""What a person undoes herself by confirming: that the mail reached her shows that mail can."""

_LISTED: Final = (
    SuppressionReason.UNSUBSCRIBED,
    SuppressionReason.HARD_BOUNCE,
    SuppressionReason.ERASED,
)
"""Whom a provider may have on a list of its own for the same reason."""


def look(
    conn: Connection, token: str, purpose: Purpose, *, now: datetime, secrets: tuple[str, ...]
) -> Link:
    """How a mailed link stands; changes nothing. Raises SecretKeyError without a secret key."""
    nonce = links.opened(token, purpose, secrets)
    request = None if nonce is None else requests.by_nonce(conn, nonce)
    if request is None or request.purpose is not purpose or request.letter is Letter.ALREADY:
        return Link(state=LinkState.UNKNOWN)
    return Link(state=state_of(request, now), request=request)


def state_of(request: Request, now: datetime) -> LinkState:
    """How the link of a request stands."""
    match request.state:
        case RequestState.USED:
            return LinkState.USED
        case RequestState.VOID:
            return LinkState.OVERTAKEN
        case RequestState.ASKED | RequestState.DROPPED:
            return LinkState.UNKNOWN
        case RequestState.DUE | RequestState.MAILED | RequestState.FAILED:
            return LinkState.OPEN if now < request.expires_at else LinkState.EXPIRED


def decide(
    link: LinkState, status: SubscriptionStatus | None, bar: SuppressionReason | None
) -> Outcome:
    """What confirming comes to."""
    match link:
        case LinkState.USED:
            there = status is SubscriptionStatus.ACTIVE
            return Outcome.ALREADY if there else Outcome.OVERTAKEN
        case LinkState.OPEN:
            barred = bar is not None and bar not in _LIFTED
            return Outcome.BARRED if barred else Outcome.CONFIRMED
        case LinkState.OVERTAKEN:
            return Outcome.OVERTAKEN
        case LinkState.EXPIRED:
            return Outcome.EXPIRED
        case LinkState.UNKNOWN:
            return Outcome.UNKNOWN


def foresee(conn: Connection, token: str, *, now: datetime, secrets: tuple[str, ...]) -> Outcome:
    """What `confirm` would come to at this moment; changes nothing. Raises SecretKeyError."""
    link = look(conn, token, Purpose.SUBSCRIBE, now=now, secrets=secrets)
    return Outcome.UNKNOWN if link.request is None else _weigh(conn, link, link.request, secrets)[0]


def confirm(
    conn: Connection,
    token: str,
    *,
    now: datetime,
    secrets: tuple[str, ...],
    source: str = "",
    network: str = "",
    with_lists: bool = False,
) -> Confirmed:
    """Join, by the link that was mailed to the address; may be repeated.

    `source` is the page, `network` where it came from if that is to be kept: both are written down
    beside what was shown when the person asked. `with_lists`: mails go by a provider that drops
    those to who left or bounced; it is to be told that she is back. Raises SecretKeyError.
    """
    link = look(conn, token, Purpose.SUBSCRIBE, now=now, secrets=secrets)
    request = link.request
    if request is None:
        return Confirmed(outcome=Outcome.UNKNOWN)
    key = addresses.key(request.address)
    outcome, before, bar = _weigh(conn, link, request, secrets)
    if outcome is Outcome.CONFIRMED:
        if bar is not None:
            suppressions.lift_wholly(conn, key, secrets)
            softbounces.forget(conn, key)
        if with_lists and _may_be_listed(conn, before, bar):
            pushed.begin(conn, [key])
        id_ = _let_in(conn, request, before, now)
        _note(conn, id_, request, now, source=source, network=network)
        requests.use(conn, request.id, now)
        requests.void_open(conn, [key])
    return Confirmed(outcome=outcome, subscriber=people.find(conn, key))


def _may_be_listed(conn: Connection, before: Subscriber | None, bar: Suppression | None) -> bool:
    """Whether the provider may know of her by itself what she undoes here."""
    if bar is not None and bar.reason in _LISTED:
        return True
    if before is None or before.status is not SubscriptionStatus.UNSUBSCRIBED:
        return False
    left = [c for c in evidence.consents_of(conn, before.id) if c.kind is ConsentKind.WITHDRAWN]
    return bool(left) and left[-1].method is Method.PROVIDER


def _weigh(
    conn: Connection, link: Link, request: Request, secrets: tuple[str, ...]
) -> tuple[Outcome, Subscriber | None, Suppression | None]:
    """What confirming comes to, with who is there, and what bars her."""
    key = addresses.key(request.address)
    before = people.find(conn, key)
    bar = suppressions.barred(conn, [key], secrets).get(key)
    status = None if before is None else before.status
    return decide(link.state, status, None if bar is None else bar.reason), before, bar


def use(conn: Connection, link: Link, *, now: datetime) -> None:
    """Use an open link up."""
    if link.request is not None and link.state is LinkState.OPEN:
        requests.use(conn, link.request.id, now)


def _let_in(conn: Connection, request: Request, before: Subscriber | None, now: datetime) -> int:
    """Make the person active, with what she chose in the form; her number."""
    key, topics = addresses.key(request.address), join_topics(request.topics)
    if before is None:  # her line was deleted since, but not what she had asked for
        (token,) = new_tokens(1)
        pending = SubscriptionStatus.PENDING.value
        new = people.NewPerson(request.address, key, "", token, pending, topics, None)
        people.insert_people(conn, [new], now)
    return people.let_in(conn, key, topics=topics, form=request.form, now=now)


def _note(
    conn: Connection, id_: int, request: Request, now: datetime, *, source: str, network: str
) -> None:
    line = evidence.Evidence(
        id_,
        now,
        ConsentKind.GIVEN,
        one_line(source)[:MAX_SOURCE] or request.source,
        wording=request.wording_version,
        method=Method.MAILED_LINK,
        detail=f"asked on {request.asked_at:%Y-%m-%d %H:%M:%S} UTC",
        network=one_line(network)[:MAX_SOURCE],
    )
    evidence.record_consents(conn, [line], now)
