"""The lists that are read are those of SendGrid's own document, and its examples can be read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from newsletter.delivery.transports.sendgrid_account import Account, Heard
from newsletter.delivery.transports.sendgrid_blocklist import SendGridSuppressions
from newsletter.delivery.transports.sendgrid_lists import PAGE, SendGridLists

SHARED = Path(__file__).parents[2].parent / "shared"
DOCUMENT = SHARED / "sendgrid" / "tsg_suppressions_v3.json"
NOW = datetime(2026, 11, 16, tzinfo=UTC)


class Asked:
    """Answers with an example, and keeps what was asked for."""

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows
        self.path: tuple[str, ...] = ()
        self.query: dict[str, int | str] = {}

    def get(self, *path: str, **query: int | str) -> object:
        self.path, self.query = path, query
        return self.rows


@pytest.mark.parametrize("name", list(SendGridLists.names))
def test_a_list_is_asked_for_as_documented_and_its_example_is_read(name: str) -> None:
    if not DOCUMENT.is_file():
        pytest.skip(f"the data beside the repository is missing: {DOCUMENT.name}")
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    described = document["paths"][f"/v3/suppression/{name}"]["get"]
    answer = described["responses"]["200"]["content"]["application/json"]
    rows = answer["examples"]["response"]["value"]
    asked = Asked(rows)
    (page,) = SendGridLists(asked).read(name, since=NOW, now=NOW, pause=lambda _: None)
    assert asked.path == ("suppression", name)
    known = {_resolved(document, each)["name"] for each in described["parameters"]}
    assert asked.query.keys() | {"end_time"} <= known
    limit = _resolved(document, {"$ref": "#/components/parameters/PaginationCommonLimit"})
    assert asked.query["limit"] == PAGE == limit["schema"]["maximum"]
    assert page.unusable == 0
    assert [(each.key, each.at) for each in page.listed] == [
        (row["email"], datetime.fromtimestamp(row["created"], UTC)) for row in rows
    ]


def _resolved(document: dict[str, Any], parameter: dict[str, Any]) -> dict[str, Any]:
    """A parameter, also one that stands elsewhere in the document."""
    where = parameter.get("$ref", "").removeprefix("#/").split("/")
    found: Any = document
    for part in where if where != [""] else []:
        found = found[part]
    return parameter if found is document else dict(found)


class Writing:
    """Answers as documented, and keeps what was asked for."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.asked: list[tuple[str, tuple[str, ...], object]] = []

    def ask(self, method: str, *path: str, document: object = None) -> Heard:
        self.asked.append((method, path, document))
        return Heard(status=self.status, document=None, date=None)

    def blocklist(self) -> SendGridSuppressions:
        """What writes by it."""
        return SendGridSuppressions(cast("Account", self))

    def described(self, document: dict[str, Any], method: str) -> list[dict[str, Any]]:
        """What the document says of each question, all of `method`; our success is one of it."""
        found = []
        for asked, path, _ in self.asked:
            template = "/v3/" + "/".join("{email}" if "@" in part else part for part in path)
            assert asked == method
            found.append(document["paths"][template][method])
            assert str(self.status) in found[-1]["responses"]
        return found


def _document() -> dict[str, Any]:
    if not DOCUMENT.is_file():
        pytest.skip(f"the data beside the repository is missing: {DOCUMENT.name}")
    return dict(json.loads(DOCUMENT.read_text(encoding="utf-8")))


def test_what_is_put_on_the_list_is_as_documented() -> None:
    """The path, the body by its schema, and the answer that is taken for a success."""
    document, writing = _document(), Writing(201)
    addresses = ["anna@example.org", "ben+news@example.org"]
    assert writing.blocklist().add(addresses, pause=lambda _: None) == ()
    (described,) = writing.described(document, "post")
    (body,) = (document for _, _, document in writing.asked)
    given = _resolved(document, described["requestBody"])
    schema = _resolved(document, given["content"]["application/json"]["schema"])
    assert isinstance(body, dict)
    assert body.keys() == set(schema["required"]) == schema["properties"].keys()
    assert body["recipient_emails"] == addresses


def test_what_is_taken_off_the_lists_is_as_documented() -> None:
    """Those of unsubscribes, bounces and invalid addresses, and not that of spam reports."""
    writing = Writing(204)
    writing.blocklist().remove("anna@example.org", pause=lambda _: None)
    assert len(writing.described(_document(), "delete")) == 3
    assert not any("spam_reports" in path for _, path, _ in writing.asked)
