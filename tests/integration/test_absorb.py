"""Reported events set the ledger right: judged by the stand-in, which knows who really was mailed.

The stand-in is sent requests as a run sends them, answers get lost on either side of acceptance,
and its reports are absorbed in disorder, in pieces, more than once.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, delete, insert, select, update

from newsletter.delivery.states import BATCH, DELIVERY, allowed
from newsletter.model.delivery import BatchState, ClaimedBatch, DeliveryState, ProviderIdState
from newsletter.model.edition import Edition, EditionState
from newsletter.pipeline import absorb as module
from newsletter.pipeline.absorb import Absorbed, absorb, settle_recorded
from newsletter.standin.rules import Rules
from newsletter.standin.server import StandIn, serve
from newsletter.store import batches, editions, provider_ids
from newsletter.store import events as store
from newsletter.store.engine import Database, open_database
from newsletter.store.recovery import recover
from newsletter.store.tables import batch, delivery, event, notice, provider_id
from subscribers.model import ConsentKind, SubscriptionStatus, SuppressionReason
from subscribers.store.tables import consent, person, suppression
from tests.integration.store.ledger import NOW, sending
from tests.standin import Client

RETENTION = timedelta(days=90)
START = NOW.timestamp()
HOUR = 3600


def absorbed(database: Database, posted: list[Any], *, now: datetime = NOW) -> Absorbed:
    return absorb(database, posted, now=now, retention=RETENTION)


def raw(delivery_id: str, kind: str = "delivered", attempt: int = 1, **more: Any) -> dict[str, Any]:
    """An event as it is posted."""
    return {
        "event": kind,
        "timestamp": int(START),
        "nl_delivery": delivery_id,
        "nl_attempt": str(attempt),
        **more,
    }


def claim(database: Database, edition: Edition) -> ClaimedBatch:
    with database.begin() as connection:
        claimed = batches.claim(connection, edition.id, "one", now=NOW)
    assert claimed is not None
    return claimed


def settle(database: Database, claimed: ClaimedBatch, state: BatchState) -> None:
    with database.begin() as connection:
        assert batches.settle(connection, claimed, state, now=NOW)


def put_back(database: Database, claimed: ClaimedBatch) -> None:
    with database.begin() as connection:
        assert batches.put_back(connection, claimed, not_before=None, error="refused")


def unknown(database: Database, edition: Edition) -> ClaimedBatch:
    """The next batch, whose end nobody saw."""
    claimed = claim(database, edition)
    settle(database, claimed, BatchState.UNKNOWN)
    return claimed


def ids_in(database: Database, claimed: ClaimedBatch) -> list[str]:
    """The deliveries of a batch, by the number of the person."""
    with database.read() as connection:
        return list(
            connection.execute(
                select(delivery.c.id)
                .where(
                    delivery.c.edition_id == claimed.edition_id,
                    delivery.c.batch_number == claimed.number,
                )
                .order_by(delivery.c.subscriber_id)
            ).scalars()
        )


def batch_row(database: Database, claimed: ClaimedBatch) -> Row[Any]:
    with database.read() as connection:
        return connection.execute(select(batch).where(batch.c.id == claimed.id)).one()


def people_states(database: Database, claimed: ClaimedBatch) -> set[str]:
    with database.read() as connection:
        query = select(delivery.c.state).where(delivery.c.batch_number == claimed.number)
        return set(connection.execute(query).scalars())


def snapshot(database: Database) -> list[list[tuple[Any, ...]]]:
    """All that absorbing may change, without the numbers of rows."""
    with database.read() as connection:
        return [
            sorted((tuple(row) for row in connection.execute(query)), key=repr)
            for query in (
                *(select(batch), select(delivery), select(event), select(provider_id)),
                select(person.c.id, person.c.status),
                select(consent.c.subscriber_id, consent.c.kind, consent.c.happened_at),
                select(suppression.c.address_key, suppression.c.reason),
                select(notice.c.about, notice.c.text, notice.c.state),
            )
        ]


def finished(database: Database, edition: Edition, state: EditionState) -> None:
    """A run has ended with the edition in this state."""
    with database.begin() as connection:
        assert editions.move(connection, edition.id, EditionState.SENDING, state, finished_at=NOW)


def alarms(database: Database) -> dict[str, str]:
    with database.read() as connection:
        return {row.about: row.text for row in connection.execute(select(notice))}


# ---- batches -----------------------------------------------------------------------------------


def test_one_event_of_one_person_settles_the_whole_batch(database: Database) -> None:
    """A request is taken or refused as a whole; the others stay unknown."""
    edition = sending(database, 20, batch_size=10)
    first, second = unknown(database, edition), unknown(database, edition)
    done = absorbed(database, [raw(ids_in(database, first)[3])])
    assert done == Absorbed(recorded=1, settled_batches=1)
    assert (batch_row(database, first).state, batch_row(database, first).attempt) == ("accepted", 1)
    assert people_states(database, first) == {"accepted"}
    assert batch_row(database, second).state == "unknown"
    assert people_states(database, second) == {"unknown"}


def test_an_event_of_another_attempt_settles_no_unknown_batch_by_itself_if_dropped(
    database: Database,
) -> None:
    edition = sending(database, 5, batch_size=5)
    put_back(database, claim(database, edition))
    second = unknown(database, edition)
    assert second.attempt == 2
    ids = ids_in(database, second)
    done = absorbed(database, [raw(ids[0], "dropped", 1, reason="Cancelled")])
    assert (done.recorded, done.settled_batches) == (1, 0)
    assert batch_row(database, second).state == "unknown"


@pytest.mark.parametrize("recalled", [False, True])
def test_what_was_mailed_after_all_is_not_sent_again(database: Database, recalled: bool) -> None:
    """A batch that waits for its next attempt is accepted at once, by the attempt that left."""
    edition = sending(database, 5, batch_size=5)
    first = claim(database, edition)
    put_back(database, first)
    if recalled:
        _note_id(database, edition, ProviderIdState.CANCELLED)
    done = absorbed(database, [raw(ids_in(database, first)[0], "delivered", 1)])
    assert done.settled_batches == 1
    row = batch_row(database, first)
    assert (row.state, row.attempt, row.provider_id) == ("accepted", 1, None)
    assert people_states(database, first) == {"accepted"}
    with database.begin() as connection:
        assert batches.claim(connection, edition.id, "two", now=NOW) is None
    about = {f"cancel:{edition.key}:1:{first.number}"} if recalled else set()
    assert set(alarms(database)) == about == {alarm.about for alarm in done.alarms}
    later = absorbed(database, [raw(each, "delivered", 1) for each in ids_in(database, first)])
    assert (later.settled_batches, later.alarms) == (0, ())


def _note_id(database: Database, edition: Edition, state: ProviderIdState) -> int:
    with database.begin() as connection:
        provider_ids.add(connection, edition.id, "b1", now=NOW)
        connection.execute(update(provider_id).values(state=state))
        return int(connection.execute(select(provider_id.c.id)).scalar_one())


def test_a_batch_on_its_way_is_left_to_its_sender(database: Database) -> None:
    """And settled afterwards by what was absorbed meanwhile."""
    edition = sending(database, 5, batch_size=5)
    first = claim(database, edition)
    done = absorbed(database, [raw(ids_in(database, first)[0])])
    assert (done.recorded, done.settled_batches) == (1, 0)
    assert batch_row(database, first).state == "submitting"
    settle(database, first, BatchState.UNKNOWN)
    with database.begin() as connection:
        assert settle_recorded(connection, edition.id, now=NOW).batches == 1
        assert settle_recorded(connection, edition.id, now=NOW).batches == 0
    assert batch_row(database, first).state == "accepted"


def test_a_dead_runs_batch_is_settled_before_anything_is_sent(database: Database) -> None:
    """Killed after acceptance, reported while nobody ran: the next run knows better at once."""
    edition = sending(database, 10, batch_size=5)
    first, second = claim(database, edition), claim(database, edition)
    put_back(database, second)
    absorbed(database, [raw(ids_in(database, first)[0]), raw(ids_in(database, second)[0])])
    assert batch_row(database, second).state == "accepted"
    if not database.is_sqlite:
        with database.begin() as connection:
            past = datetime(2020, 1, 1, tzinfo=UTC)
            connection.execute(update(batch).values(lease_until=past))
    with database.begin() as connection:
        assert recover(connection, edition.id, "two") == 1
        assert settle_recorded(connection, edition.id, now=NOW).batches == 1
    assert batch_row(database, first).state == "accepted"


def test_a_late_proof_of_an_earlier_attempt_is_found_by_the_next_run(database: Database) -> None:
    """Absorbed while the second attempt was on its way, which then was put off."""
    edition = sending(database, 5, batch_size=5)
    put_back(database, claim(database, edition))
    second = claim(database, edition)
    absorbed(database, [raw(ids_in(database, second)[0], "delivered", 1)])
    put_back(database, second)
    with database.begin() as connection:
        assert settle_recorded(connection, edition.id, now=NOW).batches == 1
    row = batch_row(database, second)
    assert (row.state, row.attempt) == ("accepted", 1)


def test_a_second_copy_under_an_open_id_is_taken_back(database: Database) -> None:
    """The first attempt left although it was cancelled; the second one's end is unknown.

    Its people have their mail; the id of the second copy is closed, and its cancel plans nothing.
    """
    edition = sending(database, 5, batch_size=5)
    put_back(database, claim(database, edition))
    number = _note_id(database, edition, ProviderIdState.OPEN)
    with database.begin() as connection:
        (open_id,) = provider_ids.of_edition(connection, edition.id)
        assert provider_ids.set_time(connection, open_id.id, NOW + timedelta(hours=1))
        second = batches.claim(connection, edition.id, "one", now=NOW, provider_id=open_id)
    assert second is not None
    settle(database, second, BatchState.UNKNOWN)
    absorbed(database, [raw(ids_in(database, second)[0], "delivered", 1)])
    row = batch_row(database, second)
    assert (row.state, row.attempt, row.provider_id) == ("accepted", 2, None)
    with database.begin() as connection:
        (closing,) = provider_ids.of_edition(connection, edition.id, ProviderIdState.CLOSING)
        assert closing.id == number
        assert provider_ids.confirm_cancelled(connection, closing, now=NOW)
    assert batch_row(database, second).state == "accepted"
    assert people_states(database, second) == {"accepted"}


def test_where_a_cancel_was_in_doubt_only_mails_that_left_are_proof(database: Database) -> None:
    edition = sending(database, 5, batch_size=5)
    _note_id(database, edition, ProviderIdState.CANCELLED)
    first = unknown(database, edition)
    one, two, *_ = ids_in(database, first)
    posted = [raw(one, "processed"), raw(two, "dropped", reason="Cancelled")]
    assert absorbed(database, posted).settled_batches == 0
    assert absorbed(database, [raw(one)]).settled_batches == 1


def test_a_double_is_told_once_for_each_batch(database: Database) -> None:
    edition = sending(database, 10, batch_size=5)
    for claimed in [claim(database, edition) for _ in range(2)]:
        put_back(database, claimed)
    second = [claim(database, edition) for _ in range(2)]
    for claimed in second:
        settle(database, claimed, BatchState.ACCEPTED)
    posted = [raw(each, "delivered", 1) for claimed in second for each in ids_in(database, claimed)]
    done = absorbed(database, posted)
    about = {f"double:{edition.key}:2:{claimed.number}" for claimed in second}
    assert {alarm.about for alarm in done.alarms} == about == set(alarms(database))
    assert "5 people" in done.alarms[0].text
    assert absorbed(database, [raw(each["nl_delivery"]) for each in posted]).alarms == ()


def test_a_cancelled_attempt_that_was_dropped_is_no_double(database: Database) -> None:
    edition = sending(database, 5, batch_size=5)
    put_back(database, claim(database, edition))
    second = claim(database, edition)
    settle(database, second, BatchState.ACCEPTED)
    ids = ids_in(database, second)
    drops = [raw(each, "dropped", 1, reason="Cancelled") for each in ids]
    assert absorbed(database, drops + [raw(each, "delivered", 2) for each in ids]).alarms == ()
    assert alarms(database) == {}


def test_an_old_database_is_told_and_mails_nobody_again(database: Database) -> None:
    """A backup was put back: the provider reports an attempt that was never made here."""
    edition = sending(database, 10, batch_size=5)
    first = unknown(database, edition)
    done = absorbed(database, [raw(each, attempt=3) for each in ids_in(database, first)])
    assert [alarm.about for alarm in done.alarms] == [f"older:{edition.key}"]
    assert (batch_row(database, first).state, batch_row(database, first).attempt) == ("accepted", 3)


@pytest.mark.parametrize("first_attempt", [1, 3])
def test_a_double_is_found_whichever_attempt_is_reported_first(
    database: Database, first_attempt: int
) -> None:
    """Also one that this database never made."""
    edition = sending(database, 5, batch_size=5)
    one = ids_in(database, unknown(database, edition))[0]
    told = [
        alarm.about.partition(":")[0]
        for attempt in (first_attempt, 4 - first_attempt)
        for alarm in absorbed(database, [raw(one, attempt=attempt)]).alarms
    ]
    assert sorted(told) == ["double", "older"]


def test_who_complained_and_left_has_done_both(database: Database) -> None:
    """Whichever is reported first."""
    ids = accepted_one(database)
    for one, kinds in ((0, ("spamreport", "unsubscribe")), (1, ("unsubscribe", "spamreport"))):
        for kind in kinds:
            assert absorbed(database, [raw(ids[one], kind)]).suppressed == 1
    assert set(barred(database)) == {"reader1@example.org", "reader2@example.org"}
    with database.read() as connection:
        query = select(person.c.id).where(person.c.status == SubscriptionStatus.UNSUBSCRIBED)
        assert set(connection.execute(query).scalars()) == {1, 2}


def test_a_mail_that_left_in_spite_of_the_admins_cancel_counts_as_mailed(
    database: Database,
) -> None:
    """So that reopening the edition does not mail these people a second time."""
    edition = sending(database, 5, batch_size=5)
    number = _note_id(database, edition, ProviderIdState.OPEN)
    with database.begin() as connection:
        (open_id,) = provider_ids.of_edition(connection, edition.id)
        first = batches.claim(connection, edition.id, "one", now=NOW, provider_id=open_id)
        assert first is not None
        assert batches.settle(connection, first, BatchState.ACCEPTED, now=NOW)
    with database.begin() as connection:
        provider_ids.close_all(connection, edition.id)
        (closing,) = provider_ids.of_edition(connection, edition.id)
        assert closing.id == number
        assert provider_ids.confirm_cancelled(
            connection, closing, now=NOW, people_become=DeliveryState.CANCELLED
        )
    assert people_states(database, first) == {"cancelled"}
    assert allowed(DELIVERY, DeliveryState.CANCELLED, DeliveryState.ACCEPTED)
    assert allowed(BATCH, BatchState.PLANNED, BatchState.ACCEPTED)
    done = absorbed(database, [raw(ids_in(database, first)[0])])
    assert [alarm.about for alarm in done.alarms] == [f"cancel:{edition.key}:1:0"]
    assert people_states(database, first) == {"accepted"}


# ---- editions ----------------------------------------------------------------------------------


def test_an_edition_whose_last_doubt_is_settled_was_sent(database: Database) -> None:
    """Its end stays when it was."""
    edition = sending(database, 10, batch_size=5)
    first, second = unknown(database, edition), unknown(database, edition)
    finished(database, edition, EditionState.PARTIAL)
    later = NOW + timedelta(hours=2)
    absorbed(database, [raw(ids_in(database, first)[0])], now=later)
    with database.read() as connection:
        assert editions.get(connection, edition.id).state is EditionState.PARTIAL
    absorbed(database, [raw(ids_in(database, second)[0])], now=later)
    with database.read() as connection:
        found = editions.get(connection, edition.id)
    assert (found.state, found.finished_at) == (EditionState.SENT, NOW)


@pytest.mark.parametrize("left", [DeliveryState.REJECTED, DeliveryState.UNKNOWN])
def test_an_edition_with_somebody_left_stays_partial(
    database: Database, left: DeliveryState
) -> None:
    edition = sending(database, 10, batch_size=5)
    first, second = unknown(database, edition), claim(database, edition)
    settle(database, second, BatchState.ACCEPTED)
    finished(database, edition, EditionState.PARTIAL)
    with database.begin() as connection:
        one = ids_in(database, second)[0]
        connection.execute(update(delivery).where(delivery.c.id == one).values(state=left))
    assert absorbed(database, [raw(ids_in(database, first)[0])]).settled_batches == 1
    with database.read() as connection:
        assert editions.get(connection, edition.id).state is EditionState.PARTIAL


def test_an_edition_that_is_being_sent_is_left_to_its_run(database: Database) -> None:
    edition = sending(database, 5, batch_size=5)
    first = unknown(database, edition)
    absorbed(database, [raw(ids_in(database, first)[0])])
    with database.read() as connection:
        assert editions.get(connection, edition.id).state is EditionState.SENDING


# ---- people ------------------------------------------------------------------------------------


def accepted_one(database: Database, people: int = 5) -> list[str]:
    """The deliveries of an edition that was handed over."""
    edition = sending(database, people, batch_size=people)
    claimed = claim(database, edition)
    settle(database, claimed, BatchState.ACCEPTED)
    return ids_in(database, claimed)


def barred(database: Database) -> dict[str, str]:
    with database.read() as connection:
        rows = connection.execute(select(suppression.c.address_key, suppression.c.reason))
        return {row[0]: row[1] for row in rows}


def test_who_bounced_complained_or_left_is_not_mailed_again(database: Database) -> None:
    """Leaving is evidence; what a server says of a mail, and not of an address, bars nobody."""
    ids = accepted_one(database, 9)
    posted = [
        raw(ids[0], "bounce", type="bounce", reason="550 5.1.1 reader1@example.org unknown"),
        raw(ids[1], "bounce", type="blocked", reason="550 5.7.1 spam"),
        raw(ids[2], "spamreport"),
        raw(ids[3], "unsubscribe"),
        raw(ids[4], "dropped", reason="Bounced Address"),
        raw(ids[5], "dropped", reason="Unsubscribed Address"),
        raw(ids[6], "dropped", reason="Spam Reporting Address"),
        raw(ids[7], "dropped", reason="Spam Content"),
        *(raw(ids[8], kind) for kind in ("deferred", "delivered", "open", "group_resubscribe")),
    ]
    assert absorbed(database, posted).suppressed == 6
    assert barred(database) == {
        "reader1@example.org": "hard_bounce",
        "reader3@example.org": "complaint",
        "reader5@example.org": "hard_bounce",
        "reader7@example.org": "complaint",
    }
    with database.read() as connection:
        left = connection.execute(
            select(person.c.id).where(person.c.status == SubscriptionStatus.UNSUBSCRIBED)
        ).scalars()
        assert set(left) == {4, 6}
        evidence = connection.execute(select(consent)).all()
        notes = connection.execute(select(suppression.c.note)).scalars().all()
    assert [(row.subscriber_id, row.kind, row.source) for row in evidence] == [
        (4, ConsentKind.WITHDRAWN, "sendgrid"),
        (6, ConsentKind.WITHDRAWN, "sendgrid"),
    ]
    assert not any("@" in note for note in notes)
    assert absorbed(database, posted) == Absorbed()


def test_what_was_dropped_from_a_cancelled_attempt_bars_nobody(database: Database) -> None:
    edition = sending(database, 5, batch_size=5)
    put_back(database, claim(database, edition))
    second = claim(database, edition)
    settle(database, second, BatchState.ACCEPTED)
    ids = ids_in(database, second)
    done = absorbed(
        database,
        [
            raw(ids[0], "dropped", 1, reason="Bounced Address"),
            raw(ids[1], "dropped", 1, reason="Unsubscribed Address"),
            raw(ids[2], "dropped", 2, reason="Cancelled"),
            raw(ids[3], "bounce", 1, type="bounce"),
        ],
    )
    assert done.suppressed == 1
    assert barred(database) == {"reader4@example.org": "hard_bounce"}


def test_an_erased_person_is_passed_over(database: Database) -> None:
    ids = accepted_one(database)
    with database.begin() as connection:
        connection.execute(delete(person).where(person.c.id == 1))
    done = absorbed(database, [raw(ids[0], "bounce", type="bounce"), raw(ids[0], "unsubscribe")])
    assert (done.recorded, done.suppressed) == (2, 0)
    assert barred(database) == {}


def test_who_joined_again_is_not_put_off_by_an_old_report(database: Database) -> None:
    ids = accepted_one(database)
    with database.begin() as connection:
        later = NOW + timedelta(minutes=5)
        connection.execute(
            insert(consent).values(
                subscriber_id=1, happened_at=later, recorded_at=later, kind=ConsentKind.GIVEN
            )
        )
    assert absorbed(database, [raw(ids[0], "unsubscribe")]).suppressed == 0
    with database.read() as connection:
        query = select(person.c.status).where(person.c.id == 1)
        assert connection.execute(query).scalar() == SubscriptionStatus.ACTIVE


def test_whom_the_admin_let_in_again_is_not_barred_by_a_repeated_report(
    database: Database,
) -> None:
    """Only what is new is acted on."""
    ids = accepted_one(database)
    bounced = raw(ids[0], "bounce", type="bounce")
    assert absorbed(database, [bounced]).suppressed == 1
    with database.begin() as connection:
        connection.execute(delete(suppression))
    assert absorbed(database, [bounced, raw(ids[0], "delivered")]).suppressed == 0
    assert barred(database) == {}


def test_the_first_reason_stays(database: Database) -> None:
    ids = accepted_one(database)
    with database.begin() as connection:
        connection.execute(
            insert(suppression).values(
                address_key="reader1@example.org", reason=SuppressionReason.MANUAL, since=NOW
            )
        )
    assert absorbed(database, [raw(ids[0], "spamreport")]).suppressed == 0
    assert barred(database) == {"reader1@example.org": "manual"}


# ---- what is kept ------------------------------------------------------------------------------


def test_what_is_not_ours_is_ignored_and_not_kept(database: Database) -> None:
    """Other mail of the same account, and nonsense."""
    ids = accepted_one(database)
    posted = [raw("ffff"), {"event": "delivered"}, None, raw(ids[0], "subscribed"), raw(ids[0])]
    assert absorbed(database, posted) == Absorbed(recorded=1, ignored=4)
    with database.read() as connection:
        assert [row.delivery_id for row in connection.execute(select(event))] == [ids[0]]
    assert absorbed(database, []) == Absorbed()


def test_that_a_mail_was_opened_leaves_no_trace(database: Database) -> None:
    """Neither of the fact nor of the time, whichever came first."""
    ids = accepted_one(database)
    opened = raw(ids[0], "open", timestamp=int(START) + HOUR, useragent="Mail", ip="::1")
    processed = raw(ids[0], "processed")
    later = NOW + timedelta(hours=2)
    absorbed(database, [opened, raw(ids[1], "processed")], now=later)
    absorbed(database, [processed], now=later)
    with database.read() as connection:
        rows = connection.execute(select(event)).all()
    assert len(rows) == 2
    assert {(row.kind, int(row.at.timestamp()), row.reason) for row in rows} == {
        ("processed", int(START), "")
    }


def test_events_are_kept_for_as_long_as_the_settings_say(database: Database) -> None:
    ids = accepted_one(database)
    day = 24 * HOUR
    posted = [raw(each, timestamp=int(START) - n * 45 * day) for n, each in enumerate(ids)]
    assert absorbed(database, posted).recorded == 5
    with database.read() as connection:
        left = store.reported(connection, ids)
    assert {each.delivery_id for each in left} == set(ids[:2])


# ---- judged by the stand-in --------------------------------------------------------------------


class Desk:
    """A run's requests, one after the other, to the stand-in, and its ledger."""

    def __init__(self, database: Database, edition: Edition, client: Client) -> None:
        self.database = database
        self.edition = edition
        self.client = client

    def post(self, claimed: ClaimedBatch, **more: Any) -> None:
        """What a run sends for a batch; it is accepted."""
        people = [
            {
                "to": [{"email": address}],
                "custom_args": {"nl_delivery": id_, "nl_attempt": str(claimed.attempt)},
            }
            for id_, address in self._people(claimed)
        ]
        assert self.client.send(people, **more).status == 202

    def _people(self, claimed: ClaimedBatch) -> list[tuple[str, str]]:
        with self.database.read() as connection:
            rows = connection.execute(
                select(delivery.c.id, person.c.address)
                .join(person, person.c.id == delivery.c.subscriber_id)
                .where(delivery.c.batch_number == claimed.number)
                .where(delivery.c.edition_id == claimed.edition_id)
            )
            return [(row[0], row[1]) for row in rows]

    def taken(self) -> ClaimedBatch:
        claimed = claim(self.database, self.edition)
        self.post(claimed)
        settle(self.database, claimed, BatchState.ACCEPTED)
        return claimed

    def answer_lost(self) -> ClaimedBatch:
        """Accepted, and nobody heard it."""
        claimed = claim(self.database, self.edition)
        self.post(claimed)
        settle(self.database, claimed, BatchState.UNKNOWN)
        return claimed

    def request_lost(self) -> ClaimedBatch:
        """Never arrived, and nobody knows."""
        return unknown(self.database, self.edition)

    def thought_refused(self) -> ClaimedBatch:
        """Accepted, though it looked as if it certainly was not; it waits for its next attempt."""
        claimed = claim(self.database, self.edition)
        self.post(claimed)
        with self.database.begin() as connection:
            later = NOW + timedelta(days=1)
            assert batches.put_back(connection, claimed, not_before=later, error="reset")
        return claimed

    def mailed_twice(self) -> ClaimedBatch:
        """The same, but the next attempt was made."""
        claimed = claim(self.database, self.edition)
        self.post(claimed)
        put_back(self.database, claimed)
        return self.taken()

    def cancelled_and_sent_again(self) -> ClaimedBatch:
        """Under an id that was cancelled in time, and then under another one."""
        claimed = self._under_an_id()
        with self.database.begin() as connection:
            provider_ids.close_all(connection, self.edition.id)
            (closing,) = provider_ids.of_edition(
                connection, self.edition.id, ProviderIdState.CLOSING
            )
        assert self.client.cancel(closing.value).status == 201
        with self.database.begin() as connection:
            assert provider_ids.confirm_cancelled(connection, closing, now=NOW)
        again = self._under_an_id()
        assert (again.number, again.attempt) == (claimed.number, 2)
        return again

    def _under_an_id(self) -> ClaimedBatch:
        value, due = self.client.batch(), NOW + timedelta(seconds=HOUR)
        with self.database.begin() as connection:
            provider_ids.add(connection, self.edition.id, value, now=NOW)
            found = provider_ids.of_edition(connection, self.edition.id, ProviderIdState.OPEN)[-1]
            assert provider_ids.set_time(connection, found.id, due)
            claimed = batches.claim(connection, self.edition.id, "one", now=NOW, provider_id=found)
        assert claimed is not None
        self.post(claimed, batch_id=value, send_at=int(due.timestamp()))
        settle(self.database, claimed, BatchState.ACCEPTED)
        return claimed


def outcomes_of(number: int) -> dict[str, str]:
    """Every sixth person's mail ends in some other way than by being delivered."""
    kinds = ("bounce", "bounce-late", "blocked", "deferred", "spamreport", "unsubscribe")
    return {f"reader{n}@example.org": kinds[n // 6 % len(kinds)] for n in range(1, number + 1, 6)}


@contextmanager
def judged(folder: Path, **rules: Any) -> Iterator[tuple[StandIn, Client]]:
    """A stand-in that knows what really happened."""
    made = Rules(repeated_events=0.3, disorder=400, **rules)
    with serve(folder, made, lambda: START) as running, Client(running.url) as client:
        yield running, client


def reported(client: Client) -> list[Any]:
    """All events after the hour has come, as they are posted."""
    client.control("POST", "clock", advance=2 * HOUR)
    posts = client.control("POST", "events", limit=100_000)["posts"]
    return [each for post in posts for each in json.loads(post["body"])]


def in_pieces(events: list[Any], chance: random.Random) -> list[list[Any]]:
    """The events in random order, all of them twice, in pieces of random sizes."""
    arriving = chance.sample(events * 2, 2 * len(events))
    pieces = []
    while arriving:
        size = chance.choice([1, 3, 10, 100])
        pieces.append(arriving[:size])
        arriving = arriving[size:]
    return pieces


@pytest.mark.parametrize("seed", range(3))
def test_the_ledger_comes_to_what_the_judge_knows(
    database: Database, tmp_path: Path, seed: int
) -> None:
    """Without a window: every answer that was lost after acceptance is settled, no other is."""
    chance = random.Random(seed)
    edition = sending(database, 84, batch_size=7)
    with judged(tmp_path / "records", outcomes=outcomes_of(84), seed=seed) as (standin, client):
        lists = {"bounces": 2, "spam_reports": 3, "unsubscribes": 20}
        for name, number in lists.items():
            emails = [f"reader{number}@example.org"]
            client.control("POST", "suppressions", list=name, emails=emails)
        desk = Desk(database, edition, client)
        ways = [desk.taken, desk.answer_lost, desk.request_lost, desk.thought_refused] * 2
        ways += [desk.mailed_twice, desk.answer_lost, desk.request_lost, desk.taken]
        made = [(way.__name__, way()) for way in chance.sample(ways, len(ways))]
        events = reported(client)
        later = NOW + timedelta(hours=3)
        told = [
            alarm
            for piece in in_pieces(events, chance)
            for alarm in absorbed(database, piece, now=later).alarms
        ]
        live = standin.ledger.accepted()
    with database.read() as connection:
        rows = connection.execute(select(delivery)).all()
    assert {row.state for row in rows} == {"accepted", "unknown"}
    at_provider = {id_ for id_, _ in live}
    assert {row.id for row in rows if row.state == "accepted"} == at_provider
    doubles = {f"double:{edition.key}:2:{c.number}" for way, c in made if way == "mailed_twice"}
    assert {alarm.about for alarm in told} == doubles == set(alarms(database))
    _people_are_as_reported(database, events)
    before = snapshot(database)
    assert absorbed(database, events, now=later).recorded == 0
    assert snapshot(database) == before


def _people_are_as_reported(database: Database, events: list[Any]) -> None:
    """Every bounce, complaint and departure of the reports is on the list, and nobody else."""
    kinds: dict[str, set[str]] = {}
    for each in events:
        word = each.get("reason") if each["event"] == "dropped" else each.get("type")
        kinds.setdefault(each["email"], set()).add(word or each["event"])
    bounced = {a for a, k in kinds.items() if k & {"bounce", "Bounced Address"}}
    complained = {a for a, k in kinds.items() if k & {"spamreport", "Spam Reporting Address"}}
    gone = {a for a, k in kinds.items() if k & {"unsubscribe", "Unsubscribed Address"}}
    assert barred(database) == dict.fromkeys(bounced, "hard_bounce") | dict.fromkeys(
        complained, "complaint"
    )
    with database.read() as connection:
        left = connection.execute(
            select(person.c.address).where(person.c.status == SubscriptionStatus.UNSUBSCRIBED)
        ).scalars()
        assert set(left) == gone


@pytest.mark.parametrize("holds", [True, False], ids=["cancel-holds", "cancel-fails"])
def test_a_cancelled_attempt_is_a_double_only_if_it_left(
    database: Database, tmp_path: Path, holds: bool
) -> None:
    """The drops of a cancelled attempt bar nobody, alarm nobody and move nothing."""
    edition = sending(database, 12, batch_size=6)
    with judged(tmp_path / "records") as (standin, client):
        desk = Desk(database, edition, client)
        again = desk.cancelled_and_sent_again()
        if not holds:
            _take_the_cancel_back(database, client)
        events = reported(client)
        for piece in in_pieces(events, random.Random(4)):
            absorbed(database, piece, now=NOW + timedelta(hours=3))
        doubles = standin.ledger.doubles()
    assert {each["event"] for each in events if each["nl_attempt"] == "1"} == (
        {"dropped"} if holds else {"processed", "delivered"}
    )
    assert batch_row(database, again).state == "accepted"
    assert len(doubles) == (0 if holds else 6)
    assert set(alarms(database)) == (set() if holds else {f"double:{edition.key}:2:0"})
    assert barred(database) == {}


def _take_the_cancel_back(database: Database, client: Client) -> None:
    """At the provider something goes wrong: what was confirmed as cancelled goes out."""
    with database.read() as connection:
        query = select(provider_id.c.value).where(provider_id.c.state == ProviderIdState.CANCELLED)
        value = connection.execute(query).scalar_one()
    assert client.call("DELETE", f"/v3/user/scheduled_sends/{value}").status == 204


# ---- several at once, and killed ----------------------------------------------------------------


def test_receivers_at_once_come_to_the_same_as_one(database: Database) -> None:
    """The provider posts from many of its machines, and each of our processes may be asked."""
    edition = sending(database, 120, batch_size=6)
    claimed = [claim(database, edition) for _ in range(20)]
    for each in claimed[:10]:
        settle(database, each, BatchState.UNKNOWN)
    for each in claimed[10:]:
        put_back(database, each)
    for _ in range(5):
        settle(database, claim(database, edition), BatchState.ACCEPTED)
    ids = [id_ for each in claimed for id_ in ids_in(database, each)]
    kinds = ("processed", "delivered", "unsubscribe", "spamreport")
    posted = [raw(id_, kind) for id_ in ids for kind in kinds] + [raw(ids[0], attempt=7)]
    chance = random.Random(3)
    pieces = [piece for _ in range(2) for piece in in_pieces(posted, chance)]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda piece: absorbed(database, piece), pieces))
    assert sum(each.settled_batches for each in done) == 15
    assert len(alarms(database)) == sum(len(each.alarms) for each in done) == 5 + 1 + 1
    assert len(barred(database)) == 120
    with database.read() as connection:
        withdrawn = connection.execute(select(consent.c.subscriber_id)).scalars().all()
    assert sorted(withdrawn) == list(range(1, 121))
    assert absorbed(database, posted) == Absorbed()


PROGRAM = """
import json, sys
from datetime import datetime, timedelta
from newsletter.pipeline import absorb as module
from newsletter.store.engine import open_database
module.BLOCK = 200
posted = json.load(open(sys.argv[2]))
database = open_database(sys.argv[1])
print("ready", flush=True)
module.absorb(database, posted, now=datetime.fromisoformat(sys.argv[3]),
              retention=timedelta(days=90))
database.close()
"""


def test_killed_anywhere_it_is_absorbed_again_to_the_same(
    database: Database, tmp_path: Path
) -> None:
    """`kill -9` at random moments, each time followed by all events once more."""
    chance = random.Random(8)
    edition = sending(database, 3000, batch_size=100)
    claimed = [unknown(database, edition) for _ in range(30)]
    ids = [each for one in claimed[:20] for each in ids_in(database, one)]
    kinds = ("processed", "delivered", "unsubscribe", "spamreport")
    posted = [raw(each, kind) for each in ids for kind in kinds[: 2 + (each[-1] < "2") * 2]]
    chance.shuffle(posted)
    (tmp_path / "posted.json").write_text(json.dumps(posted))
    url = database.engine.url.render_as_string(hide_password=False)
    arguments = [url, str(tmp_path / "posted.json"), NOW.isoformat()]
    killed = 0
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            try:
                process.wait(timeout=chance.uniform(0.02, 0.3))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                killed += 1
    assert killed
    absorbed(database, posted)
    again = snapshot(database)
    assert absorbed(database, posted) == Absorbed()
    assert snapshot(database) == again
    with database.read() as connection:
        rows = connection.execute(select(delivery.c.id, delivery.c.state)).all()
        withdrawn = connection.execute(select(consent.c.subscriber_id)).scalars().all()
    assert {row.id for row in rows if row.state == "accepted"} == set(ids)
    assert len(withdrawn) == len(set(withdrawn))  # one line of evidence for each


def test_a_block_is_one_transaction(migrated_url: str) -> None:
    """Nothing of a block is kept that could not be kept as a whole."""
    database = open_database(migrated_url)
    try:
        ids = accepted_one(database)
        with database.begin() as connection:
            connection.exec_driver_sql("DROP TABLE subscriber_consent")
        with pytest.raises(Exception, match="subscriber_consent"):
            absorbed(database, [raw(ids[0]), raw(ids[1], "unsubscribe")])
        with database.read() as connection:
            assert connection.execute(select(event)).all() == []
    finally:
        database.close()


def test_a_block_is_of_a_size_that_others_can_wait_for() -> None:
    assert module.BLOCK <= 30_000  # so many values a question to SQLite may have
