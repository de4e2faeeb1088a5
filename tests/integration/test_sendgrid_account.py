"""Asking SendGrid's stand-in about the account."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.delivery.transports.sendgrid_account import SEND, UNDO, Account, Credits
from newsletter.errors import TransportError
from newsletter.standin.rules import KEY, Rules
from newsletter.standin.server import StandIn, serve
from tests.standin import Client
from tests.webserver import Page, WebServer, serving

START = 1_795_000_000.0


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandIn]:
    with serve(tmp_path / "records", Rules(credits=5), lambda: START) as running:
        yield running


def account(url: str, key: str = KEY, timeout: float = 10) -> Account:
    return Account(key, base_url=url, timeout=timeout, proxy=None)


def refusal(asked: Account) -> TransportError:
    with pytest.raises(TransportError) as refused:
        asked.scopes()
    assert KEY not in str(refused.value)
    assert refused.value.mend
    return refused.value


def test_what_the_key_may_do_and_what_is_left(standin: StandIn) -> None:
    with Client(standin.url) as client:
        client.send(2)
    asked = account(standin.url)
    assert {SEND, *UNDO} <= asked.scopes()
    assert asked.credits() == Credits(remain=3, total=5)


def test_another_key_is_refused(standin: StandIn) -> None:
    assert "does not accept the key" in refusal(account(standin.url, "SG.other")).message


def test_credits_that_may_not_be_seen_are_no_failure(tmp_path: Path) -> None:
    with serve(tmp_path, Rules(scopes=(SEND, "x")), lambda: START) as running:
        asked = account(running.url)
        assert asked.scopes() == {SEND, "x"}
        assert asked.credits() is None


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (Page(body=b"<html>Welcome to our network</html>"), "is not SendGrid"),
        (Page(body=b"[]"), "is not SendGrid"),
        (Page(body=b'{"scopes": "all"}'), "is not SendGrid"),
        (Page(status=500, body=b"{}"), "the error 500"),
        (Page(status=403, body=b"{}"), "may not do this"),
        (Page(body=b"{}", length=50), "cannot be reached"),
        (Page(delay=5), "no answer in time"),
    ],
)
def test_every_other_answer_is_said_in_words(web: WebServer, page: Page, said: str) -> None:
    web.pages["/v3/scopes"] = page
    assert said in refusal(account(web.origin, timeout=0.3)).message


def test_the_key_does_not_follow_where_an_answer_leads(web: WebServer) -> None:
    with serving() as elsewhere:
        web.redirect("/v3/scopes", elsewhere.url("/login"), 302)
        elsewhere.pages["/login"] = Page(body=b'{"scopes": []}')
        assert "is not SendGrid" in refusal(account(web.origin)).message
        assert elsewhere.requests == []


def test_nobody_at_that_address(web: WebServer) -> None:
    with serving() as gone:
        origin = gone.origin
    assert "cannot be reached" in refusal(account(origin)).message


@pytest.mark.parametrize("key", ["SG.a b", "SG.a\nX-Header: 1", "SG.ä"])
def test_a_key_that_cannot_be_in_a_header_is_refused(key: str) -> None:
    with pytest.raises(TransportError) as refused:
        account("http://127.0.0.1:9", key)
    assert key not in str(refused.value)


def test_the_key_is_not_logged(standin: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """The package's client would write it down with the headers of each request."""
    caplog.set_level(logging.DEBUG)
    account(standin.url).scopes()
    assert KEY not in caplog.text
