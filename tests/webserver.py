"""A small real web server on loopback, whose every path can be told how to behave."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import pytest


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a client asked; header names are lower-case."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Page:
    """How a path answers. `length` overrides Content-Length, None leaves it to the body.

    `delay` is in seconds, before the answer; `drip` between single bytes of the body, and
    `head_drip` between single headers that never end.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    delay: float = 0
    drip: float = 0
    head_drip: float = 0
    chunked: bool = False


Answer = Page | Callable[[Request], Page]


class WebServer:
    """Pages by path (query included); anything else is `otherwise`. Every request is kept."""

    def __init__(self, scheme: str, port: int) -> None:
        self.origin = f"{scheme}://127.0.0.1:{port}"
        self.pages: dict[str, Answer] = {}
        self.otherwise: Answer = Page(status=404)
        self.requests: list[Request] = []
        self.closing = threading.Event()

    def url(self, path: str = "/") -> str:
        """The full address of a path."""
        return self.origin + path

    def redirect(self, path: str, target: str, status: int = 301) -> None:
        """Lets a path redirect to a target, relative or absolute."""
        self.pages[path] = Page(status=status, headers={"Location": target})

    def asked(self, path: str) -> list[Request]:
        """The requests for one path."""
        return [request for request in self.requests if request.path == path]

    def answer(self, request: Request) -> Page:
        """The page for a request."""
        self.requests.append(request)
        page = self.pages.get(request.path, self.otherwise)
        return page(request) if callable(page) else page


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: WebServer

    def do_GET(self) -> None:
        self.close_connection = True
        headers = {name.lower(): value for name, value in self.headers.items()}
        page = self.site.answer(Request(method=self.command, path=self.path, headers=headers))
        with contextlib.suppress(OSError):
            self._send(page)

    do_HEAD = do_GET  # noqa: N815 - the standard library looks for this name

    def _send(self, page: Page) -> None:
        self._wait(page.delay)
        if page.head_drip:
            self._drip_headers(page)
        self.send_response_only(page.status)
        length = len(page.body) if page.length is None else page.length
        framing = {"Transfer-Encoding": "chunked"} if page.chunked else \
            {"Content-Length": str(length)}  # fmt: skip
        if page.status in (204, 304):
            framing = {}
        for name, value in {**framing, "Connection": "close", **page.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self._send_body(page)

    def _drip_headers(self, page: Page) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.site.closing.is_set():
            self.wfile.write(b"X-Drip: 1\r\n")
            self._wait(page.head_drip)

    def _send_body(self, page: Page) -> None:
        pieces = [page.body[i : i + 1] for i in range(len(page.body))] if page.drip else [page.body]
        for piece in pieces:
            if self.site.closing.is_set():
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if page.chunked else piece)
            self._wait(page.drip)
        if page.chunked and page.length is None:
            self.wfile.write(b"0\r\n\r\n")

    def _wait(self, seconds: float) -> None:
        """Waits on purpose: this server plays a slow one, until it is closed."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.site.closing.wait(left):
            pass

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing."""


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news."""


@contextlib.contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """A server on a free port, stopped at the end."""
    server = _Quiet(("127.0.0.1", 0), _Handler)
    site = WebServer("https" if tls else "http", server.server_address[1])
    server.RequestHandlerClass = type("Handler", (_Handler,), {"site": site})
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def self_signed(folder: Path, *names: str) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context for 127.0.0.1 and these names, and the certificate that nobody
    trusts.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "newsletter test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.IPAddress(IPv4Address("127.0.0.1")), *map(x509.DNSName, names)]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )  # the newer Pythons want it to be there
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = folder / "key.pem"
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, secret)
    return context, path


@pytest.fixture
def web() -> Iterator[WebServer]:
    """A plain web server on loopback."""
    with serving() as site:
        yield site
