"""Several servers, and a server beside a send, on one database: nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.world import EDITION, World, world_of
from tests.integration.web.reader import letters, sign_up, token_of, wait_for_answers
from tests.webapp import SECRET, Served, at_work, served
from tests.webserver import WebServer

PEOPLE = 40
AT_ONCE = 8


def statuses(site: Served) -> dict[str, int]:
    """How many people have each status."""
    with site.wiring.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT status, count(*) AS number FROM subscriber_person GROUP BY status"
        )
        return {row.status: row.number for row in rows}


@pytest.fixture
def two(tmp_path: Path, migrated_url: str) -> Iterator[tuple[Served, Served]]:
    """Two servers on one database, each with a mailbox folder of its own."""
    generous = "[signup]\nper_network = 10000\n"
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(served(tmp_path / name, database_url=migrated_url, more=generous))
            for name in ("first", "second")
        )
        yield first, second


def test_two_servers_lose_nothing_and_mail_nobody_twice(two: tuple[Served, Served]) -> None:
    """People sign up, confirm and leave at either of them, many at a time."""
    first, second = two
    addresses = [f"reader{number}@example.org" for number in range(PEOPLE)]

    def at(number: int) -> Served:
        return two[number % 2]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = pool.map(lambda n: sign_up(at(n), addresses[n]).status, range(PEOPLE))
        assert set(asked) == {200}
        mails = [*letters(first), *letters(second)]
        assert sorted(mail.to for mail in mails) == sorted(addresses)
        paths = [mail.link for mail in mails]
        confirmed = pool.map(lambda n: at(n).post(paths[n]).status, range(PEOPLE))
        assert set(confirmed) == {200}
        assert statuses(first) == {"active": PEOPLE}
        tokens = [token_of(first, address) for address in addresses]
        # Each leaves at both of them at once.
        left = pool.map(
            lambda n: at(n + n // PEOPLE).post(f"/unsubscribe/{tokens[n % PEOPLE]}").status,
            range(2 * PEOPLE),
        )
        assert set(left) == {200}
    assert statuses(second) == {"unsubscribed": PEOPLE}
    with first.wiring.read() as connection:
        withdrawn = connection.exec_driver_sql(
            "SELECT count(*) FROM subscriber_consent WHERE kind = 'withdrawn'"
        ).scalar_one()
    assert withdrawn == PEOPLE


def test_limits_count_for_all_servers_and_after_a_restart(
    tmp_path: Path, migrated_url: str
) -> None:
    """Each is asked once, from the same network."""
    asked = []
    with ExitStack() as stack:
        for name in ("first", "second", "third"):
            more = "[signup]\nper_network = 2\n"
            site = stack.enter_context(
                served(tmp_path / name, database_url=migrated_url, more=more)
            )
            asked.append(site.post("/link", email=f"{name}@example.org").status)
    with at_work(tmp_path / "first") as again:
        asked.append(again.post("/link", email="fourth@example.org").status)
    assert asked == [200, 200, 429, 429]


@pytest.fixture
def world(tmp_path: Path, web: WebServer) -> Iterator[World]:
    """A newsletter that really sends to 60 people, five at a time."""
    with world_of(tmp_path, web, people=60) as world:
        world.settings(undo_minutes=0, batch_size=5)
        world.variables["NEWSLETTER_SECRET_KEY"] = SECRET
        yield world


def test_people_leave_and_join_while_an_edition_is_sent(world: World) -> None:
    """On one SQLite file; whoever stays gets it, and nobody twice."""
    variables = {**world.variables, "NEWSLETTER_NOW": world.desk.now}
    with at_work(world.desk.folder, **variables) as site:
        tokens = [token_of(site, f"reader{number}@example.org") for number in range(60)]

        def leave(number: int) -> int:
            return site.post(f"/unsubscribe/{tokens[number]}").status

        def join(number: int) -> int:
            return sign_up(site, f"new{number}@example.net").status

        with world.meanwhile("send", "--yes", "--json") as sending, ThreadPoolExecutor(4) as pool:
            answers = [*pool.map(leave, range(0, 60, 2)), *pool.map(join, range(10))]
            sending.communicate(timeout=120)
        wait_for_answers(site)
        assert set(answers) == {200}
        assert statuses(site) == {"active": 30, "unsubscribed": 30, "pending": 10}
    assert world.json("editions", "show", EDITION)["state"] == "sent"
    mails = [message.email for message in world.standin.ledger.messages()]
    assert len(mails) == len(set(mails))
    assert {f"reader{number}@example.org" for number in range(1, 60, 2)} <= set(mails)
    assert {f"new{number}@example.net" for number in range(10)} <= set(mails)
