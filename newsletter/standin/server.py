"""The stand-in on a port of this computer, with everything that can go wrong on the way."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from newsletter.errors import UsageError
from newsletter.standin.answers import Answer, Asked, asked, failed, nginx, spoilt
from newsletter.standin.book import Seen
from newsletter.standin.control import control
from newsletter.standin.faults import Fault
from newsletter.standin.ledger import Ledger
from newsletter.standin.reports import is_loopback
from newsletter.standin.rules import Rules
from newsletter.standin.service import Service

LARGEST = 30 * 1024 * 1024
"""More bytes than this are refused by the web server in front of the application."""

_PIECE = 256 * 1024
_REST_SECONDS = 0.5
_PATIENCE = 500

Tell = Callable[[Seen], None]


class StandIn:
    """A stand-in that is running: `url` is its base, without a slash at the end."""

    def __init__(self, url: str, service: Service, folder: Path) -> None:
        self.url = url
        self.service = service
        self.ledger = Ledger(folder)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], service: Service, tell: Tell) -> None:
        super().__init__(address, _Handler)
        self.service = service
        self.tell = tell
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._pause = threading.Event()

    def hold_on_to(self, connection: socket.socket) -> None:
        """Remembers a connection, so that it can be closed when the stand-in ends."""
        with self._guard:
            self._open.add(connection)

    def let_go_of(self, connection: socket.socket) -> None:
        """Forgets a connection that has ended."""
        with self._guard:
            self._open.discard(connection)

    def hang_up(self) -> None:
        """Ends every connection, and waits until what was being done for them is done."""
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        waited = 0
        while self._open and waited < _PATIENCE:
            waited += 1
            self._pause.wait(0.01)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is nothing to report; anything else is shown."""
        if not isinstance(sys.exception(), (OSError, ValueError)):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    """One connection, kept alive over many requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.hold_on_to(self.connection)

    def finish(self) -> None:
        self.server.let_go_of(self.connection)
        for stream in (self.wfile, self.rfile):
            with contextlib.suppress(OSError):
                stream.close()

    def _any(self) -> None:
        service = self.server.service
        number = service.book.next_number()
        head = asked(number, self.command, self.path, dict(self.headers.items()))
        fault = service.fault_for(number, self.command, head.path)
        if fault is not None and (fault.kind, fault.after) == ("reset", False):
            self._tell(service.note(head, 0, fault))
            self._reset()
            return
        body = self._body(head)
        if body is not None and head.path.startswith("/control/"):
            self._write(control(service, replace(head, body=body)))
        elif body is not None:
            self._meet(replace(head, body=body), fault)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = do_HEAD = _any  # noqa: N815

    def _body(self, head: Asked) -> bytes | None:
        """The body; None if it was refused because of its size, which is answered here."""
        chunked = "transfer-encoding" in head.headers
        size = head.headers.get("content-length", "" if chunked else "0")
        if not size.isascii() or not size.isdecimal():
            self._refuse(head, failed(411))
            return None
        if int(size) > LARGEST:
            self._refuse(head, nginx(413), drop=int(size))
            return None
        body = self.rfile.read(int(size))
        if len(body) < int(size):  # the client went away in the middle: nothing was asked
            raise ConnectionAbortedError
        return body

    def _refuse(self, head: Asked, answer: Answer, drop: int = 0) -> None:
        """Answers at once, as nginx does, and lets the rest of the body run into the sand."""
        self.close_connection = True
        self._tell(self.server.service.note(head, answer.status, None))
        self._write(answer)
        self.connection.settimeout(5)
        while drop > 0 and (piece := self.rfile.read(min(_PIECE, drop))):
            drop -= len(piece)

    def _meet(self, head: Asked, fault: Fault | None) -> None:
        """Carries out a request, or not, and answers it, or not, as the fault says."""
        service, began = self.server.service, time.monotonic()
        if fault is not None and fault.kind == "late":
            service.letting_go.wait(service.rules.hold)
        acts = fault is None or fault.after or fault.kind == "late"
        answer = service.answer(head, fault) if acts else failed(500)
        if acts and answer.status >= 300:
            fault = None  # what is refused anyway is refused in the usual way
        self._tell(answer.noted or service.note(head, answer.status, fault))
        if service.rules.latency:
            service.closing.wait(max(0.0, began + service.rules.latency - time.monotonic()))
        self._reply(answer, fault)

    def _reply(self, answer: Answer, fault: Fault | None) -> None:
        kind = fault.kind if fault is not None else ""
        service = self.server.service
        if kind == "reset":
            self._reset()
        elif kind in {"hang", "close"}:
            self.close_connection = True
            if kind == "hang":
                service.letting_go.wait(service.rules.hold)
        elif kind == "cut":
            self.close_connection = True
            self._write(replace(answer, body=answer.body[:5]), promised=len(answer.body) + 64)
        elif kind.isdecimal():
            made_up = spoilt(int(kind))
            limits = service.limits(0 if kind == "429" else 1)
            headers = {**answer.headers, **limits, **made_up.headers}
            headers.pop("X-Message-Id", None)
            self._write(replace(made_up, headers=headers))
        else:
            self._write(answer)

    def _write(self, answer: Answer, promised: int | None = None) -> None:
        self.send_response_only(answer.status)
        self.send_header("Server", "nginx")
        self.send_header("Date", self.server.service.date())
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.kind:
            self.send_header("Content-Type", answer.kind)
        if answer.status != 204:
            size = len(answer.body) if promised is None else promised
            self.send_header("Content-Length", str(size))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def _reset(self) -> None:
        """Closes the connection with RST instead of FIN, and drops what was not read."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.rfile.close()
        self.connection.close()

    def _tell(self, seen: Seen) -> None:
        self.server.tell(seen)

    def log_message(self, *args: object) -> None:
        """Says nothing: `tell` is for that."""


def _nobody(_seen: Seen) -> None:
    """For those who do not want to be told of requests."""


@contextmanager
def serve(
    folder: Path,
    rules: Rules,
    clock: Callable[[], float],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tell: Tell = _nobody,
) -> Iterator[StandIn]:
    """A stand-in on a port (0: any free one) of this computer, until the block is left.

    `clock` gives the time in seconds since 1970. Raises UsageError for another host than the
    loopback address, a port that is taken, and a folder that cannot be written to.
    """
    if not is_loopback(host):
        raise UsageError(
            f"The stand-in does not answer on {host}: it is for this computer alone.",
            "Use 127.0.0.1.",
        )
    service = Service(folder, rules, clock)
    try:
        server = _bound(host, port, service, tell)
    except UsageError:
        service.book.close()
        raise
    stopping = threading.Event()
    threads = [
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True),
        threading.Thread(target=_pass_time, args=(service, stopping), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield StandIn(f"http://{host}:{server.server_address[1]}", service, folder)
    finally:
        stopping.set()
        service.letting_go.set()
        service.closing.set()
        server.shutdown()
        server.hang_up()
        for thread in threads:
            thread.join()
        server.server_close()
        service.book.close()


def _bound(host: str, port: int, service: Service, tell: Tell) -> _Server:
    try:
        return _Server((host, port), service, tell)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"The stand-in cannot use port {port}: {error}.", "Name another one with --port."
        ) from error


def _pass_time(service: Service, stopping: threading.Event) -> None:
    """Settles what becomes due, and posts events if the webhook is on."""
    while not stopping.wait(_REST_SECONDS):
        service.release()
        hook = json.loads(service.book.fact("webhook", "{}"))
        if hook.get("enabled") and hook.get("url"):
            with contextlib.suppress(UsageError):
                service.reports.post_to(str(hook["url"]))
