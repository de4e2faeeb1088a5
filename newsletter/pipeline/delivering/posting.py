"""The loop of a run: several requests under way at a time, and each answer settled.

One thread, the caller's, writes the database; the others talk to the provider, and one looks ahead.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsletter.delivery.answers import Answer
from newsletter.delivery.settling import Accept, Doubt, Pause, Reject, Split
from newsletter.delivery.transports.contract import Mail, Slot
from newsletter.delivery.window import batches_per_id
from newsletter.errors import StoreError, TransportError
from newsletter.model.delivery import BatchState, ClaimedBatch, Recipient
from newsletter.model.edition import Channel, Edition
from newsletter.pipeline.context import Context
from newsletter.pipeline.delivering import claiming, ids, recovering, writing
from newsletter.pipeline.delivering.ahead import Ahead
from newsletter.pipeline.delivering.counting import Counting
from newsletter.pipeline.delivering.doubting import Doubts
from newsletter.pipeline.delivering.single import Singles
from newsletter.pipeline.delivering.stopping import Stop
from newsletter.store import outcomes

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LONGEST_WAIT = 660.0
"""Seconds that a run waits for a provider that said "later"; else it leaves it to the next."""

_LONGEST_PAUSE = 2.0
"""Seconds until the loop looks again whether somebody has stopped the edition."""


@dataclass(slots=True)
class Work:
    """A claimed batch on its way; of a transport that takes single messages, those still to do."""

    claimed: ClaimedBatch
    waiting: deque[Recipient] = field(default_factory=deque)
    current: Recipient | None = None


class Posting:
    """Hands over the batches of one edition. `mails` are its variants, ready to be sent."""

    def __init__(
        self, context: Context, edition: Edition, owner: str, mails: Mapping[str, Mail]
    ) -> None:
        self._context = context
        self._edition = edition
        self._owner = owner
        self._mails = mails
        self._closing = ids.Closing(context, edition)
        self._singles = Singles(context)
        self._ahead = Ahead(context, edition, mails)
        self._counting = Counting(context, edition)
        self._under_way: dict[Future[Answer], Work] = {}
        self._attempts: Counter[int] = Counter()
        self._doubts = Doubts(context)
        self._per_id = 1
        self._stop: Stop | None = None
        real = context.channel is Channel.REAL
        self._places = context.settings.delivery.concurrency if real else 1
        self._pool = ThreadPoolExecutor(self._places, thread_name_prefix="posting")

    def run(self) -> Stop | None:
        """Goes on until nothing is left that can be handed over now; why it stopped, if it did."""
        try:
            self._prepare()
            while self._turn():
                pass
        except KeyboardInterrupt:
            self._context.tell("Stopping; waiting for what is on its way (Ctrl-C again: at once).")
            self._drain()
            raise
        except Exception:  # what is on its way has an answer, which nobody would know else
            with suppress(StoreError):
                if self._drain() and not self._context.transport.one_by_one:
                    recovering.put_back_unbegun(self._context, self._edition, self._owner)
            raise
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._ahead.close()
        return self._stop

    def closing(self) -> ids.Closing:
        """The ids of the provider that could not be settled."""
        return self._closing

    def _prepare(self) -> None:
        """Gets the provider's ids in one go, so that no claim has to wait for one."""
        if not self._edition.undo_minutes:
            return
        self._closing.settle()
        with self._context.database.read() as connection:
            states = outcomes.states(connection, self._edition.id)
        self._per_id = batches_per_id(sum(states.values()))
        number = ids.wanted(
            self._context,
            self._edition,
            planned=states.get(BatchState.PLANNED, 0),
            batches_per_id=self._per_id,
        )
        for each in [self._pool.submit(ids.new_id, self._context) for _ in range(number)]:
            with suppress(TransportError):  # whoever needs one that is missing asks once more
                ids.store(self._context, self._edition, each.result())

    def _turn(self) -> bool:
        """One round: fill the free places, settle what has come back. False: nothing is left."""
        seconds = self._fill()
        if self._under_way:
            limit = None if seconds is None else max(seconds, 0.001)
            with self._ahead:
                done, _ = wait(self._under_way, timeout=limit, return_when=FIRST_COMPLETED)
            self._settle_first(done)
            return True
        if self._doubts.too_many and self._stop is None:
            self._stop = self._doubts.ask()
            return True
        if self._closing.settle():
            self._counting.anew()
            return self._stop is None
        if self._stop is not None:
            return False
        if seconds is None:
            return recovering.wait_for_others(self._context, self._edition, self._owner)
        if seconds > _LONGEST_WAIT:
            self._stop = Stop(
                error="The provider has put off some of the mails.",
                mend="Run `newsletter send` again in half an hour; it tries them anew.",
            )
            return False
        self._context.pause(min(seconds, _LONGEST_PAUSE))
        return True

    def _fill(self) -> float | None:
        """Claims while there are free places; in how many seconds it is worth trying again."""
        while len(self._under_way) < self._places and self._may_claim():
            with self._context.database.begin() as connection:
                claim = self._claim(connection)
            seconds = self._take(claim)
            if seconds > 0:
                return None if seconds == math.inf else seconds
        return None

    def _claim(self, connection: Connection) -> claiming.Claim:
        return claiming.claim_next(
            self._context,
            connection,
            self._edition,
            self._owner,
            batches_per_id=self._per_id,
            ahead=self._ahead.found,
        )

    def _take(self, claim: claiming.Claim) -> float:
        """Does what a claim asks for; in how many seconds there is more, for ever if never."""
        match claim:
            case ClaimedBatch():
                self._begin(claim)
            case claiming.NeedsId():
                self._make_id()
            case claiming.Later():
                return claim.seconds
            case claiming.Capped():
                self._stop = Stop(
                    error="Today's number of people is used up ([delivery] per_day, warmup).",
                    mend="The rest goes out on the next days, with each `newsletter send`.",
                    capped=True,
                )
            case claiming.Halted():
                self._stop = Stop(error="The edition was stopped meanwhile.")
            case claiming.Nothing():
                return math.inf
        return 0.0

    def _may_claim(self) -> bool:
        return self._stop is None and not self._doubts.too_many

    def _make_id(self) -> None:
        try:
            if not ids.make(self._context, self._edition):
                self._stop = Stop(
                    error="The provider's account has no room for more batch ids today.",
                    mend="Run `newsletter send` again tomorrow; it goes on where it stopped.",
                )
        except TransportError as error:
            self._stop = Stop(error=error.message, mend=error.mend)

    def _begin(self, claimed: ClaimedBatch) -> None:
        if not claimed.recipients:
            self._counting.through(claimed)
            return
        self._attempts[claimed.id] += 1
        if not self._context.transport.one_by_one:
            self._submit(Work(claimed=claimed), claimed.recipients)
            return
        self._next_single(Work(claimed=claimed, waiting=deque(claimed.recipients)))

    def _submit(self, work: Work, recipients: tuple[Recipient, ...]) -> None:
        claimed, found = work.claimed, work.claimed.provider_id
        slot = None
        if found is not None:
            assert found.send_at is not None
            slot = Slot(provider_id=found.value, send_at=found.send_at)
        future = self._pool.submit(
            self._context.transport.submit,
            self._mails[claimed.variant],
            recipients,
            date=self._context.now(),
            attempt=claimed.attempt,
            slot=slot,
        )
        self._under_way[future] = work

    def _settle_first(self, done: set[Future[Answer]]) -> None:
        """Settles the one that was begun first, so that its place is filled before the next."""
        first = next((each for each in self._under_way if each in done), None)
        if first is not None:
            self._settle_one(first)

    def _settle_one(self, future: Future[Answer]) -> None:
        """A batch counts as on its way until its end is written down; a single message makes way
        for the next one of its batch.
        """
        work = self._under_way[future]
        if work.current is not None:
            del self._under_way[future]
        self._settle(work, future.result())
        self._under_way.pop(future, None)

    def _settle(self, work: Work, answer: Answer) -> None:
        self._doubts.count(answer)
        if work.current is not None:
            step = self._singles.settle(work.claimed, work.current, answer)
            if step.run_ends:
                self._stop = self._stop or Stop(error=step.error, mend=step.mend)
            if step.batch_ends:
                work.waiting.clear()
            self._next_single(work)
            return
        attempts = self._attempts[work.claimed.id]
        written, claim = writing.settle(
            self._context,
            work.claimed,
            answer,
            attempts=attempts,
            then=self._claim if self._may_claim() else None,
        )
        if claim is not None:
            self._take(claim)
        if isinstance(written, Split):
            del self._attempts[work.claimed.id]  # what is left of it is another request
        if isinstance(written, Pause) or (isinstance(written, Doubt) and written.stop):
            self._stop = self._stop or Stop(error=written.error, mend=written.mend)
        if isinstance(written, Accept | Reject):
            self._counting.through(work.claimed)
        else:
            self._counting.anew()

    def _next_single(self, work: Work) -> None:
        """Hands over the next message of a batch, or ends the batch."""
        while work.waiting and self._may_claim():
            person = work.waiting.popleft()
            if self._singles.begin(work.claimed, person):
                work.current = person
                self._submit(work, (person,))
                return
        self._singles.conclude(work.claimed, self._attempts[work.claimed.id])
        self._counting.anew()
        self._counting.show()

    def _drain(self) -> bool:
        """Settles what is on its way, and hands over nothing more; whether all of it was settled.
        What ended in a defect is left to the next run.
        """
        self._stop = Stop(error="It was interrupted.", mend="Run `newsletter send` to go on.")
        whole = True
        while self._under_way:
            done, _ = wait(self._under_way, return_when=FIRST_COMPLETED)
            for each in done:
                if each.exception() is None:
                    self._settle_one(each)
                else:
                    del self._under_way[each]
                    whole = False
        return whole
