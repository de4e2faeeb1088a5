"""What can go wrong on the way, by name, and when it does: by script or at random.

A name says where, what, and on which side of acceptance: `[WHERE-]WHAT[-after]`. Without WHERE it
befalls POST /v3/mail/send. With `-after` the request is carried out first, and only its answer is
spoilt; without, nothing is carried out. So `cancel-close-after` is a cancel that holds but is never
answered, and `429` a refused mail.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.errors import UsageError

STATUSES = ("200", "302", "400", "401", "403", "404", "429", "500", "502", "503", "504")
KINDS = {
    **{status: f"the answer is {status}" for status in STATUSES},
    "reset": "the connection is reset; without -after, before the body is read",
    "hang": "no answer for a long time, then the connection is closed",
    "close": "the connection is closed without an answer",
    "cut": "the answer breaks off in the middle of its body",
    "late": "kept for a long time, and carried out only then",
}
PLACES = {
    "cancel": "POST and PATCH of scheduled_sends",
    "batch": "POST of a batch id",
    "delete": "DELETE of a scheduled send",
    "read": "any GET",
}
_SEND = "send"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. `place` is `send` or one of PLACES, `kind` one of KINDS."""

    place: str
    kind: str
    after: bool

    @property
    def name(self) -> str:
        """As it is written in scripts and in the record of requests."""
        before = "" if self.place == _SEND else f"{self.place}-"
        return f"{before}{self.kind}{'-after' if self.after else ''}"


def fault(name: str) -> Fault:
    """The fault of this name. Raises UsageError."""
    rest, after = name.removesuffix("-after"), name.endswith("-after")
    place, _, kind = rest.rpartition("-")
    nowhere = place not in PLACES and name.startswith(f"{place}-")
    if nowhere or kind not in KINDS or (kind == "late" and after):
        raise UsageError(
            f"There is no fault {name!r}.",
            f"Write [WHERE-]WHAT[-after], where WHAT is one of {', '.join(KINDS)} and WHERE one of"
            f" {', '.join(PLACES)} (nothing: sending mail).",
        )
    return Fault(place or _SEND, kind, after)


def check_rates(rates: Mapping[str, float]) -> None:
    """Raises UsageError for an unknown fault, and for rates of one place that exceed 1."""
    sums: dict[str, float] = {}
    for name, rate in rates.items():
        place = fault(name).place
        sums[place] = sums.get(place, 0.0) + (rate if _is_share(rate) else 2.0)
    if any(total > 1.000001 for total in sums.values()):
        raise UsageError(
            "The rates of the faults are not between 0 and 1, or exceed 1 together.",
            "Write a share such as 0.05 for five in a hundred requests.",
        )


def _is_share(rate: object) -> bool:
    """Rates may come from JSON, and be anything."""
    return type(rate) in {int, float} and 0 <= float(str(rate)) <= 1


def place_of(method: str, path: str) -> str:
    """Where a request belongs; empty for one that no fault befalls."""
    if method == "GET":
        return "read"
    if (method, path) == ("POST", "/v3/mail/send"):
        return _SEND
    if (method, path) == ("POST", "/v3/mail/batch"):
        return "batch"
    if path.startswith("/v3/user/scheduled_sends"):
        return "delete" if method == "DELETE" else "cancel"
    return ""


def drawn(seed: int, number: int, rates: Mapping[str, float], place: str) -> Fault | None:
    """The fault, if any, that befalls the request of this number: the same for the same seed."""
    left = random.Random(f"{seed}:{number}").random()  # noqa: S311 - chance, not a secret
    for name in sorted(rates):
        found = fault(name)
        if found.place == place:
            left -= rates[name]
            if left < 0:
                return found
    return None


@dataclass(slots=True)
class _Line:
    fault: Fault
    skip: int
    times: int


class Script:
    """Faults to come in a given order, a list for each place. Can be used by several threads."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []
        self._lock = threading.Lock()

    def add(self, name: str, *, skip: int = 0, times: int = 1) -> None:
        """After `skip` more requests of its place, the fault befalls the next `times` of them."""
        line = _Line(fault(name), skip, times)
        with self._lock:
            self._lines.append(line)

    def clear(self) -> None:
        """Forgets what has not happened yet."""
        with self._lock:
            self._lines.clear()

    def next(self, place: str) -> Fault | None:
        """What befalls the next request of a place."""
        with self._lock:
            for line in self._lines:
                if line.fault.place == place:
                    return self._use(line)
        return None

    def _use(self, line: _Line) -> Fault | None:
        if line.skip > 0:
            line.skip -= 1
            return None
        line.times -= 1
        if line.times <= 0:
            self._lines.remove(line)
        return line.fault
