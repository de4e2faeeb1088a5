"""A stand-in for ClinicalTrials.gov: studies of our own making, or real ones, over HTTP.

It answers as the register's OpenAPI document says (a test holds it to that), honours `fields`,
pages and aliases, and can be told to misbehave.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.webserver import Answer, Page, Request, WebServer, serving

SHARED = Path(__file__).parents[1].parent / "shared" / "ctgov"
OPENAPI = SHARED / "openapi-v2.0.5.json"
MISSING = "the register's data are not here: they belong at ../shared/ctgov"

_NUMBER = re.compile(r"NCT0*[1-9]\d{0,7}", re.IGNORECASE)
_LOCATIONS = ("protocolSection", "contactsLocationsModule", "locations")
_MODULES = {
    "IdentificationModule": "identificationModule",
    "StatusModule": "statusModule",
    "DesignModule": "designModule",
    "SponsorCollaboratorsModule": "sponsorCollaboratorsModule",
}
_OF_LOCATIONS = {
    "LocationFacility": "facility",
    "LocationCity": "city",
    "LocationCountry": "country",
    "LocationStatus": "status",
}


def site(city: str, country: str, status: str = "", facility: str = "Hospital") -> dict[str, str]:
    """A location as the register has it."""
    found = {"facility": facility, "city": city, "country": country, "status": status}
    return {name: value for name, value in found.items() if value}


def study(
    number: str,
    status: str = "RECRUITING",
    *,
    updated: str = "2026-10-01",
    sites: Sequence[dict[str, str]] = (),
    aliases: Sequence[str] = (),
    others: Sequence[str] = (),
    results: bool = False,
    design: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A study of our own making in the register's form; `more` goes into its status module."""
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": number,
                "briefTitle": f"A study called {number}",
                **({"nctIdAliases": list(aliases)} if aliases else {}),
                **({"secondaryIdInfos": [{"id": other} for other in others]} if others else {}),
            },
            "statusModule": {
                "overallStatus": status,
                "lastUpdatePostDateStruct": {"date": updated, "type": "ACTUAL"},
                **more,
            },
            "designModule": {"phases": ["PHASE2"], **(design or {})},
            **({"contactsLocationsModule": {"locations": list(sites)}} if sites else {}),
        },
        "hasResults": results,
    }


def real(name: str) -> Any:
    """A file of the data beside the repository."""
    return json.loads((SHARED / name).read_text(encoding="utf-8"))


def lutia(what: str) -> Any:
    """The LUTIA study as it may have stood in the register: `recruiting` or `completed`."""
    return real(f"reconstructed/NCT03590119.{what}.json")


def real_studies() -> Iterator[Any]:
    """Every record beside the repository, whole or in part."""
    for path in sorted(SHARED.glob("*.json")):
        document = real(path.name)
        if "studies" in document:
            yield from document["studies"]
        elif "protocolSection" in document:
            yield document


@dataclass
class Register:
    """What it knows, and how it behaves.

    `disliked` numbers make it refuse a whole question. `fault`, one of `FAULTS`, is what it does
    instead of answering, `faults_left` times, after `faults_after` good answers. `mixed_up`
    numbers are answered with the study of another one.
    """

    studies: dict[str, dict[str, Any]] = field(default_factory=dict)
    timestamp: str = "2026-11-13T09:00:05"
    disliked: set[str] = field(default_factory=set)
    page_size: int = 1000
    fault: str = ""
    faults_left: int = 10**6
    faults_after: int = 0
    mixed_up: dict[str, str] = field(default_factory=dict)
    url: str = ""
    requests: list[Request] = field(default_factory=list)

    def keep(self, *studies: dict[str, Any], timestamp: str | None = None) -> None:
        """Takes in studies; with a timestamp its data are newer."""
        for each in studies:
            self.studies[number_of(each)] = each
        self.timestamp = timestamp or self.timestamp

    @property
    def calls(self) -> list[str]:
        """What it was asked for."""
        return [urlsplit(request.path).path.removeprefix("/api/v2") for request in self.requests]

    def answer(self, request: Request) -> Page:
        """The answer to a request."""
        self.requests.append(request)
        if self.fault and self.faults_left > 0 and len(self.requests) > self.faults_after:
            self.faults_left -= 1
            return FAULTS[self.fault]
        parts = urlsplit(request.path)
        given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        path = parts.path.removeprefix("/api/v2")
        if path == "/version":
            return _json({"apiVersion": "2.0.5", "dataTimestamp": self.timestamp})
        if given.get("fields") and not set(given["fields"].split("|")) <= _KNOWN:
            return _text(400, "Invalid field")
        if path == "/studies":
            return self._batch(given)
        return self._single(path.removeprefix("/studies/"), parts.query, given)

    def _batch(self, given: dict[str, str]) -> Page:
        wanted = given.get("filter.ids", "").split("|")
        if any(each in self.disliked or not _NUMBER.fullmatch(each) for each in wanted):
            return _text(400, "Invalid id in filter.ids")
        found = [self.studies[number] for number in sorted({self._real(each) for each in wanted})
                 if number in self.studies]  # fmt: skip
        size = min(int(given.get("pageSize", "10")), self.page_size)
        start = int(given.get("pageToken", "0"))
        page: dict[str, Any] = {
            "studies": [reduced(each, given.get("fields")) for each in found[start : start + size]]
        }
        if start + size < len(found):
            page["nextPageToken"] = str(start + size)
        return _json(page)

    def _single(self, number: str, query: str, given: dict[str, str]) -> Page:
        if not _NUMBER.fullmatch(number):
            return _text(400, "Invalid NCT number")
        actual = self._real(number)
        if actual not in self.studies:
            return _text(404, "NCT number not found")
        if actual != number:
            return Page(status=301, headers={"Location": f"/api/v2/studies/{actual}?{query}"})
        return _json(reduced(self.studies[self.mixed_up.get(actual, actual)], given.get("fields")))

    def _real(self, number: str) -> str:
        for actual, each in self.studies.items():
            if number in each["protocolSection"]["identificationModule"].get("nctIdAliases", []):
                return actual
        return number


_KNOWN = {*_MODULES, *_OF_LOCATIONS, "HasResults"}


def number_of(each: dict[str, Any]) -> str:
    """A study's number."""
    return str(each["protocolSection"]["identificationModule"]["nctId"])


def reduced(each: dict[str, Any], fields: str | None) -> dict[str, Any]:
    """A study with the fields that were asked for."""
    if not fields:
        return each
    names, protocol = fields.split("|"), each["protocolSection"]
    modules = [_MODULES[name] for name in names if name in _MODULES]
    kept: dict[str, Any] = {name: protocol[name] for name in modules if name in protocol}
    parts = [_OF_LOCATIONS[name] for name in names if name in _OF_LOCATIONS]
    places = protocol.get("contactsLocationsModule", {}).get("locations")
    if parts and places:
        listed = [{part: place[part] for part in parts if part in place} for place in places]
        kept["contactsLocationsModule"] = {"locations": listed}
    has_results = "HasResults" in names and "hasResults" in each
    return {"protocolSection": kept, **({"hasResults": each["hasResults"]} if has_results else {})}


def _json(document: object) -> Page:
    body = json.dumps(document).encode()
    return Page(body=body, headers={"Content-Type": "application/json"})


def _text(status: int, message: str) -> Page:
    return Page(status=status, body=message.encode(), headers={"Content-Type": "text/plain"})


FAULTS = {
    "down": Page(status=503, body=b"Service Unavailable"),
    "busy": Page(status=429, body=b"Too Many Requests"),
    "forbidden": Page(status=403),
    "confused": Page(status=400, body=b"what?"),
    "gone": Page(status=404),
    "page": Page(body=b"<!doctype html><title>Maintenance</title>"),
    "nothing": Page(body=b""),
    "list": Page(body=b"[1, 2]"),
    "other": Page(body=b'{"studies": "none", "dataTimestamp": 7}'),
    "number": Page(body=b"NaN"),
    "deep": Page(body=b"[" * 100_000),
    "binary": Page(body=b"\xff\xfe\x00{"),
    "cut": Page(body=b'{"studies": [', length=5000),
    "slow": Page(delay=30),
    "dripping": Page(body=b"{" * 500, drip=0.1),
}


class _Every(dict[str, Answer]):
    """Pages for every path there can be."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._answer = answer

    def get(self, _path: str, _default: Any = None) -> Any:
        return self._answer


@contextmanager
def register_serving() -> Iterator[Register]:
    """A register on a free port of this machine."""
    with serving() as server:
        yield on(server)


def on(server: WebServer) -> Register:
    """A register that has a web server for itself."""
    made = Register(url=server.url("/api/v2"))
    server.pages = _Every(made.answer)
    return made
