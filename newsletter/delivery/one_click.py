"""Presses a link for unsubscribing as a mail program does (RFC 8058), or only looks at it.

A request of its own each time: no cookie, no redirect, no more than a few kilobytes of the answer.
"""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from newsletter.delivery.transports.sendgrid_connection import authorities
from newsletter.delivery.transports.time_limit import within
from newsletter.errors import BadCertificate, TransportError

SECONDS: Final = 15.0
"""So long an answer is waited for."""

_BOUNDARY: Final = "one-click"
_URLENCODED: Final = b"List-Unsubscribe=One-Click"
_MULTIPART: Final = (
    f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n'
    f"--{_BOUNDARY}--\r\n"
).encode()

WAYS: Final[Mapping[str, tuple[str, bytes | None, str]]] = {
    "look": ("GET", None, ""),
    "press": ("POST", _URLENCODED, "application/x-www-form-urlencoded"),
    "press-multipart": ("POST", _MULTIPART, f"multipart/form-data; boundary={_BOUNDARY}"),
}
"""What can be done with a link; mail programs press it with either kind of body (RFC 8058 §3.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneClick:
    """Looks at links, and presses them. `proxy` is a URL or nothing, `agent` is its own name."""

    proxy: str | None
    agent: str

    def __call__(self, way: str, url: str) -> int:
        """Does one of WAYS with a link; the answer's status.

        Raises BadCertificate, and TransportError when there is no answer.
        """
        method, body, kind = WAYS[way]
        headers = {"User-Agent": self.agent, **({"Content-Type": kind} if kind else {})}
        request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - the admin's own address
        try:
            return within(SECONDS, partial(self._status, request))
        except (OSError, http.client.HTTPException) as error:
            raise _trouble(url, error) from None

    def _status(self, request: urllib.request.Request) -> int:
        proxies = {"http": self.proxy, "https": self.proxy} if self.proxy else {}
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler(proxies),
            urllib.request.HTTPSHandler(context=authorities()),
            _NoRedirects(),
        )
        try:
            with opener.open(request, timeout=SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A mail program follows none."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _trouble(url: str, error: Exception) -> TransportError:
    """What went wrong; the link itself, which is a person's own, is not in it."""
    host = urllib.request.Request(url).host  # noqa: S310 - nothing is opened
    reason = getattr(error, "reason", None) or error
    if isinstance(error, urllib.error.URLError) and isinstance(reason, ssl.SSLError):
        return _of_tls(host, reason)
    said = "no answer in time" if isinstance(reason, TimeoutError) else _reason(reason)
    return TransportError(f"{host} cannot be reached: {said or type(reason).__name__}.")


def _of_tls(host: str, error: ssl.SSLError) -> TransportError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return BadCertificate(
            f"The certificate of {host} is not accepted: {error.verify_message}.",
            "Mail programs refuse it, too. Let your web server renew it, and send the whole chain.",
        )
    said = str(error.reason or "the connection was ended").replace("_", " ").lower()
    return TransportError(
        f"{host} cannot be reached by https: {said}.",
        "See that your web server answers by https there, with a certificate.",
    )


def _reason(error: object) -> str:
    """In the system's words, without its number."""
    return str(getattr(error, "strerror", None) or error).rstrip(".")
