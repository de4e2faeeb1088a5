"""What tests of the stand-in share: a valid request, and a client that shows what it was told."""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from newsletter.standin.rules import KEY

HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}


def person(number: int, *, attempt: int = 1, **more: Any) -> dict[str, Any]:
    """A personalization as the newsletter makes it."""
    return {
        "to": [{"email": f"reader{number}@host.example.org"}],
        "headers": {"List-Unsubscribe": f"<https://news.example.org/unsubscribe/{number}>"},
        "substitutions": {"-sub:7f3a:link-": f"https://news.example.org/{number}"},
        "custom_args": {"nl_delivery": f"d{number}", "nl_attempt": str(attempt)},
        **more,
    }


def payload(people: Sequence[dict[str, Any]] | int = 1, **more: Any) -> dict[str, Any]:
    """The body of a request that is accepted; a number makes so many personalizations."""
    made = [person(number) for number in range(people)] if isinstance(people, int) else people
    return {
        "personalizations": list(made),
        "from": {"email": "news@example.org", "name": "News"},
        "subject": "This week",
        "content": [
            {"type": "text/plain", "value": "Hello -sub:7f3a:link-"},
            {"type": "text/html", "value": "<p>Hello -sub:7f3a:link-</p>"},
        ],
        **more,
    }


@dataclass(frozen=True)
class Told:
    """An answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """The document in it."""
        return json.loads(self.body)

    @property
    def fields(self) -> list[str | None]:
        """The fields that a refusal names."""
        return [error["field"] for error in self.json["errors"]]


class Client:
    """One connection to a stand-in, made anew after it was closed."""

    def __init__(self, url: str, timeout: float = 20) -> None:
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Told:
        """Asks, and reads the whole answer. Raises what http.client raises."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self._connection.request(method, path, raw, {**HEADERS, **named})
            response = self._connection.getresponse()
            return Told(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise

    def send(self, people: Sequence[dict[str, Any]] | int = 1, **more: Any) -> Told:
        """Sends mail."""
        return self.call("POST", "/v3/mail/send", payload(people, **more))

    def batch(self) -> str:
        """A new batch id."""
        return str(self.call("POST", "/v3/mail/batch").json["batch_id"])

    def cancel(self, batch_id: str) -> Told:
        """Cancels a batch."""
        return self.call(
            "POST", "/v3/user/scheduled_sends", {"batch_id": batch_id, "status": "cancel"}
        )

    def control(self, method: str, what: str, **given: Any) -> Any:
        """Asks a control endpoint; what it answers, which has to be a success."""
        told = self.call(method, f"/control/{what}", given if method != "GET" else None)
        assert told.status == 200, told
        return told.json
