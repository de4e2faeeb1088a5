"""What is posted is written down before it is answered, and absorbed once, whoever absorbs it."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from newsletter.events.posted import kept
from newsletter.events.verify import SIGNATURE, TIMESTAMP, Verifier
from newsletter.pipeline.draining import EVEN_SET_ASIDE, Drained, Rules, drain
from newsletter.pipeline.receiving import Receipt, receive
from newsletter.store import posted_events
from newsletter.store.engine import Database, open_database
from newsletter.store.event_tables import posted_events as table
from subscribers.softbounces import SoftLimit
from tests.integration.store.ledger import NOW
from tests.reports import SIGNER, SignedPost, barred, handed_over, raw, signed

RULES = Rules(limit=SoftLimit(), retention=timedelta(days=90))
VERIFIER = Verifier([SIGNER.public_key])


def received(database: Database, post: SignedPost, **more: Any) -> Receipt:
    given = {
        "timestamp": post.headers[TIMESTAMP], "signature": post.headers[SIGNATURE],
        "body": post.body, "now": NOW, **more,
    }  # fmt: skip
    return receive(database, VERIFIER, **given)


def drained(database: Database, **more: Any) -> Drained:
    return drain(database, RULES, now=lambda: NOW, **more)


def waiting(database: Database) -> posted_events.Waiting:
    with database.read() as connection:
        return posted_events.waiting(connection)


def test_a_post_waits_until_it_is_absorbed_and_then_is_gone(database: Database) -> None:
    """And with it the addresses in it."""
    ids = handed_over(database)
    assert received(database, signed([raw(each) for each in ids[:3]])) is Receipt.TAKEN
    bounce = raw(ids[3], "bounce", type="bounce")
    assert received(database, signed([bounce])) is Receipt.TAKEN
    found = waiting(database)
    assert (found.posts, found.events, found.since, found.aside) == (2, 4, NOW, 0)
    done = drained(database)
    assert (done.posts, done.absorbed.recorded, done.absorbed.suppressed) == (2, 4, 1)
    assert waiting(database).posts == 0
    assert barred(database) == {"reader4@example.org": "hard_bounce"}
    assert drained(database) == Drained()


def test_nothing_is_written_for_what_is_not_believed_or_not_needed(database: Database) -> None:
    post = signed([raw("aa")])
    assert received(database, post, body=post.body + b" ") is Receipt.FORGED
    assert received(database, post, signature="") is Receipt.FORGED
    assert received(database, post, now=NOW + timedelta(days=3)) is Receipt.STALE
    body = b"no events at all"
    words = SignedPost(body=body, headers=SIGNER.headers(body, int(NOW.timestamp())))
    assert received(database, words) is Receipt.UNREADABLE
    assert received(database, signed([])) is Receipt.TAKEN
    assert received(database, signed([raw("aa", "open"), raw("aa", "click")])) is Receipt.TAKEN
    assert waiting(database).posts == 0


def test_a_database_that_fails_takes_nothing_for_received(database: Database) -> None:
    """It is raised, so that the answer is no success."""
    with database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE posted_events")
    with pytest.raises(Exception, match="posted_events"):
        received(database, signed([raw("aa")]))


def poison(database: Database) -> None:
    """A post that nobody can read: it was damaged on the disk."""
    with database.begin() as connection:
        connection.execute(insert(table).values(received_at=NOW, events=1, body=b"no zlib"))


def test_a_post_that_cannot_be_absorbed_holds_up_no_other(database: Database) -> None:
    ids = handed_over(database)
    received(database, signed([raw(ids[0])]))
    poison(database)
    received(database, signed([raw(ids[1])]))
    done = drained(database)
    assert (done.posts, done.failed, done.absorbed.recorded) == (2, 1, 2)
    with database.read() as connection:
        assert connection.execute(select(table.c.tries, table.c.error)).one() == (1, "error")


def test_one_that_fails_again_and_again_is_set_aside_until_it_is_asked_for(
    database: Database,
) -> None:
    poison(database)
    assert sum(drained(database).failed for _ in range(15)) == posted_events.MOST_TRIES
    assert waiting(database).aside == 1
    mended = kept(json.dumps([raw("aa")]).encode())
    assert mended is not None
    with database.begin() as connection:
        connection.execute(update(table).values(body=mended.body))
    assert drained(database).posts == 0
    assert drained(database, tries=EVEN_SET_ASIDE).posts == 1


def refuses(database: Database, delivery_id: str) -> None:
    """From now on the database takes no event of this delivery, as by a defect of ours."""
    when = f"NEW.delivery_id = '{delivery_id}'"
    abort = "SELECT RAISE(ABORT, 'odd'); END"
    refuse = "RAISE EXCEPTION 'odd' USING ERRCODE = 'integrity_constraint_violation'; END IF"
    body = f"BEGIN IF {when} THEN {refuse}; RETURN NEW; END"
    begin = "CREATE TRIGGER odd BEFORE INSERT ON event"
    sqlite = [f"{begin} WHEN {when} BEGIN {abort}"]
    postgresql = [
        f"CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        f"{begin} FOR EACH ROW EXECUTE FUNCTION odd()",
    ]
    with database.begin() as connection:
        for statement in sqlite if database.is_sqlite else postgresql:
            connection.exec_driver_sql(statement)


def test_an_event_that_cannot_be_absorbed_holds_up_no_other_of_its_post(
    database: Database,
) -> None:
    """Somebody who complained beside it would be mailed on; and the admin is told."""
    ids = handed_over(database, 20)
    refuses(database, ids[7])
    events = [raw(each) for each in ids]
    events[13] = raw(ids[13], "spamreport")
    received(database, signed(events))
    received(database, signed([raw(ids[3], "processed")]))
    done = drained(database)
    assert (done.posts, done.failed, done.absorbed.recorded) == (1, 1, 20)
    assert barred(database) == {"reader14@example.org": "complaint"}
    assert (waiting(database).posts, waiting(database).events) == (1, 1)
    for _ in range(posted_events.MOST_TRIES - 2):
        assert drained(database).absorbed.alarms == ()
    (alarm,) = drained(database).absorbed.alarms
    assert "newsletter db absorb" in alarm.text
    assert waiting(database).aside == 1
    with database.begin() as connection:
        connection.exec_driver_sql(
            "DROP TRIGGER odd" if database.is_sqlite else "DROP TRIGGER odd ON event"
        )
    assert drained(database, tries=EVEN_SET_ASIDE).absorbed.recorded == 1
    assert waiting(database).posts == 0


def test_a_backlog_is_absorbed_in_blocks_and_can_be_stopped(database: Database) -> None:
    """What is in memory does not grow with it."""
    ids = handed_over(database)
    big = [raw(ids[n % 5], attempt=n % 9 + 1) for n in range(3000)]
    for _ in range(4):
        received(database, signed(big))
    asked: list[int] = []

    def ended() -> bool:
        asked.append(waiting(database).posts)
        return len(asked) > 2

    assert drained(database, ended=ended).posts == 2
    assert asked == [4, 3, 2]
    with database.begin() as connection:
        assert len(posted_events.take(connection, most_events=5000)) == 1
        assert len(posted_events.take(connection, most_events=6000)) == 2
    assert drained(database).posts == 2


def test_many_may_absorb_at_once(database_url: str, database: Database) -> None:
    """Each post is absorbed by one of them; nothing is counted twice, and nothing is left."""
    del database_url
    ids = handed_over(database, 50)
    for each in ids:
        received(database, signed([raw(each, "processed"), raw(each)]))
    done: list[Drained] = []
    start = threading.Barrier(4)

    def work() -> None:
        own = open_database(database.engine.url.render_as_string(hide_password=False))
        start.wait()
        done.append(drained(own))
        own.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(each.posts for each in done) == 50
    assert sum(each.absorbed.recorded for each in done) == 100
    assert waiting(database).posts == 0


def test_posts_are_not_kept_for_ever(database: Database) -> None:
    """Not even those that nobody can read."""
    poison(database)
    drain(database, RULES, now=lambda: NOW + timedelta(days=91))
    assert waiting(database).posts == 0
