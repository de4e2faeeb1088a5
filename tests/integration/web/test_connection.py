"""What goes over one connection: the slow, the ambiguous, nonsense, and who hangs up."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn

from newsletter.cli.serve import listening
from newsletter.web.connection import Connection
from newsletter.web.shield import HEADERS
from tests.webapp import Served, served

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server on SQLite; these tests change nothing in it."""
    with served(tmp_path_factory.mktemp("site")) as found:
        yield found


@contextmanager
def line_to(origin: str) -> Iterator[socket.socket]:
    where = urlsplit(origin)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=60) as line:
        yield line


def all_of(line: socket.socket) -> bytes:
    """What comes until the other side ends the connection."""
    return line.makefile("rb").read()


class Hasty(Connection):
    """One that loses patience at once."""

    patience = 0.2


@contextmanager
def hasty_server(answer_when: threading.Event) -> Iterator[str]:
    """A server whose one page is ready when the test says so."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await asyncio.to_thread(answer_when.wait)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"At last."})

    config = uvicorn.Config(app, http=Hasty, ws="none", lifespan="off", log_config=None)
    with listening("127.0.0.1", 0) as at:
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [at]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{at.getsockname()[1]}"
        finally:
            answer_when.set()
            server.should_exit = True
            thread.join()


@pytest.mark.parametrize("begun", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_who_does_not_say_what_she_wants_is_not_waited_for(begun: bytes) -> None:
    with hasty_server(threading.Event()) as origin, line_to(origin) as line:
        line.sendall(begun)
        assert all_of(line) == b""


def test_who_says_it_letter_by_letter_is_not_waited_for_either() -> None:
    """Each further octet is no new beginning."""
    with hasty_server(threading.Event()) as origin, line_to(origin) as line:
        deadline = time.monotonic() + 60
        line.settimeout(0.01)
        while not _is_closed(line):
            assert time.monotonic() < deadline, "the server waits for ever"


def _is_closed(line: socket.socket) -> bool:
    """Says one more letter, and looks whether somebody listens still."""
    try:
        line.sendall(b"G")
        return line.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_a_request_that_is_being_answered_has_all_the_time_it_needs() -> None:
    """By the time the other one was given up, the first one's time would have been over as well."""
    ready = threading.Event()
    with hasty_server(ready) as origin, line_to(origin) as asked, line_to(origin) as silent:
        asked.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        with line_to(origin) as later:
            assert (all_of(silent), all_of(later)) == (b"", b"")
        ready.set()
        assert b"At last." in all_of(asked)


def test_a_length_told_in_two_ways_ends_the_connection(site: Served) -> None:
    """Else what one server takes for a body, the next one takes for another's request."""
    with line_to(site.origin) as line:
        line.sendall(
            b"POST /unsubscribe/x HTTP/1.1\r\nHost: x\r\n" + FORM + b"Content-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        told = all_of(line)
    assert told.startswith(b"HTTP/1.1 400 ")
    assert told.count(b"HTTP/1.1") == 1


def test_what_is_no_request_is_told_so_under_the_same_headers(site: Served) -> None:
    with line_to(site.origin) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nBad header\r\n\r\n")
        told = all_of(line).decode()
    assert told.startswith("HTTP/1.1 400 ")
    assert all(f"\r\n{name}: {value}\r\n" in told for name, value in HEADERS.items())


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
def test_another_protocol_is_not_spoken_and_nobody_is_told(
    site: Served, caplog: pytest.LogCaptureFixture, protocol: bytes
) -> None:
    with line_to(site.origin) as line:
        line.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: " + protocol + b"\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        )
        assert line.makefile("rb").readline().startswith(b"HTTP/1.1 200 ")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_who_hangs_up_is_no_fault_of_the_server(
    site: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """It is counted, but neither as answered nor told of as an error."""
    with line_to(site.origin) as line:
        line.sendall(
            b"POST /unsubscribe/x HTTP/1.1\r\nHost: x\r\n" + FORM + b"Content-Length: 50\r\n\r\na"
        )
    deadline = time.monotonic() + 60
    counted = 'newsletter_requests_total{method="POST",route="/unsubscribe/{token}",status="none"}'
    while counted not in site.get("/metrics").text:
        assert time.monotonic() < deadline
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
