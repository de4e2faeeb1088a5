"""The stand-in against SendGrid's own OpenAPI document of mail/send, beside the repository."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from newsletter.standin.answers import Answer, asked
from newsletter.standin.mail import problems
from newsletter.standin.people import RESERVED_HEADERS
from newsletter.standin.rules import Rules
from newsletter.standin.service import Service
from newsletter.standin.suppressed import LISTS
from tests.openapi import DOCUMENT, MISSING, validator
from tests.standin import HEADERS as AUTHORIZED
from tests.standin import payload, person

NOW = 1_795_000_000

pytestmark = pytest.mark.skipif(not DOCUMENT.is_file(), reason=MISSING)


def official(body: object) -> bool:
    """Whether the official document allows it."""
    return bool(validator().is_valid(body))


def ours(body: object) -> bool:
    """Whether the stand-in accepts it."""
    return not problems(body, now=NOW, rules=Rules(), known_batch=lambda _id: True)


WORD = st.text("abcdefgh-ABC_0129", min_size=1, max_size=12)
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)
FULL = TEXT.filter(bool)
EMAIL = st.from_regex(r"[a-z][a-z0-9.]{0,8}[a-z]@[a-z]{1,8}\.(org|example)", fullmatch=True).filter(
    lambda email: ".." not in email
)
CORRESPONDENT = st.fixed_dictionaries(
    {"email": EMAIL}, optional={"name": TEXT.filter(lambda name: not set(name) & set(";,"))}
)
HEADERS = st.dictionaries(
    WORD.filter(lambda n: n.lower() not in RESERVED_HEADERS), TEXT, max_size=3
)
TEXTS = st.dictionaries(WORD, TEXT, max_size=3)
TIME = st.integers(NOW, NOW + 72 * 3600)
FLAG = st.booleans()


def switch(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={"enable": FLAG, **more})


PERSON = st.fixed_dictionaries(
    {"to": CORRESPONDENT.map(lambda one: [one])},
    optional={
        "subject": FULL, "headers": HEADERS, "substitutions": TEXTS, "custom_args": TEXTS,
        "send_at": TIME,
    },
)  # fmt: skip
BODY = st.fixed_dictionaries(
    {
        "personalizations": st.lists(PERSON, min_size=1, max_size=4),
        "from": CORRESPONDENT,
        "subject": FULL,
        "content": st.tuples(FULL, FULL).map(
            lambda texts: [
                {"type": "text/plain", "value": texts[0]},
                {"type": "text/html", "value": texts[1]},
            ]
        ),
    },
    optional={
        "reply_to": CORRESPONDENT,
        "categories": st.lists(WORD, max_size=10, unique=True),
        "headers": HEADERS,
        "custom_args": TEXTS,
        "send_at": TIME,
        "batch_id": WORD,
        "asm": st.fixed_dictionaries({"group_id": st.integers(1, 99)}),
        "ip_pool_name": st.text("abc", min_size=2, max_size=64),
        "attachments": st.lists(
            st.fixed_dictionaries(
                {"content": FULL, "filename": WORD},
                optional={"disposition": st.sampled_from(["inline", "attachment"])},
            ),
            max_size=2,
        ),
        "mail_settings": st.fixed_dictionaries(
            {}, optional={"sandbox_mode": switch(), "footer": switch(text=TEXT, html=TEXT)}
        ),
        "tracking_settings": st.fixed_dictionaries(
            {},
            optional={
                "click_tracking": switch(enable_text=FLAG),
                "open_tracking": switch(substitution_tag=TEXT),
                "subscription_tracking": switch(text=TEXT, html=TEXT),
                "ganalytics": switch(utm_source=TEXT),
            },
        ),
    },
)


@given(BODY)
def test_what_both_allow(body: dict[str, Any]) -> None:
    """A request within the documented limits is valid there and accepted here."""
    assert official(body)
    assert ours(body)


WRONG = st.one_of(
    st.none(), st.booleans(), st.just(1.5), st.integers(-3, 3), st.just(""), st.just("x" * 300),
    st.just([]), st.just({}), st.just([1]), st.just({"email": 7}), st.just(["a", "a"]),
    st.just([str(number) for number in range(11)]), st.just([{"email": "a@example.org"}] * 1001),
)  # fmt: skip


def places(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The way to every value inside of a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, part in inside:
        found.append((*at, name))
        if isinstance(part, (dict, list)):
            found += places(part, (*at, name))
    return found


@settings(max_examples=150)
@given(BODY, WRONG, st.booleans(), st.data())
def test_what_the_document_forbids_is_refused(
    body: dict[str, Any], wrong: object, leave_out: bool, data: st.DataObject
) -> None:
    """Whatever is broken in a valid request: a type, a length, a field that is missing."""
    broken = copy.deepcopy(body)
    *way, last = data.draw(st.sampled_from(places(broken)))
    inside: Any = broken
    for name in way:
        inside = inside[name]
    if leave_out:
        del inside[last]
    else:
        inside[last] = wrong
    assume(not official(broken))
    assert not ours(broken)


def _set(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda body: body.__setitem__(name, value)


FORBIDDEN: dict[str, Callable[[dict[str, Any]], None]] = {
    "1,001 personalizations": _set("personalizations", [person(n) for n in range(1001)]),
    "no sender": lambda body: body.pop("from"),
    "eleven categories": _set("categories", [str(n) for n in range(11)]),
    "equal categories": _set("categories", ["a", "a"]),
    "a long category": _set("categories", ["x" * 256]),
    "an empty subject": _set("subject", ""),
    "custom_args that are text": _set("custom_args", "{}"),
    "custom_args that are numbers": _set("custom_args", {"a": 1}),
    "equal reply_to_list": _set("reply_to_list", [{"email": "a@example.org"}] * 2),
    "1,001 reply_to_list": _set("reply_to_list", [{"email": f"a{n}@x.org"} for n in range(1001)]),
    "26 groups": _set("asm", {"group_id": 1, "groups_to_display": list(range(26))}),
    "a long pool": _set("ip_pool_name", "x" * 65),
    "a switch that is text": _set("tracking_settings", {"click_tracking": {"enable": "no"}}),
    "settings that are a list": _set("mail_settings", []),
    "an attachment without a name": _set("attachments", [{"content": "eA=="}]),
    "content without a type": _set("content", [{"value": "x"}]),
    "a substitution that is null": lambda body: body["personalizations"][0].update(
        substitutions={"-a-": None}
    ),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_forbidden_there_and_refused_here(name: str) -> None:
    """Each kind of rule in the official document, once for certain."""
    body = payload()
    FORBIDDEN[name](body)
    assert not official(body)
    assert not ours(body)


def documented(name: str) -> dict[str, Any]:
    """Another of the official documents."""
    found: dict[str, Any] = json.loads((DOCUMENT.parent / name).read_text(encoding="utf-8"))
    return found


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path, Rules(), lambda: NOW)
    yield made
    made.book.close()


def answer(service: Service, method: str, path: str, body: object = None) -> Answer:
    raw = json.dumps(body).encode() if body is not None else b""
    return service.answer(asked(service.book.next_number(), method, path, AUTHORIZED, raw))


def test_a_refusal_has_the_documented_form(service: Service) -> None:
    """What the document calls ErrorResponse, in which `field` and `help` may be null."""
    schema = documented(DOCUMENT.name)["components"]["schemas"]["ErrorResponse"]
    shown = schema["properties"]["errors"]["items"]["properties"]
    for name in ("field", "help"):
        shown[name] = {"type": [shown[name]["type"], "null"]}
    told = answer(service, "POST", "/v3/mail/send", payload([person(0, to=[{"email": "x"}])]))
    assert told.status == 400
    jsonschema.validate(json.loads(told.body), schema)
    assert set(json.loads(told.body)["errors"][0]) == set(shown)


NOT_THERE = ("/asm/groups", "/asm/suppressions/{", "/classifications")
"""Unsubscribe groups, and statistics: the newsletter has no use for them."""


@pytest.mark.parametrize("name", [DOCUMENT.name, "tsg_scheduled_sends_v3.json",
                                  "tsg_suppressions_v3.json"])  # fmt: skip
def test_every_documented_endpoint_is_there(service: Service, name: str) -> None:
    """With every method, and with an answer that the document knows."""
    for path, methods in documented(name)["paths"].items():
        if path.endswith("/asm/suppressions") or any(part in path for part in NOT_THERE):
            continue
        for method in sorted({"get", "post", "patch", "delete"} & set(methods)):
            given = re.sub(r"{\w+}", "a@example.org", path)
            told = answer(service, method.upper(), given, {"nothing": 1})
            said = json.loads(told.body or b"{}").get("errors") if told.status >= 400 else None
            assert told.status != 405, (method, path)
            assert said is None or said[0]["message"] != "not found", (method, path)


def test_lists_show_entries_as_documented(service: Service) -> None:
    """Each list has fields of its own."""
    document = documented("tsg_suppressions_v3.json")
    for name in LISTS:
        service.book.suppressed.add(name, ["a@example.org"], NOW, "a reason")
        operation = document["paths"][f"/v3/suppression/{name}"]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        told = answer(service, "GET", f"/v3/suppression/{name}")
        jsonschema.validate(json.loads(told.body), {**schema, "components": document["components"]})
        shown = json.dumps(schema) + json.dumps(document["components"]["schemas"])
        assert len(json.loads(told.body)) == 1
        assert all(f'"{field}"' in shown for field in json.loads(told.body)[0])
