"""The stand-in without its sockets: requests in, answers out, and a clock that can be moved."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

from newsletter.errors import UsageError
from newsletter.standin import account, sending
from newsletter.standin.answers import Answer, Asked, document, failed
from newsletter.standin.book import Book, Seen
from newsletter.standin.faults import Fault, Script, drawn, place_of
from newsletter.standin.reports import Reports, check_receiver
from newsletter.standin.rules import Rules, changed
from newsletter.standin.sending import Desk, told_status
from newsletter.standin.signing import Signer

Handler = Callable[..., Answer]
_SCHEDULED = "user.scheduled_sends"
_HOOKS = "user.webhooks.event.settings"
_ROUTES: dict[str, dict[str, tuple[str, Handler]]] = {
    "v3/mail/batch": {"POST": ("mail.batch.create", sending.make_batch)},
    "v3/mail/batch/*": {"GET": ("mail.batch.read", sending.show_batch)},
    "v3/user/scheduled_sends": {
        "GET": (f"{_SCHEDULED}.read", sending.list_marks),
        "POST": (f"{_SCHEDULED}.create", sending.mark),
    },
    "v3/user/scheduled_sends/*": {
        "GET": (f"{_SCHEDULED}.read", sending.show_mark),
        "PATCH": (f"{_SCHEDULED}.update", sending.change_mark),
        "DELETE": (f"{_SCHEDULED}.delete", sending.remove_mark),
    },
    "v3/suppression/*": {
        "GET": ("suppression.read", account.list_entries),
        "DELETE": ("suppression.delete", account.delete_entries),
    },
    "v3/suppression/*/*": {
        "GET": ("suppression.read", account.show_entry),
        "DELETE": ("suppression.delete", account.delete_entry),
    },
    "v3/asm/suppressions/global": {"POST": ("asm.suppressions.create", account.add_global)},
    "v3/asm/suppressions/global/*": {
        "GET": ("suppression.read", account.show_global),
        "DELETE": ("suppression.delete", account.delete_global),
    },
    "v3/user/credits": {"GET": ("user.credits.read", account.show_credits)},
    "v3/scopes": {"GET": ("", account.show_scopes)},
    "v3/user/webhooks/event/settings/all": {"GET": (f"{_HOOKS}.read", account.list_webhooks)},
    "v3/user/webhooks/event/settings/*": {
        "GET": (f"{_HOOKS}.read", account.show_webhook),
        "PATCH": (f"{_HOOKS}.update", account.change_webhook),
    },
    "v3/user/webhooks/event/settings/signed/*": {
        "GET": (f"{_HOOKS}.read", account.show_key),
        "PATCH": (f"{_HOOKS}.update", account.toggle_key),
    },
}
_PATTERNS = {tuple(path.split("/")): methods for path, methods in _ROUTES.items()}
_SEND = ("v3", "mail", "send")


class Service:
    """A stand-in with its records in `folder`. `clock` is the time without any move."""

    def __init__(self, folder: Path, rules: Rules, clock: Callable[[], float]) -> None:
        self.book = Book(folder)
        self.rules = rules
        self.script = Script()
        self.reports = Reports(self.book, lambda: self.rules, self.now)
        self.letting_go = threading.Event()
        """Set: what hangs goes on at once."""
        self.closing = threading.Event()
        """Set: the stand-in is about to end, and no answer takes its time any more."""
        self._clock = clock
        self._offset = float(self.book.fact("offset", "0"))
        self._window = (0, 0)
        self._lock = threading.Lock()

    # ---- the clock

    def now(self) -> float:
        """The stand-in's time, in seconds since 1970."""
        return self._clock() + self._offset

    def move_clock(self, seconds: float) -> float:
        """Moves the clock, and settles what has become due; the new time. A restart keeps it."""
        with self._lock:
            self._offset += seconds
            self.book.keep_fact("offset", str(self._offset))
        self.release()
        return self.now()

    def release(self) -> int:
        """Settles every message whose time has come; how many requests' worth there were."""
        picky = bool(self.rules.outcomes)
        return self.book.release(self.now(), self.rules.outcome, picky=picky)

    # ---- rules

    def change_rules(self, given: dict[str, Any]) -> None:
        """Replaces some of the rules. Raises UsageError."""
        with self._lock:
            self.rules = changed(self.rules, given)

    def fault_for(self, number: int, method: str, path: str) -> Fault | None:
        """What befalls this request: first the script, then chance."""
        place = place_of(method, path) if path.startswith("/v3/") else ""
        if not place:
            return None
        rules = self.rules
        return self.script.next(place) or drawn(rules.seed, number, rules.faults, place)

    # ---- answers

    def answer(self, asked: Asked, fault: Fault | None = None) -> Answer:
        """Does what was asked. `fault` will befall the answer, and is written down with it."""
        left, limits = self._count()
        if asked.headers.get("authorization") != f"Bearer {self.rules.key}":
            found = failed(401)
        elif left < 0:
            found = failed(429)
        else:
            found = self._routed(asked, fault)
        return replace(found, headers={**limits, **found.headers})

    def _routed(self, asked: Asked, fault: Fault | None) -> Answer:
        desk = Desk(self.book, self.rules, self.now(), self.release)
        parts = asked.parts
        methods: dict[str, tuple[str, Handler]] = {}
        if parts == _SEND:
            methods = {"POST": ("mail.send", lambda desk, asked: sending.send(desk, asked, fault))}
        values: list[str] = []
        for pattern, found in [] if methods else _PATTERNS.items():
            if len(pattern) == len(parts) and all(
                wanted in {"*", part} for wanted, part in zip(pattern, parts, strict=True)
            ):
                methods = found
                values = [p for p, w in zip(parts, pattern, strict=True) if w == "*"]
                break
        if asked.method not in methods:
            return failed(405 if methods else 404)
        scope, handler = methods[asked.method]
        if scope and scope not in self.rules.scopes:
            return failed(403)
        return handler(desk, asked, *values)

    def _count(self) -> tuple[int, dict[str, str]]:
        """Counts a request: how many are left (below 0: this one is too many), and the headers."""
        rules, now = self.rules, int(self.now())
        window = now // rules.rate_window
        with self._lock:
            counted = self._window[1] + 1 if self._window[0] == window else 1
            self._window = (window, counted)
        left = rules.rate_limit - counted
        return left, self.limits(left)

    def limits(self, left: int) -> dict[str, str]:
        """The headers that tell how many requests are left in this window, and when it ends."""
        rules = self.rules
        reset = (int(self.now()) // rules.rate_window + 1) * rules.rate_window
        return {
            "X-RateLimit-Limit": str(rules.rate_limit),
            "X-RateLimit-Remaining": str(max(left, 0)),
            "X-RateLimit-Reset": str(reset),
        }

    def date(self) -> str:
        """The Date header, by the stand-in's own clock."""
        return formatdate(self.now(), usegmt=True)

    def note(self, asked: Asked, status: int, fault: Fault | None) -> Seen:
        """Writes down a request that was not an acceptance."""
        seen = Seen(
            number=asked.number,
            at=self.now(),
            method=asked.method,
            path=asked.path,
            status=told_status(fault, status),
            fault=fault.name if fault else "",
            body=asked.body if self.rules.keep_bodies and asked.body else None,
        )
        self.book.note(seen)
        return seen

    @property
    def public_key(self) -> str:
        """What the signature of reports is verified with."""
        return Signer(self.rules.seed).public_key

    def set_webhook(self, given: Mapping[str, object]) -> None:
        """Sets where events are posted by themselves. Raises UsageError."""
        url = given.get("url")
        if url:
            check_receiver(str(url))
        desk = Desk(self.book, self.rules, self.now(), self.release)
        if account.keep_webhook(desk, given) is None:
            raise UsageError(
                "A setting of the webhook has the wrong type.", "`url` is text, the rest flags."
            )

    def summary(self) -> dict[str, int]:
        """What has been so far, in numbers."""
        with self.book.begin() as connection:
            requests = connection.execute("SELECT count(*) FROM request").fetchone()[0]
            fates = connection.execute("SELECT fate, sum(recipients) FROM lot GROUP BY fate")
            counted = {str(fate): int(people) for fate, people in fates}
        accepted = sum(counted.values())
        return {"requests": int(requests), "accepted": accepted, **counted}


def as_json(value: object) -> Answer:
    """An answer of the control endpoints."""
    return document(200, value)


def json_of(asked: Asked) -> dict[str, Any]:
    """What a control endpoint was given; an empty object if it is none."""
    try:
        found = json.loads(asked.body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
