"""What became of a batch, written down: each step of the protocol as one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from newsletter.delivery.answers import Answer, Refused
from newsletter.delivery.settling import (
    Accept,
    Again,
    Doubt,
    Pause,
    Reject,
    Split,
    Step,
    Tried,
    decide,
)
from newsletter.errors import StoreError
from newsletter.model.delivery import BatchState, ClaimedBatch
from newsletter.pipeline.context import Context
from newsletter.pipeline.delivering import claiming
from newsletter.store import batches, halving, provider_ids

if TYPE_CHECKING:
    from sqlalchemy import Connection


T = TypeVar("T")

_WAITS = (0.5, 1, 2, 5, 10, 30, 60, 60, 120, 300)
"""Seconds between tries to commit: a disk that is full may be emptied."""


def settle(
    context: Context,
    claimed: ClaimedBatch,
    answer: Answer,
    *,
    attempts: int,
    then: Callable[[Connection], T] | None = None,
) -> tuple[Step, T | None]:
    """Decides what follows from the answer, and writes it down; gives the step.

    `then` is done in the same transaction when the batch was accepted: the next claim, which so
    costs no commit of its own. (After any other step it is not: rows would be locked in another
    order than elsewhere.) A commit that fails is tried again for some minutes, the request never.
    Raises StoreError when it goes on failing; the batch is unknown then.
    """

    def write(connection: Connection) -> tuple[Step, T | None]:
        step = decide(answer, _tried(connection, claimed, answer, attempts), context.now())
        _carry_out(context, connection, claimed, step)
        return step, then(connection) if then and isinstance(step, Accept) else None

    return committed(context, write)


def committed(context: Context, write: Callable[[Connection], T]) -> T:
    """Runs `write` in a transaction, again and again while it cannot be committed."""
    for seconds in _WAITS:
        try:
            with context.database.begin() as connection:
                return write(connection)
        except StoreError as error:
            context.tell(f"{error} Trying again in {seconds:g} s.")
            context.pause(seconds)
    with context.database.begin() as connection:
        return write(connection)


def _tried(connection: Connection, claimed: ClaimedBatch, answer: Answer, attempts: int) -> Tried:
    half, sibling, rejected = False, None, 0
    if isinstance(answer, Refused):
        half, sibling = halving.sibling(connection, claimed)
        rejected = halving.rejected_of(connection, claimed)
    return Tried(
        attempts=attempts,
        attempt=claimed.attempt,
        people=len(claimed.recipients),
        rejected=rejected,
        half=half,
        sibling=sibling,
    )


def _carry_out(context: Context, connection: Connection, claimed: ClaimedBatch, step: Step) -> None:
    if _written(context, connection, claimed, step) and not isinstance(step, Accept | Doubt):
        claiming.give_back(connection, claimed)


def _written(context: Context, connection: Connection, claimed: ClaimedBatch, step: Step) -> bool:
    """Writes a step down; False where it was before, or the batch is not ours any more."""
    now = context.now()
    match step:
        case Accept():
            return batches.settle(
                connection,
                claimed,
                BatchState.ACCEPTED,
                now=now,
                rejected=step.rejected,
                message_id=step.message_id,
            )
        case Doubt():
            done = batches.settle(
                connection, claimed, BatchState.UNKNOWN, now=now, error=step.error
            )
            provider_ids.close_doubtful(connection, claimed.edition_id)
            return done
        case Reject():
            reasons = {person.delivery_id: step.reason for person in claimed.recipients}
            return batches.settle(
                connection, claimed, BatchState.FAILED, now=now, rejected=reasons, error=step.error
            )
        case Split():
            return halving.split(connection, claimed, error=step.error, halves=step.halves)
        case Again() | Pause():
            return batches.put_back(
                connection,
                claimed,
                not_before=step.not_before if isinstance(step, Again) else None,
                error=step.error,
                rejected=step.rejected,
            )
