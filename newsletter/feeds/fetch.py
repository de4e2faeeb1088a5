"""Fetches a feed or page over HTTP: once, politely, and within limits of time and size.

A failure is a FeedError whose `kind` is one of `answers.KINDS`. urllib3 is used here only.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from http.client import IncompleteRead
from typing import Final
from urllib.parse import unquote, urlsplit

import certifi
import urllib3
from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection

from newsletter.errors import FeedError
from newsletter.feeds import answers
from newsletter.feeds.addresses import check_url, is_same_site, redirect_target
from newsletter.feeds.body import Body
from newsletter.feeds.conditions import conditions
from newsletter.feeds.limits import USUAL
from newsletter.feeds.limits import Limits as Limits
from newsletter.model.feed import Fetched, Validators

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_ACCEPT: Final = (
    "application/atom+xml, application/rss+xml, application/feed+json;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, text/html;q=0.6, */*;q=0.5"
)
_PIECE: Final = 65536


@dataclass(slots=True)
class _Task:
    """One fetch on its way; `end` may be called from another thread to break it off."""

    url: str
    validators: Validators
    limits: Limits
    user_agent: str
    pool: urllib3.PoolManager
    method: str
    stay: bool
    result: Fetched | BaseException | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    wire: socket.socket | None = None
    broken_off: bool = False

    def connected(self, wire: socket.socket) -> None:
        self.wire = wire
        if self.broken_off:
            self.end()

    def end(self) -> None:
        self.broken_off = True
        if self.wire is not None:
            with contextlib.suppress(OSError):
                # The socket's own shutdown, as that of a TLS socket would drop its state under
                # the reading thread's feet.
                socket.socket.shutdown(self.wire, socket.SHUT_RDWR)


_current: Final = threading.local()


class _Http(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _current.task.connected(self.sock)


class _Https(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _current.task.connected(self.sock)


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Https


def fetch(
    url: str,
    *,
    validators: Validators | None = None,
    limits: Limits = USUAL,
    user_agent: str,
    proxy: str | None = None,
    trust: ssl.SSLContext | None = None,
    method: str = "GET",
    stay: bool = False,
) -> Fetched:
    """What a server answers to one request, redirects followed; a 304 has `body` None.

    `validators` are those of the last answer for this very URL. A name and password in the URL go
    to its own origin only. `proxy` is a URL; the environment is not asked. `trust` replaces the
    usual authorities. With `stay` a redirect to another site is an answer, and is not followed.
    Raises FeedError.
    """
    check_url(url)
    pool, known = _pool(proxy, trust), validators or Validators()
    task = _Task(url.strip(), known, limits, user_agent, pool, method, stay)
    # A thread of its own, since nothing else bounds name resolution or dripping headers.
    threading.Thread(target=_run, args=(task,), name="fetch", daemon=True).start()
    if not task.ended.wait(limits.total):
        task.end()
        raise answers.too_slow(url, limits.total)
    if isinstance(task.result, Fetched):
        return task.result
    if isinstance(task.result, FeedError):
        raise task.result
    raise _failure(url, task.result, limits) from task.result


def _run(task: _Task) -> None:
    _current.task = task
    try:
        with task.pool:
            task.result = _follow(task)
    except BaseException as error:  # noqa: BLE001  handed to the waiting thread
        task.result = error
    finally:
        task.ended.set()


def _pool(proxy: str | None, trust: ssl.SSLContext | None) -> urllib3.PoolManager:
    context = trust or _authorities()
    pool = (
        urllib3.ProxyManager(proxy, ssl_context=context)
        if proxy
        else urllib3.PoolManager(ssl_context=context)
    )
    pool.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
    return pool


@cache
def _authorities() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


def _follow(task: _Task) -> Fetched:
    address = task.url
    for _ in range(task.limits.redirects + 1):
        with _asked(task, address) as response:
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or not location:
                return _answer(task, address, response)
            target = redirect_target(address, location)
            if task.stay and not is_same_site(address, target):
                return _answer(task, address, response)
        address = target
    raise answers.too_many_redirects(task.url, task.limits.redirects)


@contextlib.contextmanager
def _asked(task: _Task, address: str) -> Iterator[urllib3.BaseHTTPResponse]:
    response = task.pool.request(
        task.method,
        answers.shown(address).replace(" ", "%20"),
        headers=_headers(task, address),
        redirect=False,
        retries=False,
        preload_content=False,
        decode_content=False,
        timeout=urllib3.Timeout(connect=task.limits.connect, read=task.limits.read),
    )
    try:
        yield response
    finally:
        response.close()


def _headers(task: _Task, address: str) -> dict[str, str]:
    headers = {
        "Accept": _ACCEPT,
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": task.user_agent,
        **conditions(task.validators),
    }
    own, there = urlsplit(task.url), urlsplit(address)
    if own.username and (own.scheme, own.hostname, own.port) == (
        there.scheme,
        there.hostname,
        there.port,
    ):
        credentials = f"{unquote(own.username)}:{unquote(own.password or '')}"
        headers |= urllib3.make_headers(basic_auth=credentials)
    return headers


def _answer(task: _Task, address: str, response: urllib3.BaseHTTPResponse) -> Fetched:
    headers = {name.lower(): value for name, value in response.headers.items()}
    fetched = Fetched(
        url=task.url,
        final_url=answers.shown(address),
        http_status=response.status,
        headers=headers,
        validators=Validators(etag=headers.get("etag"), last_modified=headers.get("last-modified")),
    )
    if response.status == 304 and task.validators != Validators():
        return replace(fetched, not_modified=True, validators=task.validators)
    if task.stay and response.status in _REDIRECTS:
        return fetched
    if response.status not in {200, 203, 204}:
        raise answers.status_error(task.url, response.status, headers, _glimpse(response))
    return fetched if task.method == "HEAD" else replace(fetched, body=_body(task, response))


def _glimpse(response: urllib3.BaseHTTPResponse) -> bytes:
    """The beginning of an error's page, which may say who refuses."""
    body = Body("", "", 4 * _PIECE)
    with contextlib.suppress(exceptions.HTTPError, FeedError):
        for _ in range(8):
            piece = response.read1(_PIECE, decode_content=False)
            if not piece:
                break
            body.add(piece)
        return body.whole()
    return b""


def _body(task: _Task, response: urllib3.BaseHTTPResponse) -> bytes:
    body = Body(task.url, response.headers.get("content-encoding", ""), task.limits.max_bytes)
    received = 0
    while piece := response.read1(_PIECE, decode_content=False):
        received += len(piece)
        body.add(piece)
        if task.broken_off:
            raise answers.too_slow(task.url, task.limits.total)
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and received < int(announced) and response.status != 204:
        raise answers.cut_short(task.url)
    return body.whole()


def _failure(url: str, error: BaseException | None, limits: Limits) -> BaseException:
    """What went wrong on the way, in our words; anything but a fault of the network as it is."""
    for kinds, told in _TOLD:
        if isinstance(error, kinds):
            return told(url, error, limits)
    return error or RuntimeError("the fetch ended without a result")


def _unconnected(url: str, error: BaseException, _: Limits) -> FeedError:
    if isinstance(error.__cause__, ConnectionRefusedError):
        return answers.refused(url)
    return answers.no_connection(url)


def _untrusted(url: str, error: BaseException, _: Limits) -> FeedError:
    """OpenSSL's word for what is wrong with the certificate, if it is the certificate."""
    causes = (cause for cause in error.args if isinstance(cause, ssl.SSLCertVerificationError))
    return answers.certificate(url, next((cause.verify_message for cause in causes), ""))


def _broken(url: str, error: BaseException, _: Limits) -> FeedError:
    parts = (error, error.__context__, *error.args)
    if any(isinstance(part, IncompleteRead) for part in parts):
        return answers.cut_short(url)
    return answers.no_connection(url)


_Teller = Callable[[str, BaseException, Limits], FeedError]
_TOLD: Final[tuple[tuple[tuple[type[BaseException], ...], _Teller], ...]] = (
    ((exceptions.LocationValueError, UnicodeError), lambda url, *_: answers.invalid_url(url)),
    ((exceptions.ProxyError, exceptions.ProxySchemeUnknown), lambda *_: answers.no_proxy()),
    ((exceptions.SSLError,), _untrusted),
    ((exceptions.NameResolutionError,), lambda url, *_: answers.no_name(url)),
    ((exceptions.NewConnectionError,), _unconnected),
    ((exceptions.ConnectTimeoutError,), lambda url, _, lim: answers.too_slow(url, lim.connect)),
    ((exceptions.TimeoutError,), lambda url, _, lim: answers.too_slow(url, lim.read)),
    ((exceptions.ProtocolError,), _broken),
    ((exceptions.HTTPError, OSError), lambda url, *_: answers.no_connection(url)),
)
"""Foreign exceptions, the special before the general."""
