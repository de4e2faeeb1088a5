"""Requests and answers as values, and the answers that are the same everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

from newsletter.standin.book import Seen
from newsletter.standin.shapes import Problem

JSON = "application/json"
HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `parts` are the segments of its path; names of headers are lower-case."""

    number: int
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def parts(self) -> tuple[str, ...]:
        """The path, cut at its slashes and decoded."""
        return tuple(unquote(part) for part in self.path.strip("/").split("/"))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `noted`: as what it was written down already, with what was asked for."""

    status: int
    body: bytes = b""
    kind: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    noted: Seen | None = None


def asked(
    number: int, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
) -> Asked:
    """A request from what stands in its first line, its headers and its body."""
    parts = urlsplit(target)
    folded = {name.lower(): value for name, value in headers.items()}
    return Asked(number, method, parts.path, dict(parse_qsl(parts.query)), folded, body)


def document(status: int, value: object) -> Answer:
    """An answer with a JSON document."""
    return Answer(status, json.dumps(value).encode(), JSON)


def refused(status: int, problems: Iterable[Problem]) -> Answer:
    """An answer that names what is wrong, in the provider's form."""
    errors = [
        {"message": problem.message, "field": problem.field or None, "help": None}
        for problem in problems
    ]
    return document(status, {"errors": errors})


def failed(status: int, message: str = "") -> Answer:
    """A refusal without a field: by the application as JSON, by what stands before it as HTML."""
    if status in {413, 502, 503, 504} and not message:
        return nginx(status)
    return refused(status, [Problem(message or _WORDS.get(status, "Bad Request"), "")])


def nginx(status: int) -> Answer:
    """What the web server before the application says, which is no JSON."""
    title = f"{status} {HTTPStatus(status).phrase}"
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1>"
        "</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    return Answer(status, page.encode(), HTML)


_WORDS = {
    401: "authorization required",
    403: "access forbidden",
    404: "not found",
    405: "method not allowed",
    411: "length required",
    415: "unsupported media type",
    429: "too many requests",
    500: "internal server error",
}

PORTAL = "/control/portal"
"""A page as a proxy or a hotel's network shows it; the fault `302` leads there."""


def portal() -> Answer:
    """A friendly page that is not SendGrid."""
    return Answer(200, b"<html><body><h1>Welcome to our network</h1></body></html>\n", HTML)


def spoilt(status: int) -> Answer:
    """The answer of a fault that is a status."""
    if status == 200:
        return portal()
    if status == 302:
        return Answer(302, b"", HTML, {"Location": PORTAL})
    return failed(status)
