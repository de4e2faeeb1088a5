"""Our connections to SendGrid: how many, for how long, and what is known when one fails."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.delivery.answers import Answer, NotTaken, Refused, Taken, TooLarge, Unknown
from newsletter.delivery.transports.sendgrid import SendGrid
from newsletter.delivery.transports.sendgrid_connection import IDLE_SECONDS, Connections, NotWritten
from newsletter.errors import TransportError
from newsletter.standin.rules import KEY
from tests.rough import PATIENCE, TAKEN, Rough, answers, rough, takes_everything
from tests.sendgrid import NOW, mail, reader, transport
from tests.webserver import self_signed

LARGE = b"x" * 30_000_000
"""More than the buffers between two processes hold."""


def submit(sending: SendGrid) -> Answer:
    return sending.submit(mail(), [reader(1)], date=NOW)


def once(url: str, timeout: float = 10) -> Answer:
    sending = transport(url, timeout=timeout)
    try:
        return submit(sending)
    finally:
        sending.close()


def test_one_thread_posts_over_one_connection() -> None:
    with rough(takes_everything) as server:
        sending = transport(server.url)
        assert [submit(sending) for _ in range(5)] == [Taken(message_id="abc")] * 5
        assert server.connections == 1
        sending.close()


def test_each_thread_that_posts_has_its_own() -> None:
    together = threading.Barrier(3)

    def handle(server: Rough, wire: socket.socket) -> None:
        while server.request(wire):
            together.wait(PATIENCE)
            wire.sendall(TAKEN)

    with rough(handle) as server:
        sending = transport(server.url)
        found: list[Answer] = []
        threads = [
            threading.Thread(target=lambda: found.extend(submit(sending) for _ in range(4)))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 12
        assert all(isinstance(answer, Taken) for answer in found)
        assert server.connections == 3
        sending.close()


def test_what_rested_too_long_is_not_used_again() -> None:
    seconds = [0.0]
    with rough(takes_everything) as server:
        sending = transport(server.url, clock=lambda: seconds[0])
        for rested, connections in ((IDLE_SECONDS, 1), (IDLE_SECONDS + 0.1, 2), (1, 2)):
            submit(sending)
            seconds[0] += rested
            assert isinstance(submit(sending), Taken)
            assert server.connections == connections
        sending.close()


def test_what_the_server_has_closed_is_not_used_again() -> None:
    """A write into it would look whole, and nobody would know what became of it."""
    closed = threading.Event()

    def handle(server: Rough, wire: socket.socket) -> None:
        server.request(wire)
        wire.sendall(TAKEN)
        wire.close()
        closed.set()

    with rough(handle) as server:
        sending = transport(server.url)
        for number in (1, 2, 3):
            closed.clear()
            assert isinstance(submit(sending), Taken)
            assert closed.wait(PATIENCE)
            assert server.connections == number
        sending.close()


def test_closing_hangs_up() -> None:
    gone = threading.Event()

    def handle(server: Rough, wire: socket.socket) -> None:
        takes_everything(server, wire)
        gone.set()

    with rough(handle) as server:
        sending = transport(server.url)
        submit(sending)
        sending.close()
        assert gone.wait(PATIENCE)


# ---- certainly not taken ------------------------------------------------------------------------


def test_nobody_there() -> None:
    with rough(takes_everything) as server:
        url = server.url
    found = once(url)
    assert isinstance(found, NotTaken)
    assert found.mend


def test_a_name_that_is_none() -> None:
    assert isinstance(once(f"http://{'a' * 70}.example.org"), NotTaken)


def test_who_reads_nothing_got_nothing() -> None:
    with rough(takes_everything, deaf=True) as server:
        connections = Connections(server.url, timeout=0.3, proxy=None, clock=time.monotonic)
        began = time.monotonic()
        with pytest.raises(NotWritten):
            connections.post("/v3/mail/send", LARGE, {})
        assert time.monotonic() - began < 20


def test_a_connection_reset_in_the_middle_of_writing() -> None:
    def handle(_server: Rough, wire: socket.socket) -> None:
        wire.recv(10)

    with rough(handle) as server:
        connections = Connections(server.url, timeout=5, proxy=None, clock=time.monotonic)
        with pytest.raises(NotWritten):
            connections.post("/v3/mail/send", LARGE, {})


@pytest.mark.parametrize(
    ("status", "kind"), [(413, TooLarge), (400, Refused), (202, NotTaken), (500, NotTaken)]
)
def test_an_answer_before_the_end_of_the_request(status: int, kind: type[Answer]) -> None:
    """A refusal is believed; anything else was said of a request that never arrived whole."""
    raw = b"HTTP/1.1 %d Early\r\nContent-Length: 0\r\n\r\n" % status

    def handle(server: Rough, wire: socket.socket) -> None:
        wire.recv(10)
        wire.sendall(raw)
        server.closing.wait(PATIENCE)

    with rough(handle) as server:
        sending = transport(server.url, timeout=1)
        large = mail(words="x" * 15_000_000, text_only=True)
        found = sending.submit(large, [reader(1)], date=NOW)
        assert isinstance(found, kind)
        sending.close()


def test_too_many_bytes_are_not_even_posted() -> None:
    with rough(takes_everything) as server:
        sending = transport(server.url)
        found = sending.submit(mail(words="x" * 20_000_000), [reader(1)], date=NOW)
        assert isinstance(found, TooLarge)
        assert server.connections == 0


# ---- nobody knows -------------------------------------------------------------------------------


def drips(start: bytes, drop: bytes) -> Callable[[Rough, socket.socket], None]:
    """Begins to answer, and goes on a little at a time for ever."""

    def handle(server: Rough, wire: socket.socket) -> None:
        server.request(wire)
        wire.sendall(start)
        while not server.closing.wait(0.02):
            wire.sendall(drop)

    return handle


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 202 Accepted\r\n", b"X-Drip: 1\r\n"),
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 202 Accepted\r\n\r\n", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_a_server_that_drips_cannot_hold_us(start: bytes, drop: bytes) -> None:
    with rough(drips(start, drop)) as server:
        began = time.monotonic()
        assert isinstance(once(server.url, timeout=0.8), Unknown)
        assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 2",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\nabc",
        b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab",
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 99999999\r\n\r\n",
        b"HTTP/1.1 202 Accepted\r\nX-Long: %s\r\n\r\n" % (b"x" * 70_000),
        b"HTTP/1.1 202 Accepted\r\n%s\r\n" % (b"X-Many: 1\r\n" * 200),
        b"HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\n" + b"x" * 2_000_000,
    ],
)
def test_anything_but_a_whole_answer_is_unknown(raw: bytes) -> None:
    with rough(answers(raw)) as server:
        found = once(server.url)
        assert isinstance(found, Unknown)
        assert KEY not in found.error


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.0 202 Accepted\r\n\r\n",
        b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_whole_answer_in_any_form(raw: bytes) -> None:
    with rough(answers(raw)) as server:
        assert isinstance(once(server.url), Taken)


# ---- TLS and proxies ----------------------------------------------------------------------------


def over_tls(context: ssl.SSLContext) -> Callable[[Rough, socket.socket], None]:
    def handle(server: Rough, wire: socket.socket) -> None:
        with context.wrap_socket(wire, server_side=True) as secure:
            takes_everything(server, secure)

    return handle


def test_a_server_that_cannot_prove_its_name_gets_nothing(tmp_path: Path) -> None:
    context, _ = self_signed(tmp_path)
    with rough(over_tls(context)) as server:
        found = once(server.url.replace("http:", "https:"))
        assert isinstance(found, NotTaken)
        assert "certificate" in found.error
        assert server.heard == []


def test_kept_alive_over_tls(tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path)
    with rough(over_tls(context)) as server:
        trust = ssl.create_default_context(cafile=str(certificate))
        sending = transport(server.url.replace("http:", "https:"), trust=trust)
        assert [submit(sending) for _ in range(3)] == [Taken(message_id="abc")] * 3
        assert server.connections == 1
        sending.close()


def test_through_a_proxy_in_a_tunnel(tmp_path: Path) -> None:
    """The proxy learns the host and its own password, and nothing of the request."""
    context, certificate = self_signed(tmp_path)

    def proxy(server: Rough, wire: socket.socket) -> None:
        server.request(wire)
        wire.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        over_tls(context)(server, wire)

    with rough(proxy) as server:
        sending = transport(
            "https://127.0.0.1:9",
            proxy=f"http://me:s%3Acret@127.0.0.1:{server.port}",
            trust=ssl.create_default_context(cafile=str(certificate)),
        )
        assert [submit(sending) for _ in range(2)] == [Taken(message_id="abc")] * 2
        sending.close()
        asked, *posts = server.heard
        assert asked.startswith(b"CONNECT 127.0.0.1:9 ")
        assert b"Proxy-Authorization: Basic bWU6czpjcmV0" in asked
        assert KEY.encode() not in asked
        assert len(posts) == 2
        for post in posts:
            assert post.startswith(b"POST /v3/mail/send ")
            assert f"Authorization: Bearer {KEY}".encode() in post
            assert b"Proxy-Authorization" not in post


@pytest.mark.parametrize(
    "handler",
    [
        answers(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
        answers(b""),
        drips(b"HTTP/1.1 200 Connected\r\n", b"X-Drip: 1\r\n"),
        drips(b"HTTP/1.1 200 Connected\r\n\r\n", b""),
    ],
)
def test_a_proxy_that_lets_nothing_through(
    handler: Callable[[Rough, socket.socket], None],
) -> None:
    with rough(handler) as server:
        sending = transport("https://127.0.0.1:9", proxy=f"127.0.0.1:{server.port}", timeout=0.8)
        began = time.monotonic()
        assert isinstance(submit(sending), NotTaken)
        assert time.monotonic() - began < 20
        assert not any(post.startswith(b"POST") for post in server.heard)


@pytest.mark.parametrize(
    "proxy", ["socks5://127.0.0.1:9", "https://127.0.0.1:9", "http://a:b", "http://", "http://[::1"]
)
def test_a_proxy_of_another_kind_is_refused(proxy: str) -> None:
    with pytest.raises(TransportError) as refused:
        transport("https://api.example.org", proxy=proxy)
    assert refused.value.mend


def test_the_path_of_the_base_address_is_kept() -> None:
    with rough(takes_everything) as server:
        assert isinstance(once(f"{server.url}/sendgrid"), Taken)
        assert server.heard[0].startswith(b"POST /sendgrid/v3/mail/send HTTP/1.1\r\n")
