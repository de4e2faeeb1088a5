"""`newsletter init` as a user meets it, with and without a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from newsletter.config import load
from tests.webserver import Page, WebServer

ATOM = b"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB">
<title>Letters &amp; "Notes"</title><id>urn:x:1</id><updated>2026-11-06T09:00:00Z</updated>
<entry><title>A post</title><id>urn:x:2</id><updated>2026-11-06T09:00:00Z</updated>
<link href="/a-post/"/><content type="html">&lt;p&gt;Words.&lt;/p&gt;</content></entry>
</feed>"""
BLOG = (
    b'<!doctype html><html lang="en"><head><title>Letters</title>'
    b'<link rel="alternate" type="application/atom+xml" href="/feed/atom/"></head>'
    b"<body><p>Welcome.</p></body></html>"
)
ENVIRONMENT = {**os.environ, "TZ": "Europe/London", "COLUMNS": "200"}


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "newsletter", *arguments],
        cwd=folder,
        env={**ENVIRONMENT, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.fixture
def blog(web: WebServer) -> WebServer:
    web.pages["/"] = Page(body=BLOG, headers={"Content-Type": "text/html; charset=utf-8"})
    web.pages["/feed/atom/"] = Page(body=ATOM, headers={"Content-Type": "application/atom+xml"})
    return web


def test_without_a_terminal_the_feed_must_be_named(tmp_path: Path) -> None:
    done = run(tmp_path, "init")
    assert done.returncode == 2
    assert "--feed" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_it_writes_settings_that_load(tmp_path: Path, blog: WebServer) -> None:
    done = run(tmp_path, "init", "--feed", blog.url("/feed/atom/"))
    assert done.returncode == 0, done.stderr
    settings = load(tmp_path / "newsletter.toml", {})
    assert settings.newsletter.title == 'Letters & "Notes"'
    assert settings.newsletter.language == "en-GB"
    assert settings.newsletter.timezone == "Europe/London"
    assert settings.feeds[0].url == blog.url("/feed/atom/")
    assert settings.newsletter.website == blog.origin
    assert len(settings.secrets.keys) == 1
    assert len(settings.secrets.keys[0].get_secret_value()) >= 40
    assert done.stdout.splitlines()[-2].strip() == "newsletter collect"


def test_the_address_of_the_blog_does_as_well(tmp_path: Path, blog: WebServer) -> None:
    done = run(tmp_path, "init", "--feed", blog.url("/"))
    assert done.returncode == 0, done.stderr
    assert load(tmp_path / "newsletter.toml", {}).feeds[0].url == blog.url("/feed/atom/")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file modes")
def test_secrets_are_for_their_owner_only(tmp_path: Path, blog: WebServer) -> None:
    run(tmp_path, "init", "--feed", blog.url("/feed/atom/"))
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_version_control_is_told_what_not_to_see(tmp_path: Path, blog: WebServer) -> None:
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("mine")
    run(tmp_path, "init", "--feed", blog.url("/feed/atom/"))
    private = [".env", "newsletter.db", "newsletter.db-wal", "newsletter.db.lock", "people.csv"]
    private += ["people.rejects.csv", "outbox/2026-W46/1.eml", "preview/x.html", "mine"]
    ignored = subprocess.run(
        ["git", "check-ignore", *private, "newsletter.toml"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert ignored == private


@pytest.mark.parametrize("existing", ["newsletter.toml", ".env"])
def test_nothing_is_overwritten(tmp_path: Path, existing: str) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / existing).write_text("mine")
    done = run(tmp_path, "init", "x", "--feed", "http://127.0.0.1:1/feed/")
    assert done.returncode == 2
    assert existing in done.stderr
    assert [file.name for file in (tmp_path / "x").iterdir()] == [existing]
    assert (tmp_path / "x" / existing).read_text() == "mine"


def test_a_feed_out_of_reach_is_written_down_with_a_warning(tmp_path: Path) -> None:
    done = run(tmp_path, "init", "letters", "--feed", "http://127.0.0.1:1/feed/")
    assert done.returncode == 0, done.stderr
    assert "refused" in done.stderr
    settings = load(tmp_path / "letters" / "newsletter.toml", {})
    assert settings.feeds[0].url == "http://127.0.0.1:1/feed/"
    assert "newsletter.toml" in done.stdout.splitlines()[-1]


def test_json_is_one_document(tmp_path: Path, blog: WebServer) -> None:
    done = run(tmp_path, "init", "--json", "--feed", blog.url("/feed/atom/"))
    found = json.loads(done.stdout)
    assert found["settings"] == "newsletter.toml"
    assert found["files"] == ["newsletter.toml", ".env", ".gitignore"]
    assert found["feed"] == blog.url("/feed/atom/")
    assert found["warnings"] == []


@pytest.mark.parametrize("address", ["ht!tp:/x", "https://", "ftp://blog.example.org", "a b"])
def test_an_address_that_is_none_is_wrong_usage(tmp_path: Path, address: str) -> None:
    done = run(tmp_path, "init", "--json", "--feed", address)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "usage"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(tmp_path, "init", "file/x", "--feed", "http://127.0.0.1:1/")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "file" in done.stderr


def test_a_wrong_time_zone_is_wrong_usage(tmp_path: Path) -> None:
    done = run(
        tmp_path, "init", "--timezone", "Europe/Lodnon", "--feed", "http://127.0.0.1:1/feed/"
    )
    assert done.returncode == 2
    assert "Did you mean Europe/London?" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_environment_with_an_odd_time_zone_does_no_harm(tmp_path: Path) -> None:
    done = run(tmp_path, "init", "--feed", "http://127.0.0.1:1/feed/", TZ="<+03>-3")
    assert done.returncode == 0, done.stderr
    load(tmp_path / "newsletter.toml", {})


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_on_a_terminal_it_asks_and_finds_the_feed(tmp_path: Path, blog: WebServer) -> None:
    answers = [
        ("address of your blog", "http://127.0.0.1:1"),  # nobody there: it asks again
        ("address of your blog", blog.url("/")),
        ("Its title", ""),
        ("Sender", "no address at all"),
        ("Sender", "Jane Doe <jane@blog.example.org>"),
    ]
    code, shown = dialogue(tmp_path, ["init"], answers)
    assert code == 0, shown
    assert blog.url("/feed/atom/") in shown
    newsletter = load(tmp_path / "newsletter.toml", {}).newsletter
    assert newsletter.title == 'Letters & "Notes"'
    assert newsletter.sender == "Jane Doe <jane@blog.example.org>"


def dialogue(folder: Path, arguments: list[str], answers: list[tuple[str, str]]) -> tuple[int, str]:
    """Runs the command on a pseudo-terminal, and answers each question when it is asked."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "newsletter", *arguments],
        cwd=folder, env=ENVIRONMENT, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = ""
    for question, answer in answers:
        shown += _until(ours, question)
        os.write(ours, f"{answer}\n".encode())
    shown += _until(ours, None)
    os.close(ours)
    return process.wait(timeout=30), shown


def _until(terminal: int, words: str | None) -> str:
    """What the terminal shows, until `words` stand there with their question mark, or its end."""
    shown, deadline = "", time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            piece = os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # Linux tells the end of a terminal so
            piece = ""
        shown += piece
        asked = words is not None and words in shown and shown.endswith(": ")
        if asked or not piece:
            break
    assert words is None or words in shown, shown
    return shown
