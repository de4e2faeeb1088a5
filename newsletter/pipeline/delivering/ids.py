"""The provider's batch ids: made before they are needed, closed at a doubt, cancelled, forgotten.

A request whose end nobody saw makes its id a closing one: nothing more goes under it, the provider
is asked to cancel it, and only when that is certain everybody under it is planned anew.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.delivery import window
from newsletter.delivery.transports.contract import Undo
from newsletter.errors import TransportError
from newsletter.model.delivery import DeliveryState, ProviderId, ProviderIdState
from newsletter.model.edition import Edition
from newsletter.pipeline.context import Context
from newsletter.pipeline.delivering.recovering import heed_reports
from newsletter.store import provider_ids

if TYPE_CHECKING:
    from sqlalchemy import Connection

SETTLED = 2 * window.CLOCKS_MAY_DIFFER
"""So long after their time mails have certainly left, by the provider's clock too."""

MOST_TRIES = 3
"""So often a run asks for one thing before it leaves it to the next run."""

_MOST_FAILURES = 9
"""After so many failures one after the other a provider is left alone, however much there is to
ask: with all its ids, each of them unanswered, a cancel would take hours."""


def choose(
    context: Context, connection: Connection, edition: Edition, *, batches_per_id: int
) -> ProviderId | None:
    """The id that the next batch goes under, its time fixed; None when a new one is needed.

    Where no more ids are to be had, batches crowd under those that are left.
    """
    usable = _usable(context, connection, edition)
    under = provider_ids.batches_under(connection, edition.id)
    roomy = [found for found in usable if under.get(found.id, 0) < batches_per_id]
    full = not roomy and not _room(context, connection)
    for found in roomy or (usable if full else []):
        if not provider_ids.is_open(connection, found.id):
            continue
        if found.send_at is not None:
            return found
        send_at = window.send_time(context.now(), edition.undo_minutes)
        if provider_ids.set_time(connection, found.id, send_at):
            return replace(found, send_at=send_at)
    return None


def make(context: Context, edition: Edition) -> bool:
    """Asks for a new id and stores it before its first use; False when no more are to be had.

    Raises TransportError when the provider gives none.
    """
    with context.database.read() as connection:
        if not _room(context, connection):
            return False
    store(context, edition, new_id(context))
    return True


def new_id(context: Context) -> str:
    """A new id of the provider's, not stored yet. Raises TransportError after some tries."""
    for attempt in range(1, MOST_TRIES):
        try:
            return _undo(context).new_id()
        except TransportError:
            context.pause(attempt * 1.0)
    return _undo(context).new_id()


def store(context: Context, edition: Edition, value: str) -> None:
    """Stores an id that the provider has given."""
    with context.database.begin() as connection:
        provider_ids.add(connection, edition.id, value, now=context.now())


def wanted(context: Context, edition: Edition, *, planned: int, batches_per_id: int) -> int:
    """How many new ids the planned batches need beside those that are there."""
    with context.database.read() as connection:
        usable = len(_usable(context, connection, edition))
        room = _undo(context).most - provider_ids.occupied(connection, now=context.now())
    needed = min(-(-planned // batches_per_id), window.FIRST_IDS)
    return max(0, min(needed - usable, room))


def forget_old(context: Context) -> None:
    """Has the provider forget cancelled ids whose mails were discarded long ago: that makes room.

    One that it does not forget now is asked again by the next run.
    """
    if context.transport.undo is None:
        return
    before = context.now() - window.FORGET_AFTER
    with context.database.read() as connection:
        found = provider_ids.to_forget(connection, before=before)
    for each in found:
        try:
            context.transport.undo.forget(each.value)
        except TransportError:
            return
        with context.database.begin() as connection:
            provider_ids.note_forgotten(connection, each.id)


@dataclass(slots=True)
class Closing:
    """Settles the closing ids of an edition, each as often as a run may try.

    `people_become`: what becomes of those whose mail was taken back.
    """

    context: Context
    edition: Edition
    people_become: DeliveryState = DeliveryState.PLANNED
    tries: Counter[int] = field(default_factory=Counter)
    errors: dict[int, TransportError] = field(default_factory=dict)
    failures: int = 0

    def due(self) -> list[ProviderId]:
        """The ids that can be settled now: closing, nothing on its way, not tried too often."""
        if self.failures >= _MOST_FAILURES:
            return []
        return [each for each in self._possible() if self.tries[each.id] < MOST_TRIES]

    def settle(self) -> bool:
        """Settles what is due; whether anything was. What failed it asks again after a while."""
        due = self.due()
        failed = [self.tries[each.id] for each in due if each.id in self.errors]
        if failed:
            self.context.pause(max(failed) * 1.0)
        for each in due:
            if self.failures >= _MOST_FAILURES:
                break
            self.tries[each.id] += 1
            try:
                self._settle(each)
                self.errors.pop(each.id, None)
                self.failures = 0
            except TransportError as error:
                self._failed(each, error)
        return bool(due)

    def unsettled(self) -> list[ProviderId]:
        """Ids that the provider was asked to cancel, and nobody knows whether it did; or that it
        was not asked about any more, because it does not answer.
        """
        left = self._possible() if self.failures >= _MOST_FAILURES else []
        with self.context.database.read() as connection:
            found = provider_ids.of_edition(connection, self.edition.id, ProviderIdState.CLOSING)
        return [each for each in found if each.tried_at is not None or each in left]

    def _possible(self) -> list[ProviderId]:
        with self.context.database.read() as connection:
            return [
                each
                for each in provider_ids.of_edition(
                    connection, self.edition.id, ProviderIdState.CLOSING
                )
                if not provider_ids.is_busy(connection, each.id)
                and self._can_be_settled(connection, each)
            ]

    def _failed(self, found: ProviderId, error: TransportError) -> None:
        self.failures += 1
        self.errors[found.id] = error
        if self._admin:
            self.context.tell(f"Not taken back yet: {error.message}")

    @property
    def _admin(self) -> bool:
        return self.people_become is DeliveryState.CANCELLED

    def _in_time(self, found: ProviderId) -> bool:
        """Whether a cancel that is asked for now is promised to hold, its way there included."""
        if found.send_at is None:
            return True
        now = self.context.now()
        way = timedelta(0) if self._admin else request_timeout(self.context)
        return window.may_cancel(found.send_at, now + way)

    def _can_be_settled(self, connection: Connection, found: ProviderId) -> bool:
        """In time only if those who are planned anew then have an id to go under."""
        if not self._in_time(found):
            return found.tried_at is not None and not self._still_promised(found)
        usable = _room(self.context, connection) or _usable(self.context, connection, self.edition)
        return self._admin or bool(usable)

    def _settle(self, found: ProviderId) -> None:
        if self._in_time(found):
            self._cancel(found)
        else:
            self._look(found)

    def _cancel(self, found: ProviderId) -> None:
        with self.context.database.begin() as connection:
            if not provider_ids.note_try(connection, found.id, now=self.context.now()):
                return
        said_at = _undo(self.context).cancel(found.value)
        if self._still_promised(found, said_at):  # else the cancel may have come too late as well
            self._confirm(found)

    def _look(self, found: ProviderId) -> None:
        """It is too late for a cancel; what became of one that was asked for in time?

        One that was not answered may have been carried out at any moment since. So an id that is
        cancelled now is in doubt, and one that is not is certain only when its mails have left.
        """
        trouble = window.clock_trouble(self.context.transport.condition().ahead)
        if trouble is not None:
            raise TransportError(*trouble)
        if _undo(self.context).is_cancelled(found.value):
            with self.context.database.begin() as connection:
                provider_ids.note_doubtful(connection, found, now=self.context.now())
                heed_reports(self.context, connection, self.edition.id)
        elif found.send_at is not None and self.context.now() > found.send_at + SETTLED:
            with self.context.database.begin() as connection:
                provider_ids.note_never_cancelled(connection, found.id)

    def _still_promised(self, found: ProviderId, said_at: datetime | None = None) -> bool:
        """Whether a cancel that is there by now, by either clock, is promised to hold."""
        now = self.context.now()
        latest = now if said_at is None else max(now, said_at)
        return found.send_at is None or window.may_cancel(found.send_at, latest)

    def _confirm(self, found: ProviderId) -> None:
        with self.context.database.begin() as connection:
            people = provider_ids.people_under(connection, found.id)
            done = provider_ids.confirm_cancelled(
                connection, found, now=self.context.now(), people_become=self.people_become
            )
            heed_reports(self.context, connection, self.edition.id)
        if done and people and not self._admin:
            self.context.tell(
                f"Took {people:,} mails back whose handing over ended unclear; they are sent anew."
            )


def request_timeout(context: Context) -> timedelta:
    """How long one submission to the provider may take."""
    delivery = context.settings.delivery
    if delivery.transport == "smtp":  # the answer to the final dot has a limit of its own
        return timedelta(seconds=2 * delivery.smtp.timeout_seconds)
    return timedelta(seconds=delivery.sendgrid.timeout_seconds)


def _usable(context: Context, connection: Connection, edition: Edition) -> list[ProviderId]:
    """Open ids whose time leaves enough for a request and for taking it back."""
    now, timeout = context.now(), request_timeout(context)
    return [
        found
        for found in provider_ids.of_edition(connection, edition.id, ProviderIdState.OPEN)
        if found.send_at is None or window.may_start(found.send_at, now, timeout)
    ]


def _room(context: Context, connection: Connection) -> bool:
    return provider_ids.occupied(connection, now=context.now()) < _undo(context).most


def _undo(context: Context) -> Undo:
    assert context.transport.undo is not None
    return context.transport.undo
