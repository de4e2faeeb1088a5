"""The next batch that may be submitted now, or why there is none.

The claim, the last look at everybody in it, and what it takes of rate and cap are one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.delivery import warmup
from newsletter.delivery.plan import skip_at_submission
from newsletter.model.delivery import BatchState, ClaimedBatch, ProviderId, Recipient
from newsletter.model.edition import Channel, Edition, EditionState
from newsletter.pipeline.context import Context
from newsletter.pipeline.delivering import ids
from newsletter.store import addressees, allowance, batches, halving, messages
from newsletter.store import editions as edition_store

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Something can be claimed in so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Capped:
    """The day's people are used up: the rest goes out on the next day."""

    day: str


@dataclass(frozen=True, slots=True)
class NeedsId:
    """A new id of the provider is needed first."""


@dataclass(frozen=True, slots=True)
class Halted:
    """The edition is not being sent any more: somebody has stopped it."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No batch is planned; some may still be on their way."""


Claim = ClaimedBatch | Later | Capped | NeedsId | Halted | Nothing


Ahead = Callable[[ClaimedBatch], addressees.Looked | None]


class _CapReached(Exception):
    """Rolls the claim back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many people may be written to today (None: no limit), and which day that is."""

    day: str
    cap: int | None


def quota(context: Context, connection: Connection) -> Quota:
    """Today's, in the newsletter's time zone; a rehearsal has no limit."""
    delivery, zone = context.settings.delivery, context.settings.newsletter.zone
    today = context.now().astimezone(zone).date().isoformat()
    limited = delivery.warmup or delivery.per_day
    if context.channel is not Channel.REAL or not limited:
        return Quota(day=today, cap=None)
    first = allowance.first_handed_over(connection)
    day = warmup.day_number(first, context.now(), zone)
    return Quota(day=today, cap=warmup.cap_on(day, delivery.warmup, delivery.per_day))


def batch_size(context: Context) -> int:
    """How large batches are planned: so that they use a daily cap well."""
    delivery = context.settings.delivery
    if context.channel is not Channel.REAL:
        return delivery.batch_size
    caps = [*delivery.warmup[:-1], *([delivery.per_day] if delivery.per_day else [])]
    return warmup.daily_batch_size(delivery.batch_size, min(caps, default=None))


def claim_next(
    context: Context,
    connection: Connection,
    edition: Edition,
    owner: str,
    *,
    batches_per_id: int,
    ahead: Ahead | None = None,
) -> Claim:
    """Takes the next batch, wholly or not at all, in the caller's transaction.

    `ahead` gives the people of a batch as they were a moment ago, where they were made ready.
    """
    try:
        with connection.begin_nested():
            claim = _claim(context, connection, edition, owner, batches_per_id)
            if not isinstance(claim, ClaimedBatch):
                return claim
            return _last_look(context, connection, edition, claim, ahead)
    except _CapReached:
        return Capped(day=_today(context))


def _claim(
    context: Context, connection: Connection, edition: Edition, owner: str, batches_per_id: int
) -> Claim:
    now = context.now()
    found = batches.next_batch(connection, edition.id, now=now)
    if found is None:
        return _not_yet(connection, edition, now)
    chosen: ProviderId | None = None
    if edition.undo_minutes:
        chosen = ids.choose(context, connection, edition, batches_per_id=batches_per_id)
        if chosen is None:
            return NeedsId()
    if not context.transport.one_by_one and (wait := take_request(context, connection)):
        return Later(seconds=wait)
    claimed = batches.claim(
        connection,
        edition.id,
        owner,
        now=now,
        provider_id=chosen,
        lease=lease(context),
        found=found,
    )
    if claimed is None:
        return Later(seconds=0.1)  # another process was faster; there may be more
    today = quota(context, connection)
    if not _take_people(connection, claimed, today):
        return Later(seconds=0.0)
    return replace(claimed, day="" if today.cap is None else today.day)


def take_request(context: Context, connection: Connection) -> float:
    """Takes the right to one request: 0.0, or the seconds until there is one."""
    if context.channel is not Channel.REAL:
        return 0.0
    moment = allowance.clock(connection)
    return allowance.take_request(connection, moment, context.settings.delivery.per_second)


def lease(context: Context) -> timedelta:
    """How long a claimed batch is its owner's: longer than any request may take."""
    return max(batches.LEASE, 2 * ids.request_timeout(context))


def give_back(connection: Connection, claimed: ClaimedBatch) -> None:
    """A batch that certainly was not taken does not count against the cap of its day."""
    if claimed.day and claimed.recipients:
        allowance.give_back_people(connection, claimed.day, len(claimed.recipients))


def _not_yet(connection: Connection, edition: Edition, now: datetime) -> Claim:
    if edition_store.get(connection, edition.id).state is not EditionState.SENDING:
        return Halted()
    moment = batches.next_moment(connection, edition.id)
    if moment is None:
        return Nothing()
    return Later(seconds=max((moment - now).total_seconds(), 0.05))


def _take_people(connection: Connection, claimed: ClaimedBatch, today: Quota) -> bool:
    """False when the batch had to be cut, because no day has room for all who are left in it."""
    if today.cap is None:
        return True
    people = batches.planned_in(connection, claimed)
    if allowance.take_people(connection, today.day, people, today.cap):
        return True
    if people <= max(today.cap, 1):
        raise _CapReached
    halving.split(connection, claimed, error="", halves=False)
    return False


def _last_look(
    context: Context,
    connection: Connection,
    edition: Edition,
    claimed: ClaimedBatch,
    ahead: Ahead | None,
) -> ClaimedBatch:
    """Whoever has left since the planning is skipped; a batch with nobody left is done."""
    ready = _all_as_planned(connection, claimed, ahead) if claimed.attempt == 1 else ()
    if ready and len(ready) == claimed.size:
        return replace(claimed, recipients=ready)  # nobody has left: so it nearly always is
    people = addressees.addressees(connection, claimed)
    taken = _taken_before(context, edition, claimed, people)
    skipped = {
        person.delivery_id: reason
        for person in people
        if person.delivery_id not in taken
        and (reason := skip_at_submission(person.status, person.suppression))
    }
    addressees.skip(connection, claimed, skipped)
    recipients = tuple(
        person.recipient
        for person in people
        if person.recipient and person.delivery_id not in skipped
    )
    if not recipients and context.transport.one_by_one:
        messages.conclude(connection, claimed, now=context.now())
    elif not recipients:
        batches.settle(connection, claimed, BatchState.EMPTY, now=context.now())
    return replace(claimed, recipients=recipients)


def _all_as_planned(
    connection: Connection, claimed: ClaimedBatch, ahead: Ahead | None
) -> tuple[Recipient, ...]:
    """Who may be mailed: as it was a moment ago, if the list says that this is still so."""
    looked = ahead(claimed) if ahead else None
    if looked and looked.standing == addressees.standing_of(
        connection, claimed.edition_id, claimed.number
    ):
        return looked.recipients
    return addressees.in_good_standing(connection, claimed)


def _taken_before(
    context: Context, edition: Edition, claimed: ClaimedBatch, people: list[addressees.Addressee]
) -> frozenset[str]:
    """Whose message an earlier attempt handed over, as far as the transport can tell."""
    if claimed.attempt == 1:
        return frozenset()
    return context.transport.already_taken(edition.key, [p.delivery_id for p in people])


def _today(context: Context) -> str:
    return context.now().astimezone(context.settings.newsletter.zone).date().isoformat()
