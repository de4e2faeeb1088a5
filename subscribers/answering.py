"""Which mail answers what was asked, if any: decided on values, then written down, then sent.

A mail goes only to who may get one, and rarely: at most one of a kind to an address in a while, and
few in a day, so that nobody can be buried in mails by typing an address often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from subscribers import address as addresses
from subscribers.asking import Rules
from subscribers.model import (
    ConsentKind,
    Form,
    Letter,
    Method,
    Purpose,
    Request,
    RequestState,
    SubscriptionStatus,
    SuppressionReason,
    join_topics,
)
from subscribers.store import evidence, people, requests, suppressions
from subscribers.store.requests import Mailed
from subscribers.token import new_tokens

if TYPE_CHECKING:
    from sqlalchemy import Connection

DAY: Final = timedelta(days=1)

LEASE: Final = timedelta(minutes=5)
"""So long one program has for handing a mail over, before another one tries."""

_WAITS: Final = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""After each try that failed; the last of them after each further one."""

_MOST_TRIES: Final = 30
"""A little more than a day: so long may a mail server be away."""

_MOST_UNCLEAR: Final = 3
"""Each try may have been the one that went, and nobody wants the same mail often."""

_BOUNCED: Final = (SuppressionReason.HARD_BOUNCE, SuppressionReason.SOFT_BOUNCES)
_NEVER: Final = (SuppressionReason.COMPLAINT, SuppressionReason.MANUAL)
"""Whoever reported a mail as spam, or was barred by hand, gets none; only the admin lifts that."""


class Trouble(StrEnum):
    """Why a mail could not be handed over, as far as trying again goes."""

    LATER = "later"
    """It certainly was not taken."""
    UNCLEAR = "unclear"
    """It may have been taken."""
    REFUSED = "refused"
    """It will never be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How rarely an address is mailed: one of a kind within `again`, `per_day` of all kinds."""

    again: timedelta = timedelta(hours=1)
    bounced_again: timedelta = timedelta(days=7)
    """The same for an address that mail came back from."""
    per_day: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known of an address when its request is answered; `mailed` reaches back far enough
    for `Pace`.
    """

    status: SubscriptionStatus | None
    suppression: SuppressionReason | None
    mailed: Sequence[Mailed]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMail:
    """Nothing is mailed, and why: a stable word."""

    reason: str


def decide(purpose: Purpose, found: Situation, pace: Pace, now: datetime) -> Letter | NoMail:
    """Which mail answers a request of this purpose."""
    if found.suppression in _NEVER:
        return NoMail(reason=str(found.suppression))
    letter = _letter(purpose, found)
    if isinstance(letter, Letter) and (reason := _too_often(purpose, found, pace, now)):
        return NoMail(reason=reason)
    return letter


def _letter(purpose: Purpose, found: Situation) -> Letter | NoMail:
    active = found.status is SubscriptionStatus.ACTIVE
    if purpose is Purpose.SUBSCRIBE:
        return Letter.ALREADY if active and found.suppression is None else Letter.CONFIRM
    held = found.status is not None or found.suppression in _BOUNCED
    if not held:
        return NoMail(reason="nothing-held")
    match purpose:
        case Purpose.FORGET:
            return Letter.FORGET
        case Purpose.DOSSIER:
            return Letter.DOSSIER
        case Purpose.PREFERENCES:
            return Letter.PREFERENCES if active else NoMail(reason="not-on-the-list")


def _too_often(purpose: Purpose, found: Situation, pace: Pace, now: datetime) -> str | None:
    again = pace.bounced_again if found.suppression in _BOUNCED else pace.again
    if any(each.purpose is purpose and now - each.at < again for each in found.mailed):
        return "mailed-lately"
    today = sum(now - each.at < DAY for each in found.mailed)
    return "many-today" if today >= pace.per_day else None


def decide_next(
    conn: Connection, rules: Rules, pace: Pace, *, now: datetime, secrets: tuple[str, ...]
) -> Request | None:
    """The next request, decided on; None when nothing is due.

    Its mail is to be handed over if its state is `due`; else none is. In a transaction of the
    caller's, which must be committed before the mail goes: the request then belongs to the caller
    for LEASE, who ends with `sent` or `not_sent`. Raises SecretKeyError.
    """
    due = requests.next_due(conn, now)
    if due is None:
        return None
    requests.hold_address(conn, _key(due))
    if due.letter is None:
        letter = _settle(conn, due, pace, now, secrets)
    else:
        letter = _again(conn, due, secrets)
    if letter is not None:
        until, expires_at = now + LEASE, now + rules.holds_for(due.purpose)
        requests.hand_over(conn, due.id, letter, now=now, until=until, expires_at=expires_at)
    return requests.by_nonce(conn, due.nonce)


def sent(conn: Connection, request: Request) -> None:
    """Its mail was handed over."""
    requests.end(conn, request.id, RequestState.MAILED)


def not_sent(
    conn: Connection,
    request: Request,
    *,
    now: datetime,
    error: str,
    trouble: Trouble = Trouble.LATER,
) -> bool:
    """Its mail could not be handed over; whether it will be tried again."""
    most = {Trouble.LATER: _MOST_TRIES, Trouble.UNCLEAR: _MOST_UNCLEAR, Trouble.REFUSED: 0}
    if request.tries >= most[trouble]:
        requests.end(conn, request.id, RequestState.FAILED, reason=error)
        return False
    wait = _WAITS[min(request.tries, len(_WAITS)) - 1]
    requests.put_off(conn, request.id, now + wait, error)
    return True


def _again(conn: Connection, due: Request, secrets: tuple[str, ...]) -> Letter | None:
    """The mail that was decided on before, if she may still get it, and it was not tried enough."""
    bar = suppressions.barred(conn, [_key(due)], secrets).get(_key(due))
    if bar is not None and bar.reason in _NEVER:
        requests.end(conn, due.id, RequestState.DROPPED, reason=bar.reason.value)
        return None
    if due.tries >= _MOST_TRIES:
        requests.end(conn, due.id, RequestState.FAILED, reason=due.reason or "tried too often")
        return None
    return due.letter


def _settle(
    conn: Connection, due: Request, pace: Pace, now: datetime, secrets: tuple[str, ...]
) -> Letter | None:
    """Decide on a request and write down what follows; the mail to be sent, if any."""
    key = _key(due)
    person = people.find(conn, key)
    bar = suppressions.barred(conn, [key], secrets).get(key)
    found = Situation(
        status=None if person is None else person.status,
        suppression=None if bar is None else bar.reason,
        mailed=requests.mailed_since(conn, key, now - max(DAY, pace.again, pace.bounced_again)),
    )
    late = now >= due.expires_at
    decided = NoMail(reason="too-late") if late else decide(due.purpose, found, pace, now)
    if isinstance(decided, NoMail):
        requests.end(conn, due.id, RequestState.DROPPED, reason=decided.reason)
        return None
    if decided is Letter.CONFIRM:
        _note_asked(conn, due, None if person is None else person.id, now)
    return decided


def _note_asked(conn: Connection, due: Request, person_id: int | None, now: datetime) -> None:
    """Who wants to join is pending until she confirms; who left stays gone until then."""
    if person_id is None:
        (token,) = new_tokens(1)
        new = people.NewPerson(
            address=due.address,
            address_key=_key(due),
            name="",
            token=token,
            status=SubscriptionStatus.PENDING.value,
            topics=join_topics(due.topics),
            confirmed_at=None,
            form=Form(due.form).value,
        )
        person_id = people.insert_people(conn, [new], now).get(token)
    if person_id is not None:
        line = evidence.Evidence(
            person_id,
            due.asked_at,
            ConsentKind.ASKED,
            due.source,
            wording=due.wording_version,
            method=Method.FORM,
            network=due.network,
        )
        evidence.record_consents(conn, [line], now)


def _key(request: Request) -> str:
    return addresses.key(request.address)
