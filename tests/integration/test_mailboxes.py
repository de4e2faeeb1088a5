"""What reports say of people, in whatever order and however often they say it."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from newsletter.pipeline.absorb import Absorbed, absorb
from newsletter.store.engine import Database
from newsletter.store.tables import event
from subscribers import membership
from subscribers.softbounces import MOST_AGE, SoftLimit, forget_old, is_dead
from subscribers.store.soft_bounces import Fate
from subscribers.store.tables import person, soft_bounce, suppression
from tests.integration.store.ledger import NOW
from tests.reports import as_before, barred, handed_over, raw, some_events, state_of

LIMIT = SoftLimit(times=3, span=timedelta(days=10))
LATER = NOW + timedelta(days=60)
DAY = 86_400
START = int(NOW.timestamp())


def absorbed(database: Database, posted: list[Any], limit: SoftLimit = LIMIT) -> Absorbed:
    return absorb(database, posted, now=LATER, retention=timedelta(days=400), limit=limit)


def full(delivery_id: str, day: int) -> dict[str, Any]:
    """The mailbox was full on that day."""
    return raw(delivery_id, "bounce", type="blocked", status="5.2.2", timestamp=START + day * DAY)


def came(delivery_id: str, day: int) -> dict[str, Any]:
    return raw(delivery_id, timestamp=START + day * DAY)


def editions(database: Database, number: int, people: int = 2) -> list[list[str]]:
    """The deliveries of so many weekly editions to the same people."""
    return [handed_over(database, people, number=week) for week in range(number)]


# ---- soft bounces


def fates(row: str) -> list[Fate]:
    """One mail a day: `b` bounced, `a` arrived, `x` arrived and then bounced."""
    days = [NOW + timedelta(days=day) for day in range(len(row))]
    return [
        Fate(
            1,
            str(n),
            bounced_at=at if kind in "bx" else None,
            arrived_at=at if kind in "ax" else None,
        )
        for n, (kind, at) in enumerate(zip(row, days, strict=True))
    ]


@pytest.mark.parametrize(
    ("row", "dead"),
    [
        ("", False),
        ("bb", False),
        ("bbb", True),
        ("abbb", True),
        ("bbba", False),
        ("bbab", False),
        ("bbabbb", True),
        ("xbx", True),
    ],
)
def test_so_many_in_a_row_without_one_that_arrived(row: str, dead: bool) -> None:
    limit = SoftLimit(times=3, span=timedelta(days=2))
    assert (is_dead(fates(row), limit) is not None) is dead
    assert is_dead(fates(row), SoftLimit(times=0)) is None


def test_and_not_all_on_one_day() -> None:
    """A mailbox that was out of order for some days is none that is dead."""
    row = fates("bbbb")
    assert is_dead(row, SoftLimit(times=3, span=timedelta(days=3))) is not None
    assert is_dead(row, SoftLimit(times=3, span=timedelta(days=4))) is None


def test_a_mailbox_that_takes_nothing_any_more_is_given_up(database: Database) -> None:
    """The count outlives the process, and the events."""
    weeks = editions(database, 3)
    for day, ids in zip((0, 7), weeks, strict=False):
        assert absorbed(database, [full(ids[0], day), came(ids[1], day)]).suppressed == 0
    with database.begin() as connection:
        connection.execute(delete(event))
    assert absorbed(database, [full(weeks[2][0], 14)]).suppressed == 1
    assert barred(database) == {"reader1@example.org": "soft_bounces"}
    with database.read() as connection:
        note = connection.execute(select(suppression.c.note)).scalar_one()
        people = connection.execute(select(soft_bounce.c.subscriber_id).distinct()).scalars().all()
    assert note == "sendgrid: 3 or more mails in a row could not be delivered"
    assert people == [1]  # of whom every mail arrived, nothing is kept


def test_one_mail_that_comes_again_and_again_counts_once(database: Database) -> None:
    ((one, *_),) = editions(database, 1)
    posted = [full(one, day) | {"nl_attempt": str(day)} for day in (1, 8, 15, 22)]
    assert absorbed(database, posted).suppressed == 0


def test_whom_the_admin_lets_in_again_begins_anew(database: Database) -> None:
    weeks = editions(database, 4)
    posted = [full(ids[0], 7 * n) for n, ids in enumerate(weeks)]
    assert absorbed(database, posted[:3]).suppressed == 1
    with database.begin() as connection:
        membership.lift_suppression(connection, "reader1@example.org", now=NOW)
    assert absorbed(database, posted).suppressed == 0
    assert barred(database) == {}


def test_what_the_admin_barred_is_not_let_in_by_a_mail_that_arrived(database: Database) -> None:
    weeks = editions(database, 2)
    with database.begin() as connection:
        membership.suppress(connection, "reader1@example.org", now=NOW)
    absorbed(database, [full(weeks[0][0], 0), came(weeks[1][0], 7)])
    assert barred(database) == {"reader1@example.org": "manual"}


def test_an_erased_person_leaves_no_count(database: Database) -> None:
    ((one, *_),) = editions(database, 1)
    absorbed(database, [full(one, 0)])
    with database.begin() as connection:
        membership.erase(connection, "reader1@example.org", now=NOW, secrets=("k" * 40,))
    with database.read() as connection:
        assert connection.execute(select(soft_bounce)).all() == []


def test_what_is_too_old_to_count_is_forgotten(database: Database) -> None:
    weeks = editions(database, 2)
    absorbed(database, [full(weeks[0][0], 0), full(weeks[1][0], 7)])
    with database.begin() as connection:
        assert forget_old(connection, NOW + MOST_AGE + timedelta(days=3)) == 1


# ---- reports without ids


def test_a_report_without_ids_is_about_the_person_of_its_address(database: Database) -> None:
    """However it is spelled; what is not for good, and who is on no list, is passed over."""
    editions(database, 1, people=6)
    bare = {"event": "bounce", "type": "bounce", "timestamp": START, "status": "5.1.1"}
    posted = [
        bare | {"email": "READER1@Example.org"},
        {"event": "spamreport", "email": "reader2@example.org", "timestamp": START},
        {"event": "unsubscribe", "email": "reader3@example.org", "timestamp": START},
        raw("ffff0000", "bounce", type="bounce", email="reader4@example.org"),
        bare | {"email": "reader5@example.org", "type": "blocked"},
        {"event": "dropped", "reason": "Bounced Address", "email": "reader5@example.org"},
        {"event": "group_unsubscribe", "email": "reader6@example.org"},
        bare | {"email": "stranger@example.org"},
        bare | {"email": "no address"},
        bare,
    ]
    done = absorbed(database, posted)
    assert (done.recorded, done.suppressed, done.ignored) == (4, 4, 6)
    assert barred(database) == {
        "reader1@example.org": "hard_bounce",
        "reader2@example.org": "complaint",
        "reader4@example.org": "hard_bounce",
    }
    with database.read() as connection:
        left = select(person.c.id).where(person.c.status == "unsubscribed")
        assert connection.execute(left).scalars().all() == [3]
        kept = connection.execute(select(event)).all()
    assert not [row for row in kept if "@" in str(row)]
    assert absorbed(database, posted) == Absorbed(ignored=6)


def test_a_repeated_report_without_ids_bars_nobody_again_but_a_new_one_does(
    database: Database,
) -> None:
    editions(database, 1)
    bare = {"event": "bounce", "type": "bounce", "email": "reader1@example.org"}
    assert absorbed(database, [bare | {"timestamp": START}]).suppressed == 1
    with database.begin() as connection:
        membership.lift_suppression(connection, "reader1@example.org", now=NOW)
    assert absorbed(database, [bare | {"timestamp": START}]).suppressed == 0
    assert absorbed(database, [bare | {"timestamp": START + DAY}]).suppressed == 1


def test_a_report_with_ids_is_about_its_mail_and_not_about_the_address_in_it(
    database: Database,
) -> None:
    """The mail was forwarded, or the address written otherwise: the ledger knows who it was."""
    ((one, *_),) = editions(database, 1)
    absorbed(database, [raw(one, "spamreport", email="reader2@example.org")])
    assert barred(database) == {"reader1@example.org": "complaint"}


# ---- any order


def test_the_graver_of_two_reports_stays_whichever_comes_first(database: Database) -> None:
    ((one, two),) = editions(database, 1)
    for id_, kinds in ((one, ("bounce", "spamreport")), (two, ("spamreport", "bounce"))):
        for kind in kinds:
            absorbed(database, [raw(id_, kind, type="bounce")])
    assert set(barred(database).values()) == {"complaint"}


def test_a_late_word_that_a_mail_arrived_lets_the_person_in_again(database: Database) -> None:
    """As if it had come in its time."""
    first, second, third, fourth = (ids[0] for ids in editions(database, 4))
    bounced = [full(first, 0), full(second, 7), full(fourth, 21)]
    arrived = came(third, 14)
    seen = []
    for posted in itertools.permutations([*bounced, arrived]):
        for each in posted:
            absorbed(database, [each])
        seen.append(state_of(database))
        with database.begin() as connection:
            for table in (event, soft_bounce, suppression):
                connection.execute(delete(table))
    assert all(state == seen[0] for state in seen)


@pytest.mark.parametrize("seed", range(4))
def test_any_order_and_repetition_comes_to_the_same(database: Database, seed: int) -> None:
    """Of people, batches and editions; judged against all of it absorbed at once, in order."""
    chance = random.Random(seed)
    weeks = editions(database, 4, people=6)
    events = some_events(chance, weeks, start=START)
    limit = SoftLimit(times=2, span=timedelta(days=7))
    seen = []
    for turn in range(4):
        arriving = list(events) if turn == 0 else chance.sample(events * 2, 2 * len(events))
        size = len(arriving) if turn == 0 else chance.choice([1, 7, 30])
        for start in range(0, len(arriving), size):
            absorbed(database, arriving[start : start + size], limit)
        seen.append(state_of(database))
        as_before(database)
    assert barred_in(seen[0]) > 2
    assert all(state == seen[0] for state in seen)


def barred_in(state: list[list[str]]) -> int:
    return len(state[5])
