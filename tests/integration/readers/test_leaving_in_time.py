"""Whoever leaves while an edition goes out gets it no more, if her mail was not handed over yet.

And if it was, the page knows, so that it can say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import func, select

from newsletter.model.delivery import Recipients
from newsletter.pipeline.context import Advance, Context
from newsletter.pipeline.readers import leaving
from newsletter.pipeline.readers.leaving import Farewell
from newsletter.standin.rules import Rules
from newsletter.store.engine import open_database
from newsletter.store.on_its_way import FRESH
from newsletter.store.tables import delivery
from subscribers.leaving import Outcome
from subscribers.model import Method
from subscribers.store.tables import person
from tests.delivery_desk import WEEK, DeliveryDesk, desk
from tests.integration.store.ledger import Reader, add_readers

PEOPLE, BATCH = 12, 2


@pytest.fixture
def office(tmp_path: Path, migrated_url: str) -> Iterator[DeliveryDesk]:
    with desk(tmp_path, people=PEOPLE, batch_size=BATCH, concurrency=1, url=migrated_url) as made:
        yield made


def context_of(office: DeliveryDesk) -> Context:
    with office.transport() as transport:
        return office.context(transport)


def leave(office: DeliveryDesk, number: int, method: Method = Method.PERSONAL_LINK) -> Farewell:
    """The person of this number presses the button for leaving."""
    return leaving.leave(context_of(office), f"token{number}", method=method)


def state_of(office: DeliveryDesk, number: int) -> tuple[str, str | None]:
    with office.database.read() as connection:
        columns = (delivery.c.state, delivery.c.reason)
        query = select(*columns).where(delivery.c.subscriber_id == number)
        row = connection.execute(query).one()
    return row.state, row.reason


def got_it(office: DeliveryDesk) -> set[str]:
    """The addresses with a mail at the provider."""
    return {message.email for message in office.judge.messages()}


def test_who_leaves_before_her_batch_is_handed_over_gets_no_mail(office: DeliveryDesk) -> None:
    gone: list[Farewell] = []

    def after_the_first_batch(_advance: Advance) -> None:
        if not gone:
            gone.append(leave(office, PEOPLE))

    office.run(progress=after_the_first_batch)
    assert gone == [Farewell(outcome=Outcome.LEFT)]
    assert state_of(office, PEOPLE) == ("skipped", "unsubscribed")
    assert f"reader{PEOPLE}@example.org" not in got_it(office)
    assert len(got_it(office)) == PEOPLE - 1
    assert office.recipients() == Recipients(accepted=PEOPLE - 1, skipped={"unsubscribed": 1})


def test_who_leaves_after_that_is_told_what_still_comes_and_when(office: DeliveryDesk) -> None:
    office.run()
    farewell = leave(office, 1)
    assert farewell.outcome is Outcome.LEFT
    (coming,) = farewell.coming
    assert coming.edition_key == WEEK.key
    assert coming.leaves is not None
    window = coming.leaves - office.clock.now()
    assert timedelta(minutes=40) < window <= timedelta(minutes=65)
    assert leave(office, 1).coming == (coming,)
    assert leave(office, 2, Method.ONE_CLICK).coming == ()
    office.clock.move(window.total_seconds())
    assert leave(office, 1).coming == ()


def test_before_an_edition_is_handed_over_nothing_comes(office: DeliveryDesk) -> None:
    assert leave(office, 1) == Farewell(outcome=Outcome.LEFT)
    office.run()
    assert "reader1@example.org" not in got_it(office)


def test_what_may_have_been_handed_over_still_may_come(tmp_path: Path) -> None:
    """Without a window and without an answer, for as long as mails take."""
    rules = Rules(faults={"500-after": 1.0})
    with desk(
        tmp_path, people=2, batch_size=2, concurrency=1, undo_minutes=0, rules=rules
    ) as office:
        office.run()
        assert state_of(office, 1)[0] == "unknown"
        (coming,) = leave(office, 1).coming
        assert coming.leaves is None
        office.clock.move(FRESH.total_seconds() + 1)
        assert leave(office, 2).coming == ()


def test_two_servers_that_take_the_same_people_off_wait_for_each_other(
    office: DeliveryDesk,
) -> None:
    """And not in a circle, of which PostgreSQL would end one: nobody's click may be refused."""
    more = 300
    with office.database.begin() as connection:
        add_readers(connection, [Reader()] * more)
        query = select(person.c.token).order_by(person.c.id)
        tokens = list(connection.execute(query).scalars())
    url = office.database.engine.url.render_as_string(hide_password=False)
    both = Barrier(2, timeout=20)  # whoever is left alone by a failure goes on

    def take_off(mine: list[str]) -> None:
        own = open_database(url)
        try:
            for at in range(0, more, 100):
                both.wait()
                leaving.leave_by_one_click(
                    replace(context_of(office), database=own), mine[at : at + 100]
                )
        finally:
            own.close()

    with ThreadPoolExecutor(2) as pool:
        backwards = [*tokens[99::-1], *tokens[199:99:-1], *tokens[299:199:-1]]
        done = [pool.submit(take_off, each) for each in (tokens, backwards)]
        assert [each.exception() for each in done] == [None, None]
    with office.database.read() as connection:
        gone = select(func.count()).where(person.c.status == "unsubscribed")
        assert connection.execute(gone).scalar_one() == more
