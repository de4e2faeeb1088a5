"""Forgetting in time: what is too old goes, and what must stay stays, on both databases."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlalchemy import Connection, Table, insert, select, update

from newsletter.config import load
from newsletter.errors import FeedError, SettingsError
from newsletter.model.delivery import Outcome
from newsletter.pipeline.context import Context
from newsletter.pipeline.notifying.run import send_and_tell
from newsletter.pipeline.privacy.holdings import holdings
from newsletter.pipeline.privacy.keeping import kept_things
from newsletter.pipeline.privacy.processors import processors
from newsletter.pipeline.privacy.pruning import prune, prune_quietly
from newsletter.store import held, retention
from newsletter.store.engine import Database
from newsletter.store.event_tables import posted_events
from newsletter.store.tables import batch, delivery, edition, event, notice, page
from newsletter.store.tables import metadata as ours
from subscribers import address as addresses
from subscribers import membership
from subscribers.store.tables import (
    bucket,
    consent,
    person,
    request,
    soft_bounce,
    suppression,
    wording,
)
from subscribers.store.tables import metadata as theirs
from tests.databases import wait_until_somebody_waits

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=500)
SECRETS = ("a secret",)

SETTINGS = """
[newsletter]
title = "Letters"
sender = "Letters <news@example.org>"
postal_address = "1 High Street, Leeds"
website = "https://blog.example.org"
public_url = "https://news.example.org"
[[feeds]]
url = "https://blog.example.org/feed/"
"""


def _nothing(*_arguments: Any, **_options: Any) -> NoReturn:
    raise SettingsError("This test has no way out.")


def context_of(database: Database, folder: Path, more: str = "", **changes: Any) -> Context:
    path = folder / "newsletter.toml"
    path.write_text(SETTINGS + more, encoding="utf-8")
    context = Context(
        settings=load(path, {}),
        database=database,
        open_transport=_nothing,
        now=lambda: NOW,
        pause=_nothing,
        fetch=_nothing,
        tell=_nothing,
        progress=_nothing,
        lists=_nothing,
    )
    return replace(context, **changes)


def put(connection: Connection, table: Table, **values: Any) -> None:
    connection.execute(insert(table).values(**values))


def rows(database: Database, table: Table) -> set[tuple[Any, ...]]:
    with database.read() as connection:
        return {tuple(map(str, row)) for row in connection.execute(select(table))}


def fill(database: Database, at: datetime) -> None:
    """One row, or a few, in every table that knows something of people, all of them from `at`."""
    with database.begin() as connection:
        for n, status in enumerate(("active", "unsubscribed", "pending"), start=1):
            address = f"{status}@example.org"
            put(connection, person, id=n, address=address, address_key=address, token=f"t{n}",
                status=status, created_at=at, changed_at=at,
                confirmed_at=None if status == "pending" else at)  # fmt: skip
            put(connection, consent, subscriber_id=n, happened_at=at, recorded_at=at,
                kind="asked" if status == "pending" else "given", source="form", wording="w",
                network="192.0.2.0")  # fmt: skip
        put(connection, consent, subscriber_id=2, happened_at=at, recorded_at=at, kind="withdrawn")
        put(connection, wording, version="w", text="I agree.", first_shown_at=at)
        put(connection, suppression, address_key="b@example.org", reason="hard_bounce", since=at)
        put(
            connection,
            suppression,
            address_hash="aa",
            key_id=addresses.key_id(SECRETS[0]),
            reason="erased",
            since=at,
        )
        put(connection, soft_bounce, subscriber_id=1, mail="d1", bounced_at=at)
        put(connection, request, purpose="subscribe", nonce="n", address="x@example.org",
            address_key="x@example.org", asked_at=at, expires_at=at, state="mailed",
            not_before=at)  # fmt: skip
        put(connection, bucket, name="address", key_hash="h", level=1.0, updated_at=at)
        put(connection, edition, id=1, key="2025-W01", channel="rehearsal", state="sent",
            scheduled_at=at, first_day="2025-01-01", nonce="0" * 16, reasons=[], frozen_at=at,
            finished_at=at)  # fmt: skip
        put(connection, batch, edition_id=1, number=1, variant="all", size=1, state="accepted",
            error="550 no such mailbox", settled_at=at)  # fmt: skip
        put(connection, delivery, edition_id=1, subscriber_id=1, id="d1", batch_number=1,
            state="accepted")  # fmt: skip
        put(connection, event, delivery_id="d1", attempt=1, kind="bounced", at=at, reason="550")
        put(connection, posted_events, received_at=at, events=1, body=b"x")
        put(connection, notice, kind="receipt", about="2025-W01", text="It went out.",
            state="sent", created_at=at)  # fmt: skip
        put(connection, page, url="https://blog.example.org/1", standing="there", checked_at=at,
            since=at)  # fmt: skip


LASTING = (person, consent, suppression, wording, delivery, edition)


def test_what_is_old_is_forgotten_and_what_must_stay_stays(
    database: Database, tmp_path: Path
) -> None:
    """The consent of who is on the list or left, suppressions, and the ledger are never touched."""
    fill(database, LONG_AGO)
    context = context_of(database, tmp_path)
    before = {table.name: rows(database, table) for table in LASTING}
    tried = prune(context, dry_run=True)
    assert {table.name: rows(database, table) for table in LASTING} == before
    done = prune(context)
    assert [(e.kept.key, e.number) for e in tried] == [(e.kept.key, e.number) for e in done]
    numbers = {each.kept.key: each.number for each in done}
    networks = numbers.pop("networks")
    assert networks in (2, 3)  # with or without those of who never confirmed, who goes as well
    assert numbers == dict.fromkeys(
        ("events", "posts", "soft_bounces", "batch_errors", "notices", "pages", "requests",
         "never_confirmed", "limits"), 1,
    ) | {"outbox": 0, "rejects": 0}  # fmt: skip
    for table in (event, posted_events, soft_bounce, request, bucket, page):
        assert rows(database, table) == set()
    after = {table.name: rows(database, table) for table in LASTING}
    assert after["subscriber_suppression"] == before["subscriber_suppression"]
    assert after["delivery"] == before["delivery"]
    assert after["edition"] == before["edition"]
    assert after["subscriber_wording"] == before["subscriber_wording"]
    gone = before["subscriber_person"] - after["subscriber_person"]
    assert {row[1] for row in gone} == {"pending@example.org"}
    assert not after["subscriber_person"] - before["subscriber_person"]
    with database.read() as connection:
        kept = connection.execute(select(consent).order_by(consent.c.id)).all()
        said = connection.execute(select(notice.c.text, notice.c.about)).one()
        error = connection.execute(select(batch.c.error)).scalar_one()
    assert [(row.subscriber_id, row.kind, row.network, row.wording) for row in kept] == [
        (1, "given", "", "w"), (2, "given", "", "w"), (2, "withdrawn", "", ""),
    ]  # fmt: skip
    assert (*said, error) == ("", "2025-W01", "")
    assert all(each.number == 0 for each in prune(context))


def test_what_is_young_enough_stays(database: Database, tmp_path: Path) -> None:
    fill(database, NOW - timedelta(days=1))
    tables = (*LASTING, event, posted_events, soft_bounce, request, bucket, page, notice, batch)
    before = [rows(database, table) for table in tables]
    assert sum(each.number for each in prune(context_of(database, tmp_path))) == 0
    assert [rows(database, table) for table in tables] == before


def test_the_settings_say_for_how_long(database: Database, tmp_path: Path) -> None:
    fill(database, NOW - timedelta(days=5))
    context = context_of(database, tmp_path, "[privacy]\nretention_days = 4\nrequest_days = 6\n")
    numbers = {each.kept.key: each.number for each in prune(context)}
    assert numbers["events"] == numbers["notices"] == 1
    assert numbers["requests"] == numbers["never_confirmed"] == 0


@pytest.mark.parametrize(
    ("asked", "link_ends", "stays"),
    [
        (timedelta(days=30, minutes=1), timedelta(days=27), False),
        (timedelta(days=30, minutes=-1), timedelta(days=27), True),
        (timedelta(days=30, minutes=1), timedelta(minutes=-1), True),
        (timedelta(days=30, minutes=1), timedelta(minutes=1), False),
    ],
)  # fmt: skip
def test_what_was_asked_stays_as_long_as_the_setting_says_or_its_link_holds(
    database: Database, tmp_path: Path, asked: timedelta, link_ends: timedelta, stays: bool
) -> None:
    """Not for both one after the other. Times are how long ago."""
    with database.begin() as connection:
        put(connection, request, purpose="subscribe", nonce="n", address="x@example.org",
            address_key="x@example.org", asked_at=NOW - asked, expires_at=NOW - link_ends,
            state="mailed", not_before=NOW)  # fmt: skip
    prune(context_of(database, tmp_path))
    assert bool(rows(database, request)) is stays


def test_who_confirms_while_old_sign_ups_are_forgotten_keeps_all_her_evidence(
    database: Database, tmp_path: Path
) -> None:
    """Her transaction is open when the other one comes to her, and is committed first."""
    fill(database, LONG_AGO)
    context = context_of(database, tmp_path)
    with ThreadPoolExecutor(1) as pool:
        with database.begin() as connection:
            joined = {"status": "active", "confirmed_at": NOW, "changed_at": NOW}
            connection.execute(update(person).where(person.c.id == 3).values(joined))
            done = pool.submit(prune, context)
            wait_until_somebody_waits(database, done)
        done.result()
    with database.read() as connection:
        query = select(consent.c.kind).where(consent.c.subscriber_id == 3)
        assert connection.execute(query).scalars().all() == ["asked"]
        assert connection.execute(select(person.c.status).where(person.c.id == 3)).scalar()


def test_many_events_go_in_blocks(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, LONG_AGO)
    more = [
        {"delivery_id": f"x{n:05d}", "attempt": 1, "kind": "delivered", "at": LONG_AGO}
        for n in range(10_001)
    ]
    with database.begin() as connection:
        connection.execute(insert(event), more)
    numbers = {each.kept.key: each.number for each in prune(context_of(database, tmp_path))}
    assert numbers["events"] == 10_002
    assert rows(database, event) == set()


def test_everything_that_is_forgotten_is_listed_and_the_other_way_round(
    database: Database, tmp_path: Path
) -> None:
    things = kept_things(context_of(database, tmp_path).settings)
    in_tables = {each.key for each in things if not each.is_file}
    assert in_tables == retention.PERISHABLE.keys()


IMPERSONAL = {
    "feed", "post", "revision", "page", "channel", "edition", "edition_item", "edition_variant",
    "edition_choice", "removal", "provider_id", "allowance", "provider_list", "trial",
    "trial_record", "post_trial", "register", "trial_search", "edition_trial",
    "unsubscribe_check", "subscriber_wording",
}  # fmt: skip
"""Tables that know nothing of a person. A new table belongs here, or into the report."""


def test_every_table_is_in_the_report_or_knows_nothing_of_people() -> None:
    reported = {table.name for table, _which in held.kinds().values()}
    every = {each for metadata in (ours, theirs) for each in metadata.tables}
    assert reported | IMPERSONAL == every
    assert not reported & IMPERSONAL


def test_the_mails_of_a_rehearsal_go_with_their_time(database: Database, tmp_path: Path) -> None:
    fill(database, LONG_AGO)
    with database.begin() as connection:
        put(connection, edition, id=2, key="2026-W46", channel="rehearsal", state="sent",
            scheduled_at=NOW, first_day="2026-11-09", nonce="1" * 16, reasons=[],
            finished_at=NOW - timedelta(days=2))  # fmt: skip
    outbox = tmp_path / "outbox"
    old = (
        "2025-W01/d1.eml",
        "notices/20250101T000000-0badf00d.eml",
        "letters/20250101T000000-ab.eml",
        "letters/20250101T000000-cd.eml.part",  # whose program was killed
    )
    young = ("2026-W46/d2.eml", "notices/20261115T000000-0badf00d.eml", "notices/mine.eml",
             "2025-W01/mine.txt")  # fmt: skip
    for name in (*old, *young, "index.html"):
        (outbox / name).parent.mkdir(parents=True, exist_ok=True)
        (outbox / name).write_text("To: anna@example.org")
    context = context_of(database, tmp_path)
    numbers = {each.kept.key: each.number for each in prune(context, dry_run=True)}
    assert numbers["outbox"] == len(old)
    assert all((outbox / name).exists() for name in old)
    prune(context)
    assert not any((outbox / name).exists() for name in old)
    assert all((outbox / name).exists() for name in young)
    assert "2025-W01/d1.eml" not in (outbox / "index.html").read_text()


def test_rejected_rows_beside_the_settings_go_and_nothing_else_does(
    database: Database, tmp_path: Path
) -> None:
    head = b"\xef\xbb\xbfline,reason,email\n"
    files = {"a.rejects.csv": head, "mine.rejects.csv": b"email\nanna@example.org\n", "b.csv": head}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        os.utime(tmp_path / name, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    _killed_while_writing(tmp_path / "people.csv")
    (tmp_path / ".mine.part").write_bytes(b"not ours")
    os.utime(tmp_path / ".mine.part", (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    (tmp_path / "new.rejects.csv").write_bytes(head)
    os.utime(tmp_path / "new.rejects.csv", (NOW.timestamp(), NOW.timestamp()))
    rehearsing = context_of(database, tmp_path, rehearsed_clock=True)
    assert {e.kept.key: e.number for e in prune(rehearsing)}["rejects"] == 0
    assert {e.kept.key: e.number for e in prune(context_of(database, tmp_path))}["rejects"] == 2
    left = {each.name for each in tmp_path.iterdir() if each.is_file()}
    assert left >= {"mine.rejects.csv", "b.csv", "new.rejects.csv", ".mine.part"}
    assert not [name for name in left if "people" in name or name == "a.rejects.csv"]


def _killed_while_writing(path: Path) -> None:
    """Leaves what a list leaves behind whose writer was killed: a part of it under another name."""
    program = (
        "import os, pathlib, sys\n"
        "from subscribers.privatefile import private_file\n"
        "with private_file(pathlib.Path(sys.argv[1])) as stream:\n"
        "    stream.write('email\\nanna@example.org\\n')\n"
        "    os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    (part,) = path.parent.glob(f".{path.name}.*")
    os.utime(part, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))


def test_beside_a_send_trouble_is_only_told_of(database: Database, tmp_path: Path) -> None:
    fill(database, LONG_AGO)
    path = tmp_path / "outbox" / "2025-W01" / "d1.eml"
    path.mkdir(parents=True)  # a folder cannot be deleted as a file
    said: list[str] = []
    prune_quietly(context_of(database, tmp_path, tell=said.append))
    assert len(said) == 1
    assert "cannot be deleted" in said[0]
    assert rows(database, event) == set()


def test_each_send_forgets_what_is_too_old_whatever_it_comes_to(
    database: Database, tmp_path: Path
) -> None:
    """Here the blog cannot be read; a dry run forgets nothing."""
    fill(database, LONG_AGO)

    def unreachable(*_arguments: Any, **_options: Any) -> NoReturn:
        raise FeedError("The blog does not answer.")

    context = context_of(database, tmp_path, fetch=unreachable, tell=lambda _line: None)
    tried = send_and_tell(context, confirm=_nothing, dry_run=True)
    assert tried.outcome is Outcome.FAILED
    assert rows(database, event)
    done = send_and_tell(context, confirm=_nothing)
    assert done.outcome is Outcome.FAILED
    assert rows(database, event) == rows(database, request) == set()


def test_a_timer_forgets_although_no_edition_is_due(database: Database, tmp_path: Path) -> None:
    """With one a month what is old would else be kept for a month more."""
    fill(database, LONG_AGO)
    context = context_of(database, tmp_path, tell=lambda _line: None)
    done = send_and_tell(context, confirm=_nothing, scheduled=True)
    assert done.outcome is Outcome.NOT_DUE
    assert rows(database, event) == rows(database, request) == set()


def test_a_send_that_breaks_off_forgets_all_the_same(database: Database, tmp_path: Path) -> None:
    fill(database, LONG_AGO)

    def broken(*_arguments: Any, **_options: Any) -> NoReturn:
        raise RuntimeError("This is a defect.")

    context = context_of(database, tmp_path, fetch=broken, tell=lambda _line: None)
    with pytest.raises(RuntimeError, match="defect"):
        send_and_tell(context, confirm=_nothing, dry_run=True)
    assert rows(database, event)
    with pytest.raises(RuntimeError, match="defect"):
        send_and_tell(context, confirm=_nothing)
    assert rows(database, event) == rows(database, request) == set()


def test_the_report_counts_what_is_held_and_names_nobody(
    database: Database, tmp_path: Path
) -> None:
    fill(database, LONG_AGO)
    listed = holdings(context_of(database, tmp_path))
    numbers = {each.what.partition(":")[0]: each.number for each in listed}
    assert numbers["People on the list"] == 1
    assert numbers["Evidence"] == 4
    assert numbers["Erased people"] == 1
    assert numbers["What a mail server or provider said of a refused batch"] == 1
    assert all(each.why and each.where and each.kept for each in listed)
    assert "@" not in "".join(f"{each}" for each in listed)


SENDGRID = '[delivery]\ntransport = "sendgrid"\n[notify]\nto = "me@example.org"\n'


@pytest.mark.parametrize(
    ("more", "names", "said"),
    [
        ("", ["readers' pages"], "network addresses"),
        (SENDGRID, ["SendGrid", "own mail provider", "readers' pages", "admin's"],
         "subject and content"),
        ('[delivery]\ntransport = "smtp"\n[delivery.smtp]\nhost = "mail.example.org"\n',
         ["mail.example.org", "own mail provider", "readers' pages"], "the address"),
    ],
)  # fmt: skip
def test_who_sees_what_follows_from_the_settings(
    database: Database, tmp_path: Path, more: str, names: list[str], said: str
) -> None:
    found = processors(context_of(database, tmp_path, more))
    assert len(found) == len(names)
    for each, name in zip(found, names, strict=True):
        assert name in each.name
    assert said in " ".join(found[0].sees)


def test_an_erased_person_leaves_a_pseudonymous_delivery(
    database: Database, tmp_path: Path
) -> None:
    fill(database, LONG_AGO)
    with database.begin() as connection:
        membership.erase(connection, "active@example.org", now=NOW, secrets=SECRETS)
    prune(context_of(database, tmp_path))
    assert {row[1] for row in rows(database, delivery)} == {"1"}
    everything = "".join(
        str(rows(database, table))
        for table in (person, consent, suppression, request, delivery, event, notice, batch)
    )
    assert "active@example.org" not in everything
