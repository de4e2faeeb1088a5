"""Batches are made ready before their turn; who may be mailed is decided when it comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from newsletter.delivery.transports.contract import Mail
from newsletter.delivery.transports.sendgrid import SendGrid
from newsletter.delivery.transports.sendgrid_body import RequestTemplate
from newsletter.model.delivery import ClaimedBatch, Recipients
from newsletter.model.edition import Edition, Tags
from newsletter.pipeline.context import envelope_of
from newsletter.pipeline.delivering import claiming
from newsletter.pipeline.delivering.ahead import MOST, Ahead
from newsletter.standin.rules import Rules
from newsletter.store.addressees import Looked
from subscribers.model import SuppressionReason
from subscribers.store.tables import person, suppression
from tests.delivery_desk import NONCE, WEEK, DeliveryDesk, desk, rendered
from tests.integration.store.ledger import NOW, plan

PEOPLE, BATCH = 30, 3


@dataclass(slots=True)
class Room:
    """A run that has begun, before its first batch."""

    desk: DeliveryDesk
    edition: Edition
    transport: SendGrid
    mail: Mail
    ahead: Ahead

    def claim(self) -> tuple[ClaimedBatch, Looked | None]:
        """The next batch, and what had been made ready for it."""
        seen: list[Looked | None] = []

        def ahead(claimed: ClaimedBatch) -> Looked | None:
            seen.append(self.ahead.found(claimed))
            return seen[-1]

        with self.desk.database.begin() as connection:
            claim = claiming.claim_next(
                self.desk.context(self.transport),
                connection,
                self.edition,
                "me",
                batches_per_id=1,
                ahead=ahead,
            )
        assert isinstance(claim, ClaimedBatch)
        return claim, seen[0]

    def change(self, number: int, **values: Any) -> None:
        """Changes a person."""
        with self.desk.database.begin() as connection:
            connection.execute(update(person).where(person.c.id == number).values(**values))


@contextmanager
def room(folder: Path, **given: Any) -> Iterator[Room]:
    with desk(folder, people=PEOPLE, batch_size=BATCH, undo_minutes=0, **given) as made:
        plan(made.database, made.edition().id, batch_size=BATCH)
        with made.transport() as transport:
            context = made.context(transport)
            mail = Mail(
                edition_key=WEEK.key,
                envelope=envelope_of(made.settings),
                rendered=rendered(),
                tags=Tags.of(NONCE),
                nonce=NONCE,
                public_url=str(made.settings.newsletter.public_url),
            )
            ahead = Ahead(context, made.edition(), {"all": mail})
            try:
                yield Room(made, made.edition(), transport, mail, ahead)
            finally:
                ahead.close()


def test_what_was_made_ready_is_used_while_nothing_has_changed(tmp_path: Path) -> None:
    with room(tmp_path) as one:
        assert one.ahead.make_one()
        assert one.ahead.make_one()
        for number in range(2):
            claimed, looked = one.claim()
            assert looked is not None
            assert claimed.recipients is looked.recipients
            assert [each.subscriber_id for each in claimed.recipients] == [
                number * BATCH + at for at in (1, 2, 3)
            ]
        claimed, looked = one.claim()  # none was ready for this one
        assert looked is None
        assert len(claimed.recipients) == BATCH


def test_who_leaves_after_it_was_made_ready_gets_nothing(tmp_path: Path) -> None:
    with room(tmp_path) as one:
        one.ahead.make_one()
        one.change(2, status="unsubscribed")
        claimed, looked = one.claim()
        assert looked is not None
        assert [each.subscriber_id for each in looked.recipients] == [1, 2, 3]
        assert [each.subscriber_id for each in claimed.recipients] == [1, 3]


def test_nor_who_is_barred(tmp_path: Path) -> None:
    with room(tmp_path) as one:
        one.ahead.make_one()
        with one.desk.database.begin() as connection:
            connection.execute(
                insert(suppression).values(
                    address_key="reader2@example.org",
                    reason=SuppressionReason.HARD_BOUNCE,
                    since=one.desk.clock.now(),
                )
            )
        claimed, _ = one.claim()
        assert [each.subscriber_id for each in claimed.recipients] == [1, 3]


def test_a_new_address_is_the_one_that_is_mailed(tmp_path: Path) -> None:
    with room(tmp_path) as one:
        one.ahead.make_one()
        later = NOW + timedelta(seconds=1)
        one.change(2, address="new@example.org", changed_at=later)
        claimed, _ = one.claim()
        assert claimed.recipients[1].address == "new@example.org"


def test_what_another_process_was_faster_with_is_given_up(tmp_path: Path) -> None:
    """And after some of that nothing is made ready any more."""
    with room(tmp_path) as one:
        for _ in range(3):
            assert one.ahead.make_one()
        with one.desk.database.begin() as connection:
            for _ in range(3):
                claiming.claim_next(
                    one.desk.context(one.transport), connection, one.edition, "other",
                    batches_per_id=1,
                )  # fmt: skip
        claimed, looked = one.claim()
        assert (claimed.number, looked) == (3, None)
        with one.ahead:
            pass
        assert one.ahead._has_enough()


def test_it_ends_with_the_last_batch(tmp_path: Path) -> None:
    with room(tmp_path) as one:
        made = 0
        while one.ahead.make_one():
            made += 1
        assert made == PEOPLE // BATCH > MOST


def test_the_request_is_the_same_whether_it_was_prepared_or_not(tmp_path: Path) -> None:
    with room(tmp_path) as one:
        claimed, _ = one.claim()
        template = RequestTemplate(one.mail)
        plain = template.body(claimed.recipients, attempt=1)
        people = template.people(claimed.recipients, attempt=1)
        assert template.body(claimed.recipients, attempt=1, people=people) == plain


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_prepared_part_is_used_for_its_own_attempt_only(tmp_path: Path, attempt: int) -> None:
    with room(tmp_path) as one:
        claimed, _ = one.claim()
        one.transport.prepare(one.mail, claimed.recipients, attempt=1)
        for each in (attempt, 3):  # the second time nothing is left of it
            one.transport.submit(
                one.mail, claimed.recipients, date=one.desk.clock.now(), attempt=each
            )
        told = {each.delivery_id for each in claimed.recipients}
        expected = {(each, str(n)): 1 for each in told for n in (attempt, 3)}
        assert one.desk.judge.accepted() == expected


def test_a_whole_run_with_it_reaches_everybody_once(tmp_path: Path) -> None:
    """Somebody leaves whenever a batch was made ready."""
    left: list[int] = []
    with desk(tmp_path, people=PEOPLE, batch_size=BATCH, rules=Rules(latency=0.05)) as one:

        class Leaving:
            def __init__(self, real: Any) -> None:
                self._real = real

            def prepare(self, mail: Any, recipients: Any, **given: Any) -> None:
                self._real.prepare(mail, recipients, **given)
                left.append(recipients[0].subscriber_id)
                with one.database.begin() as connection:
                    connection.execute(
                        update(person).where(person.c.id == left[-1]).values(status="unsubscribed")
                    )

            def __getattr__(self, name: str) -> Any:
                return getattr(self._real, name)

        one.run(Leaving)
        found = one.recipients()
        gone = found.skipped.get("unsubscribed", 0)
        assert gone <= len(left)
        assert found == Recipients(accepted=PEOPLE - gone, skipped=found.skipped)
        live = one.judge.live()
        assert set(live.values()) == {1}
        assert set(live) == {each for each, state in one.ours().items() if state == "accepted"}
