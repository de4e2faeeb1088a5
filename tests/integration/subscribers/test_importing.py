"""Importing lists: what comes in, what never comes back, and what a dry run promises."""

from __future__ import annotations

import csv
import stat
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from newsletter.store.engine import Database
from subscribers import exporting, importing, membership
from subscribers.errors import ImportFileError, SecretKeyError
from subscribers.model import (
    ConsentKind,
    Filter,
    ImportReport,
    SubscriptionStatus,
    SuppressionReason,
)
from subscribers.store import people, suppressions, tables

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
TOPICS = ("trials", "research")
SECRETS = ("first secret",)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def take(database: Database, path: Path, now: datetime = NOW, **options: Any) -> ImportReport:
    options.setdefault("secrets", SECRETS)
    return importing.import_file(path, begin=database.begin, now=now, topics=TOPICS, **options)


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    return (
        report.added,
        report.updated,
        report.unchanged,
        report.left_alone,
        report.rejected,
    )


def everybody(database: Database) -> dict[str, tuple[str, str, str]]:
    with database.read() as conn:
        everyone = people.page(conn, Filter(), after=0, limit=10_000)
    return {
        each.address: (each.name, "+".join(each.topics), each.status.value) for each in everyone
    }


def test_a_whole_row_comes_in_with_its_evidence(database: Database, tmp_path: Path) -> None:
    path = write(
        tmp_path / "list.csv",
        "email,name,topics,status,consented_at,source",
        "Anna@Example.org,Anna Bell,trials;research,active,2024-05-31T10:00:00+02:00,Web form",
    )
    report = take(database, path)
    assert counts(report) == (1, 0, 0, 0, 0)
    assert report.rows == 1
    assert report.rejects_file is None
    with database.read() as conn:
        dossier = membership.show(conn, "anna@example.org")
    assert dossier.subscriber is not None
    agreed = datetime(2024, 5, 31, 8, tzinfo=UTC)
    assert dossier.subscriber.address == "Anna@example.org"
    assert dossier.subscriber.topics == ("research", "trials")
    assert dossier.subscriber.confirmed_at == agreed
    assert dossier.subscriber.created_at == NOW
    (consent,) = dossier.consents
    assert (consent.kind, consent.source) == (ConsentKind.IMPORTED, "Web form")
    assert (consent.happened_at, consent.recorded_at) == (agreed, NOW)
    assert consent.wording == ""


def test_without_a_word_on_it_the_file_and_the_time_of_import_are_the_evidence(
    database: Database, tmp_path: Path
) -> None:
    take(database, write(tmp_path / "autumn.csv", "anna@example.org"))
    with database.read() as conn:
        dossier = membership.show(conn, "anna@example.org")
    assert [(c.source, c.happened_at) for c in dossier.consents] == [("autumn.csv", NOW)]


def test_the_same_list_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", "email,name", "anna@example.org,Anna", "ben@example.org,")
    assert counts(take(database, path)) == (2, 0, 0, 0, 0)
    before = everybody(database)
    assert counts(take(database, path, LATER)) == (0, 0, 2, 0, 0)
    assert everybody(database) == before
    with database.read() as conn:
        assert len(membership.show(conn, "anna@example.org").consents) == 1


def test_a_new_name_and_new_topics_are_taken_over_and_empty_ones_say_nothing(
    database: Database, tmp_path: Path
) -> None:
    take(database, write(tmp_path / "a.csv", "email,name,topics", "anna@example.org,Anna,trials"))
    second = write(tmp_path / "b.csv", "email,name,topics", "anna@example.org,,research")
    assert counts(take(database, second)) == (0, 1, 0, 0, 0)
    assert everybody(database) == {"anna@example.org": ("Anna", "research", "active")}


def test_nobody_who_left_or_was_suppressed_or_erased_comes_back(
    database: Database, tmp_path: Path
) -> None:
    mailboxes = ("anna", "ben", "cleo", "dora", "emil")
    path = write(tmp_path / "list.csv", *(f"{each}@example.org" for each in mailboxes))
    take(database, path)
    with database.begin() as conn:
        membership.unsubscribe(conn, "anna@example.org", now=NOW)
        suppressions.suppress(conn, "ben@example.org", SuppressionReason.HARD_BOUNCE, NOW)
        suppressions.suppress(conn, "cleo@example.org", SuppressionReason.COMPLAINT, NOW)
        membership.erase(conn, "dora@example.org", now=NOW, secrets=SECRETS)
    before = everybody(database)
    shouted = write(tmp_path / "again.csv", *(f"{each.upper()}@EXAMPLE.ORG" for each in mailboxes))
    for dry_run in (True, False):
        report = take(database, shouted, LATER, dry_run=dry_run)
        assert counts(report) == (0, 0, 1, 4, 0)
        assert report.left_alone_reasons == {
            "unsubscribed": 1,
            "hard_bounce": 1,
            "complaint": 1,
            "erased": 1,
        }
    assert everybody(database) == before
    assert "dora@example.org" not in before


def test_erased_people_stay_gone_when_the_secret_was_replaced_and_the_old_one_kept(
    database: Database, tmp_path: Path
) -> None:
    path = write(tmp_path / "list.csv", "anna@example.org", "ben@example.org")
    take(database, path)
    with database.begin() as conn:
        membership.erase(conn, "anna@example.org", now=NOW, secrets=("old",))
        membership.erase(conn, "ben@example.org", now=NOW, secrets=("new", "old"))
    assert counts(take(database, path, secrets=("new", "old"))) == (0, 0, 0, 2, 0)


@pytest.mark.parametrize("secrets", [(), ("another",)])
def test_without_the_secret_of_the_erased_nothing_is_imported(
    database: Database, tmp_path: Path, secrets: tuple[str, ...]
) -> None:
    path = write(tmp_path / "list.csv", "anna@example.org", "ben@example.org")
    take(database, path)
    with database.begin() as conn:
        membership.erase(conn, "anna@example.org", now=NOW, secrets=SECRETS)
    with pytest.raises(SecretKeyError, match="NEWSLETTER_SECRET_KEY"):
        take(database, path, secrets=secrets)
    assert everybody(database).keys() == {"ben@example.org"}


def test_a_row_unsubscribed_takes_a_person_off_and_is_written_down(
    database: Database, tmp_path: Path
) -> None:
    take(database, write(tmp_path / "a.csv", "anna@example.org"))
    gone = write(tmp_path / "gone.csv", "email,status", "anna@example.org,unsubscribed")
    assert counts(take(database, gone, LATER)) == (0, 1, 0, 0, 0)
    assert counts(take(database, gone, LATER)) == (0, 0, 1, 0, 0)
    with database.read() as conn:
        dossier = membership.show(conn, "anna@example.org")
    assert dossier.subscriber is not None
    assert dossier.subscriber.status is SubscriptionStatus.UNSUBSCRIBED
    assert [each.kind for each in dossier.consents] == [
        ConsentKind.IMPORTED,
        ConsentKind.WITHDRAWN,
    ]


@pytest.mark.parametrize("before", [True, False])
def test_the_source_of_a_consent_is_not_where_somebody_left(
    database: Database, tmp_path: Path, before: bool
) -> None:
    """That she left is known from the list, and its column says where she had agreed."""
    if before:
        take(database, write(tmp_path / "old.csv", "email", "anna@example.org"))
    header = "email,status,consented_at,source"
    row = "anna@example.org,unsubscribed,2020-01-01,Form on the blog"
    take(database, write(tmp_path / "gone.csv", header, row))
    with database.read() as conn:
        *agreed, left = membership.show(conn, "anna@example.org").consents
    assert (left.kind, left.source) == (ConsentKind.WITHDRAWN, "gone.csv")
    assert [each.source for each in agreed] == ["old.csv" if before else "Form on the blog"]


@pytest.mark.parametrize("order", [("active", "unsubscribed"), ("unsubscribed", "active")])
def test_who_is_both_in_one_list_is_unsubscribed_in_either_order(
    database: Database, tmp_path: Path, order: tuple[str, str]
) -> None:
    rows = (f"anna@example.org,{status}" for status in order)
    take(database, write(tmp_path / "list.csv", "email,status", *rows))
    assert everybody(database) == {"anna@example.org": ("", "", "unsubscribed")}


@pytest.mark.parametrize("first", ["active,2026-01-01,", "pending,,"])
def test_who_is_both_in_one_list_is_unsubscribed_however_far_apart(
    database: Database, tmp_path: Path, first: str
) -> None:
    """What a list itself said of a consent is no later word than what it says of leaving."""
    path = tmp_path / "list.csv"
    between = "".join(f"reader{n}@example.org,active,,\n" for n in range(importing.BLOCK))
    path.write_text(
        f"email,status,consented_at,unsubscribed_at\nanna@example.org,{first}\n{between}"
        "anna@example.org,unsubscribed,,2022-02-02\n"
    )
    tried = take(database, path, dry_run=True)
    assert take(database, path) == tried
    with database.read() as conn:
        assert membership.status_of(conn, "anna@example.org") is SubscriptionStatus.UNSUBSCRIBED


def test_a_pending_person_becomes_active_by_a_list_and_never_the_other_way(
    database: Database, tmp_path: Path
) -> None:
    pending = write(tmp_path / "p.csv", "email,status", "anna@example.org,pending")
    active = write(tmp_path / "a.csv", "email,status", "anna@example.org,active")
    take(database, pending)
    with database.read() as conn:
        dossier = membership.show(conn, "anna@example.org")
    assert dossier.consents == ()
    assert dossier.subscriber is not None
    assert dossier.subscriber.confirmed_at is None
    assert counts(take(database, active, LATER)) == (0, 1, 0, 0, 0)
    assert counts(take(database, pending, LATER)) == (0, 0, 1, 0, 0)
    with database.read() as conn:
        dossier = membership.show(conn, "anna@example.org")
    assert dossier.subscriber is not None
    assert dossier.subscriber.confirmed_at == LATER
    assert len(dossier.consents) == 1


def test_bad_rows_go_to_a_private_file_with_line_and_reason(
    database: Database, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "list.csv",
        "email,name,topics,status,consented_at",
        "anna@example.org,Anna,,,",
        "no address,Ben,,,",
        "cleo@example.org,Cleo,gardening,,",
        "dora@example.org,Dora,,maybe,",
        "emil@example.org,Emil,,,31.5.2024",
        f"fritz@example.org,{'F' * 300},,,",
        "gina@example.org,Gina,,,,too,many",
        "hugo@example.org,Hugo,,,2031-01-01",
    )
    report = take(database, path)
    assert counts(report) == (1, 0, 0, 0, 7)
    assert report.rejects_file == str(tmp_path / "list.rejects.csv")
    rejects = Path(report.rejects_file)
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
    with rejects.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["line"]) for row in rows] == [3, 4, 5, 6, 7, 8, 9]
    reasons = [row["reason"] for row in rows]
    for reason, said in zip(
        reasons,
        ("@", "known are: research, trials", "known are: pending", "2024-05-31", "200", "5",
         "cannot be true"),
        strict=True,
    ):  # fmt: skip
        assert said in reason
    assert rows[1]["email"] == "cleo@example.org"
    assert list(report.first_rejects) == [(int(row["line"]), row["reason"]) for row in rows]


def test_a_corrected_rejects_file_can_be_imported(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", "email;name", "anna-at-example.org;Müller")
    rejects = Path(str(take(database, path).rejects_file))
    rejects.write_bytes(rejects.read_bytes().replace(b"-at-", b"@"))
    assert counts(take(database, rejects)) == (1, 0, 0, 0, 0)
    assert everybody(database) == {"anna@example.org": ("Müller", "", "active")}


def test_the_rejects_never_take_the_place_of_the_list(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", "nobody")
    with pytest.raises(ImportFileError):
        take(database, path, rejects=path)
    assert path.read_text() == "nobody\n"


def test_an_import_that_fails_leaves_no_half_rejects_file(
    database: Database, tmp_path: Path
) -> None:
    path = write(tmp_path / "list.csv", "email,name", "nobody,x", "anna@example.org,Anna")

    def fail(_rows: int, _part: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(database, path, progress=fail)
    assert [each.name for each in tmp_path.iterdir() if "list" in each.name] == ["list.csv"]
    assert counts(take(database, path)) == (0, 0, 1, 0, 1)


def test_a_dry_run_writes_nothing_and_counts_the_same(database: Database, tmp_path: Path) -> None:
    """Also for people who stand in the list twice, in different blocks of it."""
    take(database, write(tmp_path / "old.csv", "email,status", "anna@example.org,", "x@a.org,"))
    path = write(
        tmp_path / "list.csv",
        "email,name,status",
        "anna@example.org,Anna,",
        "ben@example.org,Ben,",
        "broken,,",
        "ben@example.org,Ben,",
        "ben@example.org,Benjamin,",
        "cleo@example.org,,unsubscribed",
        *(f"reader{number}@example.org,," for number in range(importing.BLOCK)),
        "x@a.org,,",
        "cleo@example.org,,active",
        "dora@example.org,,pending",
        "dora@example.org,,",
    )
    before = everybody(database)
    tried = importing.import_file(path, begin=database.read, now=NOW, topics=TOPICS, dry_run=True)
    assert everybody(database) == before
    assert not (tmp_path / "list.rejects.csv").exists()
    done = take(database, path)
    assert counts(tried) == counts(done) == (importing.BLOCK + 3, 3, 2, 1, 1)
    assert tried.left_alone_reasons == done.left_alone_reasons == {"unsubscribed": 1}
    assert tried.rejects_file is None


def test_progress_rises_to_the_end_of_the_file(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", *(f"reader{n}@example.org" for n in range(12_000)))
    seen: list[tuple[int, float]] = []
    report = take(database, path, progress=lambda rows, part: seen.append((rows, part)))
    assert report.added == 12_000
    assert seen == sorted(seen)
    assert seen[-1] == (12_000, 1.0)
    assert len(seen) == 3


def test_tokens_are_different_and_long(database: Database, tmp_path: Path) -> None:
    take(database, write(tmp_path / "list.csv", *(f"reader{n}@example.org" for n in range(300))))
    with database.read() as conn:
        tokens = set(conn.execute(select(tables.person.c.token)).scalars())
    assert len(tokens) == 300
    assert all(len(token) == 28 and token.isascii() for token in tokens)
    assert len({token[8:] for token in tokens}) == 300


def test_an_export_comes_back_unchanged_in_another_database(
    database: Database, tmp_path: Path, sqlite_files: Any
) -> None:
    from newsletter.store.engine import open_database

    path = write(
        tmp_path / "list.csv",
        "email,name,topics,status,consented_at,source",
        'anna@example.org,"Bell, ""Anna""",trials;research,active,2024-05-31T10:00:00Z,Form',
        "ben@example.org,=SUM(A1),,unsubscribed,2023-01-01T00:00:00Z,Form",
        "cleo@example.org,Кирилл,research,pending,,",
        "dora@example.org,Dora,,active,2022-02-02T02:02:02.123456Z,Fair in Leeds",
    )
    take(database, path)
    out, back = tmp_path / "out.csv", tmp_path / "back.csv"
    with database.read() as conn:
        assert exporting.export_file(conn, out) == 4
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with sqlite_files.migrated() as url:
        other = open_database(url)
        try:
            assert counts(take(other, out)) == (4, 0, 0, 0, 0)
            with other.read() as conn:
                exporting.export_file(conn, back)
            assert everybody(other) == everybody(database)
        finally:
            other.close()
    assert counts(take(database, out)) == (0, 0, 4, 0, 0)
    assert back.read_text() == out.read_text()


def test_who_is_on_the_list_and_suppressed_comes_back_as_both(
    database: Database, tmp_path: Path
) -> None:
    """Her mails come back, say; what she chose and when she agreed is not lost by a move."""
    take(database, write(tmp_path / "list.csv", "anna@example.org"))
    with database.begin() as conn:
        suppressions.suppress(conn, "anna@example.org", SuppressionReason.COMPLAINT, NOW)
        exporting.export_file(conn, tmp_path / "out.csv")
        conn.execute(text("DELETE FROM subscriber_suppression"))
        conn.execute(text("DELETE FROM subscriber_consent"))
        conn.execute(text("DELETE FROM subscriber_person"))
    for added in (1, 0):
        report = take(database, tmp_path / "out.csv")
        assert (report.added, report.suppressed) == (added, added)
    assert report.left_alone_reasons == {"complaint": 1}
    assert everybody(database) == {"anna@example.org": ("", "", "active")}
    with database.read() as conn:
        bar = membership.suppression_of(conn, "anna@example.org", secrets=SECRETS)
    assert bar is not None
    assert bar.reason is SuppressionReason.COMPLAINT


@pytest.mark.parametrize("row", [",hard_bounce", "active,erased"])
def test_a_suppressed_address_alone_is_nobody_on_the_list(
    database: Database, tmp_path: Path, row: str
) -> None:
    """Nor is an erased person, whatever else the list says of her."""
    path = write(tmp_path / "list.csv", "email,status,suppressed", f"anna@example.org,{row}")
    assert take(database, path).left_alone == 1
    assert everybody(database) == {}


def test_who_signs_up_while_a_list_comes_in_is_kept(database: Database) -> None:
    """The insert passes over whoever came in by another way after the look-up."""
    anna = "anna@example.org"
    columns = {"address": anna, "address_key": anna, "token": "t" * 28}
    with database.begin() as conn:
        conn.execute(
            insert(tables.person).values(
                **columns, status="pending", created_at=NOW, changed_at=NOW
            )
        )
        new = people.NewPerson("anna@example.org", "anna@example.org", "", "u" * 28, "active", "",
                               NOW)  # fmt: skip
        other = new._replace(address="b@a.org", address_key="b@a.org", token="v" * 28)
        assert people.insert_people(conn, [new, other], NOW).keys() == {"v" * 28}
    assert everybody(database)["anna@example.org"] == ("", "", "pending")


STATUSES = st.sampled_from(["active", "pending", "unsubscribed", ""])
LISTS = st.lists(
    st.lists(st.tuples(st.sampled_from("abc"), STATUSES), max_size=6), min_size=1, max_size=4
)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@given(lists=LISTS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_once_unsubscribed_always_unsubscribed_whatever_lists_follow(
    database: Database, lists: Iterable[list[tuple[str, str]]]
) -> None:
    with database.begin() as conn:
        conn.execute(text("DELETE FROM subscriber_consent"))
        conn.execute(text("DELETE FROM subscriber_person"))
    gone: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        for rows in lists:
            lines = [f"{mailbox}@example.org,{status}" for mailbox, status in rows]
            path = write(Path(folder, "list.csv"), "email,status", *lines)
            tried = take(database, path, dry_run=True)
            done = take(database, path)
            assert counts(tried) == counts(done)
            assert done.rows == len(rows) == sum(counts(done))
            gone |= {f"{each}@example.org" for each, status in rows if status == "unsubscribed"}
            now_gone = {a for a, (_, _, status) in everybody(database).items()
                        if status == "unsubscribed"}  # fmt: skip
            assert now_gone == gone
