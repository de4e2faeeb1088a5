"""Real records of ClinicalTrials.gov, its OpenAPI document, and what our stand-in answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest

from newsletter.feeds.clean import clean
from newsletter.feeds.parse import parse
from newsletter.model.feed import Fetched, Validators
from newsletter.trials.client import ClinicalTrialsGov
from newsletter.trials.differences import changes_between
from newsletter.trials.recognise import trials_in
from newsletter.trials.record import FIELDS, record_of
from newsletter.trials.words import status_words
from newsletter.wiring import fetch_page
from tests.register import (
    MISSING,
    OPENAPI,
    SHARED,
    lutia,
    number_of,
    real,
    real_studies,
    reduced,
    register_serving,
    study,
)

pytestmark = pytest.mark.skipif(not OPENAPI.is_file(), reason=MISSING)

STATUSES = {
    "ACTIVE_NOT_RECRUITING", "COMPLETED", "ENROLLING_BY_INVITATION", "NOT_YET_RECRUITING",
    "RECRUITING", "TERMINATED", "UNKNOWN", "WITHDRAWN",
}  # fmt: skip


@cache
def document() -> Any:
    """The register's OpenAPI document."""
    return json.loads(OPENAPI.read_text(encoding="utf-8"))


def official(schema: str) -> jsonschema.Draft202012Validator:
    """What checks an answer by the document."""
    return jsonschema.Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": document()["components"]}
    )


def test_every_record_is_read_as_it_is_summed_up_beside_it() -> None:
    """Seven statuses and more, in whole and in partial records."""
    summed = {each["nctId"]: each for part in real("facts.json").values() for each in part}
    seen = set()
    for raw in real_studies():
        record = record_of(raw)
        assert record is not None
        facts = summed[record.number]
        assert record.title == facts["briefTitle"]
        assert record.status == facts["overallStatus"]
        assert (record.why_stopped or None) == facts["whyStopped"]
        assert (record.last_updated or None) == facts["lastUpdatePosted"]
        assert list(record.phases) == (facts["phases"] or [])
        assert len(record.sites) == facts["n_locations"]
        assert record.has_results == bool(facts["hasResults"])
        seen.add(record.status)
    assert seen == STATUSES


def test_every_status_and_phase_of_the_document_has_words() -> None:
    """None is shown as a constant."""
    for status in document()["components"]["schemas"]["Status"]["enum"]:
        assert "_" not in status_words(status)
        assert status_words(status) != status.capitalize() or status.isalpha()


def test_what_is_asked_for_is_all_that_is_read() -> None:
    """A record that was cut down to the fields asked for says the same as the whole one."""
    for raw in real_studies():
        assert record_of(reduced(raw, "|".join(FIELDS))) == record_of(raw)


def test_the_two_records_of_lutia_are_one_change() -> None:
    """The status, for readers; the rest as details."""
    old, new = record_of(lutia("recruiting")), record_of(lutia("completed"))
    assert old is not None
    assert new is not None
    changes = changes_between(old, new, register="ClinicalTrials.gov")
    assert [change.text for change in changes if change.matters] == [
        "Status in the register: was Recruiting, is listed as Completed."
    ]
    assert [change.text.split(":")[0] for change in changes if not change.matters] == [
        "End",
        "Participants",
    ]


@pytest.mark.parametrize(
    "week", ["blog-week1.xml", "blog-atom-week2.xml", "blog-wpjson-week1.json"]
)
def test_the_blog_s_post_names_its_trials_in_links_only(week: str) -> None:
    """In the form of address that the register gave up long ago."""
    file = SHARED.parent / "blog" / week
    if not file.is_file():
        pytest.skip("the snapshots of the blog are not here: they belong at ../shared/blog")
    if week.endswith(".json"):
        posts = json.loads(file.read_text(encoding="utf-8"))
        html = next(post["content"]["rendered"] for post in posts if post["id"] == 17905)
    else:
        url = "https://ronnyallan.example/feed/"
        fetched = Fetched(url=url, final_url=url, http_status=200, body=file.read_bytes())
        entry = next(each for each in parse(fetched).entries if each.post_number == 17905)
        html = clean(entry.content, base_url=url).html
    numbers = [trial.number for trial in trials_in("", html)]
    assert numbers[:2] == ["NCT03590119", "NCT03197012"]


def _fetch(url: str, validators: Validators | None) -> Fetched:
    return fetch_page(url, validators)


def test_the_stand_in_answers_as_the_document_says() -> None:
    """Its version, its pages, and its studies."""
    with register_serving() as register:
        register.keep(
            *real_studies(), lutia("completed"), study("NCT00000001", aliases=["NCT00000002"])
        )
        register.page_size = 4
        version = json.loads(_fetch(f"{register.url}/version", None).body or b"")
        official("Version").validate(version)
        numbers = "|".join(register.studies)
        fields = "|".join(FIELDS)
        first = f"{register.url}/studies?filter.ids={numbers}&fields={fields}&pageSize=1000"
        page = json.loads(_fetch(first, None).body or b"")
        official("PagedStudies").validate(page)
        assert len(page["studies"]) == 4
        page = json.loads(_fetch(f"{first}&pageToken={page['nextPageToken']}", None).body or b"")
        official("PagedStudies").validate(page)
        single = json.loads(_fetch(f"{register.url}/studies/NCT00000002", None).body or b"")
        official("Study").validate(single)
        assert number_of(single) == "NCT00000001"


def test_the_questions_are_such_as_the_document_allows() -> None:
    """Paths, parameters, and the form of fields and numbers."""
    with register_serving() as register:
        register.keep(study("NCT00000001", aliases=["NCT00000002"]))
        asked = ClinicalTrialsGov(
            _fetch,
            base_url=register.url,
            pause=lambda _: None,
            now=lambda: datetime(2026, 11, 16, tzinfo=UTC),
            limit=timedelta(minutes=1),
        )
        asked.data_timestamp()
        asked.ask(["NCT00000001", "NCT00000002", "NCT00000003"])
    paths = document()["paths"]
    for request in register.requests:
        parts = urlsplit(request.path)
        path = parts.path.removeprefix("/api/v2")
        known = paths.get(path) or paths["/studies/{nctId}"]
        names = {parameter["name"] for parameter in known["get"]["parameters"]}
        given = parse_qs(parts.query)
        assert set(given) <= names
        field = next((p for p in known["get"]["parameters"] if p["name"] == "fields"), None)
        form = jsonschema.Draft202012Validator(field["schema"]["items"] if field else {})
        assert all(form.is_valid(name) for name in given.get("fields", ["None"])[0].split("|"))
    assert {path.split("/")[1] for path in register.calls} == {"version", "studies"}
