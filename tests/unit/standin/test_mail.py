"""What the stand-in refuses is what the provider's documentation says is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from newsletter.standin.mail import mail_of, problems, scan
from newsletter.standin.people import RESERVED_HEADERS
from newsletter.standin.rules import Rules
from newsletter.standin.shapes import Problem
from tests.standin import payload, person

NOW = 1_795_000_000
P0 = "personalizations.0"
TO = [{"email": "reader0@host.example.org"}]


def found(body: object, **rules: Any) -> list[Problem]:
    return problems(
        body, now=NOW, rules=Rules(**rules), known_batch={"known", "B-1_x"}.__contains__
    )


def without(name: str, **more: Any) -> dict[str, Any]:
    body = payload(**more)
    del body[name]
    return body


def whole(**more: Any) -> dict[str, Any]:
    return payload(**more)


def one(**more: Any) -> dict[str, Any]:
    return payload([person(0, **more)])


REFUSED: list[tuple[str, object, str]] = [
    ("no object", [], ""),
    ("nobody", whole(people=[]), "personalizations"),
    ("1,001 personalizations", whole(people=1001), "personalizations"),
    (
        "1,001 recipients",
        whole(people=[
            person(0, to=[{"email": f"a{n}@example.org"} for n in range(600)]),
            person(1, to=[{"email": f"b{n}@example.org"} for n in range(401)]),
        ]),
        "personalizations",
    ),
    ("no to", one(to=[]), f"{P0}.to"),
    ("an address twice", one(to=TO * 2), f"{P0}.to"),
    ("an address twice in other letters", one(cc=[{"email": "READER0@host.example.org"}]),
     f"{P0}.cc"),
    ("an address in bcc too", one(bcc=TO), f"{P0}.bcc"),
    ("an address without a domain", one(to=[{"email": "reader"}]), f"{P0}.to.0.email"),
    ("an address with a blank", one(to=[{"email": "a b@example.org"}]), f"{P0}.to.0.email"),
    ("an address with two dots", one(to=[{"email": "a..b@example.org"}]), f"{P0}.to.0.email"),
    ("an address beyond ASCII", one(to=[{"email": "zoë@example.org"}]), f"{P0}.to.0.email"),
    ("an address with a line break", one(to=[{"email": "a@example.org\n"}]), f"{P0}.to.0.email"),
    ("no address at all", one(to=[{"name": "Ann"}]), f"{P0}.to.0.email"),
    ("a name with a comma", one(to=[{**TO[0], "name": "A, B"}]), f"{P0}.to.0.name"),
    ("a sender of another domain", one(**{"from": {"email": "a@other.example"}}),
     f"{P0}.from.email"),
    ("no sender", without("from"), "from"),
    ("no personalizations", without("personalizations"), "personalizations"),
    ("a bad sender", whole(**{"from": {"email": "x"}}), "from.email"),
    ("no subject", without("subject"), "subject"),
    ("an empty subject", whole(subject=""), "subject"),
    ("a subject of two lines", whole(subject="a\r\nBcc: b@example.org"), "subject"),
    ("a person's subject of two lines", one(subject="a\nb"), f"{P0}.subject"),
    ("no content", without("content"), "content"),
    ("empty content", whole(content=[]), "content"),
    ("html before plain", whole(content=payload()["content"][::-1]), "content"),
    ("html twice", whole(content=payload()["content"][1:] * 2), "content"),
    ("a number as substitution", one(substitutions={"-a-": 1}), f"{P0}.substitutions.-a-"),
    ("a tag with a blank", one(substitutions={"- a": "x"}), f"{P0}.substitutions.- a"),
    ("10,001 bytes of substitutions", one(substitutions={"a": "é" * 5000}), f"{P0}.substitutions"),
    ("10,000 bytes of custom_args", one(custom_args={"a": "x" * 9999}), f"{P0}.custom_args"),
    ("10,000 bytes with those of the root",
     payload([person(0, custom_args={"a": "x" * 5000})], custom_args={"b": "y" * 5000}),
     f"{P0}.custom_args"),
    ("a number in custom_args", one(custom_args={"nl_attempt": 1}), f"{P0}.custom_args.nl_attempt"),
    ("custom_args of the wrong type", whole(custom_args="x"), "custom_args"),
    ("a header that is a number", one(headers={"X-A": 1}), f"{P0}.headers.X-A"),
    ("a header of two lines", one(headers={"X-A": "a\r\nBcc: b"}), f"{P0}.headers.X-A"),
    ("a header's name with a colon", whole(headers={"X-A:": "a"}), "headers.X-A:"),
    ("send_at more than 72 hours ahead", whole(send_at=NOW + 72 * 3600 + 1), "send_at"),
    ("send_at in milliseconds", whole(send_at=NOW * 1000), "send_at"),
    ("send_at of one person in milliseconds", one(send_at=NOW * 1000), f"{P0}.send_at"),
    ("send_at as text", whole(send_at=str(NOW)), "send_at"),
    ("send_at as a fraction", whole(send_at=NOW + 0.5), "send_at"),
    ("a batch id that was never made", whole(batch_id="made-up"), "batch_id"),
    ("11 categories", whole(categories=[str(n) for n in range(11)]), "categories"),
    ("a category twice", whole(categories=["a", "a"]), "categories"),
    ("a long category", whole(categories=["x" * 256]), "categories.0"),
    ("sandbox as text", whole(mail_settings={"sandbox_mode": {"enable": "true"}}),
     "mail_settings.sandbox_mode.enable"),
    ("tracking as a number", whole(tracking_settings={"open_tracking": {"enable": 0}}),
     "tracking_settings.open_tracking.enable"),
    ("two bypasses",
     whole(mail_settings={"bypass_list_management": {"enable": True},
                          "bypass_spam_management": {"enable": True}}), "mail_settings"),
    ("asm without a group", whole(asm={}), "asm.group_id"),
    ("a short pool", whole(ip_pool_name="x"), "ip_pool_name"),
    ("substitutions with a dynamic template", whole(template_id="d-1"), f"{P0}.substitutions"),
    ("template data without a template", one(dynamic_template_data={}),
     f"{P0}.dynamic_template_data"),
    ("both ways to reply", whole(reply_to=TO[0], reply_to_list=TO), "reply_to_list"),
    ("a strange disposition",
     whole(attachments=[{"content": "eA==", "filename": "x", "disposition": "hidden"}]),
     "attachments.0.disposition"),
    *((f"the header {name}", one(headers={name.title(): "x"}), f"{P0}.headers.{name.title()}")
      for name in sorted(RESERVED_HEADERS)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_refused(body: object, field: str) -> None:
    """The field that is wrong is named."""
    assert [problem.field for problem in found(body)] == [field]


def test_every_wrong_personalization_is_named_by_its_place() -> None:
    """So that a client can leave out exactly those."""
    people = [person(n) for n in range(6)]
    people[3]["to"][0]["email"] = "nobody"
    people[5]["substitutions"] = {"-a-": None}
    assert [problem.field for problem in found(payload(people))] == [
        "personalizations.3.to.0.email",
        "personalizations.5.substitutions.-a-",
    ]


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("1,000 personalizations", whole(people=1000)),
    ("10,000 bytes of substitutions", one(substitutions={"a": "x" * 9999})),
    ("9,999 bytes of custom_args", one(custom_args={"a": "x" * 9998})),
    ("send_at in 72 hours", whole(send_at=NOW + 72 * 3600)),
    ("send_at in the past", whole(send_at=NOW - 5)),
    ("a batch id that was made", whole(batch_id="known", send_at=NOW + 3600)),
    ("ten categories", whole(categories=[str(n) for n in range(10)])),
    ("a subject for each", {**without("subject"), "personalizations": [person(0, subject="Hi")]}),
    ("a sender of the same domain", one(**{"from": {"email": "b@EXAMPLE.org"}})),
    ("a template without content", {**without("content"), "template_id": "legacy"}),
    ("one-click headers", one(headers={"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"})),
    ("the longest local part", one(to=[{"email": f"{'a' * 64}@example.org"}])),
]


@pytest.mark.parametrize("body", [row[1] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_accepted(body: dict[str, Any]) -> None:
    """On the right side of each limit nothing is wrong."""
    assert found(body) == []


def test_an_address_in_two_personalizations_is_a_rule_of_its_own() -> None:
    """The documentation does not say whether it is refused."""
    body = payload([person(0), person(0)])
    assert found(body) == []
    assert [p.field for p in found(body, repeats_allowed=False)] == ["personalizations.1.to"]


def test_recipients_are_grouped_by_their_time() -> None:
    """A personalization's send_at wins, and custom_args of the root are merged."""
    people = [person(0), person(1, send_at=NOW + 60), person(2)]
    mail = mail_of(payload(people, send_at=NOW + 30, batch_id="known", custom_args={"r": "1"}))
    assert [(lot.send_at, lot.count) for lot in mail.lots] == [(NOW + 30, 2), (NOW + 60, 1)]
    assert json.loads(mail.lots[1].people) == [
        ["reader1@host.example.org", {"r": "1", "nl_delivery": "d1", "nl_attempt": "1"}]
    ]
    assert (mail.batch_id, mail.recipients, mail.sandbox) == ("known", 3, False)


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_the_fast_mode_finds_the_same(separators: tuple[str, str]) -> None:
    """However the client writes its JSON, and with signs that JSON escapes."""
    people = [person(0), person(1)]
    people[1]["custom_args"]["nl_delivery"] = 'd"1\\'
    body = payload(people, send_at=NOW, batch_id="B-1_x")
    mail, quick = mail_of(body), scan(json.dumps(body, separators=separators).encode())
    assert quick is not None
    assert (quick.batch_id, quick.lots[0].send_at, quick.recipients) == ("B-1_x", NOW, 2)
    assert json.loads(quick.lots[0].people) == json.loads(mail.lots[0].people)


def test_the_fast_mode_refuses_what_it_does_not_understand() -> None:
    """A person without ids would be counted wrongly."""
    assert scan(json.dumps(payload([person(0), person(1, custom_args={})])).encode()) is None
    assert scan(b"{}") is None
