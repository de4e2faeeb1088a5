"""What stands around every route: headers, limits of size and time, counting, and the last resort.

Written as plain ASGI, since a one-click request should not pay for more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.errors import StoreError
from newsletter.web.failures import failure
from newsletter.web.site import Site

log = logging.getLogger("newsletter.web")

BODY_LIMIT = 64 * 1024
"""Bytes a form may have."""

BODY_LIMITS: Mapping[str, int] = {"/webhooks/": 2 * 1024 * 1024}
"""Bytes of what comes to paths that begin so; SendGrid posts up to 768 kB at a time."""

BODY_SECONDS = 20.0
"""So long the whole body of a request may take to arrive."""

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of all pages that do not bring one of their own."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Headers of every answer, unless a route sets its own. No page is kept or found by default."""

HSTS = "max-age=31536000"
"""For a year browsers ask by https only (RFC 6797); said when `public_url` is https."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


class Shield:
    """The outermost layer: nothing leaves it without our headers, no error without our words."""

    def __init__(self, app: ASGIApp, *, site: Site) -> None:
        self._app = app
        self._site = site
        secure = site.public_url.startswith("https:")
        self._headers = {**HEADERS, **({"Strict-Transport-Security": HSTS} if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        started, answer = time.monotonic(), _Answer(send, self._headers)
        try:
            app = self._ambiguous if _is_ambiguous(scope) else self._app
            await app(seen, _Body(seen["path"], scope, receive), answer)
        except ClientDisconnect:
            log.debug("%s %s: the visitor left before it was all said.", *_what(seen))
        except Exception as error:
            if answer.status:
                raise
            response = self._excuse(seen, error)
            await response(seen, receive, answer)
        finally:
            self._count(scope["method"], _route(seen), answer.status, time.monotonic() - started)

    async def _ambiguous(self, scope: Scope, receive: Receive, send: Send) -> None:
        """No further request is read from this connection (RFC 9112 §6.1)."""
        response = failure(self._site, scope["path"], 400, {"Connection": "close"})
        await response(scope, receive, send)

    def _excuse(self, scope: Scope, error: Exception) -> ASGIApp:
        """The page for an error nobody caught; the log names its kind, not what was asked."""
        status = 503 if isinstance(error, StoreError) else 500
        said = getattr(error, "message", type(error).__name__)
        log.error("%s %s: %s", *_what(scope), said)
        log.debug("The error in full:", exc_info=error)
        return failure(self._site, scope["path"], status)

    def _count(self, method: str, route: str, status: int, seconds: float) -> None:
        known = method if method in _METHODS else "other"
        count = self._site.metrics.count
        count("newsletter_requests_total", method=known, route=route, status=str(status or "none"))
        count("newsletter_request_seconds_total", seconds, route=route)


class _Answer:
    """Sends on, with the headers that are still missing; `status` is 0 until something was sent."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = headers
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        await self._send(message)


class _Body:
    """Receives a request's body, as long as it is neither too big nor too slow.

    What is too big or too slow is answered with 413 or 408 (RFC 9110 §15.5).
    """

    def __init__(self, path: str, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._limit = next(
            (limit for start, limit in BODY_LIMITS.items() if path.startswith(start)), BODY_LIMIT
        )
        self._announced = _length(scope)
        self._deadline = time.monotonic() + BODY_SECONDS
        self._size = 0
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()
        if self._announced > self._limit:
            raise HTTPException(413)
        try:
            async with asyncio.timeout(self._deadline - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, headers={"Connection": "close"}) from None
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._size > self._limit:
            raise HTTPException(413, headers={"Connection": "close"})
        return message


def _length(scope: Scope) -> int:
    """What Content-Length says; 0 when it says nothing that can be read."""
    given = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(given) if given.isdigit() and len(given) < 16 else 0


def _is_ambiguous(scope: Scope) -> bool:
    """Whether its length is told in two ways: a server in front may have believed the other one,
    and taken what is a body here for somebody's next request.
    """
    names = {name for name, _ in scope["headers"]}
    return b"transfer-encoding" in names and b"content-length" in names


def _what(scope: Scope) -> tuple[str, str]:
    return scope["method"], _route(scope)


def _route(scope: Scope) -> str:
    """The route as it is written in the code, so that no token gets into a log or a counter."""
    found: Any = scope.get("route")
    return str(getattr(found, "path", "other"))
