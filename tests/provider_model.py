"""A provider with an undo window, in memory and without a network: what is live is known for sure.

It does what SendGrid documents. Everything that may go wrong is said beforehand, call by call, and
what is on its way can arrive at any later time. It has a clock of its own, the true one.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newsletter.delivery.answers import Answer, Taken, Unknown
from newsletter.delivery.message import Envelope, Notice
from newsletter.delivery.transports.contract import Condition, Mail, Slot, Undo
from newsletter.errors import TransportError
from newsletter.model.delivery import Recipient
from newsletter.model.edition import Channel, Rendered

PROMISE = timedelta(minutes=10)
"""A cancel is promised to hold when it is there so long before the mails leave."""


class Crash(BaseException):
    """The process that called is gone."""


@dataclass(slots=True)
class Lot:
    """One request that was taken. `gone`: its hour has come, and it was delivered, or discarded."""

    provider_id: str | None
    send_at: datetime
    attempt: int
    deliveries: tuple[str, ...]
    gone: bool = False
    discarded: bool = False
    reported: bool = False


@dataclass(slots=True)
class Provider:
    """The truth. `skew` is how far our clock is before it; `late_cancels_hold`: whether a cancel
    that comes after the promised moment discards mails all the same.
    """

    now: datetime
    skew: timedelta = timedelta(0)
    late_cancels_hold: bool = False
    ids: set[str] = field(default_factory=set)
    marks: dict[str, datetime] = field(default_factory=dict)
    lots: list[Lot] = field(default_factory=list)
    on_the_way: list[Callable[[], None]] = field(default_factory=list)

    def our_now(self) -> datetime:
        """The time as our computer has it."""
        return self.now + self.skew

    def pause(self, seconds: float) -> None:
        """Time goes on."""
        self.now += timedelta(seconds=seconds)
        self._settle()

    def take(self, lot: Lot) -> None:
        """A request has arrived; mails whose time is over leave at once."""
        lot.send_at = max(lot.send_at, self.now)
        self.lots.append(lot)
        self._settle()

    def mark(self, provider_id: str) -> None:
        """A cancel has arrived; the first one counts."""
        self._settle()
        self.marks.setdefault(provider_id, self.now)

    def unmark(self, provider_id: str) -> None:
        """A cancel is forgotten."""
        self._settle()
        self.marks.pop(provider_id, None)

    def live(self) -> Counter[str]:
        """How often each delivery was mailed, or will be as things stand."""
        return Counter(
            each
            for lot in self.lots
            if not (lot.discarded if lot.gone else self._is_covered(lot))
            for each in lot.deliveries
        )

    def unreported(self) -> list[Lot]:
        """Requests whose hour has come, and of which nothing was reported yet."""
        return [lot for lot in self.lots if lot.gone and not lot.reported]

    def _settle(self) -> None:
        for lot in self.lots:
            if not lot.gone and lot.send_at <= self.now:
                lot.discarded, lot.gone = self._is_covered(lot), True

    def _is_covered(self, lot: Lot) -> bool:
        marked = self.marks.get(lot.provider_id or "")
        if marked is None:
            return False
        in_time = lot.send_at - marked >= PROMISE
        return in_time or (self.late_cancels_hold and marked < lot.send_at)


@dataclass(slots=True)
class ModelUndo:
    """Its ids. `weather` says how the next calls of `cancel`, `is_cancelled` and `new_id` end."""

    provider: Provider
    most: int = 100
    weather: deque[str] = field(default_factory=deque)

    def new_id(self) -> str:
        if self._next() not in {"", "done"}:
            raise TransportError("No id.", "")
        made = f"id{len(self.provider.ids)}"
        self.provider.ids.add(made)
        return made

    def cancel(self, provider_id: str) -> datetime | None:
        """Ends as the weather says: `done`, `done-unanswered`, `lost`, `late`, or a crash on
        either side.
        """
        how = self._next()
        if how in {"lost", "crash-before"}:
            raise _trouble(how)
        if how == "late":
            self.provider.on_the_way.append(lambda: self.provider.mark(provider_id))
            raise _trouble(how)
        self.provider.mark(provider_id)
        if how in {"done-unanswered", "crash-after"}:
            raise _trouble(how)
        return self.provider.now

    def is_cancelled(self, provider_id: str) -> bool:
        if self._next() in {"lost", "late", "crash-before"}:
            raise TransportError("No answer.", "")
        return provider_id in self.provider.marks

    def forget(self, provider_id: str) -> None:
        if self._next() in {"lost", "late", "crash-before"}:
            raise TransportError("No answer.", "")
        self.provider.unmark(provider_id)

    def _next(self) -> str:
        return self.weather.popleft() if self.weather else ""


def _trouble(how: str) -> BaseException:
    return Crash() if how.startswith("crash") else TransportError("No answer.", "")


@dataclass(slots=True)
class ModelTransport:
    """The way to it. `refusing`: what the next requests are answered, instead of being taken."""

    provider: Provider
    undo: Undo | None
    answers: deque[str] = field(default_factory=deque)
    name: str = "sendgrid"
    channel: Channel = Channel.REAL
    repeatable: bool = False
    one_by_one: bool = False

    def condition(self) -> Condition:
        return Condition(ahead=-self.provider.skew)

    def submit(
        self,
        mail: Mail,
        recipients: Sequence[Recipient],
        *,
        date: datetime,
        attempt: int = 1,
        slot: Slot | None = None,
    ) -> Answer:
        how = self.answers.popleft() if self.answers else "taken"
        lot = self.lot(recipients, attempt=attempt, slot=slot)
        if how in {"taken", "taken-unanswered"}:
            self.provider.take(lot)
        elif how == "late":
            self.provider.on_the_way.append(lambda: self.provider.take(lot))
        return Taken(message_id="m") if how == "taken" else Unknown(error="nobody knows")

    def lot(self, recipients: Sequence[Recipient], *, attempt: int, slot: Slot | None) -> Lot:
        """What a request asks for."""
        return Lot(
            provider_id=slot.provider_id if slot else None,
            send_at=slot.send_at if slot else self.provider.now,
            attempt=attempt,
            deliveries=tuple(each.delivery_id for each in recipients),
        )

    def prepare(self, mail: Mail, recipients: Sequence[Recipient], *, attempt: int = 1) -> None:
        """Nothing is made ahead."""

    def notify(self, notice: Notice, envelope: Envelope, *, date: datetime) -> None:
        raise AssertionError("nobody is told anything here")

    def already_taken(self, edition_key: str, delivery_ids: Sequence[str]) -> frozenset[str]:
        return frozenset()

    def finish(self, edition_key: str, all_variant: Rendered, accepted: int) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""
