"""What the admin is told by mail, with a timer and by hand; the mails are files of an outbox."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.runner import PEOPLE, Desk, Message, Post, atom
from tests.webserver import Page, WebServer

ADMIN = "admin@clinic.example"
NOTIFY = f'[notify]\nto = "Morgan Hale <{ADMIN}>"\n'
WALK = Post(number=2, title="A walk in autumn")
TRIAL = Post(number=1, title="How trials work")
LATER = Post(number=3, title="Winter begins", published="2026-11-13T09:00:00Z")
SUNDAY, MONDAY = "2026-11-08T08:00:00Z", "2026-11-09T08:00:00Z"
"""Editions are due on Mondays at 07:30 in London: the first moment is in the 24 hours before."""
OUT = "2026-W46 is out: 3 people (A Slow Kind of Luck)"


@pytest.fixture
def desk(tmp_path: Path, web: WebServer) -> Desk:
    """A newsletter whose first week was quiet, with three readers, and now two fresh posts."""
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed")], more=NOTIFY)
    desk.people()
    web.pages["/feed"] = atom()
    assert timer(desk, "2026-11-02T08:00:00Z") == ["nothing-new"]
    shutil.rmtree(desk.folder / "outbox")
    web.pages["/feed"] = atom(WALK, TRIAL)
    return desk


def notices(desk: Desk) -> list[Message]:
    """The mails to the admin; all of them keep to what such a mail may be."""
    found = desk.mails("notices")
    for mail in found:
        assert mail.to == ADMIN
        assert mail.headers["From"] == "Morgan Hale <news@blog.example.org>"
        assert not [name for name in mail.headers if name.lower().startswith("list-")]
        assert mail.headers["Auto-Submitted"] == "auto-generated"
        assert not any(reader in mail.html + mail.text + mail.subject for reader in PEOPLE)
        assert mail.file.stat().st_mode & 0o077 == 0
    return found


def subjects(desk: Desk) -> list[str]:
    return sorted(mail.subject for mail in notices(desk))


def timer(desk: Desk, *moments: str, code: int = 0) -> list[str]:
    """What each call of the timer came to."""
    came = []
    for desk.now in moments:
        came.append(desk.send("--scheduled", code=code)["outcome"])
    return came


def the(desk: Desk, mark: str) -> Message:
    """The one notice with this in its subject."""
    (found,) = [mail for mail in notices(desk) if mark in mail.subject]
    return found


def hourly(start: str, hours: int) -> list[str]:
    first = datetime.fromisoformat(start)
    return [(first + timedelta(hours=hour)).isoformat() for hour in range(hours)]


def rows(desk: Desk) -> list[Any]:
    with sqlite3.connect(desk.folder / "newsletter.db") as database:
        found = database.execute(
            "SELECT kind, about, state FROM notice WHERE about NOT LIKE '%:2026-W45:%' ORDER BY id"
        ).fetchall()
    database.close()
    return found


# ---- each thing once -------------------------------------------------------------------------


def test_a_week_of_hourly_calls_is_one_proof_and_one_receipt(desk: Desk, web: WebServer) -> None:
    """The draft changes after the proof, and in the rest of the week there is more news."""
    moments = hourly("2026-11-07T12:10:00Z", 7 * 24)
    came = timer(desk, *moments[:24])
    web.pages["/feed"] = atom(WALK, TRIAL, LATER)
    came += timer(desk, *moments[24:])
    assert came.count("sent") == 1
    # The next proof belongs to Sunday 15 November, which this week does not reach.
    assert subjects(desk) == [OUT, "[PROOF] “A walk in autumn”, and 1 more new post"]
    assert {state for _, _, state in rows(desk)} == {"sent"}


def test_with_nobody_to_tell_nothing_of_this_happens(desk: Desk, web: WebServer) -> None:
    desk.settings([web.url("/feed")])
    assert timer(desk, SUNDAY, MONDAY) == ["not-due", "sent"]
    assert desk.send("--scheduled")["outcome"] == "already-sent"
    assert not (desk.folder / "outbox" / "notices").exists()
    assert rows(desk) == []


def test_who_sends_by_hand_sees_it_and_the_timer_does_not_say_it_again(desk: Desk) -> None:
    desk.now = MONDAY
    assert desk.send()["outcome"] == "sent"
    assert timer(desk, "2026-11-09T09:00:00Z", "2026-11-10T09:00:00Z") == ["already-sent"] * 2
    assert notices(desk) == []


# ---- the proof -------------------------------------------------------------------------------


def test_a_proof_is_the_mail_itself_with_a_box_above(desk: Desk) -> None:
    """In both parts, a day before, once; its personal links are harmless."""
    assert timer(desk, "2026-11-08T07:29:00Z") == ["not-due"]
    assert notices(desk) == []
    timer(desk, "2026-11-08T07:31:00Z", "2026-11-08T08:31:00Z", "2026-11-09T07:29:00Z")
    proof = the(desk, "[PROOF]")
    assert timer(desk, MONDAY) == ["sent"]
    mail = desk.mails("2026-W46")[0]
    assert proof.subject == f"[PROOF] {mail.subject}"
    for part, sent in ((proof.html, mail.html), (proof.text, mail.text)):
        for said in (
            "Monday, 9 November 2026, at 07:30",
            "to 3 people",
            "newsletter editions drop 2026-W46 ",
            "newsletter editions note 2026-W46 ",
            "newsletter editions cancel 2026-W46",
        ):
            assert said in " ".join(part.split()), said
        assert "https://news.example.org/unsubscribe/sample" in part
        assert "-nl-" not in part
        token = mail.headers["List-Unsubscribe"].strip("<>").rpartition("/")[2]
        assert sent.replace(token, "sample").strip()[-2000:] in part
    body = proof.html.index("<body")
    assert proof.html.index("Proof of 2026-W46") > body
    assert proof.html.count("<body") == 1


def test_without_news_there_is_no_proof_until_there_is(desk: Desk, web: WebServer) -> None:
    web.pages["/feed"] = atom()
    timer(desk, *hourly("2026-11-08T08:00:00Z", 3))
    assert notices(desk) == []
    web.pages["/feed"] = atom(WALK)
    timer(desk, *hourly("2026-11-08T11:00:00Z", 3))
    assert subjects(desk) == ["[PROOF] A walk in autumn"]


def test_a_proof_says_what_holds_it_and_what_could_not_be_read(desk: Desk, web: WebServer) -> None:
    desk.settings([web.url("/feed"), web.url("/gone")], more=f"{NOTIFY}[fuse]\nmax_items = 1\n")
    timer(desk, SUNDAY)
    proof = the(desk, "[PROOF]")
    text = " ".join(proof.text.split())
    assert "it will wait for you and not go out by itself" in text
    assert "2 posts would be in it, more than 1" in text
    assert web.url("/gone") in text
    assert "newsletter editions approve 2026-W46" in text
    assert "404" in text
    number = desk.call("posts", "list", "--json").document[0]["id"]
    assert desk.call("editions", "drop", "2026-W46", str(number)).code == 0
    assert timer(desk, "2026-11-08T10:00:00Z", MONDAY) == ["not-due", "sent"]
    assert len(notices(desk)) == 2


def test_what_was_left_out_is_named(desk: Desk) -> None:
    """A draft that was made and changed by hand before its proof."""
    desk.now = "2026-11-09T06:00:00Z"
    assert desk.call("collect").code == 0
    assert desk.call("compose").code == 0
    (number,) = (p["id"] for p in desk.call("posts", "list", "--json").document
                 if p["title"] == TRIAL.title)  # fmt: skip
    assert desk.call("editions", "drop", "2026-W46", str(number)).code == 0
    assert desk.call("editions", "note", "2026-W46", "Dear all").code == 0
    timer(desk, "2026-11-09T07:00:00Z")
    text = the(desk, "[PROOF] A walk in autumn").text
    assert f"Left out by you:\n- {TRIAL.title}\n" in text
    assert "Dear all" in text.partition("Below this line")[2]


def test_what_was_looked_at_needs_no_proof(desk: Desk) -> None:
    """Approved, or closed by `editions cancel`; and an edition that is held back stays so."""
    desk.now = "2026-11-09T06:00:00Z"
    for command in (("collect",), ("preview",), ("editions", "approve", "2026-W46")):
        assert desk.call(*command).code == 0
    timer(desk, "2026-11-09T07:00:00Z")
    assert notices(desk) == []
    assert timer(desk, MONDAY) == ["sent"]
    assert subjects(desk) == [OUT]


def test_an_edition_that_is_held_back_after_its_proof_does_not_go_out(desk: Desk) -> None:
    timer(desk, SUNDAY)
    assert desk.call("editions", "cancel", "2026-W46").code == 0
    assert timer(desk, "2026-11-08T09:00:00Z", MONDAY) == ["not-due", "cancelled"]
    assert len(notices(desk)) == 1
    assert desk.mails("2026-W46") == []


def test_no_proof_is_wanted_with_no_hours(desk: Desk, web: WebServer) -> None:
    desk.settings([web.url("/feed")], more=f"{NOTIFY}proof_hours = 0\n")
    timer(desk, SUNDAY, "2026-11-09T07:00:00Z", MONDAY)
    assert subjects(desk) == [OUT]


def test_a_proof_of_tomorrow_does_not_close_what_waits_today(desk: Desk, web: WebServer) -> None:
    """With an edition every day, the next proof is always near."""
    schedule = '[schedule]\nevery = "day"\nat = "07:30"\n'
    desk.settings([web.url("/feed")], schedule=schedule, more=f"{NOTIFY}[fuse]\nmax_items = 1\n")
    assert timer(desk, MONDAY, "2026-11-09T09:00:00Z", code=3) == ["held", "held"]
    listed = desk.call("editions", "list", "--json").document
    assert [(e["edition"], e["state"]) for e in listed] == [("2026-11-09", "held")]
    for command in (("preview",), ("editions", "approve", "2026-11-09")):
        assert desk.call(*command).code == 0
    assert timer(desk, "2026-11-09T10:00:00Z") == ["sent"]


# ---- the receipt -----------------------------------------------------------------------------


def test_nothing_new_is_said_once(desk: Desk, web: WebServer) -> None:
    web.pages["/feed"] = atom()
    assert timer(desk, *hourly(MONDAY, 4)) == ["nothing-new", *["not-due"] * 3]
    assert subjects(desk) == ["2026-W46: nothing new, so no mail (A Slow Kind of Luck)"]


def test_held_is_said_and_said_again_a_day_later_with_the_reasons(
    desk: Desk, web: WebServer
) -> None:
    desk.settings([web.url("/feed")], more=f"{NOTIFY}proof_hours = 0\n[fuse]\nmax_items = 1\n")
    assert set(timer(desk, *hourly(MONDAY, 24), code=3)) == {"held"}
    held = the(desk, "2026-W46 is held, nobody got anything")
    assert "2 posts would be in it, more than 1" in held.text
    assert "`newsletter status`" in held.text
    timer(desk, *hourly("2026-11-10T08:30:00Z", 20), code=3)
    assert len(notices(desk)) == 2
    assert len([mail for mail in notices(desk) if "still is" in mail.text]) == 1
    for command in (("preview",), ("editions", "approve", "2026-W46")):
        assert desk.call(*command).code == 0
    assert timer(desk, "2026-11-11T07:00:00Z") == ["sent"]
    assert OUT in subjects(desk)


def test_a_blog_that_is_down_is_said_once_and_then_that_it_went_out(
    desk: Desk, web: WebServer
) -> None:
    web.pages["/feed"] = Page(status=503)
    assert set(timer(desk, *hourly(MONDAY, 5), code=1)) == {"failed"}
    failed = the(desk, "2026-W46 failed, no feed could be read")
    assert "503" in failed.text
    web.pages["/feed"] = atom(WALK)
    assert timer(desk, "2026-11-09T14:00:00Z") == ["sent"]
    assert OUT in subjects(desk)
    assert len(notices(desk)) == 2


@pytest.mark.parametrize("late", ["merge", "skip"])
def test_a_missed_edition_is_said_once(desk: Desk, web: WebServer, late: str) -> None:
    schedule = f'[schedule]\nevery = "week"\non = "monday"\nat = "07:30"\nlate = "{late}"\n'
    desk.settings([web.url("/feed")], schedule=schedule, more=NOTIFY)
    timer(desk, "2026-11-12T08:00:00Z", "2026-11-12T09:00:00Z")
    missed = the(desk, "2026-W46 did not go out in its time")
    assert {"merge": "comes with the next", "skip": "is skipped"}[late] in missed.text
    assert len(notices(desk)) == 1


def test_what_was_due_before_there_was_a_newsletter_was_not_missed(
    tmp_path: Path, web: WebServer
) -> None:
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed")], more=NOTIFY)
    web.pages["/feed"] = atom(WALK)
    desk.people()
    timer(desk, "2026-11-13T08:00:00Z", "2026-11-13T09:00:00Z")
    assert notices(desk) == []


def test_an_error_that_ends_the_run_is_said_and_ends_it_as_before(desk: Desk) -> None:
    (desk.folder / "outbox" / "index.html").mkdir(parents=True)
    desk.now = MONDAY
    alone = desk.call("send", "--json")
    assert alone.code != 0
    assert notices(desk) == []
    for _ in range(2):
        done = desk.call("send", "--scheduled", "--json")
        assert (done.code, done.document) == (alone.code, alone.document)
    failed = the(desk, "2026-W46 failed")
    assert alone.document["error"]["message"] in failed.text
    (desk.folder / "outbox" / "index.html").rmdir()
    assert timer(desk, "2026-11-09T09:00:00Z") == ["sent"]
    assert OUT in subjects(desk)


def test_a_database_that_cannot_be_opened_is_said_though_nothing_can_be_noted(
    desk: Desk,
) -> None:
    (desk.folder / "newsletter.db").write_bytes(b"this is no database" * 100)
    desk.now = MONDAY
    assert desk.call("send", "--json").code == 1
    assert notices(desk) == []
    done = desk.call("send", "--scheduled", "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "store")
    assert "not a SQLite database" in the(desk, "The newsletter failed").text


def unnoted(desk: Desk) -> None:
    """Lets no notice be written, as a disk that is full would keep them from being noted."""
    with sqlite3.connect(desk.folder / "newsletter.db") as database:
        for act in ("INSERT", "UPDATE"):
            database.execute(
                f"CREATE TRIGGER no_{act} BEFORE {act} ON notice"
                " BEGIN SELECT * FROM a_disk_with_room; END"
            )
    database.close()


def test_what_cannot_be_noted_does_no_harm_to_the_edition(desk: Desk) -> None:
    unnoted(desk)
    desk.now = MONDAY
    done = desk.call("send", "--scheduled", "--json")
    assert (done.code, done.document["outcome"]) == (0, "sent")
    assert "you could not be told" in done.err
    assert len(desk.mails("2026-W46")) == 3


def test_an_error_that_cannot_be_noted_is_told_all_the_same(desk: Desk) -> None:
    unnoted(desk)
    (desk.folder / "outbox" / "index.html").mkdir(parents=True)
    desk.now = MONDAY
    done = desk.call("send", "--scheduled", "--json")
    assert done.code != 0
    assert done.document["error"]["message"] in the(desk, "The newsletter failed").text


# ---- when telling fails ----------------------------------------------------------------------


def test_a_notice_that_fails_changes_nothing_of_the_send_and_is_shown(desk: Desk) -> None:
    """The folder of notices is a file: no notice can be written, and every mail can."""
    (desk.folder / "outbox").mkdir()
    blocked = desk.folder / "outbox" / "notices"
    blocked.touch()
    desk.now = MONDAY
    done = desk.call("send", "--scheduled", "--json")
    assert (done.code, done.document["outcome"]) == (0, "sent")
    assert "you could not be told" in done.err
    assert len(desk.mails("2026-W46")) == 3
    (waiting,) = desk.call("status", "--json").document["waiting"]
    assert f"You could not be told by mail: “{OUT}”." in waiting
    assert "cannot be written" in waiting
    blocked.unlink()
    assert timer(desk, "2026-11-09T09:00:00Z", "2026-11-09T10:00:00Z") == ["already-sent"] * 2
    assert subjects(desk) == [OUT]
    assert desk.call("status", "--json").document["waiting"] == []


def test_a_proof_that_fails_is_made_again_as_the_edition_is_then(
    desk: Desk, web: WebServer
) -> None:
    (desk.folder / "outbox").mkdir()
    blocked = desk.folder / "outbox" / "notices"
    blocked.touch()
    assert timer(desk, SUNDAY) == ["not-due"]
    web.pages["/feed"] = atom(WALK)
    web.pages["/feed"] = atom(WALK, TRIAL, Post(number=9, title="Quite new"))
    blocked.unlink()
    timer(desk, "2026-11-08T09:00:00Z", "2026-11-08T10:00:00Z")
    assert "Quite new" in the(desk, "[PROOF]").text


KILLED = """
import os, sys
from newsletter.delivery.transports.outbox import Outbox
from newsletter.cli.main import main
real = Outbox.notify
def notify(self, *given, **more):
    if {after}:
        real(self, *given, **more)
    os._exit(9)
Outbox.notify = notify
main(["send", "--scheduled"])
"""


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("now", [SUNDAY, MONDAY])
def test_a_run_that_dies_while_telling_never_loses_a_notice(
    desk: Desk, now: str, after: bool
) -> None:
    """It may be told twice, which does no harm."""
    desk.now = now
    killed = _killed(desk, after=after)
    assert killed == 9
    assert len(notices(desk)) == after
    assert [state for _, _, state in rows(desk)] == ["due"]
    assert timer(desk, *hourly(now.replace(":00:00", ":20:00"), 2))[-1] in (
        "not-due",
        "already-sent",
    )
    told = subjects(desk)
    assert len(told) == 1 + after
    assert len(set(told)) == 1
    assert ("[PROOF]" in told[0]) == (now == SUNDAY)


def _killed(desk: Desk, *, after: bool) -> int:
    done = subprocess.run(
        [sys.executable, "-c", KILLED.format(after=after)],
        cwd=desk.folder,
        env=desk.environment({}),
        capture_output=True,
        timeout=120,
        check=False,
    )
    return done.returncode


def test_a_run_that_died_before_it_could_note_anything_is_told_by_a_later_one(
    desk: Desk, web: WebServer
) -> None:
    """What has become of the period is in the database; the line of it is found out again."""
    settings = desk.folder / "newsletter.toml"
    given = settings.read_text("utf-8")
    settings.write_text(given.replace(NOTIFY, ""), "utf-8")
    assert timer(desk, MONDAY) == ["sent"]
    assert notices(desk) == []
    settings.write_text(given, "utf-8")
    assert timer(desk, "2026-11-09T09:00:00Z", "2026-11-09T10:00:00Z") == ["already-sent"] * 2
    assert subjects(desk) == [OUT]
    settings.write_text(given.replace(NOTIFY, ""), "utf-8")
    assert timer(desk, "2026-11-16T08:00:00Z") == ["nothing-new"]
    assert len(notices(desk)) == 1
    settings.write_text(given, "utf-8")
    timer(desk, "2026-11-16T09:00:00Z", "2026-11-16T10:00:00Z")
    assert subjects(desk) == [OUT, "2026-W47: nothing new, so no mail (A Slow Kind of Luck)"]
