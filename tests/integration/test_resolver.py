"""Asking a name server on loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from newsletter.delivery.resolver import Answered, resolver
from newsletter.errors import UsageError
from tests.nameserver import NameServer, Zone, answering

ZONE: Zone = {
    "clinic.health": {
        "TXT": ('"v=spf1 include:sendgrid.net " "~all"', '"second=1"'),
        "MX": ("10 mail.clinic.health.",),
    },
    "s1._domainkey.clinic.health": {"CNAME": ("s1.domainkey.u1.sendgrid.net.",)},
    "s1.domainkey.u1.sendgrid.net": {"TXT": ('"v=DKIM1; p=MIGf"',)},
}


@pytest.fixture
def server() -> Iterator[NameServer]:
    with answering(ZONE) as running:
        yield running


def test_the_pieces_of_a_text_record_belong_together(server: NameServer) -> None:
    answered = resolver(server.address)("clinic.health", "TXT")
    assert sorted(answered.records) == ["second=1", "v=spf1 include:sendgrid.net ~all"]
    assert not answered.failure


def test_an_alias_is_followed_or_shown(server: NameServer) -> None:
    ask = resolver(server.address)
    assert ask("s1._domainkey.clinic.health", "TXT").records == ("v=DKIM1; p=MIGf",)
    assert ask("s1._domainkey.clinic.health", "CNAME").records == ("s1.domainkey.u1.sendgrid.net.",)


def test_a_name_or_kind_that_is_not_there_has_no_records(server: NameServer) -> None:
    ask = resolver(server.address)
    assert ask("nowhere.health", "TXT") == Answered(unknown=True)
    assert ask("clinic.health", "A") == Answered()
    assert ask("clinic.health", "MX").records == ("10 mail.clinic.health.",)


def test_a_server_that_fails_is_no_answer(server: NameServer) -> None:
    server.broken = True
    answered = resolver(server.address)("clinic.health", "TXT")
    assert answered == Answered(failure="the name server could not answer")


def test_a_server_that_is_silent_is_given_up(server: NameServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        ask = resolver(f"127.0.0.1:{silent.getsockname()[1]}", seconds=0.2)
        assert ask("clinic.health", "TXT") == Answered(failure="no answer in time")
    assert server.asked == []


def test_a_name_that_cannot_be_one_is_no_answer(server: NameServer) -> None:
    assert resolver(server.address)("a..b", "TXT").failure
    assert resolver(server.address)("x" * 70 + ".health", "TXT").failure


@pytest.mark.parametrize("given", ["nowhere", "127.0.0.1:", "127.0.0.1:99999", "1.2.3:53", ":53"])
def test_what_is_no_address_of_a_server_is_refused(given: str) -> None:
    with pytest.raises(UsageError):
        resolver(given)


@pytest.mark.parametrize("given", ["127.0.0.1", "127.0.0.1:5353", "::1", "[::1]:5353", "[::1]"])
def test_addresses_with_and_without_port_are_taken(given: str) -> None:
    resolver(given)
