"""`newsletter db restore`: an older copy of the database, and nobody is mailed twice."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from newsletter.store.engine import open_database
from newsletter.store.lock import run_lock
from tests.acceptance.runner import WEEK_1, WEEK_2, Desk, Post, atom
from tests.mailserver import sink
from tests.webserver import WebServer


@pytest.fixture
def desk(tmp_path: Path, web: WebServer) -> Desk:
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed")])
    web.pages["/feed"] = atom(Post(number=1, title="How trials work"))
    desk.people()
    return desk


def copied(desk: Desk) -> Path:
    """A copy as an admin makes one."""
    with (
        closing(sqlite3.connect(desk.folder / "newsletter.db")) as old,
        closing(sqlite3.connect(desk.folder / "copy.db")) as new,
    ):
        old.backup(new)
    return desk.folder / "copy.db"


def people(desk: Desk) -> int:
    return len(desk.call("subscribers", "list", "--json").document)


def test_the_copy_is_put_back_and_what_was_there_is_kept(desk: Desk) -> None:
    copied(desk)
    desk.call("subscribers", "add", "dan@example.org")
    before = people(desk)
    done = desk.call("db", "restore", "copy.db", "--json")
    assert done.code == 0, done
    assert people(desk) == before - 1
    kept = Path(done.document["kept"])
    assert kept.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(kept)) as old:
        assert old.execute("SELECT count(*) FROM subscriber_person").fetchone() == (before,)
    waiting = json.dumps(desk.call("status", "--json").document)
    assert "An older copy of the database was put back" in waiting


def test_it_says_what_is_not_known_any_more(desk: Desk) -> None:
    copied(desk)
    said = desk.call("db", "restore", "copy.db").said
    for part in ("unsubscribed", "waits for your yes", "suppressions sync", "is kept as"):
        assert part in said


@pytest.mark.parametrize("junk", [b"", b"no database at all" * 100])
def test_a_file_that_is_no_copy_changes_nothing(desk: Desk, junk: bytes) -> None:
    (desk.folder / "copy.db").write_bytes(junk)
    before = people(desk)
    done = desk.call("db", "restore", "copy.db", "--json")
    assert done.code == 1
    assert "is not a copy" in done.document["error"]["message"]
    assert people(desk) == before


def test_a_damaged_database_is_set_aside(desk: Desk) -> None:
    before = people(desk)
    copied(desk)
    for end in ("-wal", "-shm"):
        (desk.folder / f"newsletter.db{end}").unlink(missing_ok=True)
    (desk.folder / "newsletter.db").write_bytes(b"junk" * 5000)
    done = desk.call("db", "restore", "copy.db", "--json")
    assert done.code == 0, done
    assert Path(done.document["kept"]).read_bytes()[:4] == b"junk"
    assert people(desk) == before


def test_not_while_a_run_is_at_work(desk: Desk) -> None:
    copied(desk)
    database = open_database(f"sqlite:///{desk.folder / 'newsletter.db'}")
    with run_lock(database):
        done = desk.call("db", "restore", "copy.db", "--json")
    database.close()
    assert (done.code, done.document["error"]["code"]) == (1, "busy")


def test_an_edition_that_went_out_after_the_copy_was_made_is_not_sent_again_by_itself(
    desk: Desk, web: WebServer
) -> None:
    """The copy knows nothing of it: it would be composed and sent once more."""
    with sink() as server:
        smtp = {
            "NEWSLETTER_DELIVERY__TRANSPORT": "smtp",
            "NEWSLETTER_DELIVERY__SMTP__HOST": "127.0.0.1",
            "NEWSLETTER_DELIVERY__SMTP__PORT": str(server.port),
        }

        def send(*arguments: str, code: int = 0) -> Any:
            done = desk.call("send", "--json", *arguments, **smtp)
            assert done.code == code, done
            return done.document

        desk.now = WEEK_1
        assert send("--yes")["outcome"] == "sent"
        web.pages["/feed"] = atom(
            Post(number=1, title="How trials work"),
            Post(number=2, title="Rest", published="2026-11-14T09:00:00Z"),
        )
        desk.now = WEEK_2
        copied(desk)
        assert send("--yes")["outcome"] == "sent"
        mails = len(server.arrived)
        assert desk.call("db", "restore", "copy.db", **smtp).code == 0
        again = send("--scheduled", code=3)
        assert again["outcome"] == "held"
        assert any("older copy" in reason for reason in again["reasons"])
        assert len(server.arrived) == mails
        assert send("--yes")["outcome"] == "sent"
        web.pages["/feed"] = atom(Post(number=3, title="News", published="2026-11-22T09:00:00Z"))
        desk.now = "2026-11-23T08:00:00Z"
        assert "older copy" not in str(desk.call("send", "--json", **smtp).document["reasons"])


def test_with_the_database_put_back_by_hand_it_only_marks(desk: Desk) -> None:
    done = desk.call("db", "restore", "--json")
    assert done.document == {"unknown": 0, "kept": None}
