"""What settings must agree on among each other.

It is asked of the values as given, before each of them is checked alone, so that one wrong value
hides no other fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from newsletter.config.checks import is_loopback
from newsletter.config.faults import Fault
from newsletter.config.shape import expectation


def relation_faults(given: dict[str, Any]) -> Iterator[Fault]:
    """Every disagreement between settings; values of the wrong kind are passed over here."""
    newsletter, delivery = _table(given, "newsletter"), _table(given, "delivery")
    unsubscribe = delivery.get("unsubscribe", "own")
    if unsubscribe != "sendgrid" and newsletter.get("public_url", "") == "":
        path = ("newsletter", "public_url")
        yield Fault(
            path=path,
            problem=f"is missing; expected {expectation(path)}, where readers can unsubscribe. "
            'Without a server of your own, set delivery.unsubscribe = "sendgrid".',
        )
    transport = delivery.get("transport", "outbox")
    if unsubscribe == "sendgrid" and transport not in ("outbox", "sendgrid"):
        yield Fault(
            path=("delivery", "unsubscribe"),
            problem='"sendgrid" works only with delivery.transport = "sendgrid", and for rehearsals'
            ' with "outbox".',
        )
    yield from _logo_without_words(_table(given, "look"))
    yield from _mails_in_clear(_table(delivery, "smtp"))
    yield from _twice(given, "feeds", "url")
    yield from _twice(given, "topics", "key")
    yield from _topics_without_posts(given)


def _logo_without_words(look: dict[str, Any]) -> Iterator[Fault]:
    """Those who see no pictures, or are read the mail aloud, are told what there is."""
    if look.get("logo") and not str(look.get("logo_alt", "")).strip():
        path = ("look", "logo_alt")
        problem = "is missing; expected what the logo shows, in words, such as the blog's name."
        yield Fault(path=path, problem=problem)


def _mails_in_clear(smtp: dict[str, Any]) -> Iterator[Fault]:
    """Who is on the list is health information: it does not go over a network for all to read."""
    host = smtp.get("host", "localhost")
    if smtp.get("security") == "none" and isinstance(host, str) and not is_loopback(host.strip()):
        problem = '"none" works only with a mail server on this computer; expected "auto".'
        yield Fault(path=("delivery", "smtp", "security"), problem=problem)


def _twice(given: dict[str, Any], section: str, key: str) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for place, item in enumerate(_items(given, section)):
        value = item.get(key)
        if not isinstance(value, str):
            continue
        first = seen.setdefault(value.strip(), place)
        if first != place:
            problem = f"is the same as that of {section}[{first + 1}]; expected each only once."
            yield Fault(path=(section, place, key), problem=problem)


def _topics_without_posts(given: dict[str, Any]) -> Iterator[Fault]:
    for place, item in enumerate(_items(given, "topics")):
        if not item.get("categories") and not item.get("title_pattern"):
            problem = "no post can belong to it; expected categories or title_pattern."
            yield Fault(path=("topics", place), problem=problem)


def _table(given: dict[str, Any], section: str) -> dict[str, Any]:
    table = given.get(section)
    return table if isinstance(table, dict) else {}


def _items(given: dict[str, Any], section: str) -> list[dict[str, Any]]:
    items = given.get(section)
    if not isinstance(items, list):
        return []
    return [item if isinstance(item, dict) else {} for item in items]
