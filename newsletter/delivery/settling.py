"""What follows from the answer to a request: one pure decision, the table of the protocol.

The store carries the step out, in one transaction; nothing here knows of a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newsletter.delivery.answers import (
    BAD_ADDRESS,
    Answer,
    Limited,
    NotTaken,
    Refused,
    Stopped,
    Taken,
    TooLarge,
    Unknown,
)
from newsletter.model.delivery import DeliveryState

MOST_ATTEMPTS = 5
"""So often a batch is tried in one run; the next run may try as often again."""

MOST_REJECTED = 10
"""So many recipients of a batch may be refused by name before something else must be wrong."""

SURE_AFTER = 2
"""So often the request of a single person is refused before the person is rejected."""

UNKNOWNS_IN_A_ROW = 3
"""After so many, nothing more is handed over before a harmless question is answered."""

PUT_OFF_FOR_GOOD = 25
"""A single message that was put off so often, over all runs, is given up as rejected."""

LATER = timedelta(minutes=30)
"""When what was put off again and again in one run is tried anew: by a later one."""

_LONGEST_WAIT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What is known of a batch besides the answer. `attempts` are those of this run, this one
    included; `attempt` the number of all; `rejected` how many of it were refused by name before;
    `people` who is in the request. Of a half: `sibling` is what the other half was refused with
    ("" when it was taken), None while nobody knows; `half` whether it is one.
    """

    attempts: int
    attempt: int
    people: int
    rejected: int = 0
    half: bool = False
    sibling: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """All were taken but those `rejected` (delivery id -> reason)."""

    message_id: str | None
    rejected: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Planned anew, not before that time; `rejected` are left out from now on."""

    error: str
    not_before: datetime | None = None
    rejected: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Planned anew as two batches; with `halves` they are compared with each other."""

    error: str
    halves: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """Nobody in it can be mailed; `reason` is at most 24 characters."""

    error: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Planned anew, and nothing more is handed over in this run."""

    error: str
    mend: str
    rejected: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Nobody knows; `stop`: and nothing more is handed over before somebody has looked."""

    error: str
    mend: str
    stop: bool


Step = Accept | Again | Split | Reject | Pause | Doubt

_AGAIN = "Run `newsletter send` again later; it goes on where it stopped."
_REFUSED_MEND = (
    "Look at the edition with `newsletter preview`; after the cause is mended, `newsletter send`"
    " goes on."
)


def decide(answer: Answer, tried: Tried, now: datetime) -> Step:
    """What becomes of a batch after this answer."""
    match answer:
        case Taken():
            return Accept(message_id=answer.message_id, rejected=answer.rejected)
        case Unknown():
            return Doubt(error=answer.error, mend=answer.mend, stop=answer.stop)
        case Stopped():
            return Pause(error=answer.error, mend=answer.mend)
        case NotTaken():
            return _put_off(answer, tried, now)
        case Limited():
            if tried.attempts >= MOST_ATTEMPTS:
                return Pause(error=answer.error, mend=_AGAIN)
            return Again(error=answer.error, not_before=answer.until)
        case Refused():
            return _refused(answer, tried, now)
        case TooLarge():
            return _too_large(answer, tried)


def waiting_time(attempts: int) -> timedelta:
    """How long to wait after so many tries: 1, 2, 4… seconds, at most a minute."""
    return min(timedelta(seconds=2 ** min(attempts - 1, 6)), _LONGEST_WAIT)


def _put_off(answer: NotTaken, tried: Tried, now: datetime) -> Step:
    if answer.alone and tried.attempt >= PUT_OFF_FOR_GOOD:
        return Reject(error=answer.error, reason="put-off-too-often")
    if tried.attempts >= MOST_ATTEMPTS:
        return Pause(error=answer.error, mend=answer.mend or _AGAIN)
    return Again(error=answer.error, not_before=now + waiting_time(tried.attempts))


def _refused(answer: Refused, tried: Tried, now: datetime) -> Step:
    if answer.rejected:
        return _refused_by_name(answer, tried)
    pause = Pause(error=answer.error, mend=answer.mend or _REFUSED_MEND)
    if tried.half and tried.sibling == answer.error:
        return pause  # it lies with all of them
    if tried.half and tried.sibling is None:
        # How the other half ends decides; a moment later, or a run with one request at a time
        # would never come to it.
        later = now + waiting_time(tried.attempts)
        again = Again(error=answer.error, not_before=later)
        return pause if tried.attempts >= MOST_ATTEMPTS else again
    if tried.people > 1:
        return Split(error=answer.error, halves=True)
    if not tried.half:
        return pause
    if tried.attempts < SURE_AFTER:
        return Again(error=answer.error)  # nobody is left out for a single odd answer
    return Reject(error=answer.error, reason="refused")


def _refused_by_name(answer: Refused, tried: Tried) -> Step:
    if _lies_with_all(answer, tried):
        return Pause(error=answer.error, mend=answer.mend or _REFUSED_MEND)
    if tried.rejected + len(answer.rejected) <= MOST_REJECTED:
        return Again(error=answer.error, rejected=answer.rejected)
    found = f"More than {MOST_REJECTED} addresses of one batch were refused: {answer.error}"
    return Pause(error=found, mend=answer.mend or _REFUSED_MEND, rejected=answer.rejected)


def _lies_with_all(answer: Refused, tried: Tried) -> bool:
    """Everybody in the request is named, and for something that is not theirs alone."""
    everybody = len(answer.rejected) >= tried.people > 1
    return everybody and BAD_ADDRESS not in answer.rejected.values()


def _too_large(answer: TooLarge, tried: Tried) -> Step:
    if tried.people == 1:
        return Pause(
            error=answer.error, mend="Leave posts out with `newsletter editions drop EDITION POST`."
        )
    return Split(error=answer.error, halves=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStep:
    """What becomes of a single message, for a transport that takes one at a time.

    `state` planned: it is tried again. `error` says why, and `batch_ends`/`run_ends` whether the
    others of its batch, or of the whole run, have to wait as well.
    """

    state: DeliveryState
    reason: str | None = None
    error: str = ""
    mend: str = ""
    batch_ends: bool = False
    run_ends: bool = False


def decide_message(answer: Answer, attempt: int) -> MessageStep:
    """What becomes of one message after this answer; `attempt` is its batch's."""
    match answer:
        case Taken():
            reason = next(iter(answer.rejected.values()), None)
            state = DeliveryState.ACCEPTED if reason is None else DeliveryState.REJECTED
            return MessageStep(state=state, reason=reason)
        case Unknown():
            return MessageStep(
                state=DeliveryState.UNKNOWN,
                error=answer.error,
                mend=answer.mend,
                run_ends=answer.stop,
            )
        case Refused() | TooLarge():
            return MessageStep(state=DeliveryState.REJECTED, reason="refused", error=answer.error)
        case Stopped():
            return MessageStep(
                state=DeliveryState.PLANNED, error=answer.error, mend=answer.mend, run_ends=True
            )
        case NotTaken() if answer.alone and attempt >= PUT_OFF_FOR_GOOD:
            reason = "put-off-too-often"
            return MessageStep(state=DeliveryState.REJECTED, reason=reason, error=answer.error)
        case NotTaken():
            return MessageStep(
                state=DeliveryState.PLANNED,
                error=answer.error,
                mend=answer.mend,
                batch_ends=not answer.alone,
            )
        case Limited():
            return MessageStep(state=DeliveryState.PLANNED, error=answer.error, batch_ends=True)


def next_try(attempts: int, now: datetime) -> datetime:
    """When a batch with messages that were put off is tried again; at last not in this run."""
    return now + (LATER if attempts >= MOST_ATTEMPTS else waiting_time(attempts))
