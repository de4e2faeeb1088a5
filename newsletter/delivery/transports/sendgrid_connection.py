"""Our own connections to SendGrid's Web API: kept alive, limited in time, and exact about an end.

What matters is where a failed request failed. Before its last byte was written it certainly was not
taken; after that nobody knows. So a connection that the other side may have closed meanwhile is not
used again: a write into it would look whole, and be lost.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import selectors
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import cast
from urllib.parse import SplitResult, unquote, urlsplit

import certifi

from newsletter.delivery.transports.sendgrid_wire import Clock, Wire
from newsletter.delivery.transports.time_limit import within
from newsletter.errors import TransportError

IDLE_SECONDS = 5.0
"""A connection that rested for longer is not used again; servers close theirs after a while."""

LONGEST_WRITE = 60.0
"""In seconds, to connect and write a request, if the time limit does not say less. The undo window
leaves two minutes beside the time limit, and this is a part of them."""

KEY_MEND = (
    "Make an API key in SendGrid under Settings > API Keys, and put it into .env as"
    " SENDGRID_API_KEY=… (for an account in the EU also set [delivery.sendgrid] base_url)."
)

LARGEST_ANSWER = 1024 * 1024
_EARLY_SECONDS = 2.0
_LONGEST_WORDS = 150


class NotWritten(Exception):
    """The request certainly never arrived whole. `reply`: what was answered before its end."""

    def __init__(self, error: str, reply: Reply | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.reply = reply


class NoReply(Exception):
    """The request was written, and no whole answer came."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer; the names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connections:
    """Keeps one connection for each thread that is posting. May be used by many threads.

    `timeout` is in seconds, for the whole of an answer; `proxy` is a URL (http) or nothing;
    `trust` replaces the usual authorities. Raises TransportError for a proxy that cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout: float,
        proxy: str | None,
        clock: Clock,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._route = _Route(base_url, proxy, trust)
        self._timeout = timeout
        self._clock = clock
        self._resting: deque[_Kept] = deque()
        self._closed = False

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """The answer to one POST; redirects are not followed. Raises NotWritten and NoReply."""
        written_by = self._clock() + min(self._timeout, LONGEST_WRITE)
        connection = self._rested() or self._fresh(written_by - self._clock())
        try:
            _wire(connection).deadline = written_by
            self._write(connection, path, body, headers)
            reply = _read(connection, self._clock() + self._timeout)
        except BaseException:  # an interruption by hand too leaves it in the middle of something
            connection.close()
            raise
        self._put_back(connection)
        return reply

    def close(self) -> None:
        """Closes what rests, and later what is under way."""
        self._closed = True
        while self._resting:
            self._resting.pop().connection.close()

    def _rested(self) -> http.client.HTTPConnection | None:
        """The connection that was used last, if it may be used again."""
        while self._resting:
            with contextlib.suppress(IndexError):  # another thread was quicker
                kept = self._resting.pop()
                if self._clock() - kept.since <= IDLE_SECONDS and not _is_readable(kept.connection):
                    return kept.connection
                kept.connection.close()
        return None

    def _fresh(self, seconds: float) -> http.client.HTTPConnection:
        """A new one; name resolution, a proxy and TLS share the time. Raises NotWritten."""
        connection = self._route.connection(seconds)
        try:
            within(seconds, partial(_open, connection), late=lambda _: connection.close())
        except TimeoutError:
            raise NotWritten("no connection in time") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotWritten(_words(error)) from None
        connection.auto_open = 0
        connection.sock = cast("socket.socket", Wire(connection.sock, self._clock))
        return connection

    def _write(
        self,
        connection: http.client.HTTPConnection,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
    ) -> None:
        try:
            connection.request("POST", self._route.target(path), body, headers)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotWritten(_words(error), self._early(connection)) from None

    def _early(self, connection: http.client.HTTPConnection) -> Reply | None:
        """What a server said that refused a request in the middle, as for one that is too large."""
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError, NoReply):
            return _read(connection, self._clock() + min(self._timeout, _EARLY_SECONDS))
        return None

    def _put_back(self, connection: http.client.HTTPConnection) -> None:
        if self._closed or connection.sock is None:
            connection.close()
        else:
            self._resting.append(_Kept(connection, self._clock()))


@dataclass(frozen=True, slots=True)
class _Kept:
    connection: http.client.HTTPConnection
    since: float


class _Route:
    """Whom to connect to, and what to ask for there."""

    def __init__(self, base_url: str, proxy: str | None, trust: ssl.SSLContext | None) -> None:
        self._to = urlsplit(base_url)
        self._through = _proxy_parts(proxy) if proxy else None
        self._trust = trust
        if trust is None and self._to.scheme == "https":
            self._trust = authorities()

    def target(self, path: str) -> str:
        """What stands in the first line of a request (RFC 9112 §3.2.1)."""
        return f"{self._to.path.rstrip('/')}{path}"

    def connection(self, seconds: float) -> http.client.HTTPConnection:
        """One that is not open yet; `seconds` are for each step of opening it.

        Without TLS it is this very computer (settings allow no other), and there is no proxy.
        """
        host, port, through = self._to.hostname or "", self._to.port, self._through
        if self._to.scheme == "http":
            return http.client.HTTPConnection(host, port or 80, timeout=seconds)
        if through is None:
            return http.client.HTTPSConnection(host, port, timeout=seconds, context=self._trust)
        made = http.client.HTTPSConnection(
            through.hostname or "", through.port or 80, timeout=seconds, context=self._trust
        )
        made.set_tunnel(host, port, _proxy_login(through))
        return made


def authorization(key: str) -> str:
    """The header's value that carries the key. Raises TransportError for one that is none."""
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise TransportError("What SENDGRID_API_KEY holds is no key of SendGrid.", KEY_MEND)
    return f"Bearer {key}"


def authorities() -> ssl.SSLContext:
    """Whose word is taken for a server's name: the same authorities on every computer."""
    return ssl.create_default_context(cafile=certifi.where())


def _proxy_parts(proxy: str) -> SplitResult:
    """The parts of a proxy's address. Raises TransportError for one that cannot be used."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if parts.scheme == "http" and parts.hostname and parts.port != 0:
            return parts
    except ValueError:  # the port is no number, for example
        pass
    raise TransportError(
        "The proxy that the environment names cannot be used for SendGrid.",
        "Set HTTPS_PROXY to one that is reached by http://, or take it away.",
    )


def _proxy_login(proxy: SplitResult) -> dict[str, str]:
    """The header a proxy with a name and password wants (RFC 9110 §11.7.2)."""
    if proxy.username is None:
        return {}
    given = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(given.encode()).decode()}"}


def _open(connection: http.client.HTTPConnection) -> None:
    try:
        connection.connect()
    except BaseException:
        connection.close()
        raise


def _wire(connection: http.client.HTTPConnection) -> Wire:
    return cast("Wire", connection.sock)


def _is_readable(connection: http.client.HTTPConnection) -> bool:
    """Whether something came that nobody asked for: the end, most likely."""
    with selectors.DefaultSelector() as selector:
        selector.register(_wire(connection).wire, selectors.EVENT_READ)
        return bool(selector.select(0))


def _read(connection: http.client.HTTPConnection, deadline: float) -> Reply:
    """The answer. Raises NoReply."""
    _wire(connection).deadline = deadline
    try:
        response = connection.getresponse()
        if (response.length or 0) > LARGEST_ANSWER:
            raise NoReply("its answer is far too long")
        body = response.read() if response.length is not None else _all_of(response)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoReply(_words(error)) from None
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status, headers, body)


def _all_of(response: http.client.HTTPResponse) -> bytes:
    """A body that does not say how long it is."""
    body = response.read(LARGEST_ANSWER + 1)
    if len(body) > LARGEST_ANSWER:
        raise NoReply("its answer has no end")
    return body


def _words(error: Exception) -> str:
    """What went wrong, short; the words of sockets and OpenSSL hold neither key nor address."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, http.client.RemoteDisconnected):
        return "the connection was closed without an answer"
    if isinstance(error, http.client.IncompleteRead):
        return "the answer broke off"
    if isinstance(error, http.client.HTTPException):
        return f"what answered does not speak HTTP ({type(error).__name__})"
    said = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return said[:_LONGEST_WORDS] if said and said.isprintable() else type(error).__name__
