"""SMTP with a server that fails at every step: of each message exactly what is known is said."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from newsletter.delivery.answers import Answer, NotTaken, Stopped, Taken, Unknown
from newsletter.delivery.message import Notice
from newsletter.delivery.transports.contract import Mail
from newsletter.delivery.transports.smtp import Smtp
from newsletter.delivery.transports.smtp_connection import Server
from newsletter.errors import TransportError
from tests.mailserver import MAIL, Failing, Say, failing, parsed, person
from tests.webserver import self_signed

NOW = datetime(2026, 11, 16, 8, 30, tzinfo=UTC)
ADDRESS = "annabella@meadow.example.org"
SHORT = 0.4
"""Seconds that a server is waited for which says nothing."""

BIG = replace(MAIL, rendered=replace(MAIL.rendered, text="x" * 10_000_000 + "\n", checksum="big"))
"""More than the sockets of both sides hold, so that it takes the server to write it all."""


@pytest.fixture
def server() -> Iterator[Failing]:
    with failing() as running:
        yield running


@contextmanager
def smtp(
    server: Failing, clock: Callable[[], float] = time.monotonic, **given: Any
) -> Iterator[Smtp]:
    values = {"host": "127.0.0.1", "name": "blog.example.org", "timeout": 10.0, **given}
    transport = Smtp(Server(port=server.port, **values), clock=clock)
    try:
        yield transport
    finally:
        transport.close()


def submit(transport: Smtp, number: int = 1, mail: Mail = MAIL) -> Answer:
    return transport.submit(mail, [person(number, ADDRESS)], date=NOW)


def patience(how: Say) -> float:
    """Short where a server says nothing, and else long: a busy computer is no fault."""
    return SHORT if how.hang else 10.0


def kind(answer: Answer) -> str:
    """The answer in a word; what it says never has the address in it, nor a part of it."""
    said = repr(answer)
    for secret in (ADDRESS, "annabella", "meadow"):
        assert secret not in said
    match answer:
        case Taken():
            reasons = list(answer.rejected.values())
            return f"rejected {reasons[0]}" if reasons else "taken"
        case NotTaken():
            return "not taken, alone" if answer.alone else "not taken"
        case Stopped():
            assert answer.mend
            return "stopped"
        case Unknown():
            assert answer.mend
            assert not answer.stop
            return "unknown"
    return said


# ---- each step ---------------------------------------------------------------------------------

STEPS = [
    ("HELLO", "421 4.3.2 not now", "not taken"),
    ("HELLO", "554 5.7.1 go away", "not taken"),
    ("MAIL", "421 4.3.2 not now", "not taken"),
    ("MAIL", "450 4.7.1 too fast", "not taken"),
    ("MAIL", "452 4.3.1 no room", "not taken"),
    ("MAIL", "530 5.7.0 log in first", "stopped"),
    ("MAIL", "550 5.7.1 not your address", "stopped"),
    ("MAIL", "553 sender unknown", "stopped"),
    ("MAIL", "354 what", "not taken"),
    ("MAIL", "what", "not taken"),
    ("RCPT", "421 4.3.2 not now", "not taken"),
    ("RCPT", f"450 4.2.1 {ADDRESS} is busy", "not taken, alone"),
    ("RCPT", f"451 4.7.1 grey, annabella of meadow.example.org <{ADDRESS}>", "not taken, alone"),
    ("RCPT", "452 4.2.2 over quota", "not taken, alone"),
    ("RCPT", "452 mailbox full", "not taken, alone"),
    ("RCPT", "452 4.5.3 too many recipients", "not taken"),
    ("RCPT", "452 too many messages on this connection", "not taken"),
    ("RCPT", "452 insufficient system storage", "not taken"),
    ("RCPT", f"550 5.1.1 <{ADDRESS}>: User unknown in relay recipient table", "rejected 550 5.1.1"),
    ("RCPT", "550 no such user", "rejected 550"),
    ("RCPT", "552-5.2.2 full,\r\n552 5.2.2 really full", "rejected 552 5.2.2"),
    ("RCPT", f"554 5.7.1 <{ADDRESS}>: Relay access denied", "stopped"),
    ("RCPT", f"454 4.7.1 <{ADDRESS}>: Relay access denied", "stopped"),
    ("RCPT", "550 5.7.54 Unable to relay recipient in non-accepted domain", "stopped"),
    ("RCPT", "553 sorry, that domain isn't in my list of allowed rcpthosts", "stopped"),
    ("RCPT", "550 5.7.1 Authentication required", "stopped"),
    ("RCPT", "354 what", "not taken"),
    ("DATA", "421 4.3.2 not now", "not taken"),
    ("DATA", "451 4.3.0 later", "not taken, alone"),
    ("DATA", "554 5.5.1 no valid recipients", "rejected 554 5.5.1"),
    ("DATA", "250 what", "not taken"),
    ("END", "421 4.3.2 not now", "not taken"),
    ("END", f"451 4.3.0 later, {ADDRESS}", "not taken, alone"),
    ("END", "550 5.7.1 it looks like spam", "rejected 550 5.7.1"),
    ("END", "554 mail for annabella@meadow.example.org refused", "rejected 554"),
    ("END", "354 what", "unknown"),
    ("END", "150 what", "unknown"),
    ("END", "999 what", "unknown"),
    ("END", f"what, {ADDRESS}", "unknown"),
    ("END", "251 forwarded", "taken"),
]  # fmt: skip


@pytest.mark.parametrize(("step", "reply", "expected"), STEPS)
def test_each_reply_at_each_step(server: Failing, step: str, reply: str, expected: str) -> None:
    """And whatever it was, the next message goes out."""
    server.plan(step, reply)
    with smtp(server) as transport:
        answer = submit(transport)
        assert kind(answer) == expected
        assert kind(submit(transport, 2)) == "taken"
    assert len(server.taken) == 1


LOST = [
    ("HELLO", "not taken"),
    ("EHLO", "not taken"),
    ("MAIL", "not taken"),
    ("RCPT", "not taken"),
    ("DATA", "not taken"),
    ("END", "unknown"),
]


@pytest.mark.parametrize(("step", "expected"), LOST)
@pytest.mark.parametrize(
    "how",
    [
        Say(close=True),
        Say(reset=True),
        Say(hang=True),
        Say(text="25", cut=True, close=True),
        Say(text="250 2.0.0 taken", cut=True, close=True),
        Say(text="250-2.0.0 more follows\r\n", cut=True, close=True),
    ],
    ids=["close", "reset", "hang", "half a number", "half a line", "half a reply"],
)
def test_a_connection_that_is_lost_at_each_step(
    server: Failing, step: str, expected: str, how: Say
) -> None:
    server.plan(step, how)
    with smtp(server, timeout=patience(how)) as transport:
        assert kind(submit(transport)) == expected
        with smtp(server) as patient:
            assert kind(submit(patient if how.hang else transport, 2)) == "taken"
    assert len(server.taken) == 1
    assert server.connections == 2


# ---- where the final dot is --------------------------------------------------------------------


@pytest.mark.parametrize("how", [Say(close=True), Say(reset=True), Say(hang=True)])
def test_what_was_lost_before_the_final_dot_certainly_was_not_taken(
    server: Failing, how: Say
) -> None:
    server.plan("BODY", how)
    with smtp(server, timeout=patience(how)) as transport:
        assert kind(submit(transport, mail=BIG)) == "not taken"
    with smtp(server) as transport:
        assert kind(submit(transport, 2)) == "taken"
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("552 5.3.4 too big", "rejected 552 5.3.4"),
        ("421 4.3.2 closing", "not taken"),
        ("451 4.3.0 later", "not taken, alone"),
        ("250 2.0.0 taken already", "not taken"),
    ],
)
def test_who_answers_before_the_end_gets_no_final_dot(
    server: Failing, reply: str, expected: str
) -> None:
    """And no command either, which would be taken for more of the message."""
    server.plan("BODY", reply)
    with smtp(server) as transport:
        assert kind(submit(transport, mail=BIG)) == expected
        assert kind(submit(transport, 2)) == "taken"
    assert len(server.taken) == 1


class Interrupted:
    """A clock at whose n-th look somebody presses Ctrl-C."""

    def __init__(self) -> None:
        self.left = -1

    def __call__(self) -> float:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return time.monotonic()


@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
def test_an_interruption_leaves_nothing_for_the_next_message(server: Failing, kept: bool) -> None:
    """Wherever it comes: the connection is given up, so that no command gets into a message."""
    clock, interrupted = Interrupted(), 0
    for moment in range(1, 30):
        with smtp(server, clock) as transport:
            if kept:
                assert kind(submit(transport, 2)) == "taken"
            clock.left = moment
            try:
                submit(transport, 1)
            except KeyboardInterrupt:
                interrupted += 1
            clock.left = -1
            assert kind(submit(transport, 2)) == "taken"
    assert interrupted >= 10
    for raw in server.taken:
        assert raw.endswith(b"--\r\n")
        assert parsed(raw)["Message-ID"] in ("<id1@blog.example.org>", "<id2@blog.example.org>")


# ---- a server that drips, or never ends --------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "expected"),
    [("HELLO", "not taken"), ("EHLO", "not taken"), ("RCPT", "not taken"), ("END", "unknown")],
)
def test_a_server_that_drips_is_not_waited_for_for_ever(
    server: Failing, step: str, expected: str
) -> None:
    server.plan(step, Say(text="250 2.0.0 a long word before the end", drip=0.4))
    with smtp(server, timeout=0.5) as transport:
        begin = time.monotonic()
        assert kind(submit(transport)) == expected
        assert time.monotonic() - begin < transport.longest + 5  # and not 15 seconds


def test_a_slow_server_has_all_the_time_there_is_to_say_what_it_took(server: Failing) -> None:
    """Longer than one answer may take: giving up there leaves a message that nobody knows of."""
    server.plan("END", Say(text="250 ok", drip=0.15))
    with smtp(server, timeout=1.0) as transport:
        assert kind(submit(transport)) == "taken"


@pytest.mark.parametrize("lines", ["250-x\r\n" * 20_000, "250-" + "x" * 100_000])
def test_a_reply_without_an_end_is_none(server: Failing, lines: str) -> None:
    server.plan("EHLO", Say(text=lines, cut=True, hang=True))
    with smtp(server) as transport:
        assert kind(submit(transport)) == "not taken"


# ---- kept connections --------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    "how", [Say(close=True), Say(reset=True), Say(text="421 4.7.0 too many", close=True)]
)
def test_a_kept_connection_that_ends_costs_no_try(server: Failing, step: str, how: Say) -> None:
    """The message was not begun, so it goes over a new one at once."""
    server.plan(step, None, how)
    with smtp(server) as transport:
        assert [kind(submit(transport, n)) for n in (1, 2, 3)] == ["taken"] * 3
    assert server.connections == 2
    assert len(server.taken) == 3


@pytest.mark.parametrize(
    "reply", ["452 4.5.3 too many recipients", "450 4.7.0 Too many messages in this session"]
)
def test_a_server_that_wants_a_new_connection_now_and_then_gets_one(
    server: Failing, reply: str
) -> None:
    server.plan("RCPT", None, reply, None, reply)
    with smtp(server) as transport:
        assert [kind(submit(transport, n)) for n in range(4)] == ["taken"] * 4
    assert server.connections == 3


def test_a_sender_that_is_refused_is_tried_on_a_new_connection_once(server: Failing) -> None:
    """What is said to a second message may be about the first."""
    server.plan("MAIL", None, "550 5.5.1 one is enough", None, "550 5.7.1 no", "550 5.7.1 no")
    with smtp(server) as transport:
        assert [kind(submit(transport, n)) for n in range(3)] == ["taken", "taken", "stopped"]
    assert server.connections == 3


@pytest.mark.parametrize("text", ["250 2.0.0 taken", "250 2.0.0 taken\r\n421 4.4.2 bye"])
def test_a_connection_that_was_ended_after_a_message_is_not_used_again(
    server: Failing, text: str
) -> None:
    server.plan("END", Say(text=text, close=True))
    with smtp(server) as transport:
        assert [kind(submit(transport, n)) for n in range(2)] == ["taken"] * 2
    assert server.connections == 2


class Clock:
    """The monotonic clock, moved forward."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


def test_a_connection_that_was_idle_is_asked_whether_it_is_still_there(server: Failing) -> None:
    clock = Clock()
    with smtp(server, clock) as transport:
        submit(transport, 1)
        clock.ahead += 4
        submit(transport, 2)
        assert "NOOP" not in [command.upper() for command in server.commands]
        clock.ahead += 6
        assert kind(submit(transport, 3)) == "taken"
        assert [command.upper() for command in server.commands].count("NOOP") == 1
    assert server.connections == 1


@pytest.mark.parametrize(
    "how", [Say(text="421 4.4.2 idle"), Say(close=True), Say(hang=True), Say(text="500 what")]
)
def test_an_idle_connection_that_is_gone_is_replaced(server: Failing, how: Say) -> None:
    clock = Clock()
    server.plan("NOOP", how)
    with smtp(server, clock, timeout=1.0 if how.hang else 10.0) as transport:
        submit(transport, 1)
        clock.ahead += 60
        assert kind(submit(transport, 2)) == "taken"
    assert server.connections == 2


def test_after_a_refusal_the_server_is_told_to_forget(server: Failing) -> None:
    server.plan("RCPT", "550 5.1.1 unknown", "550 5.1.1 unknown")
    server.plan("RSET", None, "421 4.3.0 bye")
    with smtp(server) as transport:
        assert [kind(submit(transport, n)) for n in range(2)] == ["rejected 550 5.1.1"] * 2
        assert kind(submit(transport, 3)) == "taken"
    assert [c.upper() for c in server.commands].count("RSET") == 2
    assert server.connections == 2


def test_a_connection_in_use_is_left_alone_by_close(server: Failing) -> None:
    """Its message ends as it would have; nothing gets in between."""
    server.plan("END", Say(text="250 2.0.0 taken in the end", drip=0.02))
    answers: list[Answer] = []
    with smtp(server) as transport:
        thread = threading.Thread(target=lambda: answers.append(submit(transport, mail=BIG)))
        thread.start()
        while not any(command.upper().startswith("DATA") for command in server.commands):
            time.sleep(0.005)
        transport.close()
        thread.join()
    assert [kind(answer) for answer in answers] == ["taken"]
    assert b"QUIT" not in server.taken[0]


# ---- getting in --------------------------------------------------------------------------------


def test_an_old_server_is_greeted_the_old_way(server: Failing) -> None:
    server.plan("EHLO", "502 5.5.1 what")
    with smtp(server) as transport:
        assert kind(submit(transport)) == "taken"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Say(text="535 5.7.8 the word geheim is wrong"), "stopped"),
        (Say(text="534 5.7.9 geheim is not for programs"), "stopped"),
        (Say(text="530 5.7.0 no"), "stopped"),
        (Say(text="454 4.7.0 try later, geheim"), "not taken"),
        (Say(text="421 4.3.0 geheim"), "not taken"),
        (Say(text="334 !!not base64!! geheim"), "not taken"),
        (Say(close=True), "not taken"),
        (Say(hang=True), "not taken"),
    ],
)
def test_a_login_that_fails(server: Failing, reply: Say, expected: str) -> None:
    """Whatever the server says, the password is in no word of ours."""
    server.plan("EHLO", *["250-mail.example.org\r\n250 AUTH PLAIN LOGIN CRAM-MD5"] * 2)
    server.plan("AUTH", *[reply] * 6)
    with smtp(server, user="anna", password="geheim", timeout=patience(reply)) as transport:
        answer = submit(transport)
        assert kind(answer) == expected
        assert "geheim" not in repr(answer)
        assert isinstance(answer, Stopped | NotTaken)
        assert answer.mend
        with pytest.raises(TransportError) as refused:
            transport.condition()
        assert "geheim" not in repr(refused.value) + str(refused.value.__dict__)


@pytest.mark.parametrize(
    "how",
    [Say(text="454 4.7.0 no TLS now"), Say(close=True), Say(hang=True), Say(text="220 but no TLS")],
)
def test_encryption_that_does_not_come_about(server: Failing, how: Say) -> None:
    """Offered and then not given: nothing is sent in clear instead."""
    server.plan("EHLO", "250-mail.example.org\r\n250 STARTTLS")
    server.plan("STARTTLS", how)
    with smtp(server, timeout=SHORT) as transport:
        answer = submit(transport)
    assert kind(answer) == "not taken"
    assert isinstance(answer, NotTaken)
    assert answer.mend
    assert server.taken == []


def test_what_was_said_before_the_encryption_does_not_count_after_it(tmp_path: Path) -> None:
    """Somebody in between could have put it there (CVE-2011-0411)."""
    context, _ = self_signed(tmp_path)
    with failing(context) as server:
        server.plan("EHLO", "250-mail.example.org\r\n250 STARTTLS", "250 mail.example.org")
        server.plan("STARTTLS", "220 go on\r\n250-mail.example.org\r\n250 AUTH PLAIN")
        with smtp(server, user="anna", password="geheim") as transport:
            answer = submit(transport)
    assert kind(answer) == "stopped"
    assert isinstance(answer, Stopped)
    assert "offers no login" in answer.error
    assert not any(command.startswith("AUTH") for command in server.commands)


@pytest.mark.parametrize("step", ["HELLO", "EHLO", "NOOP"])
@pytest.mark.parametrize("how", [Say(close=True), Say(hang=True), Say(text="421 4.3.2 no")])
def test_the_condition_is_an_error_when_the_server_is_not_well(
    server: Failing, step: str, how: Say
) -> None:
    server.plan(step, how)
    with smtp(server, timeout=SHORT) as transport, pytest.raises(TransportError) as error:
        transport.condition()
    assert error.value.message
    assert error.value.mend


def test_something_else_that_listens_there_is_not_waited_for_for_ever() -> None:
    """A port for TLS that is greeted in clear, for one: it says nothing, and neither do we."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = Server(
            host="127.0.0.1", port=silent.getsockname()[1], name="x.example.org", timeout=SHORT
        )
        answer = Smtp(server, clock=time.monotonic).submit(MAIL, [person()], date=NOW)
    assert isinstance(answer, NotTaken)
    assert "did not answer in time" in answer.error
    assert "465" in answer.mend


@pytest.mark.parametrize(
    ("step", "how"),
    [
        ("MAIL", Say(text="550 5.7.1 not your address")),
        ("RCPT", Say(text="550 5.1.1 unknown")),
        ("DATA", Say(text="451 4.3.0 later")),
        ("END", Say(close=True)),
        ("HELLO", Say(text="554 no")),
    ],
)
def test_a_notice_that_was_not_certainly_taken_is_an_error(
    server: Failing, step: str, how: Say
) -> None:
    server.plan(step, how)
    notice = Notice(to=ADDRESS, subject="Sent", text="x")
    with smtp(server) as transport, pytest.raises(TransportError) as error:
        transport.notify(notice, MAIL.envelope, date=NOW)
    assert ADDRESS not in str(error.value)
