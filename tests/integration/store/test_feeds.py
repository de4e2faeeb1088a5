"""What the store remembers of feeds."""

from __future__ import annotations

from datetime import UTC, timedelta

from newsletter.model.feed import FeedState, FeedStatus, Validators
from newsletter.store import feeds
from newsletter.store.engine import Database
from tests.integration.store.ledger import NOW

ONE, TWO = "https://one.example.org/feed/", "https://two.example.org/feed/"
HASH = "ab" * 32
LATER = NOW + timedelta(days=7)


def state(database: Database, url: str = ONE) -> FeedState:
    with database.read() as connection:
        return feeds.states(connection, [url])[0]


def status(database: Database, url: str = ONE) -> FeedStatus:
    with database.read() as connection:
        return feeds.statuses(connection, [url])[0]


def succeed(database: Database, **changes: object) -> None:
    values: dict[str, object] = {
        "now": NOW,
        "http_status": 200,
        "validators": Validators(etag='"e-gzip"', last_modified="Mon, 16 Nov 2026 08:00:00 GMT"),
        "body_hash": HASH,
        "title": "One & “Only”",
        "unconditional": True,
    }
    with database.begin() as connection:
        feeds.register(connection, [ONE])
        before = feeds.states(connection, [ONE])[0]
        feeds.record_success(connection, before, **{**values, **changes})  # type: ignore[arg-type]


def test_feeds_come_in_the_order_asked_for_and_only_once(database: Database) -> None:
    with database.begin() as connection:
        feeds.register(connection, [TWO])
        feeds.register(connection, [ONE, TWO])
        feeds.register(connection, [])
    with database.read() as connection:
        assert [each.url for each in feeds.states(connection, [ONE, TWO])] == [ONE, TWO]
        assert [each.url for each in feeds.statuses(connection, [TWO, ONE])] == [TWO, ONE]
        assert feeds.states(connection, ["https://unknown.example.org/"]) == []


def test_a_new_feed_is_known_by_its_address_only(database: Database) -> None:
    with database.begin() as connection:
        feeds.register(connection, [ONE])
    new = state(database)
    assert new == FeedState(
        id=new.id,
        url=ONE,
        validators=Validators(),
        body_hash=None,
        unconditional_at=None,
        baseline_at=None,
    )
    assert status(database).status == "new"


def test_a_fetch_that_worked_is_the_base_of_the_next_one(database: Database) -> None:
    succeed(database)
    after = state(database)
    assert after.validators == Validators(
        etag='"e-gzip"', last_modified="Mon, 16 Nov 2026 08:00:00 GMT"
    )
    assert (after.body_hash, after.unconditional_at, after.baseline_at) == (HASH, NOW, NOW)
    assert after.baseline_at is not None
    assert after.baseline_at.tzinfo is UTC
    assert status(database) == FeedStatus(
        url=ONE,
        title="One & “Only”",
        status="ok",
        http_status=200,
        error="",
        failures=0,
        fetched_at=NOW,
        succeeded_at=NOW,
    )


def test_the_baseline_and_the_title_stay_when_nothing_changed(database: Database) -> None:
    """A 304 has no title; and the first collection is the first one for ever."""
    succeed(database)
    succeed(database, now=LATER, http_status=304, title=None, unconditional=False)
    assert (state(database).baseline_at, state(database).unconditional_at) == (NOW, NOW)
    found = status(database)
    assert (found.status, found.title) == ("unchanged", "One & “Only”")
    assert found.succeeded_at == LATER


def test_a_failure_is_counted_and_takes_nothing_away(database: Database) -> None:
    """What was known of the feed is what the next fetch asks with; a success begins anew."""
    succeed(database)
    before = state(database)
    for _ in range(2):
        with database.begin() as connection:
            feeds.record_failure(connection, before, now=LATER, error="gone", http_status=404)
    assert state(database) == before
    found = status(database)
    assert (found.status, found.error, found.http_status, found.failures) == (
        "failed",
        "gone",
        404,
        2,
    )
    assert (found.fetched_at, found.succeeded_at) == (LATER, NOW)
    succeed(database, now=LATER)
    assert (status(database).failures, status(database).error) == (0, "")


def test_an_alarm_is_taken_back_by_how_it_begins(database: Database) -> None:
    """One for another reason stays, though the feed is in order again."""
    succeed(database)
    key = state(database).id
    for alarm, left in (("100 % gone: of 3", ""), ("100 of 3 gone", "100 of 3 gone")):
        with database.begin() as connection:
            feeds.record_alarm(connection, key, alarm, now=NOW)
            feeds.end_alarm(connection, key, "100 % gone")
        assert (status(database).alarm, status(database).alarm_at) == (left, NOW if left else None)
