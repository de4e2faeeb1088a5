"""What goes wrong is said in words, with a way out: never a traceback, never silence."""

from __future__ import annotations

import os
import socket
import sqlite3
from pathlib import Path

import pytest

from tests.acceptance.runner import PEOPLE, Desk, Done, Post, atom
from tests.webserver import Page, WebServer

COMMANDS = [
    ("collect",),
    ("compose",),
    ("preview",),
    ("preview", "--sample"),
    ("preview", "2026-W46"),
    ("send",),
    ("send", "--dry-run"),
    ("send", "--scheduled"),
    ("send", "--to", "me@example.org"),
    ("status",),
    ("editions", "list"),
    ("editions", "show", "2026-W46"),
    ("editions", "note", "2026-W46", "x"),
    ("editions", "drop", "2026-W46", "1"),
    ("editions", "approve", "2026-W46"),
    ("posts", "list"),
    ("posts", "show", "1"),
    ("trials", "list"),
    ("trials", "show", "NCT00000001"),
    ("trials", "check", "--posts"),
    ("trials", "follow", "NCT00000001"),
    ("trials", "approve", "NCT00000001"),
    ("subscribers", "list"),
    ("subscribers", "add", "ann@example.org"),
    ("subscribers", "show", "ann@example.org"),
    ("subscribers", "unsubscribe", "ann@example.org"),
    ("subscribers", "erase", "ann@example.org", "--yes"),
    ("subscribers", "export", "out.csv"),
    ("db", "upgrade"),
    ("db", "restore"),
]


@pytest.fixture
def desk(tmp_path: Path, web: WebServer) -> Desk:
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed")])
    web.pages["/feed"] = atom(Post(number=1, title="How trials work"))
    return desk


def error(done: Done, code: int) -> dict[str, str]:
    """The error of `--json`: it has a code, says what happened, and how to mend it."""
    assert done.code == code, done
    document = done.document
    assert set(document) == {"error"}
    assert set(document["error"]) == {"code", "message", "mend"}
    assert all(document["error"].values()), document
    assert document["error"]["code"] != "unexpected", document
    return dict(document["error"])


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_settings_each_command_says_how_to_get_them(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    desk = Desk(tmp_path)
    said = error(desk.call(*command, "--json"), 2)
    assert said["code"] == "settings"
    assert "newsletter init" in said["mend"]
    done = desk.call(*command)
    assert done.code == 2
    assert done.err.startswith("Error: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_file_that_is_no_database_is_named(desk: Desk, command: tuple[str, ...]) -> None:
    junk = b"These are my notes, and not a database. " * 200
    (desk.folder / "newsletter.db").write_bytes(junk)
    said = error(desk.call(*command, "--json"), 1)
    assert said["code"] == "store"
    assert "not a SQLite database" in said["message"]
    assert (desk.folder / "newsletter.db").read_bytes() == junk


@pytest.mark.parametrize("command", [("send",), ("status",), ("db", "upgrade")], ids=" ".join)
def test_a_database_of_a_newer_version_is_left_alone(desk: Desk, command: tuple[str]) -> None:
    desk.people()
    file = desk.folder / "newsletter.db"
    with sqlite3.connect(file) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    before = file.read_bytes()
    said = error(desk.call(*command, "--json"), 1)
    assert "newer version" in said["message"]
    assert file.read_bytes() == before


def test_a_damaged_database_is_named(desk: Desk) -> None:
    desk.people()
    desk.call("collect")
    for beside in desk.folder.glob("newsletter.db-*"):
        beside.unlink()
    file = desk.folder / "newsletter.db"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert "damaged" in error(desk.call("send", "--json"), 1)["message"]


def test_a_folder_in_the_place_of_the_database_or_its_lock(desk: Desk) -> None:
    (desk.folder / "newsletter.db").mkdir()
    assert "newsletter.db cannot be opened" in error(desk.call("send", "--json"), 1)["message"]
    (desk.folder / "newsletter.db").rmdir()
    (desk.folder / "newsletter.db.lock").mkdir()
    assert "newsletter.db.lock" in error(desk.call("collect", "--json"), 1)["message"]


def test_a_database_server_that_is_not_there(desk: Desk, web: WebServer) -> None:
    pytest.importorskip("psycopg")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        secret = "s3cret-word"
        url = f"postgresql://somebody:{secret}@127.0.0.1:{port}/newsletter"
        desk.settings([web.url("/feed")], more=f'[store]\nurl = "{url}"\n')
        done = desk.call("status", "--json")
    error(done, 1)
    assert secret not in done.said


@pytest.mark.parametrize("content", [
    b"[newsletter\ntitle = 3", b"\xff\xfe[\x00", b"\xff\xfe\x00\x80\x81", b"", b"title",
    b"\x00" * 50,
    b"[newsletter]\ntitle = 3\n[nonsense]\nx = 1\n[[feeds]]\nurl = 'ftp://x'\n",
])  # fmt: skip
def test_settings_that_cannot_be_read_are_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "newsletter.toml").write_bytes(content)
    said = error(Desk(tmp_path).call("send", "--json"), 2)
    assert said["code"] == "settings"
    assert "newsletter.toml" in said["message"]


def test_every_fault_of_the_settings_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "newsletter.toml").write_text(
        '[newsletter]\ntitle = 3\ntimezone = "Europe/Lodnon"\n[[feeds]]\nurl = "ftp://x"\n'
        '[delivery]\ntransprot = "outbox"\n'
    )
    done = Desk(tmp_path).call("status")
    assert done.code == 2
    for word in ("title", "Europe/Lodnon", "ftp", "transprot", "sender", "line 2", "line 7"):
        assert word in done.err, word


@pytest.mark.parametrize("arguments", [
    ("bogus",), ("send", "--bogus"), ("send", "now"), ("posts", "show", "abc"), ("posts", "show"),
    ("posts", "show", "99"), ("posts", "show", "9" * 30), ("posts", "list", "--limit", "0"),
    ("editions", "show"), ("editions", "show", "2026-W46\x07"), ("editions", "drop", "x"),
    ("editions", "drop", "2026-W46", "9" * 30), ("preview", "2026-W99"),
    ("preview", "--sample", "2026-W46"), ("send", "--to", ""), ("send", "--to", "nobody"),
    ("send", "--to", "a@example.org\nBcc: b@example.org"),
    ("send", "--to", "me@example.org", "--dry-run"),
    ("send", "--to", "me@example.org", "--scheduled"),
    ("subscribers", "import", "nope.csv"), ("subscribers", "import", "."),
    ("subscribers", "add", "nobody"), ("subscribers", "add", "ann@example.org", "--topic", "x"),
    ("subscribers", "list", "--status", "x"), ("subscribers", "list", "--after", "9" * 30),
    ("subscribers", "erase", "ann@example.org"), ("db",), ("demo", "."),
], ids=" ".join)  # fmt: skip
def test_wrong_arguments_are_wrong_usage(desk: Desk, arguments: tuple[str, ...]) -> None:
    """As a person sees it, and as a program does; and nothing was sent."""
    done = desk.call(*arguments)
    assert done.code == 2, done
    assert done.err.strip()
    if arguments != ("db",):  # a group alone shows its help
        error(desk.call(*arguments, "--json"), 2)
    assert not (desk.folder / "outbox").exists()


@pytest.mark.parametrize("now", ["yesterday", "2026-11-09T08:00:00", "2026-13-01T00:00:00Z", "1"])
def test_a_clock_that_cannot_be_read_is_wrong_configuration(desk: Desk, now: str) -> None:
    said = error(desk.call("status", "--json", NEWSLETTER_NOW=now), 2)
    assert "NEWSLETTER_NOW" in said["message"]


def test_a_rehearsal_clock_is_refused_before_a_real_send(desk: Desk, web: WebServer) -> None:
    desk.settings([web.url("/feed")], more='[delivery]\ntransport = "sendgrid"\n')
    said = error(desk.call("send", "--json", "--yes", SENDGRID_API_KEY="SG.x"), 2)
    assert "NEWSLETTER_NOW" in said["message"]


@pytest.mark.parametrize(("page", "word"), [
    (Page(body=b""), "nothing at all"),
    (Page(body=b"\x00\xff" * 300), "cannot be read"),
    (Page(body=b"<html><body>Welcome</body></html>"), "web page"),
    (Page(body=b'{"a": 1}'), "JSON"),
    (Page(body=b"<rss><channel><title>x"), "broke off"),
    (Page(body=b"x" * 100, length=500), "broke off"),
    (Page(body=b"hello"), "plain text"),
    (Page(status=404), "404"),
    (Page(status=500), "500"),
    (Page(status=403), "403"),
    (Page(status=302, headers={"Location": "/feed"}), "redirect"),
])  # fmt: skip
def test_a_feed_that_is_none_fails_with_its_reason(
    desk: Desk, web: WebServer, page: Page, word: str
) -> None:
    desk.people()
    web.pages["/feed"] = page
    done = desk.call("collect", "--json")
    assert done.code == 1
    feed = done.document["feeds"][0]
    assert feed["status"] == "failed"
    assert word in feed["error"]
    failed = desk.send(code=1)
    assert failed["outcome"] == "failed"
    assert word in failed["reasons"][0]


def test_a_server_that_is_not_there_fails_with_its_reason(desk: Desk) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        desk.settings([f"http://127.0.0.1:{unused.getsockname()[1]}/feed"])
        done = desk.call("collect")
    assert done.code == 1
    assert "refused" in done.said


def test_an_outbox_that_cannot_be_written_loses_nothing(desk: Desk) -> None:
    """A file stands in the place of its folder; when that is mended, the send goes on."""
    desk.people()
    (desk.folder / "outbox").write_text("in the way")
    paused = desk.send(code=3)
    assert paused["outcome"] == "paused"
    assert "outbox" in paused["reasons"][0]
    assert "outbox" in desk.call("status").out
    error(desk.call("send", "--to", "me@example.org", "--json"), 1)
    assert (desk.folder / "outbox").read_text() == "in the way"
    (desk.folder / "outbox").unlink()
    sent = desk.send()
    assert (sent["outcome"], sent["recipients"]["accepted"]) == ("sent", 3)
    assert len(desk.mails("2026-W46")) == 3


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_an_export_replaces_nothing_but_a_file(desk: Desk) -> None:
    desk.people()
    os.mkfifo(desk.folder / "pipe")
    error(desk.call("subscribers", "export", "pipe", "--force", "--json"), 1)
    assert (desk.folder / "pipe").is_fifo()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of files")
def test_a_disk_that_fills_up_at_any_point_loses_and_doubles_nothing(desk: Desk) -> None:
    """A limit on the size of files stands for the disk: it strikes early, and later, and not."""
    desk.people()
    codes = [_cramped(desk, limit) for limit in (4_096, 20_000, 60_000, 200_000)]
    assert codes[0] == 1
    assert desk.send()["outcome"] in ("sent", "already-sent")
    assert [mail.to for mail in desk.mails("2026-W46")] == list(PEOPLE)


def _cramped(desk: Desk, limit: int) -> int:
    """The exit code of a send that may write no file larger than `limit` bytes."""
    script = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}));"
        "from newsletter.cli.main import main; main(['send', '--json'])"
    )
    done = desk.python("-c", script)
    assert isinstance(done.document, dict)
    for mail in desk.mails("2026-W46"):
        assert mail.html.rstrip().endswith("</html>")
    return done.code


def test_a_preview_that_cannot_be_written_is_told(desk: Desk) -> None:
    desk.people()
    desk.call("collect")
    (desk.folder / "preview").mkdir()
    (desk.folder / "preview" / "2026-W46").write_text("in the way")
    said = error(desk.call("preview", "--json"), 2)
    assert "2026-W46" in said["message"]


def test_another_run_at_work_is_told(desk: Desk) -> None:
    """By hand that is a failure; a timer takes it as nothing to do."""
    from filelock import FileLock

    desk.people()
    with FileLock(desk.folder / "newsletter.db.lock"):
        assert desk.send(code=1)["outcome"] == "busy"
        assert desk.send("--scheduled")["outcome"] == "busy"
        error(desk.call("collect", "--json"), 1)
        assert "at work" in desk.call("send").err
    assert desk.send()["outcome"] == "sent"


def test_the_technical_side_is_shown_when_asked_for(desk: Desk) -> None:
    """In a process of its own; without `--debug` there is no traceback anywhere."""
    (desk.folder / "newsletter.db").mkdir()
    assert "Traceback" not in desk.run("status").said
    with pytest.raises(AssertionError, match="Traceback"):
        desk.run("--debug", "status")
