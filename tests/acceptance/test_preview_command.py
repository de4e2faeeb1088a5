"""`newsletter preview`: what is shown is what is sent, and with `--watch` it follows changes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.delivery.links import links_for
from newsletter.model.edition import Tags
from newsletter.model.personal import fill_html, fill_text
from tests.acceptance.runner import Desk, Message, Post, atom
from tests.webserver import serving

EDITION = "2026-W46"
FOOTER = "digest/disclaimer.mjml.j2"
SECONDS = 60
"""After so long something has gone wrong; usually it is a moment."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A draft of two posts, for people who chose different forms."""
    desk = Desk(tmp_path)
    with serving() as web:
        web.pages["/feed/"] = atom(
            Post(number=1, title="Walking & “talking”", text="It was > 5 °C."),
            Post(number=2, title="Scans"),
        )
        desk.settings([web.url("/feed/")])
        desk.people()
        assert desk.call("collect").code == 0
        yield desk


def filled(folder: Path, variant: str) -> tuple[str, str, str]:
    """Subject, HTML and text of a preview, with the harmless links that a test mail has."""
    subject, html, text = (
        (folder / f"{variant}{end}").read_text(encoding="utf-8")
        for end in (".subject.txt", ".html", ".txt")
    )
    nonce = re.search(r"-nl-([0-9a-f]+)-unsubscribe-html-", html)
    assert nonce
    tags, links = Tags.of(nonce[1]), links_for("https://news.example.org", EDITION)
    return subject.rstrip("\n"), fill_html(html, tags, links), fill_text(text, tags, links)


def received(desk: Desk, folder: str) -> Message:
    (mail,) = desk.mails(folder)
    return mail


def test_a_test_mail_has_the_bytes_of_the_preview(desk: Desk) -> None:
    desk.call("preview")
    assert desk.call("send", "--to", "me@example.org").code == 0
    mail = received(desk, "test")
    subject, html, text = filled(desk.folder / "preview" / EDITION, "all")
    assert (mail.subject, mail.html, mail.text) == (subject, html, text)


def test_what_readers_get_has_the_bytes_of_the_preview_too(desk: Desk) -> None:
    """But for the token in their own links."""
    desk.call("preview")
    _, html, text = filled(desk.folder / "preview" / EDITION, "all")
    desk.send()
    token = re.compile(r"(/(?:unsubscribe|preferences)/)[\w-]+")
    for mail in desk.mails(EDITION):
        assert token.sub(r"\1sample", mail.html) == html
        assert token.sub(r"\1sample", mail.text) == text


def test_a_sample_shows_every_form(desk: Desk) -> None:
    document = desk.call("preview", "--sample", "--json").document
    assert document["variants"] == ["all", "all.discreet", "all.large", "all.plain"]
    assert document["findings"] == []


def test_to_watch_has_no_one_answer_in_json(desk: Desk) -> None:
    done = desk.call("preview", "--watch", "--json")
    assert done.code == 2
    assert "--watch" in done.document["error"]["message"]


@contextmanager
def watching(desk: Desk) -> Iterator[subprocess.Popen[str]]:
    """`preview --sample --watch` in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "newsletter", "preview", "--sample", "--watch"],
        cwd=desk.folder,
        env=desk.environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(what: Callable[[], bool]) -> None:
    """Looks again and again, and fails only when it is far too late."""
    end = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_watched_preview_follows_templates_and_settings_until_it_is_stopped(desk: Desk) -> None:
    """A broken template is told with its line and ends nothing; Ctrl-C ends it, quietly."""
    page, stamp = (desk.folder / "preview" / "sample" / n for n in ("all.html", "stamp.js"))
    own = desk.folder / "templates" / FOOTER
    own.parent.mkdir(parents=True)
    settings = desk.folder / "newsletter.toml"
    with watching(desk) as process:
        assert process.stdout
        heard = iter(process.stdout.readline, "")
        assert any(line.startswith("Open ") for line in heard)
        stamps = [stamp.read_text(encoding="utf-8")]
        own.write_text("<mj-text>Mine, at first</mj-text>", encoding="utf-8")
        until(lambda: "Mine, at first" in page.read_text(encoding="utf-8"))
        until(lambda: stamp.read_text(encoding="utf-8") not in stamps)
        own.write_text("\n{{ page.nothing }}", encoding="utf-8")
        assert any(f"{FOOTER}, line 2" in line for line in heard)
        own.write_text("<mj-text>Mine, mended</mj-text>", encoding="utf-8")
        until(lambda: "Mine, mended" in page.read_text(encoding="utf-8"))
        text = settings.read_text(encoding="utf-8")
        settings.write_text(f'{text}\n[look]\nmasthead = "A line of mine"\n', encoding="utf-8")
        until(lambda: "A line of mine" in page.read_text(encoding="utf-8"))
        process.send_signal(signal.SIGINT)
        rest = "".join(heard)
        assert process.wait(SECONDS) == 0
    assert "Stopped watching." in rest
    assert "Traceback" not in rest


def test_the_document_names_what_was_found(desk: Desk) -> None:
    own = desk.folder / "templates" / FOOTER
    own.parent.mkdir(parents=True)
    own.write_text('<mj-text font-size="12px">tiny</mj-text>', encoding="utf-8")
    done = desk.call("preview", "--json")
    assert done.code == 3
    (found,) = [each for each in json.loads(done.out)["findings"] if each["error"]]
    assert found["code"] == "small-type"
    assert found["place"].startswith("all")
    assert "“tiny” is 12 pixels large" in found["message"]
