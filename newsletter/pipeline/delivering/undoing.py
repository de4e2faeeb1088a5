"""The admin's word: an edition is taken back, sent after all, or its unknown part is decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from newsletter.delivery import window
from newsletter.delivery.states import OPEN_DRAFT
from newsletter.editions.wording import local_time
from newsletter.errors import UsageError
from newsletter.model.delivery import DeliveryState, ProviderId, ProviderIdState, Recipients
from newsletter.model.edition import Edition, EditionState
from newsletter.pipeline.context import Context
from newsletter.pipeline.delivering import ids
from newsletter.pipeline.delivering.recovering import settle_what_was_left, wait_for_others
from newsletter.pipeline.delivering.refusals import not_cancelled, too_late
from newsletter.pipeline.naming import named
from newsletter.store import editions as edition_store
from newsletter.store import outcomes, provider_ids, taking_back
from newsletter.store.lock import run_lock

_CAN_BE_TAKEN_BACK = (
    EditionState.FROZEN,
    EditionState.SENDING,
    EditionState.PAUSED,
    EditionState.SCHEDULED,
    EditionState.PARTIAL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What a cancel came to. `too_late`: people whose mail could not be taken back any more;
    `unconfirmed`: people of whom the provider has not said so yet.
    """

    edition: Edition
    recipients: Recipients
    too_late: int = 0
    unconfirmed: int = 0


def cancel(context: Context, key: str, owner: str) -> Undone:
    """Takes an edition back: nothing more is handed over, and what still waits at the provider is
    discarded.

    First `cancelling` is committed, which a run at work obeys; then that run is waited for. May be
    repeated. Raises UsageError for an edition that is out, BusyError when the run does not end.
    """
    edition = named(context, key)
    if edition.state in OPEN_DRAFT:
        return _close_draft(context, edition)
    if edition.state is EditionState.CANCELLED:
        return _undone(context, edition)
    edition = _begin(context, edition)
    with run_lock(context.database, _patience(context)):
        with context.database.read() as connection:
            edition = edition_store.get(connection, edition.id)
        if edition.state is EditionState.CANCELLING:
            edition = withdraw(context, edition, owner)
    return _undone(context, edition)


def withdraw(context: Context, edition: Edition, owner: str) -> Edition:
    """Ends what `cancelling` began: cancels every id at the provider, used or not.

    The caller holds the run lock. The edition stays `cancelling` while the provider has not
    confirmed everything; any later run goes on.
    """
    settle_what_was_left(context, edition, owner)
    while wait_for_others(context, edition, owner):
        pass
    closing = ids.Closing(context, edition, people_become=DeliveryState.CANCELLED)
    with context.database.begin() as connection:
        taking_back.cancel_planned(connection, edition.id)
        provider_ids.close_all(connection, edition.id)
    if context.transport_name == edition.transport and context.transport.undo is not None:
        while closing.settle():
            pass
    if left := _unconfirmed(context, edition):
        return _still_cancelling(context, edition, closing, left)
    with context.database.begin() as connection:
        edition_store.move(
            connection,
            edition.id,
            EditionState.CANCELLING,
            EditionState.CANCELLED,
            finished_at=context.now(),
            reasons=[],
        )
        return edition_store.get(connection, edition.id)


def reopen(context: Context, key: str) -> Edition:
    """A cancelled edition is sent after all, to those whose mail was certainly taken back.

    The next `send` does it. Raises UsageError when it is not cancelled.
    """
    with run_lock(context.database):
        edition = named(context, key)
        if edition.state is not EditionState.CANCELLED:
            raise not_cancelled(context, edition)
        if edition.frozen_at is None:
            raise UsageError(
                f"{key} was cancelled before it was frozen: there is nothing of it to send.",
                "Its posts come with the next edition.",
            )
        with context.database.begin() as connection:
            taking_back.plan_cancelled(connection, edition.id)
            edition_store.move(
                connection,
                edition.id,
                EditionState.CANCELLED,
                _reopened(edition),
                finished_at=None,
                reasons=[],
            )
            return edition_store.get(connection, edition.id)


def shown_since(context: Context, edition: Edition) -> list[str]:
    """The editions after this one that have told people of a post that is in it, the first first:
    what was taken back comes with the next edition.
    """
    with context.database.read() as connection:
        posts = {item.post_id for item in edition_store.items(connection, edition.id)}
        later = [
            each.key
            for each in edition_store.listed(connection, channel=edition.channel)
            if each.period.scheduled_at > edition.period.scheduled_at
            and each.frozen_at is not None
            and each.state is not EditionState.CANCELLED
            and posts & {item.post_id for item in edition_store.items(connection, each.id)}
        ]
    return later[::-1]


def assume(context: Context, key: str, *, accepted: bool) -> Edition:
    """Takes the admin's word for what nobody knows: those people have their mail, or have not.

    Without `accepted` they are planned anew, and the next run sends to them. Raises UsageError when
    nothing is unknown, or nothing of the edition is to be sent any more.
    """
    with run_lock(context.database):
        edition = named(context, key)
        if not unknown_people(context, edition):
            raise UsageError(
                f"Of {key} nothing is unknown.",
                f"See `newsletter editions show {key}`.",
            )
        if edition.state is EditionState.CANCELLED and not accepted:
            raise UsageError(
                f"{key} is cancelled: nothing more of it is sent.",
                f"Open it again with `newsletter editions reopen {key}`, then say it once more.",
            )
        with context.database.begin() as connection:
            if accepted:
                taking_back.assume_accepted(connection, edition.id, now=context.now())
            else:
                taking_back.assume_lost(connection, edition.id)
            for state in (EditionState.PARTIAL, EditionState.PAUSED):
                edition_store.move(connection, edition.id, state, EditionState.SENDING, reasons=[])
            return edition_store.get(connection, edition.id)


def unknown_people(context: Context, edition: Edition) -> int:
    """Of how many people nobody can say whether they got it."""
    with context.database.read() as connection:
        return outcomes.recipients(connection, edition.id).unknown


def _reopened(edition: Edition) -> EditionState:
    return EditionState.FROZEN if edition.planned_at is None else EditionState.SENDING


def _close_draft(context: Context, edition: Edition) -> Undone:
    """A draft was never handed to anybody: its period is closed, its posts come with the next."""
    with context.database.begin() as connection:
        edition_store.move(
            connection, edition.id, edition.state, EditionState.CANCELLED, reasons=[]
        )
        return Undone(edition=edition_store.get(connection, edition.id), recipients=Recipients())


def _begin(context: Context, edition: Edition) -> Edition:
    with context.database.begin() as connection:
        last = provider_ids.latest_time(connection, edition.id)
        if not _can_be_stopped(context, edition, last):
            raise too_late(context, edition, last)
        for state in _CAN_BE_TAKEN_BACK:
            edition_store.move(connection, edition.id, state, EditionState.CANCELLING, reasons=[])
        return edition_store.get(connection, edition.id)


def _can_be_stopped(context: Context, edition: Edition, last: datetime | None) -> bool:
    """Whether there is anything left to stop: mails that wait, or people still to do."""
    if edition.state in (EditionState.SCHEDULED, EditionState.PARTIAL):
        return last is not None and window.may_cancel(last, context.now())
    return edition.state in (*_CAN_BE_TAKEN_BACK, EditionState.CANCELLING)


def _unconfirmed(context: Context, edition: Edition) -> list[ProviderId]:
    """Ids that the provider was asked to cancel and nobody knows whether it did, or that it could
    not be asked about yet, with people under them.
    """
    now = context.now()
    with context.database.read() as connection:
        return [
            each
            for each in provider_ids.of_edition(connection, edition.id, ProviderIdState.CLOSING)
            if each.tried_at is not None
            or (_in_time(each, now) and provider_ids.people_under(connection, each.id))
        ]


def _in_time(found: ProviderId, now: datetime) -> bool:
    return found.send_at is None or window.may_cancel(found.send_at, now)


def _still_cancelling(
    context: Context, edition: Edition, closing: ids.Closing, left: list[ProviderId]
) -> Edition:
    with context.database.begin() as connection:
        edition_store.move(
            connection,
            edition.id,
            EditionState.CANCELLING,
            EditionState.CANCELLING,
            reasons=[_why_not_yet(context, edition, closing, left)],
        )
        return edition_store.get(connection, edition.id)


def _why_not_yet(
    context: Context, edition: Edition, closing: ids.Closing, left: list[ProviderId]
) -> str:
    """Why an edition is not taken back completely, and what to do when."""
    again, zone = f"`newsletter editions cancel {edition.key}`", context.settings.newsletter.zone
    error = next((f" {each.message}" for each in closing.errors.values()), "")
    if context.transport_name != edition.transport:
        return (
            f"It was handed over with {edition.transport}, and the settings now say"
            f" {context.transport_name}, which cannot take it back. Set [delivery] transport ="
            f' "{edition.transport}" again, and run {again} at once.'
        )
    if any(_in_time(each, context.now()) for each in left):
        return (
            f"The provider has not confirmed that it discards all mails.{error} Run {again} again"
            " at once."
        )
    times = [each.send_at for each in left if each.send_at is not None]
    shows = local_time(max(times) + ids.SETTLED, zone) if times else "a while"
    return (
        "The provider was asked in time to discard all mails, and has not said whether it does; now"
        f" it is too late to ask again.{error} Run {again} after {shows}: then it shows."
    )


def _undone(context: Context, edition: Edition) -> Undone:
    left = _unconfirmed(context, edition) if edition.state is EditionState.CANCELLING else []
    with context.database.read() as connection:
        recipients = outcomes.recipients(connection, edition.id)
        unconfirmed = sum(provider_ids.people_under(connection, each.id) for each in left)
    return Undone(
        edition=edition,
        recipients=recipients,
        too_late=max(recipients.accepted + recipients.unknown - unconfirmed, 0),
        unconfirmed=unconfirmed,
    )


def _patience(context: Context) -> Callable[[], bool]:
    """Waits for the run that has the lock: it obeys `cancelling` within a request's time."""
    end, said = context.now() + 3 * ids.request_timeout(context), False

    def again() -> bool:
        nonlocal said
        if not said:
            context.tell("A run is at work; it stops as soon as what is on its way is settled.")
        said = True
        context.pause(0.5)
        return context.now() < end

    return again
