"""A model of the delivery protocol: the real ledger and the real decisions, step by step.

A machine takes the runner's steps one at a time, in any order that a process, its death, a second
process, the admin, a clock and a provider could bring about, against a provider in memory of which
is known who is mailed. What has to hold after every step, and at the end, is in `doubles` and in
`teardown`.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update

from newsletter.config import Settings
from newsletter.delivery.answers import (
    Answer,
    Limited,
    NotTaken,
    Refused,
    Stopped,
    Taken,
    TooLarge,
    Unknown,
)
from newsletter.delivery.transports.contract import Slot
from newsletter.errors import UsageError
from newsletter.model.delivery import ClaimedBatch
from newsletter.model.edition import Channel, Edition, EditionState
from newsletter.pipeline.absorb import absorb
from newsletter.pipeline.context import Context
from newsletter.pipeline.delivering import claiming, ids, undoing, writing
from newsletter.pipeline.delivering.recovering import settle_what_was_left
from newsletter.pipeline.delivering.run import deliver, owner_name, settle_scheduled
from newsletter.store import editions
from newsletter.store.engine import open_database
from newsletter.store.lock import run_lock
from newsletter.store.restoring import mark_restored
from newsletter.store.tables import delivery
from subscribers.store.tables import person
from tests.delivery_desk import START, WEEK, desk
from tests.integration.store.ledger import plan
from tests.provider_model import Crash, Lot, ModelTransport, ModelUndo, Provider

PEOPLE, BATCH = 6, 2
ENDED = (
    *(EditionState.SCHEDULED, EditionState.SENT),
    *(EditionState.PARTIAL, EditionState.CANCELLED),
)
ANSWERS = (
    *("taken", "taken-unanswered", "lost", "late", "not-taken", "limited", "refused", "too-large"),
    *("refused-one", "stopped", "strange"),
)
CANCELS = ("done", "done-unanswered", "lost", "late", "crash-before", "crash-after")
RETENTION = timedelta(days=90)


@cache
def template(undo_minutes: int) -> tuple[Path, Settings]:
    """A database with an edition that is planned, and its settings."""
    folder = Path(tempfile.mkdtemp(prefix="newsletter-model-"))
    with desk(folder, people=PEOPLE, batch_size=BATCH, undo_minutes=undo_minutes) as made:
        plan(made.database, made.edition().id, batch_size=BATCH)
        found = made.settings
    copy_database(folder / "newsletter.db", folder / "template.db")
    return folder / "template.db", found


def copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


@dataclass(slots=True)
class Held:
    """A claimed batch of the run; its answer, when it has come."""

    claimed: ClaimedBatch
    answer: Answer | None = None


class Protocol(RuleBasedStateMachine):
    """One edition, its ledger, and everything that can happen to them."""

    undo_minutes = 30

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="newsletter-model-"))
        source, self.settings = template(self.undo_minutes)
        shutil.copy(source, self.folder / "newsletter.db")
        self.database = open_database(f"sqlite:///{self.folder / 'newsletter.db'}")
        self.provider = Provider(now=START)
        self.undo = ModelUndo(self.provider)
        self.transport = ModelTransport(self.provider, self.undo if self.undo_minutes else None)
        self.owner: str | None = None
        self.held: list[Held] = []
        self.closing: ids.Closing | None = None
        self.per_id = 1
        self.restored = False
        self.said: list[str] = []
        self.alarms: list[str] = []

    @initialize(most=st.sampled_from([4, 100]), per_id=st.sampled_from([1, 2]), late=st.booleans())
    def begin(self, most: int, per_id: int, late: bool) -> None:
        self.per_id, self.provider.late_cancels_hold = per_id, late
        self.undo.most = most

    # ---- what the steps need

    @property
    def context(self) -> Context:
        return Context(
            settings=self.settings,
            database=self.database,
            open_transport=lambda: self.transport,
            now=self.provider.our_now,
            pause=self.provider.pause,
            fetch=_nothing,
            tell=self.said.append,
            progress=lambda *_: None,
            lists=_nothing,
        )

    @property
    def edition(self) -> Edition:
        with self.database.read() as connection:
            found = editions.find(connection, WEEK.key, Channel.REAL)
        assert found is not None
        return found

    def ours(self) -> dict[str, str]:
        with self.database.read() as connection:
            return {
                row.id: row.state
                for row in connection.execute(select(delivery.c.id, delivery.c.state))
            }

    def weather(self, *cancels: str) -> None:
        self.undo.weather.clear()
        self.undo.weather.extend(cancels)

    @contextmanager
    def mortal(self) -> Iterator[None]:
        """A crash within ends the run."""
        try:
            yield
        except Crash:
            self._gone(())
        self.weather()

    def _gone(self, on_the_way: tuple[bool, ...]) -> None:
        """The process is gone; requests that it was about to make may be on their way."""
        waiting = [each for each in self.held if each.answer is None]
        for each, sent in zip(waiting, on_the_way, strict=False):
            if sent:
                self._on_the_way(self._lot(each.claimed))
        self.owner, self.closing, self.held = None, None, []

    def _lot(self, claimed: ClaimedBatch) -> Lot:
        found, slot = claimed.provider_id, None
        if found is not None:
            assert found.send_at is not None
            slot = Slot(provider_id=found.value, send_at=found.send_at)
        return self.transport.lot(claimed.recipients, attempt=claimed.attempt, slot=slot)

    def _on_the_way(self, lot: Lot) -> None:
        self.provider.on_the_way.append(lambda: self.provider.take(lot))

    def _clocks_agree(self) -> bool:
        return abs(self.provider.skew) <= timedelta(seconds=60)

    # ---- a run, step by step

    @precondition(lambda self: self.owner is None)
    @rule(cancels=st.lists(st.sampled_from(CANCELS), max_size=4))
    def start(self, cancels: list[str]) -> None:
        """A process takes the lock and looks at what the last one has left."""
        edition = self.edition
        if edition.state in ENDED or not self._clocks_agree():
            return
        if edition.state is EditionState.CANCELLING:
            self.weather(*cancels)
            with self.mortal():
                undoing.withdraw(self.context, edition, owner_name())
            return
        self.owner = owner_name()
        with self.database.begin() as connection:
            for state in (EditionState.PAUSED, EditionState.SENDING):
                editions.move(connection, edition.id, state, EditionState.SENDING, reasons=[])
        settle_what_was_left(self.context, self.edition, self.owner)
        self.closing = ids.Closing(self.context, self.edition)

    @precondition(lambda self: self.owner is not None and len(self.held) < 2)
    @rule()
    def claim(self) -> None:
        found = self._claim()
        if isinstance(found, claiming.NeedsId) and ids.make(self.context, self.edition):
            found = self._claim()
        if isinstance(found, ClaimedBatch) and found.recipients:
            self.held.append(Held(found))

    def _claim(self) -> claiming.Claim:
        assert self.owner is not None
        with self.database.begin() as connection:
            return claiming.claim_next(
                self.context, connection, self.edition, self.owner, batches_per_id=self.per_id
            )

    @precondition(lambda self: any(each.answer is None for each in self.held))
    @rule(how=st.sampled_from(ANSWERS), which=st.integers(0, 1))
    def request(self, how: str, which: int = 0) -> None:
        """A batch is handed over, and the answer is known, but not written down yet."""
        waiting = [each for each in self.held if each.answer is None]
        each = waiting[which % len(waiting)]
        lot = self._lot(each.claimed)
        if how in {"taken", "taken-unanswered"}:
            self.provider.take(lot)
        elif how == "late":
            self._on_the_way(lot)
        each.answer = self._answer(how, each.claimed)

    def _answer(self, how: str, claimed: ClaimedBatch) -> Answer:
        first = claimed.recipients[0].delivery_id
        now = self.provider.our_now()
        answers: dict[str, Answer] = {
            "taken": Taken(message_id="m"),
            "not-taken": NotTaken(error="no connection"),
            "limited": Limited(error="too many", until=now + timedelta(seconds=30)),
            "refused": Refused(error="no"),
            "refused-one": Refused(error="no", rejected={first: "invalid-address"}),
            "too-large": TooLarge(error="too large"),
            "stopped": Stopped(error="no key", mend="make one"),
            "strange": Unknown(error="who is this", stop=True),
        }
        return answers.get(how) or Unknown(error="nobody knows")

    @precondition(lambda self: any(each.answer is not None for each in self.held))
    @rule(which=st.integers(0, 1), attempts=st.sampled_from([1, 1, 5]))
    def write(self, which: int = 0, attempts: int = 1) -> None:
        """What became of a batch is committed."""
        answered = [each for each in self.held if each.answer is not None]
        each = answered[which % len(answered)]
        assert each.answer is not None
        writing.settle(self.context, each.claimed, each.answer, attempts=attempts)
        self.held.remove(each)

    @precondition(lambda self: self.closing is not None)
    @rule(cancels=st.lists(st.sampled_from(CANCELS), max_size=3))
    def settle_ids(self, cancels: list[str]) -> None:
        assert self.closing is not None
        self.weather(*cancels)
        with self.mortal():
            self.closing.settle()

    @precondition(lambda self: self.owner is not None)
    @rule(on_the_way=st.tuples(st.booleans(), st.booleans()))
    def crash(self, on_the_way: tuple[bool, bool]) -> None:
        self._gone(on_the_way)

    @precondition(lambda self: self.owner is None)
    @rule(
        answers=st.lists(
            st.sampled_from(["taken", "taken-unanswered", "lost", "late"]), max_size=6
        ),
        cancels=st.lists(st.sampled_from(CANCELS[:4]), max_size=6),
    )
    def whole_run(self, answers: list[str], cancels: list[str]) -> None:
        """A run of the real loop, from start to end."""
        self.weather(*cancels)
        self.transport.answers.extend(answers)
        self._deliver()
        self.transport.answers.clear()
        self.weather()

    def _deliver(self) -> None:
        with run_lock(self.database):
            settle_scheduled(self.context)
            if self.edition.state not in ENDED:
                deliver(self.context, self.edition)

    # ---- what happens outside

    @rule(seconds=st.sampled_from([1, 45, 400, 1100, 3600, 90_000]))
    def time_passes(self, seconds: int) -> None:
        self.provider.pause(seconds)

    @rule(minutes=st.sampled_from([-120, -35, -12, -1, 0, 1, 12, 35, 120]))
    def clock_jumps(self, minutes: int) -> None:
        """Ours is set, back or forward, from now on so far beside the true one."""
        self.provider.skew = timedelta(minutes=minutes)

    @precondition(lambda self: self.provider.on_the_way)
    @rule()
    def arrives(self) -> None:
        """A request whose sender gave up waiting, or is gone, is carried out after all."""
        self.provider.on_the_way.pop(0)()

    @precondition(lambda self: self.provider.unreported())
    @rule(some=st.integers(1, 7), again=st.booleans())
    def report(self, some: int, again: bool) -> None:
        """Some of what can be reported is, perhaps twice."""
        lots = [lot for n, lot in enumerate(self.provider.unreported()) if some >> n % 3 & 1]
        self._absorb(lots * (2 if again else 1))

    def _absorb(self, lots: list[Lot]) -> None:
        posted = [
            {"event": kind, "nl_delivery": each, "nl_attempt": str(lot.attempt),
             "timestamp": int(lot.send_at.timestamp()), "email": "x@example.org",
             **({"reason": "Cancelled"} if lot.discarded else {})}
            for lot in lots
            for each in lot.deliveries
            for kind in (("dropped",) if lot.discarded else ("delivered", "processed"))
        ]  # fmt: skip
        done = absorb(self.database, posted, now=self.provider.our_now(), retention=RETENTION)
        self.alarms += [each.about for each in done.alarms]
        for lot in lots:
            lot.reported = True

    @rule(number=st.integers(1, PEOPLE))
    def unsubscribe(self, number: int) -> None:
        with self.database.begin() as connection:
            connection.execute(
                update(person).where(person.c.id == number).values(status="unsubscribed")
            )

    # ---- the admin

    @rule(cancels=st.lists(st.sampled_from(CANCELS), max_size=5))
    def take_back(self, cancels: list[str]) -> None:
        """Cancels; while a run is at work only the word is committed, and the run obeys it."""
        if self.owner is not None:
            with self.database.begin() as connection:
                for state in (EditionState.SENDING, EditionState.PAUSED):
                    editions.move(connection, self.edition.id, state, EditionState.CANCELLING)
            return
        self.weather(*cancels)
        with self.mortal():
            try:
                undoing.cancel(self.context, WEEK.key, owner_name())
            except UsageError:
                return

    @precondition(lambda self: self.owner is None)
    @rule()
    def reopen(self) -> None:
        if self.edition.state is EditionState.CANCELLED:
            undoing.reopen(self.context, WEEK.key)

    @precondition(lambda self: self.owner is None)
    @rule()
    def back_up(self) -> None:
        (self.folder / "backup.db").unlink(missing_ok=True)
        copy_database(self.folder / "newsletter.db", self.folder / "backup.db")

    @precondition(lambda self: self.owner is None and (self.folder / "backup.db").exists())
    @rule()
    def put_back(self) -> None:
        """An older copy of the ledger; what was unfinished in it is unknown from now on."""
        self.database.close()
        for name in ("newsletter.db-wal", "newsletter.db-shm"):
            (self.folder / name).unlink(missing_ok=True)
        shutil.copy(self.folder / "backup.db", self.folder / "newsletter.db")
        self.database = open_database(f"sqlite:///{self.folder / 'newsletter.db'}")
        self.restored = True
        with self.database.begin() as connection:
            mark_restored(connection)

    # ---- what has to hold

    @invariant()
    def doubles(self) -> None:
        """Nobody is mailed twice, whatever happened."""
        twice = {each: times for each, times in self.provider.live().items() if times > 1}
        assert not twice, twice

    def teardown(self) -> None:
        """Every run ends, and the ledger says of everybody what is true."""
        try:
            self._to_the_end()
            self._all_is_true()
        finally:
            self.database.close()
            shutil.rmtree(self.folder)

    def _to_the_end(self) -> None:
        self._gone(())
        self.weather()
        self.provider.skew = timedelta(0)
        for number in range(20):
            while self.provider.on_the_way:
                self.provider.on_the_way.pop(0)()
            self._deliver()
            self.doubles()
            if self.edition.state in ENDED:
                break
            self.provider.pause(60 if number < 10 else 5 * 3600)
        assert self.edition.state in ENDED, (self.edition.state, self.edition.reasons)
        self.provider.pause(10 * 24 * 3600)
        self.doubles()

    def _all_is_true(self) -> None:
        self._lies("accepted", 1)
        for state in ("planned", "rejected", "skipped", "cancelled"):
            self._lies(state, 0)
        self._absorb(self.provider.unreported())
        self._lies("accepted", 1)
        if not self.restored:  # an older copy does not know who was skipped, halved or reported
            assert not self.alarms, self.alarms
            self._lies("unknown", 0)
        assert set(self.provider.live()) <= set(self.ours())

    def _lies(self, state: str, times: int) -> None:
        live = self.provider.live()
        ours = self.ours().items()
        wrong = {each: live[each] for each, said in ours if said == state and live[each] != times}
        assert not wrong, (state, wrong, self.edition.state)


def _nothing(*_: Any, **__: Any) -> Any:
    raise AssertionError("nothing of this kind is asked for")


class WithoutWindow(Protocol):
    """Mails leave at once, and nothing can be taken back."""

    undo_minutes = 0


QUICK = settings(max_examples=15, stateful_step_count=30)
LONG = settings(
    max_examples=int(os.environ.get("NEWSLETTER_SEARCH") or 150), stateful_step_count=40
)
"""The same search each time; with NEWSLETTER_SEARCH others, and so many orders of events."""


@pytest.mark.parametrize("machine", [Protocol, WithoutWindow])
def test_nobody_gets_it_twice_and_nobody_is_lost_whatever_the_order(
    machine: type[Protocol],
) -> None:
    """Some hundred steps in random order."""
    run_state_machine_as_test(machine, settings=QUICK)


@contextmanager
def protocol(*, batches_per_id: int = 1) -> Iterator[Protocol]:
    """A run that has begun, step by step; what has to hold is looked at when the block is left."""
    machine = Protocol()
    machine.begin(most=100, per_id=batches_per_id, late=False)
    machine.start(cancels=[])
    try:
        yield machine
        machine.doubles()
    finally:
        machine.teardown()


def hand_over(machine: Protocol, how: str) -> None:
    """One batch: claimed, handed over, and its answer written down."""
    machine.claim()
    machine.request(how=how, which=0)
    machine.write(which=0, attempts=1)


def test_a_clock_that_is_set_back_makes_no_late_cancel_count() -> None:
    """By ours there would still be time; the provider's own clock, in its answer, says no."""
    with protocol() as machine:
        hand_over(machine, "taken-unanswered")
        machine.clock_jumps(minutes=-35)
        machine.time_passes(seconds=1100)
        machine.time_passes(seconds=400)
        machine.settle_ids(cancels=["done"])
        assert list(machine.ours().values()).count("unknown") == BATCH


def test_a_cancel_that_was_carried_out_too_late_does_not_count_because_it_was_asked_in_time() -> (
    None
):
    """It was not answered; an hour later the provider says that the id is cancelled. Since when?"""
    with protocol() as machine:
        hand_over(machine, "taken")
        hand_over(machine, "taken-unanswered")
        machine.time_passes(seconds=1100)
        machine.settle_ids(cancels=["late", "lost"])
        machine.crash(on_the_way=(False, False))
        machine.time_passes(seconds=400)
        machine.arrives()
        machine.time_passes(seconds=1100)
        machine.whole_run(answers=[], cancels=[])


def test_a_cancel_is_not_forgotten_before_it_is_known_what_came_of_it() -> None:
    """A day later: else those who were discarded would count as accepted."""
    with protocol(batches_per_id=2) as machine:
        hand_over(machine, "taken")
        hand_over(machine, "taken-unanswered")
        machine.settle_ids(cancels=["done-unanswered", "lost"])
        machine.crash(on_the_way=(False, False))
        machine.time_passes(seconds=90_000)
        machine.whole_run(answers=[], cancels=[])
        assert "unknown" in machine.ours().values()


def test_a_report_of_one_says_nothing_of_others_where_the_ledger_is_an_older_copy() -> None:
    """Who left after the copy was made was not handed over with the batch."""
    with protocol() as machine:
        machine.crash(on_the_way=(False, False))
        machine.back_up()
        machine.unsubscribe(number=1)
        machine.whole_run(answers=[], cancels=[])
        machine.time_passes(seconds=3600)
        machine.put_back()
        assert set(machine.ours().values()) == {"unknown"}
        machine.report(again=False, some=7)
        assert sorted(machine.ours().values()) == ["accepted"] * (PEOPLE - 1) + ["unknown"]


@pytest.mark.slow
@pytest.mark.parametrize("machine", [Protocol, WithoutWindow])
def test_nor_in_a_long_search(machine: type[Protocol]) -> None:
    """Some six thousand."""
    run_state_machine_as_test(machine, settings=LONG)
