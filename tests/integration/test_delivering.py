"""A whole delivery against the stand-in, one kind of trouble at a time; its records judge."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from newsletter.delivery.answers import Answer, TooLarge
from newsletter.delivery.states import UNFINISHED
from newsletter.delivery.transports.contract import Transport
from newsletter.delivery.transports.sendgrid import SendGrid
from newsletter.errors import UsageError
from newsletter.model.delivery import Recipient, Recipients
from newsletter.model.edition import Edition, EditionState
from newsletter.pipeline.context import Advance
from newsletter.pipeline.delivering import undoing
from newsletter.pipeline.delivering.run import owner_name
from newsletter.standin.ledger import Ledger
from newsletter.standin.rules import KEY, Rules
from subscribers.store.tables import person
from tests.delivery_desk import WEEK, DeliveryDesk, desk

PEOPLE, BATCH = 24, 3
PAUSING = ("401", "403", "404", "302", "200", "302-after", "200-after")
EVERYWHERE = ("{}", "read-{}", "batch-{}", "cancel-{}", "delete-{}")


@contextmanager
def office(folder: Path, **changes: Any) -> Iterator[DeliveryDesk]:
    """A desk with a few people."""
    given: dict[str, Any] = {"people": PEOPLE, "batch_size": BATCH, "timeout": 0.5, **changes}
    with desk(folder, **given) as made:
        yield made


def faults(kind: str) -> dict[str, float]:
    """This, whatever is asked."""
    return {name.format(kind): 1.0 for name in EVERYWHERE}


def ids_made(one: DeliveryDesk) -> int:
    return sum(
        seen.path == "/v3/mail/batch" and seen.status == 201 for seen in one.judge.requests()
    )


def all_once(one: DeliveryDesk) -> None:
    """Everybody has it exactly once, and we know it."""
    assert one.judge.live() == dict.fromkeys(one.ours(), 1)
    assert one.recipients() == Recipients(accepted=PEOPLE)


def stopped_with_words(edition: Edition) -> None:
    """It says what happened and what to do."""
    assert edition.state is EditionState.PAUSED
    assert any(mend in edition.reasons[0] for mend in ("newsletter send", "ry again", "Check "))


# ---- a provider that is down -------------------------------------------------------------------


def unreachable(one: DeliveryDesk) -> SendGrid:
    """A way to where nobody listens."""
    return SendGrid(
        KEY, base_url="http://127.0.0.1:1", timeout=0.5, proxy=None, now=one.clock.now, undo=True
    )


def test_a_provider_that_cannot_be_reached_for_an_hour_uses_up_no_ids(tmp_path: Path) -> None:
    """Each run says so and ends; the first one after that hour reaches everybody."""
    with office(tmp_path) as one:
        for _ in range(12):
            edition = one.run(lambda _: unreachable(one))
            assert "cannot be reached" in edition.reasons[0]
            one.clock.move(300)
        assert ids_made(one) == 0
        assert one.run().state is EditionState.SCHEDULED
        all_once(one)


@pytest.mark.parametrize("kind", ["503", pytest.param("hang", marks=pytest.mark.slow), "close"])
def test_nor_does_one_that_goes_down_in_the_middle(tmp_path: Path, kind: str) -> None:
    """What is in doubt then is taken back when it is up again, in time, and everybody has it."""
    with office(tmp_path, rules=Rules(hold=0.6)) as one:
        for place in EVERYWHERE:
            skip = {"{}": 2, "read-{}": 2, "batch-{}": 10}.get(place, 0)
            one.provider.service.script.add(place.format(kind), skip=skip, times=10**6)
        stopped_with_words(one.run())
        made = ids_made(one)
        for _ in range(2):
            one.clock.move(300)
            assert one.run().state is EditionState.PAUSED
        assert ids_made(one) == made <= 10
        one.provider.service.script.clear()
        assert one.run().state is EditionState.SCHEDULED
        all_once(one)


def test_one_that_answers_questions_but_takes_no_mails_uses_up_few_ids(tmp_path: Path) -> None:
    """Else a hundred of them, which is all an account may have, would be gone in one run."""
    with office(tmp_path, rules=Rules(faults={"503": 1.0})) as one:
        for runs in range(1, 4):
            stopped_with_words(one.run())
            assert ids_made(one) <= 8 + 10 * runs
            one.clock.move(600)
        one.rules(faults={})
        assert one.run().state is EditionState.SCHEDULED
        all_once(one)


def test_too_many_requests_are_waited_for(tmp_path: Path) -> None:
    """A limit of two requests a second, which ids and questions count against as well."""
    with office(tmp_path, rules=Rules(rate_limit=2)) as one:
        for _ in range(20):
            if one.run().state is EditionState.SCHEDULED:
                break
            one.clock.move(5)
        all_once(one)


def test_too_many_requests_without_end_are_left_to_the_next_run(tmp_path: Path) -> None:
    with office(tmp_path, rules=Rules(faults={"429": 1.0})) as one:
        edition = one.run()
        assert edition.state is EditionState.PAUSED
        assert "429" in edition.reasons[0]
        one.rules(faults={})
        assert one.run().state is EditionState.SCHEDULED
        all_once(one)


@pytest.mark.parametrize(
    ("kind", "undo_minutes"),
    [*((kind, 60) for kind in PAUSING), ("401", 0), ("302", 0), ("200-after", 0)],
)
def test_what_needs_the_admin_pauses_and_a_plain_run_goes_on(
    tmp_path: Path, kind: str, undo_minutes: int
) -> None:
    with office(tmp_path, undo_minutes=undo_minutes) as one:
        one.provider.service.script.add(kind, skip=3)
        edition = one.run()
        assert edition.state is EditionState.PAUSED
        assert edition.reasons[0]
        done = one.run()
        assert one.judge.doubles() == {}
        unclear = BATCH if not undo_minutes and kind.startswith(("2", "3")) else 0
        assert one.recipients() == Recipients(accepted=PEOPLE - unclear, unknown=unclear)
        through = EditionState.SCHEDULED if undo_minutes else EditionState.SENT
        assert done.state is (EditionState.PARTIAL if unclear else through)


# ---- what is refused because of its contents ---------------------------------------------------


def spoil(one: DeliveryDesk, *numbers: int, address: str = "nobody at all") -> None:
    """People with an address the provider refuses."""
    with one.database.begin() as connection:
        for number in numbers:
            connection.execute(
                update(person).where(person.c.id == number).values(address=f"{address} {number}")
            )


def mend(one: DeliveryDesk, *numbers: int) -> None:
    with one.database.begin() as connection:
        for number in numbers:
            connection.execute(
                update(person)
                .where(person.c.id == number)
                .values(address=f"reader{number}@example.org")
            )


@pytest.mark.parametrize("named", [True, False])
def test_who_is_refused_costs_nobody_else_the_mail(tmp_path: Path, named: bool) -> None:
    """Named by the provider, or found by halving the batch when it names none."""
    rules = Rules(most_errors=100 if named else 0)
    with office(tmp_path, batch_size=12, rules=rules) as one:
        spoil(one, 5, 17)
        assert one.run().state is EditionState.PARTIAL
        assert one.recipients() == Recipients(accepted=PEOPLE - 2, rejected=2)
        assert sorted(one.judge.live().values()) == [1] * (PEOPLE - 2)


@pytest.mark.parametrize("named", [True, False])
def test_when_everybody_is_refused_the_cause_is_another_one(tmp_path: Path, named: bool) -> None:
    """The edition waits for the admin, and after that everybody who was not named gets it."""
    rules = Rules(most_errors=100 if named else 0)
    with office(tmp_path, batch_size=12, concurrency=1, rules=rules) as one:
        spoil(one, *range(1, PEOPLE + 1))
        assert one.run().state is EditionState.PAUSED
        assert one.judge.live() == {}
        rejected = one.recipients().rejected
        assert rejected == (12 if named else 0)
        mend(one, *range(1, PEOPLE + 1))
        one.run()
        assert one.recipients() == Recipients(accepted=PEOPLE - rejected, rejected=rejected)
        assert sorted(one.judge.live().values()) == [1] * (PEOPLE - rejected)


class Narrow:
    """A way out that takes two at a time and finds more too large; all else is the real one."""

    def __init__(self, real: Transport) -> None:
        self._real = real

    def submit(self, mail: Any, recipients: Sequence[Recipient], **given: Any) -> Answer:
        if len(recipients) > 2:
            return TooLarge(error="too large")
        return self._real.submit(mail, recipients, **given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_a_batch_that_is_too_large_is_halved_until_it_fits(tmp_path: Path) -> None:
    with office(tmp_path, batch_size=9) as one:
        assert one.run(Narrow).state is EditionState.SCHEDULED
        all_once(one)


# ---- who leaves meanwhile ----------------------------------------------------------------------


def leave(one: DeliveryDesk, number: int) -> None:
    with one.database.begin() as connection:
        connection.execute(
            update(person).where(person.c.id == number).values(status="unsubscribed")
        )


@pytest.mark.parametrize("trouble", ["401", "503", "502-after"])
def test_whoever_leaves_between_two_attempts_gets_nothing(tmp_path: Path, trouble: str) -> None:
    """Planned and not handed over yet, handed over in vain, or taken back: it makes no difference.

    Taken back, since the doubt about one batch takes back all that went under the same id.
    """
    with office(tmp_path, batch_size=PEOPLE) as one:
        one.provider.service.script.add(trouble)
        if trouble != "401":
            one.provider.service.script.add("401")
        assert one.run().state is EditionState.PAUSED
        leave(one, 2)
        assert one.run().state is EditionState.SCHEDULED
        assert one.recipients() == Recipients(accepted=PEOPLE - 1, skipped={"unsubscribed": 1})
        assert sorted(one.judge.live().values()) == [1] * (PEOPLE - 1)
        emails = {message.email for message in one.judge.messages() if message.live}
        assert "reader2@example.org" not in emails


# ---- requests that are carried out after nobody waits for them any more ------------------------


@pytest.mark.parametrize("undone", [False, True])
def test_requests_that_are_late_arrive_under_ids_that_are_cancelled(
    tmp_path: Path, undone: bool
) -> None:
    """Also when it was the admin who took everything back, and with late cancels as well."""
    with office(tmp_path, rules=Rules(hold=60)) as one:
        for name in ("late", "cancel-late"):
            one.provider.service.script.add(name, skip=1, times=2)
        one.run()
        if undone:
            with one.transport() as transport:
                undoing.cancel(one.context(transport), WEEK.key, owner_name())
        one.provider.service.letting_go.set()
        one.run()
        ours = one.ours()
    judge = Ledger(tmp_path / "provider")  # the stand-in has ended, and all have arrived
    assert sum(judge.accepted().values()) > PEOPLE
    assert judge.live() == ({} if undone else dict.fromkeys(ours, 1))
    assert set(ours.values()) == ({"cancelled"} if undone else {"accepted"})


# ---- the admin's undo --------------------------------------------------------------------------


def take_back(one: DeliveryDesk, **changes: Any) -> undoing.Undone:
    with one.transport() as transport:
        return undoing.cancel(one.context(transport, **changes), WEEK.key, owner_name())


def test_a_cancel_in_the_middle_of_submitting_leaves_nothing_due(tmp_path: Path) -> None:
    """By another process than the one that is at work, which obeys it."""
    with office(tmp_path, rules=Rules(latency=0.05), concurrency=2) as one:
        begun = threading.Event()

        def progress(advance: Advance) -> None:
            if advance.people:
                begun.set()

        running = threading.Thread(target=lambda: one.run(progress=progress))
        running.start()
        assert begun.wait(20)
        undone = take_back(one, pause=time.sleep)
        running.join(20)
        assert undone.edition.state is EditionState.CANCELLED
        assert undone.too_late == 0
        assert one.judge.live() == {}
        assert sum(one.judge.accepted().values()) > 0
        assert one.recipients() == Recipients(cancelled=PEOPLE)
        assert one.edition().state not in UNFINISHED  # a timer finds nothing to do
        undoing.reopen(one.context(unreachable(one)), WEEK.key)
        assert one.run().state is EditionState.SCHEDULED
        all_once(one)


@pytest.mark.parametrize(
    "trouble",
    [
        "cancel-close-after",
        "cancel-502",
        pytest.param("cancel-hang-after", marks=pytest.mark.slow),
    ],
)
def test_a_cancel_that_is_not_confirmed_is_gone_on_with_by_any_run(
    tmp_path: Path, trouble: str
) -> None:
    """It does not say that it is done before it is, and nothing is sent meanwhile."""
    with office(tmp_path, rules=Rules(hold=0.6)) as one:
        one.run()
        one.provider.service.script.add(trouble, times=10**6)
        one.provider.service.script.add("read-502", times=10**6)
        undone = take_back(one)
        assert undone.edition.state is EditionState.CANCELLING
        assert undone.unconfirmed == PEOPLE
        one.provider.service.script.clear()
        assert one.run().state is EditionState.CANCELLED
        assert one.judge.live() == {}
        assert one.recipients() == Recipients(cancelled=PEOPLE)


def test_only_those_whose_mail_was_taken_back_are_sent_to_when_it_is_reopened(
    tmp_path: Path,
) -> None:
    """What it was too late for is said, and stays out."""
    with office(tmp_path, undo_minutes=20) as one:
        one.provider.service.script.add("401", skip=3)
        one.run()  # some are handed over, for a time in about twenty minutes
        first = sum(one.judge.live().values())
        assert 0 < first < PEOPLE
        one.clock.move(1000)
        one.run()  # the others, for a later one
        undone = take_back(one)
        assert undone.edition.state is EditionState.CANCELLED
        assert undone.too_late == first
        assert one.recipients() == Recipients(accepted=first, cancelled=PEOPLE - first)
        undoing.reopen(one.context(unreachable(one)), WEEK.key)
        assert one.run().state is EditionState.SCHEDULED
        all_once(one)


def test_an_edition_that_has_left_cannot_be_taken_back(tmp_path: Path) -> None:
    with office(tmp_path, undo_minutes=20) as one:
        one.run()
        one.clock.move(3600)
        with pytest.raises(UsageError, match="cannot be taken back"):
            take_back(one)
        all_once(one)
