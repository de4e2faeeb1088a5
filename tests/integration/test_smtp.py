"""SMTP with a server of other people's making: what arrives, how, and over how many connections."""

from __future__ import annotations

import email.policy
import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.answers import NotTaken, Stopped, Taken
from newsletter.delivery.links import links_for
from newsletter.delivery.message import Notice
from newsletter.delivery.transports.contract import Condition, Mail
from newsletter.delivery.transports.smtp import Smtp
from newsletter.delivery.transports.smtp_connection import Server
from newsletter.errors import TransportError
from newsletter.model.edition import Channel
from newsletter.model.personal import fill_html, fill_text
from tests.mailserver import ELSEWHERE, MAIL, PASSWORD, Arrived, Sink, parsed, person, sink
from tests.webserver import self_signed

NOW = datetime(2026, 11, 16, 8, 30, tzinfo=UTC)
USER = "jürgen@example.org"


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def smtp(server: Sink | int, clock: Clock | None = None, **given: Any) -> Iterator[Smtp]:
    """The transport for a server, closed at the end."""
    port = server if isinstance(server, int) else server.port
    values = {"host": "127.0.0.1", "name": "blog.example.org", "timeout": 10.0, **given}
    transport = Smtp(Server(port=port, **values), clock=clock or Clock())
    try:
        yield transport
    finally:
        transport.close()


def submit(transport: Smtp, number: int = 1, mail: Mail = MAIL, address: str = "") -> object:
    return transport.submit(mail, [person(number, address)], date=NOW)


@pytest.fixture
def server() -> Iterator[Sink]:
    with sink() as running:
        yield running


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server's certificate for 127.0.0.1 and ELSEWHERE, which this computer trusts."""
    context, certificate = self_signed(tmp_path, ELSEWHERE)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return context


@pytest.fixture
def untrusted(tmp_path: Path) -> Any:
    return self_signed(tmp_path, ELSEWHERE)[0]


# ---- what arrives ------------------------------------------------------------------------------


def test_a_message_arrives_whole(server: Sink) -> None:
    """Both parts, every header, one recipient; dots at the beginning of a line included."""
    with smtp(server) as transport:
        assert submit(transport) == Taken()
    (arrived,) = server.arrived
    assert arrived.sender == "news@blog.example.org"
    assert arrived.recipients == ["reader1@clinic.example.org"]
    assert arrived.name == "blog.example.org"
    message = parsed(arrived.raw)
    links = links_for("https://news.example.org", "2026-W47", "token1")
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    text = str(plain.get_content()).replace("\r\n", "\n")
    assert text == fill_text(MAIL.rendered.text, MAIL.tags, links)
    text = str(html.get_content()).replace("\r\n", "\n")
    assert text == fill_html(MAIL.rendered.html, MAIL.tags, links)
    assert message["To"] == "reader1@clinic.example.org"
    assert message["Message-ID"] == "<id1@blog.example.org>"
    assert message["Date"].datetime == NOW
    assert message["List-Unsubscribe"] == "<https://news.example.org/unsubscribe/token1>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == '"A Slow Kind of Luck" <newsletter.blog.example.org>'
    assert message["Auto-Submitted"] == "auto-generated"


def sound(arrived: Arrived) -> None:
    """ASCII, CRLF only, short lines: nothing that a server on the way would change."""
    raw = arrived.raw
    assert raw.isascii()
    assert raw.count(b"\r\n") == raw.count(b"\r") == raw.count(b"\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


HOSTILE = [
    "A\r\nBcc: other@example.org",
    "A\r\n.\r\nMAIL FROM:<x@example.org>",
    "<script>alert(1)</script>",
    "Größe 🎗 \u202eabc\u2028def",
    "=?utf-8?q?=0D=0ABcc:?=",
    "a" * 5000,
    "ä " * 2000,
]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_title_adds_no_header_and_no_recipient(server: Sink, words: str) -> None:
    mail = replace(
        MAIL,
        envelope=replace(MAIL.envelope, title=words, sender_name=words),
        rendered=replace(MAIL.rendered, subject=words, text=f"{words}\n", html=f"<p>{words}</p>"),
    )
    with smtp(server) as transport:
        assert submit(transport, mail=mail) == Taken()
    (arrived,) = server.arrived
    sound(arrived)
    assert arrived.recipients == ["reader1@clinic.example.org"]
    message = parsed(arrived.raw)
    assert message["Bcc"] is None
    assert message["Cc"] is None
    assert [message.get_all("To"), len(message.get_all("Subject", []))] == [
        ["reader1@clinic.example.org"], 1
    ]  # fmt: skip


texts = st.text(max_size=200) | st.text(".\r\n aä=", max_size=200)


def test_whatever_is_sent_arrives_as_it_is(server: Sink) -> None:
    """One connection takes them all: no message leaves anything behind."""
    with smtp(server) as transport:

        @given(subject=texts, text=texts, html=texts)
        def check(subject: str, text: str, html: str) -> None:
            server.arrived.clear()
            checksum = repr((subject, text, html))
            variant = replace(MAIL.rendered, subject=subject, text=text, html=html)
            mail = replace(MAIL, rendered=replace(variant, checksum=checksum))
            assert submit(transport, mail=mail) == Taken()
            (arrived,) = server.arrived
            sound(arrived)
            assert plain_text(arrived) == text.replace("\r\n", "\n").replace("\r", "\n")

        check()
    assert server.connections == 1


def plain_text(arrived: Arrived) -> str:
    """The plain part, decoded."""
    part = parsed(arrived.raw).get_body(("plain",))
    assert part is not None
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n")


def test_an_unknown_address_is_rejected_and_the_next_one_goes_on(server: Sink) -> None:
    server.unknown.add("reader1@clinic.example.org")
    with smtp(server) as transport:
        assert submit(transport, 1) == Taken(rejected={"id1": "550 5.1.1"})
        assert submit(transport, 2) == Taken()
    assert [message.recipients for message in server.arrived] == [["reader2@clinic.example.org"]]
    assert server.connections == 1


def test_a_notice_arrives_and_belongs_to_no_list(server: Sink) -> None:
    notice = Notice(to="admin@example.org", subject="Sent: 3", text="All is well.\n")
    with smtp(server) as transport:
        transport.notify(notice, MAIL.envelope, date=NOW)
    (arrived,) = server.arrived
    sound(arrived)
    message = parsed(arrived.raw)
    assert (message["To"], message["Subject"]) == ("admin@example.org", "Sent: 3")
    assert message["List-Id"] is None


def test_a_notice_that_is_refused_is_an_error_without_the_address(server: Sink) -> None:
    server.unknown.add("admin@example.org")
    notice = Notice(to="admin@example.org", subject="Sent", text="x")
    with smtp(server) as transport, pytest.raises(TransportError) as refused:
        transport.notify(notice, MAIL.envelope, date=NOW)
    assert "550 5.1.1" in refused.value.message
    assert "[notify] to" in refused.value.mend
    assert "admin@" not in str(refused.value)


# ---- addresses ---------------------------------------------------------------------------------


def test_a_domain_with_other_letters_goes_as_idna(server: Sink) -> None:
    with smtp(server) as transport:
        assert submit(transport, address="anna@münchen.example.org") == Taken()
    (arrived,) = server.arrived
    assert arrived.recipients == ["anna@xn--mnchen-3ya.example.org"]
    sound(arrived)


def test_a_name_with_other_letters_needs_a_server_that_takes_them(server: Sink) -> None:
    with smtp(server) as transport:
        answer = submit(transport, address="jürgen@example.org")
        assert answer == Taken(rejected={"id1": "needs-smtputf8"})
        assert submit(transport, 2) == Taken()
    assert len(server.arrived) == server.connections == 1
    with sink(utf8=True) as modern, smtp(modern) as transport:
        assert submit(transport, address="jürgen@example.org") == Taken()
        assert submit(transport, 2) == Taken()
    assert [message.recipients[0] for message in modern.arrived] == [
        "jürgen@example.org",
        "reader2@clinic.example.org",
    ]


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org>\r\nRCPT TO:<b@example.org",
        "a@example.org> SIZE=1",
        "a b@example.org",
        "nobody",
        "",
        "a@b@\x00",
    ],
)
def test_what_is_no_address_is_not_sent_to(server: Sink, address: str) -> None:
    with smtp(server) as transport:
        someone = person()._replace(address=address)
        answer = transport.submit(MAIL, [someone], date=NOW)
    assert answer == Taken(rejected={"id1": "bad-address"})
    assert server.connections == 0


# ---- connections -------------------------------------------------------------------------------


def test_one_connection_carries_many_messages(server: Sink) -> None:
    with smtp(server) as transport:
        assert [submit(transport, number) for number in range(20)] == [Taken()] * 20
    assert len(server.arrived) == 20
    assert server.connections == 1


def test_each_thread_has_a_connection_of_its_own(server: Sink) -> None:
    together = threading.Barrier(4)

    def work(transport: Smtp, first: int) -> None:
        together.wait(10)
        for number in range(first, first + 5):
            assert submit(transport, number) == Taken()

    with smtp(server) as transport:
        threads = [threading.Thread(target=work, args=(transport, n * 5)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = sorted(message.recipients[0] for message in server.arrived)
    assert found == sorted(person(number).address for number in range(20))
    assert 1 <= server.connections <= 4


def test_a_closed_transport_keeps_nothing_open(server: Sink) -> None:
    """Used again all the same, it connects for each message."""
    with smtp(server) as transport:
        submit(transport, 1)
        transport.close()
        assert submit(transport, 2) == submit(transport, 3) == Taken()
    assert server.connections == 3


# ---- encryption and login ----------------------------------------------------------------------


def test_a_password_goes_over_an_encrypted_connection_only(tls: Any) -> None:
    """STARTTLS by itself, the certificate looked at, and the login with letters beyond ASCII."""
    with (
        sink(starttls=tls, user=USER) as server,
        smtp(server, host=ELSEWHERE, user=USER, password=PASSWORD) as transport,
    ):
        assert transport.condition() == Condition()
        assert submit(transport) == Taken()
    (arrived,) = server.arrived
    assert (arrived.encrypted, arrived.user) == (True, USER)


def test_a_login_in_ascii_goes_by_what_both_know(tls: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.mailserver.PASSWORD", "plain-words")
    with (
        sink(starttls=tls, user="anna") as server,
        smtp(server, user="anna", password="plain-words") as transport,
    ):
        assert submit(transport) == Taken()
    assert server.arrived[0].user == "anna"


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_both_kinds_of_encryption(tls: Any, security: str) -> None:
    given = {"tls": tls} if security == "tls" else {"starttls": tls}
    with sink(**given) as server, smtp(server, host=ELSEWHERE, security=security) as transport:
        assert [submit(transport, n) for n in range(3)] == [Taken()] * 3
    assert all(message.encrypted for message in server.arrived)
    assert server.connections == 1


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("host", [ELSEWHERE, "127.0.0.1"])
def test_a_certificate_that_nobody_trusts_gets_no_mail(
    untrusted: Any, security: str, host: str
) -> None:
    given = {"tls": untrusted} if security == "tls" else {"starttls": untrusted}
    with sink(**given) as server, smtp(server, host=host, security=security) as transport:
        answer = submit(transport)
    assert isinstance(answer, NotTaken)
    assert "certificate that is not valid" in answer.error
    assert answer.mend
    assert server.arrived == []


def test_a_certificate_for_another_name_gets_no_mail(tls: Any) -> None:
    with sink(tls=tls) as server, smtp(server, host="127.0.1", security="tls") as transport:
        answer = submit(transport)
    assert isinstance(answer, NotTaken)
    assert "certificate that is not valid" in answer.error


def test_on_this_computer_a_made_up_certificate_will_do(untrusted: Any) -> None:
    """A mail server mostly makes one when it is installed; nobody is in between."""
    with sink(starttls=untrusted) as server, smtp(server) as transport:
        assert submit(transport) == Taken()
    assert server.arrived[0].encrypted


@pytest.mark.parametrize("security", ["auto", "starttls"])
def test_nothing_goes_in_clear_to_another_computer(server: Sink, security: str) -> None:
    with smtp(server, host=ELSEWHERE, security=security, user="a", password="b") as transport:
        answer = submit(transport)
        with pytest.raises(TransportError, match="offers no encryption"):
            transport.condition()
    assert isinstance(answer, Stopped)
    assert "offers no encryption" in answer.error
    assert "STARTTLS" in answer.mend
    assert server.arrived == []


def test_not_even_when_the_settings_want_it(server: Sink) -> None:
    with smtp(server, host=ELSEWHERE, security="none") as transport:
        answer = submit(transport)
    assert isinstance(answer, Stopped)
    assert 'security = "auto"' in answer.mend
    assert server.connections == 0


def test_encryption_that_is_asked_for_and_not_offered(server: Sink) -> None:
    with smtp(server, security="starttls") as transport:
        assert isinstance(submit(transport), Stopped)
    with smtp(server, security="tls", timeout=1.0) as transport:
        answer = submit(transport)
    assert isinstance(answer, NotTaken)
    assert "no encryption in common" in answer.error


@pytest.mark.parametrize(("user", "password"), [(USER, "wrong"), ("other", PASSWORD)])
def test_a_wrong_login_stops_the_edition(
    tls: Any, user: str, password: str, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        sink(starttls=tls, user=USER) as server,
        smtp(server, host=ELSEWHERE, user=user, password=password) as transport,
    ):
        answer = submit(transport)
        with pytest.raises(TransportError) as refused:
            transport.condition()
        assert password not in repr(transport) + repr(vars(transport)["_server"])
    assert isinstance(answer, Stopped)
    assert "does not accept the login (535 5.7.8)" in answer.error
    assert "NEWSLETTER_SMTP_PASSWORD" in answer.mend
    assert refused.value.mend == answer.mend
    assert password not in f"{answer}{refused.value}{refused.value.__dict__}"
    assert not any(password in record.getMessage() for record in ours(caplog))


def ours(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What was logged, but for the words of the server, which runs in the same process."""
    return [record for record in caplog.records if not record.name.startswith("mail.")]


def test_a_login_where_none_is_offered_stops_the_edition(server: Sink) -> None:
    with smtp(server, user="anna", password="x") as transport:
        answer = submit(transport)
    assert isinstance(answer, Stopped)
    assert "offers no login" in answer.error


def test_a_server_that_wants_a_login_says_so(tls: Any) -> None:
    with sink(starttls=tls, user=USER) as server, smtp(server) as transport:
        answer = submit(transport)
    assert isinstance(answer, Stopped)
    assert "wants another login (530" in answer.error


# ---- who is there ------------------------------------------------------------------------------


def test_the_condition_needs_nothing_but_an_answer(server: Sink) -> None:
    with smtp(server) as transport:
        assert transport.condition() == Condition(ahead=None, credits=None)
    assert server.arrived == []


def test_nobody_there() -> None:
    with sink() as gone:
        pass
    with smtp(gone) as transport:
        answer = submit(transport)
        with pytest.raises(TransportError, match="connection refused"):
            transport.condition()
    assert isinstance(answer, NotTaken)
    assert not answer.alone
    assert "host and port" in answer.mend


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", ".", "x" * 70 + ".org"])
def test_a_host_that_nobody_knows(host: str) -> None:
    with smtp(25, host=host) as transport:
        answer = submit(transport)
    assert isinstance(answer, NotTaken)
    assert "[delivery.smtp] host" in answer.mend


def test_what_it_is() -> None:
    with smtp(25) as transport:
        assert (transport.name, transport.channel) == ("smtp", Channel.REAL)
        assert (transport.repeatable, transport.one_by_one, transport.undo) == (False, True, None)
        assert transport.already_taken("2026-W47", ["id1"]) == frozenset()
        transport.finish("2026-W47", MAIL.rendered, 1)


def test_messages_are_safe_for_dkim(server: Sink) -> None:
    """List headers on one line each, and no line that a server would have to break."""
    with smtp(server) as transport:
        submit(transport)
    head = server.arrived[0].raw.partition(b"\r\n\r\n")[0].decode()
    listed = re.findall(r"^List-[^\r\n]*\r\n(?=[ \t])", head, re.MULTILINE)
    assert listed == []
    assert email.message_from_string(head, policy=email.policy.SMTP)["List-Unsubscribe-Post"]
