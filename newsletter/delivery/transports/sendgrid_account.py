"""What SendGrid says of the account: what the key may do, and how many mails are left.

The package `sendgrid` is used here only, and only to ask; nothing is mailed. Its client is kept
from three habits: it logs each request with its key, it carries the key along when a server sends
it elsewhere, and it has no time limit.
"""

from __future__ import annotations

import http.client
import json
import logging
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import certifi
import python_http_client
from sendgrid import SendGridAPIClient

from newsletter.errors import TransportError

logging.getLogger("python_http_client").setLevel(logging.INFO)

SEND = "mail.send"

UNDO = (
    "mail.batch.create",
    "user.scheduled_sends.create",
    "user.scheduled_sends.read",
    "user.scheduled_sends.delete",
)
"""What the key must be allowed for a send that can be taken back."""

_MEND = "Try again later; https://status.sendgrid.com says whether it is down."
_KEY_MEND = (
    "Make an API key in SendGrid under Settings > API Keys, and put it into .env as"
    " SENDGRID_API_KEY=… (for an account in the EU also set [delivery.sendgrid] base_url)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credits:
    """How many recipients are paid for. `remain` of `total` until the next reset."""

    remain: int
    total: int


class Account:
    """Asks SendGrid about the account of a key. Every method raises TransportError.

    `timeout` is in seconds, for each step of an answer; `proxy` is a URL or nothing.
    """

    def __init__(self, key: str, *, base_url: str, timeout: float, proxy: str | None) -> None:
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise TransportError("What SENDGRID_API_KEY holds is no key of SendGrid.", _KEY_MEND)
        made = SendGridAPIClient(key, host=base_url)
        self._client = _Client(
            host=base_url, request_headers=made.client.request_headers, version=3, timeout=timeout
        )
        self._client.proxy = proxy

    def scopes(self) -> frozenset[str]:
        """What the key may do (GET /v3/scopes)."""
        found = self._get("scopes").get("scopes")
        if not isinstance(found, list):
            raise _strange()
        return frozenset(str(scope) for scope in found)

    def credits(self) -> Credits | None:
        """The credits left (GET /v3/user/credits); None when the key may not see them."""
        try:
            found = self._get("user", "credits")
        except _NotAllowed:
            return None
        remain, total = found.get("remain"), found.get("total")
        if not isinstance(remain, int) or not isinstance(total, int):
            raise _strange()
        return Credits(remain=remain, total=total)

    def _get(self, *path: str) -> dict[str, Any]:
        """The JSON object at a path of the API."""
        client = self._client
        for part in path:
            client = client._(part)
        try:
            answer = json.loads(client.get().body)
        except python_http_client.HTTPError as error:
            raise _refused(error.status_code) from None
        except ValueError:
            raise _strange() from None
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(error) from None
        if not isinstance(answer, dict):
            raise _strange()
        return answer


class _NotAllowed(TransportError):
    """The key is right but may not do this."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """An API does not move; the key must not follow where a network leads."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class _Client(python_http_client.Client):  # type: ignore[misc]  # the package is not typed
    """The package's client with a proxy that is given, our authorities, and no redirects."""

    proxy: str | None = None

    def _build_client(self, name: str | None = None) -> _Client:
        below = _Client(
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, *([name] if name else [])],
            timeout=self.timeout,
        )
        below.proxy = self.proxy
        return below

    def _make_request(self, _opener: Any, request: Any, timeout: float | None = None) -> Any:
        proxies = {"http": self.proxy, "https": self.proxy} if self.proxy else {}
        own = urllib.request.build_opener(
            urllib.request.ProxyHandler(proxies),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=certifi.where())),
            _NoRedirects(),
        )
        return super()._make_request(own, request, timeout)


def _refused(status: int) -> TransportError:
    if status == 401:
        return TransportError(
            "SendGrid does not accept the key in SENDGRID_API_KEY (or the account has used up its"
            " credits, which it says in the same way).",
            _KEY_MEND,
        )
    if status == 403:
        return _NotAllowed("The key in SENDGRID_API_KEY may not do this.", _KEY_MEND)
    if 300 <= status < 400:
        return _strange()
    return TransportError(f"SendGrid answered with the error {status}.", _MEND)


def _strange() -> TransportError:
    return TransportError(
        "What answered in the place of SendGrid is not SendGrid.",
        "Check [delivery.sendgrid] base_url, and whether your network wants you to log in first.",
    )


def _unreachable(error: Exception) -> TransportError:
    """OpenSSL, the resolver and the socket say it best; what they say holds no key."""
    reason = getattr(error, "reason", None) or error
    said = "no answer in time" if isinstance(reason, TimeoutError) else str(reason)
    return TransportError(
        f"SendGrid cannot be reached: {said or type(reason).__name__}.",
        "Check the connection and [delivery.sendgrid] base_url, and try again.",
    )
