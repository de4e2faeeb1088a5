"""A server of bare sockets on loopback, whose every connection is handled by a given function."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

TAKEN = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: abc\r\nContent-Length: 0\r\n\r\n"
PATIENCE = 10.0


class Rough:
    """Such a server; `connections` are those accepted so far, `heard` what requests were read."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.connections = 0
        self.heard: list[bytes] = []
        self.closing = threading.Event()

    def request(self, wire: socket.socket) -> bytes:
        """Reads one whole request; b"" when the client has gone."""
        got = b""
        while b"\r\n\r\n" not in got:
            if not (piece := wire.recv(65536)):
                return b""
            got += piece
        head, _, body = got.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n")
             if line.lower().startswith(b"content-length")), 0)  # fmt: skip
        while len(body) < length:
            if not (piece := wire.recv(65536)):
                return b""
            body += piece
        self.heard.append(head + b"\r\n\r\n" + body)
        return self.heard[-1]


Handler = Callable[[Rough, socket.socket], object]


def takes_everything(server: Rough, wire: socket.socket) -> None:
    """Answers every request of a connection with 202."""
    while server.request(wire):
        wire.sendall(TAKEN)


def answers(raw: bytes) -> Handler:
    """Answers one request with these bytes, and closes the connection."""

    def handle(server: Rough, wire: socket.socket) -> None:
        server.request(wire)
        wire.sendall(raw)

    return handle


@contextlib.contextmanager
def rough(handler: Handler, *, deaf: bool = False) -> Iterator[Rough]:
    """The server, stopped at the end; `deaf`: it accepts nobody, and leaves them to the kernel."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.05)
    server = Rough(listening.getsockname()[1])
    threads: list[threading.Thread] = []

    def serve_one(wire: socket.socket) -> None:
        wire.settimeout(PATIENCE)
        with wire, contextlib.suppress(OSError):
            handler(server, wire)

    def accept() -> None:
        while not server.closing.is_set():
            with contextlib.suppress(TimeoutError):
                wire = listening.accept()[0]
                server.connections += 1
                threads.append(threading.Thread(target=serve_one, args=(wire,), daemon=True))
                threads[-1].start()

    accepting = threading.Thread(target=server.closing.wait if deaf else accept, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        server.closing.set()
        accepting.join()
        for thread in threads:
            thread.join(PATIENCE)
        listening.close()
