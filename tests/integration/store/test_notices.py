"""What the admin is told, in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from newsletter.model.notice import NoticeKind, NoticeRecord, NoticeState
from newsletter.store import events, notices
from newsletter.store.engine import Database

NOW = datetime(2026, 11, 16, 8, 30, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=365)
RECEIPT = NoticeKind.RECEIPT


def note(database: Database, about: str, text: str = "text", *, told: bool = False) -> NoticeRecord:
    with database.begin() as connection:
        return notices.note(connection, RECEIPT, about, text, now=NOW, told=told)


def untold(database: Database, since: datetime = LONG_AGO) -> list[NoticeRecord]:
    with database.read() as connection:
        return notices.untold(connection, since=since)


def test_a_thing_is_noted_once_and_is_due_until_it_was_sent(database: Database) -> None:
    first = note(database, "a")
    assert (first.state, first.tries, first.created_at) == (NoticeState.DUE, 0, NOW)
    assert note(database, "a", "newer words").text == "newer words"
    assert [record.id for record in untold(database)] == [first.id]
    with database.begin() as connection:
        notices.note_sent(connection, first.id, now=NOW)
    assert untold(database) == []
    again = note(database, "a", "too late")
    assert (again.state, again.text) == (NoticeState.SENT, "newer words")


def test_a_failure_is_counted_and_keeps_its_reason(database: Database) -> None:
    number = note(database, "a").id
    for tries in (1, 2):
        with database.begin() as connection:
            notices.note_failed(connection, number, error="It was refused.")
        (record,) = untold(database)
        assert (record.state, record.tries, record.error) == (
            NoticeState.FAILED, tries, "It was refused.")  # fmt: skip
    assert note(database, "a").state is NoticeState.FAILED


def test_what_was_seen_in_another_way_is_not_mailed(database: Database) -> None:
    note(database, "a")
    assert note(database, "a", told=True).state is NoticeState.SENT
    assert note(database, "b", told=True).state is NoticeState.SENT
    assert untold(database) == []


def test_kinds_and_things_are_kept_apart_and_old_ones_out_of_sight(database: Database) -> None:
    note(database, "a")
    with database.begin() as connection:
        assert events.alarm(connection, about="a", text="Twice!", now=NOW + timedelta(hours=1))
        assert notices.find(connection, NoticeKind.PROOF, "a") is None
    assert [(record.kind, record.text) for record in untold(database)] == [
        (RECEIPT, "text"), (NoticeKind.ALARM, "Twice!"),
    ]  # fmt: skip
    assert [record.text for record in untold(database, NOW)] == ["Twice!"]
