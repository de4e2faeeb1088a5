"""Exports of other services: who comes in, who is kept out, and what nobody says."""

from __future__ import annotations

import csv
import io
import stat
import tempfile
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from newsletter.store.engine import Database, open_database
from subscribers import exporting, importing, membership
from subscribers.csvfile import MAX_LINES
from subscribers.errors import ImportFileError
from subscribers.model import Filter, ImportReport, SuppressionReason
from subscribers.presets import PRESETS
from subscribers.presets.preset import Preset, cells_of, header_of
from subscribers.row import COLUMNS, Row
from subscribers.store import people, suppressions
from subscribers.store.tables import consent, person, suppression

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
EXPORTS = Path(__file__).parents[2] / "data" / "exports"
SECRETS = ("first secret",)


def take(database: Database, path: Path, **options: Any) -> ImportReport:
    return importing.import_file(
        path, begin=database.begin, now=NOW, topics=(), secrets=SECRETS, **options
    )


def statuses(database: Database) -> dict[str, str]:
    with database.read() as conn:
        return {
            e.address: e.status.value for e in people.page(conn, Filter(), after=0, limit=10_000)
        }


def bars(database: Database) -> dict[str | None, str]:
    with database.read() as conn:
        found = suppressions.page(conn, None, after=0, limit=10_000)
    return {each.address: each.suppression.reason.value for each in found}


def zipped(folder: Path, source: Path, name: str = "export.zip", inside: str = "") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in sorted(source.iterdir(), reverse=True):
            archive.write(each, inside + each.name)
    return path


def test_a_whole_mailchimp_zip_comes_in_with_those_who_left_first(
    database: Database, tmp_path: Path
) -> None:
    path = zipped(tmp_path, EXPORTS / "mailchimp", inside="audience/")
    tried = take(database, path, dry_run=True)
    assert statuses(database) == {}
    report = take(database, path)
    assert [each.partition("_")[0] for each in report.files] == [
        "cleaned", "unsubscribed", "nonsubscribed", "subscribed",
    ]  # fmt: skip
    assert report.preset == "mailchimp"
    assert (report.rows, report.added, report.left_alone, report.rejected) == (8, 6, 2, 0)
    assert report.left_alone_reasons == {"hard_bounce": 1, "never_subscribed": 1}
    assert report.by_status == {
        "active": 4, "unsubscribed": 2, "hard_bounce": 1, "never_subscribed": 1,
    }  # fmt: skip
    assert report.by_year == {"2019": 1, "2020": 2, "2021": 2, "no date": 1}
    assert tried == report
    assert statuses(database) == {
        "eve@example.org": "unsubscribed",
        "fay@example.com": "unsubscribed",
        "anna.bell@example.org": "active",
        "ben@example.com": "active",
        "zoe.muller@example.net": "active",
        "dan@example.org": "active",
    }
    assert bars(database) == {"gus@example.net": "hard_bounce"}
    with database.read() as conn:
        anna = membership.show(conn, "anna.bell@example.org")
        eve = membership.show(conn, "eve@example.org")
        gus = membership.show(conn, "gus@example.net")
    assert anna.subscriber is not None
    assert anna.subscriber.name == "Anna Bell"
    assert anna.subscriber.confirmed_at == datetime(2019, 3, 4, 9, 16, 12, tzinfo=UTC)
    assert anna.consents[0].source.startswith("Mailchimp: subscribed_email_audience_export")
    assert [(c.kind.value, c.happened_at.year) for c in eve.consents] == [
        ("imported", 2020), ("withdrawn", 2022),
    ]  # fmt: skip
    assert gus.suppression is not None
    assert gus.suppression.since == datetime(2020, 10, 10, 10, 10, 10, tzinfo=UTC)


def test_a_rejected_row_of_a_zip_names_its_file_and_can_be_corrected(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    head = "Email Address,First Name,LEID\n"
    (folder / "subscribed_x.csv").write_text(f"{head}anna@example.org,Anna,1\nben,Ben,2\n")
    (folder / "unsubscribed_x.csv").write_text(f"{head}cleo@,Cleo,3\n")
    report = take(database, zipped(tmp_path, folder))
    assert [line for line, _ in report.first_rejects] == [2, 3]
    assert "(in unsubscribed_x.csv)" in report.first_rejects[0][1]
    assert "(in subscribed_x.csv)" in report.first_rejects[1][1]
    rejects = Path(str(report.rejects_file))
    text = rejects.read_text(encoding="utf-8-sig")
    assert "cleo@,Cleo,,unsubscribed" in text
    rejects.write_text(text.replace("cleo@,", "cleo@a.org,").replace(",ben,", ",ben@a.org,"))
    take(database, rejects)
    assert statuses(database) == {
        "anna@example.org": "active", "cleo@a.org": "unsubscribed", "ben@a.org": "active",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "header", "preset"),
    [
        ("subscribed_email_audience_export_1a.csv", "Email Address,CONFIRM_TIME,LEID,X", None),
        ("email_list.letters.csv", "email,created_at,email_disabled,X", None),
        ("blog.example.org-123456-all.csv", "email,since,status,X", "jetpack"),
    ],
)
def test_corrected_rejects_are_a_list_of_ours_whatever_their_name(
    database: Database, tmp_path: Path, name: str, header: str, preset: str | None
) -> None:
    """A word that was corrected counts, and the time of consent is not lost."""
    path = tmp_path / name
    said = "active" if preset else "false"
    path.write_text(f"{header}\nanna,2019-03-04,{said},\nben,2019-03-04,{said},\n")
    report = take(database, path, preset=preset)
    rejects = Path(str(report.rejects_file))
    text = rejects.read_text(encoding="utf-8-sig").replace("anna,", "anna@example.org,")
    head, anna, ben = text.replace("ben,", "ben@example.org,").splitlines()
    rejects.write_text("\n".join([head, anna, ben.replace(",active,", ",unsubscribed,")]))
    take(database, rejects, preset=preset)
    assert statuses(database) == {"anna@example.org": "active", "ben@example.org": "unsubscribed"}
    with database.read() as conn:
        (agreed,) = membership.show(conn, "anna@example.org").consents
    assert agreed.happened_at == datetime(2019, 3, 4, tzinfo=UTC)


def test_two_audiences_in_one_zip_are_both_read(database: Database, tmp_path: Path) -> None:
    """Their files have the same names, in folders of their own."""
    path = tmp_path / "account.zip"
    head = "Email Address,LEID\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/subscribed_x.csv", f"{head}anna@example.org,1\n")
        archive.writestr("b/subscribed_x.csv", f"{head}ben@example.org,2\n")
        archive.writestr("b/unsubscribed_x.csv", f"{head}anna@example.org,3\n")
    report = take(database, path)
    assert report.files == ("unsubscribed_x.csv", "subscribed_x.csv", "subscribed_x.csv")
    assert statuses(database) == {"anna@example.org": "unsubscribed", "ben@example.org": "active"}


def test_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = zipped(tmp_path, EXPORTS / "mailchimp")
    take(database, path)
    before = statuses(database), bars(database)
    again = take(database, path)
    assert (again.added, again.updated, again.unchanged, again.suppressed) == (0, 0, 6, 0)
    assert (statuses(database), bars(database)) == before


@pytest.mark.parametrize(
    ("name", "preset", "expected", "barred"),
    [
        ("jetpack.csv", "jetpack",
         {"anna.bell@example.org": "active", "ben@example.com": "active",
          "waiting@example.org": "pending"}, {"blocked@example.org": "manual"}),
        ("mailpoet.csv", "mailpoet",
         {"anna.bell@example.org": "active", "ben@example.com": "active",
          "cleo@example.net": "pending", "eve@example.org": "unsubscribed",
          "fay@example.com": "unsubscribed"}, {"gus@example.net": "hard_bounce"}),
        ("substack-subscribers-page.csv", "substack", {"anna.bell@example.org": "active"}, {}),
        ("buttondown.csv", "buttondown",
         {"anna.bell@example.org": "active", "ben@example.com": "active",
          "cleo@example.net": "pending", "eve@example.org": "unsubscribed"},
         {"gus@example.net": "hard_bounce", "spam@example.net": "manual",
          "once@example.net": "manual"}),
        ("ghost.csv", "ghost",
         {"anna.bell@example.org": "active", "ben@example.com": "active",
          "eve@example.org": "unsubscribed"}, {}),
    ],
)  # fmt: skip
def test_a_file_is_recognised_by_its_columns(
    database: Database,
    tmp_path: Path,
    name: str,
    preset: str,
    expected: dict[str, str],
    barred: dict[str | None, str],
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes((EXPORTS / name).read_bytes())
    report = take(database, path)
    assert report.preset == preset
    assert report.rejected == 0
    assert statuses(database) == expected
    assert bars(database) == barred
    assert report.rows == sum(report.by_status.values())


@pytest.mark.parametrize(
    ("name", "agreed"),
    [
        ("mailpoet.csv", datetime(2019, 3, 4, 9, 16, 12, tzinfo=UTC)),
        ("listmonk.csv", datetime(2019, 3, 4, 9, 16, 12, 345678, tzinfo=UTC)),
    ],
)
def test_the_time_of_consent_is_read_as_the_service_writes_it(
    database: Database, tmp_path: Path, name: str, agreed: datetime
) -> None:
    report = take(database, EXPORTS / name, consent="by the form", rejects=tmp_path / "r.csv")
    assert "2019" in report.by_year
    with database.read() as conn:
        (consent,) = membership.show(conn, "anna.bell@example.org").consents
    assert consent.happened_at == agreed


def test_a_suppression_is_noted_with_the_list_and_not_with_where_she_had_agreed(
    database: Database, tmp_path: Path
) -> None:
    own = tmp_path / "own.csv"
    own.write_text(
        "email,status,source,suppressed\nanna@example.org,active,Fair,complaint\n"
        "ben@example.org,,by phone,manual\n"
    )
    take(database, own)
    take(database, EXPORTS / "buttondown.csv", rejects=tmp_path / "r.csv")
    with database.read() as conn:
        notes = {
            each.address: each.suppression.note
            for each in suppressions.page(conn, None, after=0, limit=10)
        }
    assert notes["anna@example.org"] == "own.csv"
    assert notes["ben@example.org"] == "by phone"
    assert notes["gus@example.net"] == "Buttondown: buttondown.csv"


def test_the_zip_of_substack_holds_more_than_people(database: Database, tmp_path: Path) -> None:
    report = take(database, zipped(tmp_path, EXPORTS / "substack"))
    assert (report.preset, report.files) == ("substack", ("email_list.letters.csv",))
    assert report.other_files == ("posts.csv",)
    assert statuses(database)["eve@example.org"] == "unsubscribed"
    assert statuses(database)["ben@example.com"] == "active"


def test_a_zip_is_read_for_its_lists_of_subscribers_alone(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "buttondown.zip"
    with zipfile.ZipFile(path, "w") as archive:
        head = "email_address,type,creation_date"
        archive.writestr("subscribers.csv", f"{head}\nanna@example.org,regular,2020-01-01\n")
        archive.writestr("unsubscribers.csv", f"{head}\neve@example.org,,2020-01-01\n")
        archive.writestr("comments.csv", "id,email,text\n1,fan@example.org,Hello\n")
    report = take(database, path, consent="by the form")
    assert report.other_files == ("comments.csv",)
    assert statuses(database) == {"anna@example.org": "active", "eve@example.org": "unsubscribed"}


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\0\0\0", b"\xff\xfeE\0m\0a", b"Nobody\n1\n"]
)
def test_a_zip_whose_list_of_those_who_left_cannot_be_read_is_refused(
    database: Database, tmp_path: Path, content: bytes
) -> None:
    """It was passed over in silence, and the admin would have thought them known here."""
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("subscribed_x.csv", "Email Address,LEID\nanna@example.org,1\n")
        archive.writestr("unsubscribed_x.csv", content)
    with pytest.raises(ImportFileError, match=r"unsubscribed_x\.csv"):
        take(database, path)
    assert statuses(database) == {}


def test_an_empty_file_in_a_zip_is_nobody(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("subscribed_x.csv", "Email Address,LEID\nanna@example.org,1\n")
        archive.writestr("cleaned_x.csv", "")
    assert take(database, path).other_files == ("cleaned_x.csv",)


@pytest.mark.parametrize(
    ("name", "preset"), [("subscribed_email_audience_export_x.csv", None), ("a.csv", "ghost")]
)
def test_an_export_without_addresses_is_told_once_and_not_row_by_row(
    database: Database, tmp_path: Path, name: str, preset: str | None
) -> None:
    path = tmp_path / name
    path.write_text("E-Mail-Adresse,Vorname,subscribed_to_emails\nanna@example.org,Anna,true\n")
    with pytest.raises(ImportFileError, match="“E-Mail-Adresse”") as caught:
        take(database, path, preset=preset)
    assert "Name the column `email" in caught.value.mend


def test_an_address_in_a_note_that_cannot_be_read_is_nobody(
    database: Database, tmp_path: Path
) -> None:
    """The lines of a very long note are read again one by one, and each looks like a record."""
    note = "\n".join(
        ["told me of", "friend@example.org", *["…"] * MAX_LINES, "fan@example.org", ""]
    )
    path = tmp_path / "subscribed_email_audience_export_x.csv"
    path.write_text(
        f'Email Address,LEID,NOTES\nanna@example.org,1,"{note}"\nben@example.org,2,\n',
        encoding="utf-8",
    )
    report = take(database, path)
    assert statuses(database) == {"ben@example.org": "active"}
    assert report.rejected == report.rows - 1


def test_a_quotation_mark_as_mailpoet_writes_it_belongs_to_the_name(
    database: Database, tmp_path: Path
) -> None:
    take(database, EXPORTS / "mailpoet.csv", rejects=tmp_path / "r.csv")
    with database.read() as conn:
        ben = membership.show(conn, "ben@example.com").subscriber
    assert ben is not None
    assert ben.name == 'Ben "Benny" Hill'


@pytest.mark.parametrize(
    ("name", "whose", "header"),
    [
        ("blog.example.org-123456-all.csv", "Reader followers", "Email"),
        ("blogexampleorg-123456-email (1).csv", "Reader followers", "anna@example.org"),
        ("MailPoet_export_0a1b2c.csv", "Global status", "Email,First name,List"),
        ("email_list.letters.csv", "email_disabled", "email,created_at"),
    ],
)
def test_what_only_its_name_gives_away_as_an_export_is_not_taken_for_a_list_of_ours(
    database: Database, tmp_path: Path, name: str, whose: str, header: str
) -> None:
    path = tmp_path / name
    path.write_text(f"{header}\nben@example.org\n")
    with pytest.raises(ImportFileError, match="nothing was imported") as caught:
        take(database, path)
    assert whose in caught.value.message
    assert statuses(database) == {}
    take(database, path, consent="asked by the form on the blog")
    assert statuses(database)["ben@example.org"] == "active"


def test_a_list_of_ones_own_may_be_called_email_list(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "email_list.csv"
    path.write_text("email,name\nanna@example.org,Anna\n")
    assert take(database, path).preset == ""
    assert statuses(database) == {"anna@example.org": "active"}


@pytest.mark.parametrize(
    ("name", "preset"), [("jetpack-addresses-only.csv", "jetpack"), ("listmonk.csv", None)]
)
def test_what_does_not_say_who_gets_mails_is_not_taken_in_without_a_word_of_the_admin(
    database: Database, tmp_path: Path, name: str, preset: str | None
) -> None:
    with pytest.raises(ImportFileError, match="nothing was imported") as caught:
        take(database, EXPORTS / name, preset=preset)
    assert "--consent" in caught.value.mend
    assert statuses(database) == {}
    word = "asked by the form on the blog"
    take(database, EXPORTS / name, preset=preset, consent=word)
    assert statuses(database)["anna.bell@example.org"] == "active"
    with database.read() as conn:
        (consent,) = membership.show(conn, "anna.bell@example.org").consents
    assert consent.source.startswith(f"{word} (")
    assert name in consent.source


def test_a_word_of_the_admin_lets_in_nobody_whom_the_export_holds_back(
    database: Database, tmp_path: Path
) -> None:
    take(database, EXPORTS / "listmonk.csv", consent="all asked")
    assert statuses(database) == {
        "anna.bell@example.org": "active",
        "eve@example.org": "unsubscribed",
    }
    assert bars(database) == {"dan@example.org": "manual"}
    take(database, EXPORTS / "jetpack.csv", consent="all asked")
    assert "reader.only@example.net" not in statuses(database)
    assert bars(database)["blocked@example.org"] == "manual"


def test_a_row_without_a_word_is_rejected_and_cannot_slip_in_by_the_rejects(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "email,subscribed_to_emails,created_at\n"
        "anna@example.org,,2024-01-01\nben@example.org,true,2024-01-01\ncleo@example.org,maybe,\n"
    )
    report = take(database, path)
    assert (report.added, report.rejected) == (1, 2)
    assert [line for line, _ in report.first_rejects] == [2, 4]
    assert "does not say" in report.first_rejects[0][1]
    assert "known are: true, false" in report.first_rejects[1][1]
    assert report.rejects_file is not None
    again = take(database, Path(report.rejects_file))
    assert (again.added, again.rejected) == (0, 2)
    assert statuses(database) == {"ben@example.org": "active"}


@pytest.mark.parametrize("part", ["unsubscribed", "cleaned", "nonsubscribed"])
def test_one_file_of_mailchimp_keeps_its_status_by_its_name(
    database: Database, tmp_path: Path, part: str
) -> None:
    (path,) = (EXPORTS / "mailchimp").glob(f"{part}_*")
    report = take(database, path, rejects=tmp_path / "r.csv")
    assert report.preset == "mailchimp"
    assert "active" not in statuses(database).values()


@pytest.mark.parametrize(
    ("name", "header"),
    [("unsubscribed.csv", "email"), ("cleaned_2024.csv", "email"), ("bounces.csv", "email"),
     ("people.csv", "email,unsubscribed_at"), ("people.csv", "email,UNSUB_TIME"),
     ("people.csv", "email,Unsubscription date"), ("people.csv", "email,Bounce reason"),
     ("people.csv", "email,Opt-out date"),
     ("Copy of unsubscribed_email_audience_export.csv", "email"), ("blog-unsubs.csv", "email"),
     ("2026 bounced.csv", "email"), ("opted_out.csv", "email"), ("spam_reports.csv", "email"),
     ("our do-not-mail list.csv", "email")],
)  # fmt: skip
def test_a_list_of_those_who_left_is_refused_as_active(
    database: Database, tmp_path: Path, name: str, header: str
) -> None:
    path = tmp_path / name
    path.write_text(f"{header}\nanna@example.org\n")
    with pytest.raises(ImportFileError, match="come in as active") as caught:
        take(database, path, preset="csv")
    assert "--preset mailchimp" in caught.value.mend
    assert statuses(database) == {}


def test_a_zip_of_those_who_left_is_refused_as_active(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "unsubscribed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("list.csv", "email\nanna@example.org\n")
    with pytest.raises(ImportFileError, match=r"unsubscribed\.zip is by its name"):
        take(database, path)
    assert statuses(database) == {}


def test_those_who_left_a_list_of_listmonk_are_known_by_the_name_of_the_file(
    database: Database, tmp_path: Path
) -> None:
    """Its columns do not say it: everybody in it is "enabled"."""
    for name in ("unsubscribed.csv", "bounced.csv"):
        header = "uuid,email,name,attributes,status,created_at,updated_at"
        (tmp_path / name).write_text(f"{header}\n1,eve@example.org,Eve,{{}},enabled,2020-02-02,\n")
    take(database, tmp_path / "unsubscribed.csv", consent="all of them asked")
    assert statuses(database) == {"eve@example.org": "unsubscribed"}
    with database.read() as conn:
        evidence = membership.show(conn, "eve@example.org").consents
    assert [each.source for each in evidence] == ["listmonk: unsubscribed.csv"] * 2
    with pytest.raises(ImportFileError, match="by its name"):
        take(database, tmp_path / "bounced.csv", consent="all of them asked")


def test_a_renamed_file_of_those_who_left_is_known_by_its_times(
    database: Database, tmp_path: Path
) -> None:
    (gone,) = (EXPORTS / "mailchimp").glob("unsubscribed_*")
    path = tmp_path / "subscribed_email_audience_export_renamed.csv"
    path.write_bytes(gone.read_bytes())
    take(database, path)
    assert set(statuses(database).values()) == {"unsubscribed"}


def test_the_export_of_two_services_is_asked_about(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,subscribed_to_emails,active_subscription\na@example.org,true,true\n")
    with pytest.raises(ImportFileError, match="Ghost or Substack") as caught:
        take(database, path)
    assert "--preset ghost or --preset substack" in caught.value.mend
    take(database, path, preset="ghost")
    assert statuses(database) == {"a@example.org": "active"}


def test_who_agreed_here_after_leaving_there_stays(database: Database, tmp_path: Path) -> None:
    """The old account's list of those who left is imported weekly, and grows old."""
    with database.begin() as conn:
        membership.add(conn, "eve@example.org", now=NOW - timedelta(days=7), source="form")
    report = take(database, zipped(tmp_path, EXPORTS / "mailchimp"))
    assert report.left_alone_reasons["joined_again_since"] == 1
    assert statuses(database)["eve@example.org"] == "active"


def test_an_export_with_ten_thousand_rows_brings_none_of_three_thousand_back(
    database: Database, tmp_path: Path
) -> None:
    """Unsubscribed, suppressed or erased here before, and active in the export."""
    here = tmp_path / "here.csv"
    here.write_text("email\n" + "".join(f"reader{n}@example.org\n" for n in range(3000)))
    take(database, here)
    gone = tmp_path / "gone.csv"
    gone.write_text(
        "email,status,suppressed\n"
        + "".join(f"reader{n}@example.org,unsubscribed,\n" for n in range(1000))
        + "".join(f"reader{n}@example.org,,hard_bounce\n" for n in range(1000, 2000))
    )
    take(database, gone)
    with database.begin() as conn:
        for n in range(2000, 3000):
            membership.erase(conn, f"reader{n}@example.org", now=NOW, secrets=SECRETS)
    path = tmp_path / "members_segment_export.csv"
    lines = [f"Reader{n}@Example.org,Reader,{n},2020-01-01 10:00:00,{n}\n" for n in range(10_000)]
    path.write_text("Email Address,First Name,Last Name,CONFIRM_TIME,LEID\n" + "".join(lines))
    report = take(database, path, consent="all subscribed in Mailchimp")
    assert (report.rows, report.added, report.left_alone) == (10_000, 7000, 3000)
    assert report.left_alone_reasons == {"unsubscribed": 1000, "hard_bounce": 1000, "erased": 1000}
    found = statuses(database)
    barred = bars(database)
    mailed = {a.lower() for a, status in found.items() if status == "active" and a not in barred}
    assert mailed == {f"reader{n}@example.org" for n in range(3000, 10_000)}
    assert not any(f"reader{n}@example.org" in found for n in range(2000, 3000))
    assert not any(str(n) in (a or "") for a in barred for n in range(2000, 3000))


def test_what_an_export_says_of_an_erased_person_is_not_written_down(
    database: Database, tmp_path: Path
) -> None:
    with database.begin() as conn:
        membership.add(conn, "gus@example.net", now=NOW)
        membership.erase(conn, "gus@example.net", now=NOW, secrets=SECRETS)
    take(database, zipped(tmp_path, EXPORTS / "mailchimp"))
    assert bars(database) == {None: SuppressionReason.ERASED.value}


def _fill(database: Database, folder: Path) -> None:
    path = folder / "list.csv"
    path.write_text(
        "email,name,topics,status,consented_at,source,suppressed,form,unsubscribed_at,paused_until\n"
        'anna@example.org,"Bell, ""A""",trials;research,active,2024-05-31,Form,,large,,2026-12-24\n'
        "ben@example.org,Ben O'Hara,,unsubscribed,2023-01-01T00:00:00Z,Form,,,2024-02-02\n"
        "cleo@example.org,Кирилл \\,research,pending,,,,discreet,\n"
        "dora@example.org,Dora,,active,2022-02-02T02:02:02.123456Z,Fair in Leeds,,,\n"
        "emil@example.org,,,,,list,hard_bounce,,2024-03-03T03:03:03Z\n"
        "fred@example.org,,,,,list,complaint,,2024-03-04T03:03:03Z\n"
        "hugo@example.org,Hugo,trials,active,2021-01-01T00:00:00Z,Form,soft_bounces,large,2026-05-05T00:00:00Z,2026-12-24\n"
        "gina@example.org,Gina,,unsubscribed,2020-01-01T00:00:00Z,Form,manual,plain,2024-02-02T00:00:00Z\n",
        encoding="utf-8",
    )
    report = importing.import_file(
        path, begin=database.begin, now=NOW, topics=("trials", "research"), secrets=SECRETS
    )
    assert report.rejected == 0


@pytest.mark.parametrize("preset", [None, *PRESETS])
def test_a_list_comes_back_whole_from_every_shape(
    database: Database, tmp_path: Path, sqlite_files: Any, preset: str | None
) -> None:
    _fill(database, tmp_path)
    there, plain, back = (tmp_path / name for name in ("there", "plain.csv", "back.csv"))
    with database.read() as conn:
        assert exporting.export_file(conn, there, preset=preset) == 8
        exporting.export_file(conn, plain)
    assert stat.S_IMODE(there.stat().st_mode) == 0o600
    with sqlite_files.migrated() as url:
        other = open_database(url)
        try:
            report = importing.import_file(
                there, begin=other.begin, now=NOW, topics=("trials", "research"), secrets=SECRETS
            )
            assert (report.preset, report.rejected) == (preset or "", 0)
            assert statuses(other) == statuses(database)
            assert bars(other) == bars(database)
            with other.read() as conn:
                exporting.export_file(conn, back)
        finally:
            other.close()
    assert sorted(back.read_text().splitlines()) == sorted(plain.read_text().splitlines())


_SHAPES = st.sampled_from([None, *PRESETS])
_MOVES = st.lists(
    st.tuples(
        _SHAPES,
        st.lists(
            st.tuples(
                st.sampled_from("abc"),
                st.sampled_from(["active", "pending", "unsubscribed"]),
                st.sampled_from(["", "", "hard_bounce", "complaint"]),
                st.sampled_from(["", "2020-01-01T00:00:00Z", "2026-06-01T00:00:00Z"]),
            ),
            min_size=1,
            max_size=4,
        ),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@given(moves=_MOVES, erased=st.sampled_from(["", "a"]))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whoever_is_gone_stays_gone_whatever_exports_follow(
    database: Database, moves: list[tuple[str | None, list[tuple[str, ...]]]], erased: str
) -> None:
    """In any shape, and with any order of rows and files, nobody becomes mailable again."""
    with database.begin() as conn:
        for table in (consent, suppression, person):
            conn.execute(delete(table))
        if erased:
            membership.add(conn, f"{erased}@example.org", now=NOW)
            membership.erase(conn, f"{erased}@example.org", now=NOW, secrets=SECRETS)
    gone = {f"{erased}@example.org"} if erased else set()
    with tempfile.TemporaryDirectory() as folder:
        for shape, rows in moves:
            path = _written(Path(folder), None if shape is None else PRESETS[shape], rows)
            report = take(database, path, preset=shape or "csv")
            assert report.rows == len(rows)
            barred = {address for address in bars(database) if address}
            left = {a for a, status in statuses(database).items() if status == "unsubscribed"}
            assert gone <= barred | left | {f"{erased}@example.org"}
            gone |= barred | left
            if erased:
                assert f"{erased}@example.org" not in {*barred, *statuses(database)}


def _written(folder: Path, shape: Preset | None, rows: list[tuple[str, ...]]) -> Path:
    """A list of these people in a shape; Mailchimp's has a file for each status."""
    people_ = [
        Row(f"{who}@example.org", "", "", status, "2021-01-01T00:00:00Z", "", suppressed, "", left)
        for who, status, suppressed, left in rows
    ]
    if shape is None or shape.part_of is None:
        path = folder / "people.csv"
        with path.open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(COLUMNS if shape is None else header_of(shape))
            writer.writerows(each if shape is None else cells_of(shape, each) for each in people_)
        return path
    path = folder / "people.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part, name in shape.parts.items():
            text = io.StringIO()
            writer = csv.writer(text)
            writer.writerow(header_of(shape))
            mine = (each for each in people_ if shape.part_of(each) == part)
            writer.writerows(cells_of(shape, each) for each in mine)
            archive.writestr(name, text.getvalue())
    return path
