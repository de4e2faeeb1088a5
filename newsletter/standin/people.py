"""Validates the personalizations of a mail/send request, a thousand of them in one pass.

Limits: the provider's OpenAPI document of mail/send, and its pages "Limitations" and "Errors".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from newsletter.standin.shapes import (
    LONGEST_ADDRESS,
    Address,
    Mapped,
    Problem,
    Text,
    is_address,
    problems_of,
    wrong_type,
)

MOST_PERSONALIZATIONS = 1000
MOST_RECIPIENTS = 1000
MOST_BYTES = 10_000
"""Of the substitutions, and of the custom_args, of one personalization."""
LATEST_SECONDS = 72 * 3600
"""How far ahead `send_at` may be."""

RESERVED_HEADERS = frozenset(
    (
        "bcc", "cc", "content-transfer-encoding", "content-type", "dkim-signature", "from",
        "received", "reply-to", "subject", "to", "x-sg-eid", "x-sg-id",
    )
)  # fmt: skip
CORRESPONDENT = Mapped({"email": Address(), "name": Text()}, ("email",))
_SUBJECT, _TAG_SIGNS = Text(least=1), frozenset(" <>&")
_FORBIDDEN_IN_NAMES = frozenset(";,")
_SUBJECT_SIGNS = frozenset("\r\n")


@dataclass(slots=True)
class Whole:
    """What the rest of the request says that a personalization is measured by."""

    now: float
    sender_domain: str
    root_args_bytes: int
    dynamic: bool
    repeats_allowed: bool
    recipients: int = 0
    seen: set[str] = field(default_factory=set)
    found: list[Problem] = field(default_factory=list)

    def add(self, message: str, where: str) -> None:
        """Notes a problem."""
        self.found.append(Problem(message, where))


def check_people(people: object, whole: Whole) -> None:
    """Notes in `whole` what is wrong with the list of personalizations, and counts recipients."""
    if not isinstance(people, list):
        whole.found.append(wrong_type(people, list, "personalizations"))
        return
    if not people:
        whole.add("You must have at least one personalization.", "personalizations")
    for place, person in enumerate(people):
        _check_person(person, f"personalizations.{place}", whole)
    if len(people) > MOST_PERSONALIZATIONS:
        whole.add(
            "The personalization block is limited to 1000 personalizations per API request. "
            f"You have provided {len(people)} personalizations.",
            "personalizations",
        )
    elif whole.recipients > MOST_RECIPIENTS:
        whole.add(
            f"There is a limit of {MOST_RECIPIENTS} total recipients (to + cc + bcc) per request.",
            "personalizations",
        )


def _check_person(person: object, where: str, whole: Whole) -> None:
    if type(person) is not dict:
        whole.found.append(wrong_type(person, dict, where))
        return
    if not person.get("to"):
        whole.add("The to array is required, with at least one address.", f"{where}.to")
    for name, value in person.items():
        check = _CHECKS.get(name)
        if check is not None:
            check(value, f"{where}.{name}", whole)
    _check_repeats(person, where, whole)


def _check_addresses(value: Any, where: str, whole: Whole) -> None:
    if type(value) is not list:
        whole.found.append(wrong_type(value, list, where))
        return
    whole.recipients += len(value)
    for place, one in enumerate(value):
        email = one.get("email") if type(one) is dict and "name" not in one else None
        if type(email) is not str or len(email) > LONGEST_ADDRESS or not is_address(email):
            _check_correspondent(one, f"{where}.{place}", whole)


def _check_correspondent(one: Any, where: str, whole: Whole) -> None:
    whole.found.extend(problems_of(one, CORRESPONDENT, where))
    name = one.get("name") if isinstance(one, dict) else None
    if isinstance(name, str) and not _FORBIDDEN_IN_NAMES.isdisjoint(name):
        whole.add("A name may contain neither a semicolon nor a comma.", f"{where}.name")


def _addresses(person: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The addresses of a personalization, folded, each with its list."""
    return [
        (str(one["email"]).lower(), name)
        for name in ("to", "cc", "bcc")
        if type(person.get(name)) is list
        for one in person[name]
        if type(one) is dict and "email" in one
    ]


def _check_repeats(person: Mapping[str, Any], where: str, whole: Whole) -> None:
    alone = type(to := person.get("to")) is list and len(to) == 1
    if alone and whole.repeats_allowed and "cc" not in person and "bcc" not in person:
        return
    given = _addresses(person)
    seen: set[str] = set() if whole.repeats_allowed else whole.seen
    for address, name in given:
        if address in seen:
            whole.add(
                f"Each address may be there only once; {name} repeats one.", f"{where}.{name}"
            )
        seen.add(address)


def _check_subject(value: Any, where: str, whole: Whole) -> None:
    whole.found.extend(problems_of(value, _SUBJECT, where))
    if isinstance(value, str) and not _SUBJECT_SIGNS.isdisjoint(value):
        whole.add("A subject is one line.", where)


def _check_from(value: Any, where: str, whole: Whole) -> None:
    whole.found.extend(problems_of(value, CORRESPONDENT, where))
    email = value.get("email") if isinstance(value, dict) else None
    if isinstance(email, str) and email.partition("@")[2].lower() != whole.sender_domain:
        whole.add("The domain must be that of the request's own from address.", f"{where}.email")


def check_headers(value: Any, where: str, whole: Whole) -> None:
    """Notes reserved names, values that are not strings, and anything beyond one line."""
    if type(value) is not dict:
        whole.found.append(wrong_type(value, dict, where))
        return
    for name, text in value.items():
        if type(text) is not str:
            whole.found.append(wrong_type(text, str, f"{where}.{name}"))
        elif fault := _fault_of_header(name):
            whole.add(fault, f"{where}.{name}")
        elif "\r" in text or "\n" in text:
            whole.add("The value of a header is one line.", f"{where}.{name}")


@lru_cache(maxsize=1000)
def _fault_of_header(name: str) -> str:
    """What is wrong with a header's name (RFC 5322, section 3.6.8), if anything."""
    if name.lower() in RESERVED_HEADERS:
        return f"The header {name} is reserved and cannot be set."
    printable = name.isascii() and name.isprintable() and {" ", ":"}.isdisjoint(name)
    return "" if name and printable else "A header's name has no blanks and no colon."


@lru_cache(maxsize=1000)
def _is_tag(tag: str) -> bool:
    return bool(tag) and _TAG_SIGNS.isdisjoint(tag)


def _check_substitutions(value: Any, where: str, whole: Whole) -> None:
    if not _strings(value, where, whole):
        return
    if whole.dynamic:
        whole.add("Substitutions cannot be used with a dynamic template.", where)
    for tag in value:
        if not _is_tag(tag):
            whole.add("A tag has no blanks and none of the signs < > &.", f"{where}.{tag}")
    if _bytes(value) > MOST_BYTES:
        whole.add(f"All substitutions together may have {MOST_BYTES} bytes at most.", where)


def _check_args(value: Any, where: str, whole: Whole) -> None:
    if _strings(value, where, whole) and _bytes(value) + whole.root_args_bytes >= MOST_BYTES:
        whole.add(f"All custom_args together must stay under {MOST_BYTES} bytes.", where)


def _check_template_data(value: Any, where: str, whole: Whole) -> None:
    if type(value) is not dict:
        whole.found.append(wrong_type(value, dict, where))
    elif not whole.dynamic:
        whole.add("It can be used only with a dynamic template.", where)


def check_time(value: Any, where: str, whole: Whole) -> None:
    """Notes a time that is not in whole seconds since 1970, or more than 72 hours ahead."""
    if type(value) is not int:
        whole.found.append(wrong_type(value, int, where))
    elif value > whole.now + LATEST_SECONDS or value < 0:
        whole.add("It is in seconds since 1970, and at most 72 hours ahead.", where)


def _strings(value: Any, where: str, whole: Whole) -> bool:
    """Whether it is an object with nothing but strings in it."""
    if type(value) is not dict:
        whole.found.append(wrong_type(value, dict, where))
        return False
    wrong = [name for name, text in value.items() if type(text) is not str]
    whole.found.extend(wrong_type(value[name], str, f"{where}.{name}") for name in wrong)
    return not wrong


def _bytes(texts: Mapping[str, str]) -> int:
    """How many bytes of UTF-8 an object of strings has; names count."""
    joined = "".join((*texts, *texts.values()))
    return len(joined) if joined.isascii() else len(joined.encode("utf-8", "surrogatepass"))


def size_of(texts: object) -> int:
    """The same for anything; what is not an object of strings counts nothing."""
    if not isinstance(texts, dict) or not _all_strings(texts.values()):
        return 0
    return _bytes(texts)


def _all_strings(values: Iterable[object]) -> bool:
    return all(type(value) is str for value in values)


_CHECKS: dict[str, Callable[[Any, str, Whole], None]] = {
    "to": _check_addresses,
    "cc": _check_addresses,
    "bcc": _check_addresses,
    "from": _check_from,
    "subject": _check_subject,
    "headers": check_headers,
    "substitutions": _check_substitutions,
    "custom_args": _check_args,
    "dynamic_template_data": _check_template_data,
    "send_at": check_time,
}
