"""What POST /v3/mail/send asks for: what is wrong with it, and whom it would reach when.

Limits: the provider's OpenAPI document of mail/send, and its pages "Limitations" and "Errors".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from newsletter.standin.people import (
    CORRESPONDENT,
    MOST_BYTES,
    Whole,
    check_headers,
    check_people,
    check_time,
    size_of,
)
from newsletter.standin.rules import Rules
from newsletter.standin.shapes import Flag, Listing, Mapped, Problem, Text, problems_of
from newsletter.standin.shapes import Whole as WholeNumber

_REPLY_TO = Listing(CORRESPONDENT, most=1000, unique=True)
_ON, _SOME, _FULL = Mapped({"enable": Flag()}), Text(), Text(least=1)
_BYPASSES = {
    "bypass_spam_management": "spam_reports",
    "bypass_bounce_management": "bounces",
    "bypass_unsubscribe_management": "unsubscribes",
}
"""Which list a setting passes by; `bypass_list_management` passes all of them."""
_SHAPE = Mapped(
    {
        "from": CORRESPONDENT,
        "reply_to": CORRESPONDENT,
        "reply_to_list": _REPLY_TO,
        "subject": _FULL,
        "content": Listing(Mapped({"type": _FULL, "value": _FULL}, ("type", "value"))),
        "attachments": Listing(
            Mapped(
                {"content": _FULL, "type": _FULL, "filename": _SOME, "content_id": _SOME,
                 "disposition": Text(among=("inline", "attachment"))},
                ("content", "filename"),
            )
        ),
        "template_id": _SOME,
        "categories": Listing(Text(most=255), most=10, unique=True),
        "custom_args": Mapped(values=_SOME),
        "batch_id": _SOME,
        "asm": Mapped(
            {"group_id": WholeNumber(), "groups_to_display": Listing(WholeNumber(), most=25)},
            ("group_id",),
        ),
        "ip_pool_name": Text(least=2, most=64),
        "mail_settings": Mapped(
            {
                **dict.fromkeys(("bypass_list_management", *_BYPASSES, "sandbox_mode"), _ON),
                "footer": Mapped({"enable": Flag(), "text": _SOME, "html": _SOME}),
            }
        ),
        "tracking_settings": Mapped(
            {
                "click_tracking": Mapped({"enable": Flag(), "enable_text": Flag()}),
                "open_tracking": Mapped({"enable": Flag(), "substitution_tag": _SOME}),
                "subscription_tracking": Mapped(
                    {"enable": Flag(), "text": _SOME, "html": _SOME, "substitution_tag": _SOME}
                ),
                "ganalytics": Mapped(
                    {"enable": Flag(), **dict.fromkeys(
                        ("utm_source", "utm_medium", "utm_term", "utm_content", "utm_campaign"),
                        _SOME)}
                ),
            }
        ),
    },
    ("from", "personalizations"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lot:
    """The recipients of a request that share one time.

    `people` is a JSON list of pairs: an address, and the custom_args of its message.
    """

    send_at: float | None
    count: int
    people: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A request that may be accepted. `sandbox`: it is only validated, and answered with 200."""

    batch_id: str
    lots: tuple[Lot, ...]
    categories: tuple[str, ...] = ()
    sandbox: bool = False
    past: tuple[str, ...] = ()
    """The lists of suppressed addresses that it passes by."""

    @property
    def recipients(self) -> int:
        """How many there are in all."""
        return sum(lot.count for lot in self.lots)


def problems(
    payload: object, *, now: float, rules: Rules, known_batch: Callable[[str], bool]
) -> list[Problem]:
    """Everything that is wrong with the body of a request; nothing: it is accepted."""
    if not isinstance(payload, dict):
        return [Problem("Bad Request", "")]
    found = list(problems_of(payload, _SHAPE, ""))
    sender = payload.get("from")
    email = sender.get("email", "") if isinstance(sender, dict) else ""
    whole = Whole(
        now=now,
        sender_domain=str(email).partition("@")[2].lower(),
        root_args_bytes=size_of(payload.get("custom_args")),
        dynamic=str(payload.get("template_id", "")).startswith("d-"),
        repeats_allowed=rules.repeats_allowed,
    )
    if "personalizations" in payload:
        check_people(payload["personalizations"], whole)
    _check_root(payload, whole)
    found += whole.found
    return found or [*_relations(payload), *_batch_problems(payload, known_batch)]


def _check_root(payload: Mapping[str, Any], whole: Whole) -> None:
    if "headers" in payload:
        check_headers(payload["headers"], "headers", whole)
    if "send_at" in payload:
        check_time(payload["send_at"], "send_at", whole)
    if whole.root_args_bytes >= MOST_BYTES:
        whole.add(f"All custom_args together must stay under {MOST_BYTES} bytes.", "custom_args")


def _relations(payload: Mapping[str, Any]) -> Iterator[Problem]:
    """What parts of a well-formed request demand of each other."""
    template = bool(payload.get("template_id"))
    people = payload["personalizations"]
    if "subject" not in payload and not template and not all("subject" in p for p in people):
        yield Problem("The subject is required, here or in every personalization.", "subject")
    if "\n" in payload.get("subject", "") or "\r" in payload.get("subject", ""):
        yield Problem("A subject is one line.", "subject")
    if not payload.get("content") and not template:
        yield Problem("Unless there is a template, content is required.", "content")
    yield from _content_problems([part["type"] for part in payload.get("content", ())])
    if "reply_to" in payload and "reply_to_list" in payload:
        yield Problem("Use either reply_to or reply_to_list.", "reply_to_list")
    settings = payload.get("mail_settings", {})
    if "bypass_list_management" in settings and not settings.keys().isdisjoint(_BYPASSES):
        yield Problem("It cannot be combined with other bypasses.", "mail_settings")


def _content_problems(types: list[str]) -> Iterator[Problem]:
    for place, kind in enumerate(types):
        if any(sign in kind for sign in ";\r\n"):
            yield Problem("The type has no semicolon and no line break.", f"content.{place}.type")
    if len(set(types)) < len(types):
        yield Problem("Each type may be there only once.", "content")
    ranks = {"text/plain": 0, "text/html": 1}
    order = [ranks.get(kind, 2) for kind in types]
    if order != sorted(order):
        yield Problem("First comes text/plain, then text/html, then any others.", "content")


def _batch_problems(payload: Mapping[str, Any], known: Callable[[str], bool]) -> Iterator[Problem]:
    batch_id = payload.get("batch_id")
    if batch_id is not None and not known(batch_id):
        yield Problem("The batch id is not valid: it was never created.", "batch_id")


def mail_of(payload: Mapping[str, Any]) -> Mail:
    """Whom a valid request reaches, and when."""
    root_args = payload.get("custom_args", {})
    lots: dict[float | None, list[tuple[str, Mapping[str, str]]]] = {}
    for person in payload["personalizations"]:
        args = person.get("custom_args", {})
        merged = {**root_args, **args} if root_args else args
        lot = lots.setdefault(person.get("send_at", payload.get("send_at")), [])
        for name in ("to", "cc", "bcc"):
            lot.extend((one["email"], merged) for one in person.get(name, ()))
    settings = payload.get("mail_settings", {})
    on = {name for name, given in settings.items() if given.get("enable", False)}
    whole = "bypass_list_management" in on
    return Mail(
        batch_id=payload.get("batch_id", ""),
        lots=tuple(Lot(at, len(people), json.dumps(people)) for at, people in lots.items()),
        categories=tuple(payload.get("categories", ())),
        sandbox="sandbox_mode" in on,
        past=tuple(each for name, each in _BYPASSES.items() if whole or name in on),
    )


_STRING = rb'"([^"\\]*(?:\\.[^"\\]*)*)"'
_TO = re.compile(rb'"to"\s*:\s*\[\s*\{\s*"email"\s*:\s*' + _STRING)
_DELIVERY = re.compile(rb'"nl_delivery"\s*:\s*' + _STRING)
_ATTEMPT = re.compile(rb'"nl_attempt"\s*:\s*' + _STRING)
_BATCH = re.compile(rb'"batch_id"\s*:\s*"([^"\\]*)"')
_SEND_AT = re.compile(rb'"send_at"\s*:\s*(\d+)')
_PAIR = '["%s",{"nl_delivery":"%s","nl_attempt":"%s"}]'


def scan(body: bytes) -> Mail | None:
    """The same in the fast mode, by looking at the bytes only; None if the parts do not match up.

    It understands one recipient (`to`, the address first) and the two ids a personalization, and
    one batch id and time a request. What it finds is JSON already, and is kept as it is.
    """
    to, ids, attempts = (pattern.findall(body) for pattern in (_TO, _DELIVERY, _ATTEMPT))
    if not to or not len(to) == len(ids) == len(attempts):
        return None
    flat = tuple(part.decode() for three in zip(to, ids, attempts, strict=True) for part in three)
    people = ",".join([_PAIR] * len(to)) % flat
    batch, time = _BATCH.search(body), _SEND_AT.search(body)
    lot = Lot(int(time[1]) if time else None, len(to), f"[{people}]")
    return Mail(batch_id=batch[1].decode() if batch else "", lots=(lot,))


def read_json(body: bytes) -> object:
    """The document in a body. Raises ValueError, also for NaN and the like."""
    return json.loads(body, parse_constant=_no_constant)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
