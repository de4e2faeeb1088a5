"""The control endpoints: they move the clock, script faults, and fetch what was reported.

They are for tests and for trying things out, and no part of SendGrid. All take and give JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from newsletter.errors import UsageError
from newsletter.standin.answers import PORTAL, Answer, Asked, document, failed, portal
from newsletter.standin.reports import check_receiver
from newsletter.standin.service import Service, as_json, json_of
from newsletter.standin.suppressed import LISTS

Given = Mapping[str, Any]


def _summary(service: Service, _given: Given) -> object:
    return service.summary() | {"now": service.now()}


def _clock(service: Service, given: Given) -> object:
    """`advance` by seconds, or go `to` a time in seconds since 1970."""
    by = float(given["to"]) - service.now() if "to" in given else float(given["advance"])
    return {"now": service.move_clock(by)}


def _rules(service: Service, given: Given) -> object:
    service.change_rules(dict(given))
    return {}


def _script(service: Service, given: Given) -> object:
    service.script.add(
        str(given["name"]), skip=int(given.get("skip", 0)), times=int(given.get("times", 1))
    )
    return {}


def _clear(service: Service, _given: Given) -> object:
    service.script.clear()
    return {}


def _let_go(service: Service, _given: Given) -> object:
    """Everything that hangs goes on at once, now and from now on."""
    service.letting_go.set()
    return {}


def _suppress(service: Service, given: Given) -> object:
    name = str(given["list"])
    if name not in LISTS:
        raise UsageError(f"There is no list {name!r}.", f"Choose among: {', '.join(LISTS)}.")
    created = float(given.get("created", service.now()))
    service.book.suppressed.add(
        name, map(str, given["emails"]), created, str(given.get("reason", ""))
    )
    return {}


def _take_events(service: Service, given: Given) -> object:
    """The next signed posts, with bodies as text, as if they had arrived."""
    service.release()
    posts = service.reports.take(int(given.get("limit", 10_000)))
    return {"posts": [{"headers": post.headers, "body": post.body.decode()} for post in posts]}


def _post_events(service: Service, given: Given) -> object:
    url = str(given["url"])
    check_receiver(url)
    service.release()
    return {"statuses": service.reports.post_to(url)}


def _webhook(service: Service, given: Given) -> object:
    """Sets where events are posted by themselves; `enabled` says whether."""
    service.set_webhook(given)
    return {}


_ACTIONS: dict[tuple[str, str], Callable[[Service, Given], object]] = {
    ("GET", "/control/summary"): _summary,
    ("POST", "/control/clock"): _clock,
    ("PATCH", "/control/rules"): _rules,
    ("POST", "/control/faults"): _script,
    ("DELETE", "/control/faults"): _clear,
    ("POST", "/control/let-go"): _let_go,
    ("POST", "/control/suppressions"): _suppress,
    ("POST", "/control/events"): _take_events,
    ("POST", "/control/events/post"): _post_events,
    ("PATCH", "/control/webhook"): _webhook,
}


def control(service: Service, asked: Asked) -> Answer:
    """Does what a control endpoint is for; 400 with the words for what cannot be done."""
    if asked.path == PORTAL:
        return portal()
    action = _ACTIONS.get((asked.method, asked.path))
    if action is None:
        return failed(404)
    try:
        return as_json(action(service, json_of(asked)))
    except UsageError as error:
        return document(400, {"error": {"message": error.message, "mend": error.mend}})
    except (KeyError, ValueError, TypeError) as error:
        message = f"{asked.path} cannot be done with this: {type(error).__name__} {error}"
        return document(400, {"error": {"message": message, "mend": "See docs/how-to."}})
