"""What SendGrid says of the account: what the key may do, and how many mails are left.

The package `sendgrid` is used here only, and only to ask; nothing is mailed. Its client is kept
from three habits: it logs each request with its key, it carries the key along when a server sends
it elsewhere, and it has no time limit.
"""

from __future__ import annotations

import http.client
import json
import logging
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from urllib.parse import quote

import python_http_client
from sendgrid import SendGridAPIClient

from newsletter.delivery.transports.sendgrid_answers import date_of
from newsletter.delivery.transports.sendgrid_connection import KEY_MEND, authorities, authorization
from newsletter.delivery.transports.time_limit import within
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

_ANSWERS = frozenset((400, 404))
"""They say that something is not there, or was there before."""

_MEND = "Try again later; https://status.sendgrid.com says whether it is down."


@dataclass(frozen=True, slots=True, kw_only=True)
class Credits:
    """How many recipients are paid for. `remain` of `total` until the next reset."""

    remain: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An answer: its JSON document (None: it has none), and SendGrid's clock (aware)."""

    status: int
    document: object
    date: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the key may do, and SendGrid's clock (aware; None where it shows none)."""

    scopes: frozenset[str]
    date: datetime | None


class NotAccepted(TransportError):
    """SendGrid does not take the key."""


class NotAllowed(TransportError):
    """The key is right but may not do this."""


class Passing(TransportError):
    """SendGrid did not answer as it should, and may when it is asked again.

    `wait`: so many seconds it wants to be left alone; None where it does not say.
    """

    def __init__(self, message: str, mend: str, *, wait: float | None = None) -> None:
        super().__init__(message, mend)
        self.wait = wait


class Account:
    """Asks SendGrid about the account of a key. Every method raises TransportError.

    `timeout` is in seconds, for all of an answer; `proxy` is a URL or nothing.
    """

    def __init__(self, key: str, *, base_url: str, timeout: float, proxy: str | None) -> None:
        authorization(key)  # is it one?
        made = SendGridAPIClient(key, host=base_url)
        self._client = _Client(
            host=base_url, request_headers=made.client.request_headers, version=3, timeout=timeout
        )
        self._client.proxy = proxy
        self._timeout = timeout

    def scopes(self) -> frozenset[str]:
        """What the key may do (GET /v3/scopes)."""
        return self.standing().scopes

    def standing(self) -> Standing:
        """The same, and SendGrid's clock."""
        heard = self.ask("get", "scopes")
        found = heard.document.get("scopes") if isinstance(heard.document, dict) else None
        if not isinstance(found, list):
            raise _strange()
        return Standing(scopes=frozenset(str(scope) for scope in found), date=heard.date)

    def credits(self) -> Credits | None:
        """The credits left (GET /v3/user/credits); None when the key may not see them."""
        try:
            found = self._get("user", "credits")
        except NotAllowed:
            return None
        remain, total = found.get("remain"), found.get("total")
        if not isinstance(remain, int) or not isinstance(total, int):
            raise _strange()
        return Credits(remain=remain, total=total)

    def get(self, *path: str, **query: int | str) -> object:
        """The JSON document at a path of the API. Changes nothing there, so it may be repeated.

        Raises NotAccepted, NotAllowed, Passing, and TransportError for any other answer.
        """
        heard = self.ask("get", *path, query=query)
        if heard.status in _ANSWERS:
            raise _refused(heard.status, {})
        return heard.document

    def ask(
        self,
        method: str,
        *path: str,
        document: Mapping[str, object] | None = None,
        query: Mapping[str, int | str] | None = None,
    ) -> Heard:
        """What a path of the API answers to `get`, `post`, `patch` or `delete`; 400 and 404 are
        answers too.

        Raises NotAccepted, NotAllowed, Passing, and TransportError for any other answer; of a
        question that changes something nobody then knows whether it did.
        """
        client = self._client
        for part in path:
            client = client._(quote(part, safe=""))
        call = partial(getattr(client, method), request_body=document, query_params=query)
        try:
            return _heard(within(self._timeout, call))
        except python_http_client.HTTPError as error:
            if error.status_code in _ANSWERS:
                return Heard(status=error.status_code, document=None, date=None)
            raise _refused(error.status_code, error.headers) from None
        except ValueError:
            raise _strange() from None
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(error) from None

    def _get(self, *path: str) -> dict[str, Any]:
        """The JSON object at a path of the API."""
        answer = self.get(*path)
        if not isinstance(answer, dict):
            raise _strange()
        return answer


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
            urllib.request.HTTPSHandler(context=authorities()),
            _NoRedirects(),
        )
        return super()._make_request(own, request, timeout)


def _heard(answer: Any) -> Heard:
    """Raises ValueError for a body that is no JSON."""
    document = json.loads(answer.body) if answer.body else None
    date = date_of({"date": answer.headers.get("Date", "")})
    return Heard(status=answer.status_code, document=document, date=date)


def _refused(status: int, headers: Mapping[str, str]) -> TransportError:
    if status == 401:
        return NotAccepted(
            "SendGrid does not accept the key in SENDGRID_API_KEY (or the account has used up its"
            " credits, which it says in the same way).",
            KEY_MEND,
        )
    if status == 403:
        return NotAllowed("The key in SENDGRID_API_KEY may not do this.", KEY_MEND)
    if 300 <= status < 400:
        return _strange()
    said = f"SendGrid answered with the error {status}."
    if status == 429:
        return Passing("SendGrid wants fewer requests.", _MEND, wait=_wait(headers))
    passing = status >= 500 or status == 408
    return Passing(said, _MEND) if passing else TransportError(said, _MEND)


def _wait(headers: Mapping[str, str]) -> float | None:
    """Until the end of the present window, by SendGrid's own clock (X-RateLimit-Reset, Date)."""
    try:
        date = parsedate_to_datetime(headers["Date"])
        return float(headers["X-RateLimit-Reset"]) - date.timestamp()
    except (KeyError, TypeError, ValueError):
        return None


def _strange() -> TransportError:
    return TransportError(
        "What answered in the place of SendGrid is not SendGrid.",
        "Check [delivery.sendgrid] base_url, and whether your network wants you to log in first.",
    )


def _unreachable(error: Exception) -> TransportError:
    """OpenSSL, the resolver and the socket say it best; what they say holds no key."""
    reason = getattr(error, "reason", None) or error
    said = "no answer in time" if isinstance(reason, TimeoutError) else str(reason)
    return Passing(
        f"SendGrid cannot be reached: {said or type(reason).__name__}.",
        "Check the connection and [delivery.sendgrid] base_url, and try again.",
    )
