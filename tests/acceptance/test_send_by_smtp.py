"""Sending by a mail server, as its user has it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.runner import PEOPLE, Desk, Post, atom
from tests.mailserver import (
    ELSEWHERE,
    PASSWORD,
    Arrived,
    Failing,
    Say,
    Sink,
    failing,
    parsed,
    sink,
)
from tests.webserver import WebServer, self_signed

WALK = Post(number=2, title="A walk in autumn", text=".\n..dots\n.hidden\nGröße")


@pytest.fixture
def desk(tmp_path: Path, web: WebServer) -> Desk:
    """A blog with a post that was read, settings, and three people on the list."""
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed/")])
    web.pages["/feed/"] = atom(WALK)
    desk.people()
    desk.call("collect")
    return desk


@pytest.fixture
def server() -> Iterator[Sink]:
    with sink() as running:
        yield running


def by(server: Sink | Failing, **more: str) -> dict[str, Any]:
    """The variables for this mail server."""
    given = {
        "DELIVERY__TRANSPORT": "smtp",
        "DELIVERY__SMTP__HOST": "127.0.0.1",
        "DELIVERY__SMTP__PORT": str(server.port),
        "DELIVERY__SMTP__TIMEOUT_SECONDS": "5",
        "DELIVERY__PER_SECOND": "1000",
        **more,
    }
    return {f"NEWSLETTER_{name}": value for name, value in given.items()}


def send(desk: Desk, variables: dict[str, Any], code: int = 0) -> Any:
    """The document of a real send that was confirmed."""
    done = desk.call("send", "--yes", "--json", **variables)
    assert done.code == code, done
    return done.document


def whole(arrived: Arrived) -> None:
    """As a mail program reads it: both parts, and what a list has to say."""
    assert arrived.raw.isascii()
    assert max(map(len, arrived.raw.split(b"\r\n"))) <= 998
    message = parsed(arrived.raw)
    assert message["To"] == arrived.recipients[0]
    assert message["From"] == "Morgan Hale <news@blog.example.org>"
    assert message["Reply-To"] == "morgan@blog.example.org"
    assert message["List-Id"] == '"A Slow Kind of Luck" <newsletter.blog.example.org>'
    assert message["List-Unsubscribe"].startswith("<https://news.example.org/unsubscribe/")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Message-ID"].endswith("@blog.example.org>")
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        content = str(part.get_content())
        assert "A walk in autumn" in content
        assert "Größe" in content
        assert "-nl-" not in content


def test_a_test_mail_arrives_whole(desk: Desk, server: Sink) -> None:
    done = desk.call("send", "--to", "me@clinic.example.org", "--json", **by(server))
    assert done.code == 0, done
    assert done.document["edition"] == "2026-W46"
    assert done.document["file"] is None
    (arrived,) = server.arrived
    assert arrived.sender == "news@blog.example.org"
    assert arrived.recipients == ["me@clinic.example.org"]
    whole(arrived)
    assert desk.files().keys() == {"newsletter.toml", "people.csv"}


def test_an_edition_reaches_everybody_once(desk: Desk, server: Sink) -> None:
    done = send(desk, by(server))
    assert (done["outcome"], done["recipients"]["accepted"]) == ("sent", 3), done
    assert sorted(message.recipients[0] for message in server.arrived) == sorted(PEOPLE)
    for arrived in server.arrived:
        whole(arrived)
    assert send(desk, by(server))["outcome"] == "already-sent"
    assert len(server.arrived) == 3


def test_who_is_refused_is_reported_and_the_others_get_it(desk: Desk, server: Sink) -> None:
    server.unknown.add(PEOPLE[1])
    done = send(desk, by(server), code=4)
    assert done["outcome"] == "partial"
    assert (done["recipients"]["accepted"], done["recipients"]["rejected"]) == (2, 1)
    assert len(server.arrived) == 2


def test_a_message_that_nobody_knows_of_is_said_and_not_sent_again(desk: Desk) -> None:
    with failing() as server:
        server.plan("END", None, Say(close=True))
        done = send(desk, by(server, DELIVERY__CONCURRENCY="1"), code=4)
        assert (done["recipients"]["accepted"], done["recipients"]["unknown"]) == (2, 1)
        again = send(desk, by(server), code=4)
        assert again["recipients"]["unknown"] == 1
    assert len(server.taken) == 2
    assert len([command for command in server.commands if command.startswith("RCPT")]) == 3


def test_a_mail_server_that_is_not_there_loses_nothing(desk: Desk, server: Sink) -> None:
    with sink() as gone:
        pass
    stopped = desk.call("send", "--yes", "--json", **by(gone))
    assert stopped.code in (1, 3), stopped
    assert "connection refused" in stopped.said
    assert send(desk, by(server))["outcome"] == "sent"
    assert len(server.arrived) == 3


def test_a_login_over_an_encrypted_connection(desk: Desk, tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path, ELSEWHERE)
    user = {"DELIVERY__SMTP__USER": "anna", "SMTP_PASSWORD": PASSWORD}
    with sink(starttls=context, user="anna") as server:
        done = desk.call("--debug", "send", "--to", "me@example.org", **by(server, **user))
        assert done.code == 0, done
        elsewhere = by(server, DELIVERY__SMTP__HOST=ELSEWHERE, **user)
        # NEWSLETTER_NOW is refused where mails could really go out.
        elsewhere["NEWSLETTER_NOW"] = ""
        refused = desk.call("doctor", "--json", **elsewhere)
        assert "certificate that is not valid" in refused.said
        trusted = desk.call("doctor", "--json", SSL_CERT_FILE=str(certificate), **elsewhere)
        assert "answers, and takes the login" in trusted.said
    (arrived,) = server.arrived
    assert (arrived.encrypted, arrived.user) == (True, "anna")
    assert PASSWORD not in done.said + refused.said + trusted.said


def test_a_wrong_password_is_said_without_it(desk: Desk, tmp_path: Path) -> None:
    """Not even the traceback of --debug shows it."""
    context, _ = self_signed(tmp_path)
    user = {"DELIVERY__SMTP__USER": "anna", "SMTP_PASSWORD": "geheim-7e7e"}
    with sink(starttls=context, user="anna") as server:
        done = desk.call("send", "--to", "me@example.org", **by(server, **user))
        debugged = subprocess.run(
            [sys.executable, "-m", "newsletter", "--debug", "send", "--to", "me@example.org"],
            cwd=desk.folder,
            env={**os.environ, "NEWSLETTER_NOW": desk.now, **by(server, **user)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.code == 1
    assert "does not accept the login (535 5.7.8)" in done.err
    assert "NEWSLETTER_SMTP_PASSWORD" in done.err
    assert "Traceback" in debugged.stderr
    assert "geheim-7e7e" not in done.said + debugged.stdout + debugged.stderr


def test_a_user_without_a_password_is_a_fault_of_the_settings(desk: Desk, server: Sink) -> None:
    done = desk.call("send", "--json", **by(server, DELIVERY__SMTP__USER="anna"))
    assert done.code == 2
    assert "NEWSLETTER_SMTP_PASSWORD is not" in done.document["error"]["message"]
    assert done.document["error"]["mend"]
    assert server.connections == 0


def test_a_rehearsed_clock_sends_nothing_elsewhere(desk: Desk, server: Sink) -> None:
    done = desk.call("send", "--json", **by(server, DELIVERY__SMTP__HOST="mail.example.org"))
    assert done.code == 2
    assert "NEWSLETTER_NOW is set" in done.document["error"]["message"]


# ---- the doctor --------------------------------------------------------------------------------


def smtp_lines(desk: Desk, variables: dict[str, str]) -> list[tuple[str, str]]:
    done = desk.call("doctor", "--json", "--nameserver", "127.0.0.1:9", **variables)
    return [
        (check["verdict"], f"{check['found']} {check['mend'] or ''}")
        for check in done.document["checks"]
        if check["check"] == "smtp"
    ]


def test_the_doctor_asks_the_mail_server_and_mails_nothing(desk: Desk, server: Sink) -> None:
    ((verdict, found),) = smtp_lines(desk, by(server))
    assert verdict == "ok"
    assert f"127.0.0.1:{server.port} answers" in found
    assert (len(server.arrived), server.connections) == (0, 1)


def test_the_doctor_says_what_is_wrong_with_it(desk: Desk, server: Sink) -> None:
    with sink() as gone:
        pass
    wrong = [
        (by(gone), "connection refused"),
        (by(server, DELIVERY__SMTP__USER="anna"), "NEWSLETTER_SMTP_PASSWORD is not"),
        (by(server, DELIVERY__SMTP__USER="anna", SMTP_PASSWORD="x"), "offers no login that fits"),
        (by(server, DELIVERY__SMTP__SECURITY="starttls"), "offers no encryption"),
    ]
    for variables, words in wrong:
        ((verdict, found),) = smtp_lines(desk, variables)
        assert verdict == "problem"
        assert words in found
