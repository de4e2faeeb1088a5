"""`send --to` by SendGrid, from the command to the stand-in's ledger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from newsletter.standin.rules import KEY, Rules
from newsletter.standin.server import StandIn, serve
from tests.acceptance.runner import WEEK_1, Desk, Post, atom
from tests.webserver import WebServer

ME = "me@example.org"


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandIn]:
    start = datetime.fromisoformat(WEEK_1).timestamp()
    with serve(tmp_path / "records", Rules(keep_bodies=True), lambda: start) as running:
        yield running


def desk(folder: Path, web: WebServer, standin: StandIn, *, delivery: str = "") -> Desk:
    """A blog with a post, and mails that go out by the stand-in."""
    made = Desk(folder)
    made.settings(
        [web.url("/feed")],
        more=f'[delivery]\ntransport = "sendgrid"\n{delivery}\n'
        f'[delivery.sendgrid]\nbase_url = "{standin.url}"\n',
    )
    web.pages["/feed"] = atom(Post(number=1, title="A walk <in> autumn"))
    assert made.call("collect", SENDGRID_API_KEY=KEY).code == 0
    return made


def test_a_test_mail_by_sendgrid(tmp_path: Path, web: WebServer, standin: StandIn) -> None:
    """At once, although editions can be taken back; with links that do nothing."""
    done = desk(tmp_path, web, standin).call("send", "--to", ME, "--json", SENDGRID_API_KEY=KEY)
    assert done.code == 0, done
    (message,) = standin.ledger.messages()
    assert message.email == ME
    assert message.delivered
    made = json.loads(standin.ledger.requests()[-1].body or b"")
    links = made["personalizations"][0]["substitutions"].values()
    assert "https://news.example.org/unsubscribe/sample" in links
    assert KEY not in done.said


def test_without_a_server_a_test_mail_unsubscribes_nobody(
    tmp_path: Path, web: WebServer, standin: StandIn
) -> None:
    home = desk(tmp_path, web, standin, delivery='unsubscribe = "sendgrid"')
    done = home.call("send", "--to", ME, SENDGRID_API_KEY=KEY)
    assert done.code == 0, done
    made = json.loads(standin.ledger.requests()[-1].body or b"")
    assert not any(each["enable"] for each in made["tracking_settings"].values())
    assert "mailto:" in made["content"][0]["value"]


def test_without_a_key_it_says_where_it_belongs(
    tmp_path: Path, web: WebServer, standin: StandIn
) -> None:
    home = desk(tmp_path, web, standin)
    for variables in ({}, {"SENDGRID_API_KEY": ""}):
        done = home.call("send", "--to", ME, **variables)
        assert done.code == 2
        assert "SENDGRID_API_KEY is not set" in done.err
        assert ".env" in done.err
    assert standin.ledger.requests() == []


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_another_key_is_refused_in_words_and_never_shown(
    tmp_path: Path, web: WebServer, standin: StandIn, arguments: tuple[str, ...]
) -> None:
    """Not with --debug either, which shows all there is to show."""
    home = desk(tmp_path, web, standin)
    done = home.run("send", "--to", ME, *arguments, SENDGRID_API_KEY="SG.other-secret")
    assert done.code == 1, done
    assert "does not accept the key" in done.said
    assert "other-secret" not in done.said
    debug = subprocess.run(
        [sys.executable, "-m", "newsletter", "--debug", "send", "--to", ME, *arguments],
        cwd=tmp_path,
        env={**os.environ, "SENDGRID_API_KEY": "SG.other-secret", "NEWSLETTER_NOW": WEEK_1},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" in debug.stderr
    assert "does not accept the key" in debug.stderr
    assert "other-secret" not in debug.stdout + debug.stderr
