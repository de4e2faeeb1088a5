"""How the stand-in behaves: one frozen value, which the control endpoints can replace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, get_type_hints

from newsletter.errors import UsageError
from newsletter.standin.faults import check_rates

KEY = "SG.stand-in"
"""The API key that is right unless another one was set."""

SCOPES = (
    "mail.send", "mail.batch.create", "mail.batch.read", "asm.suppressions.create",
    "suppression.read", "suppression.delete", "user.credits.read", "user.scheduled_sends.create",
    "user.scheduled_sends.read", "user.scheduled_sends.update", "user.scheduled_sends.delete",
    "user.webhooks.event.settings.read", "user.webhooks.event.settings.update",
)  # fmt: skip

OUTCOMES = ("bounce", "bounce-late", "blocked", "deferred", "spamreport", "unsubscribe")
"""What can become of a message besides being delivered. `bounce-late` is reported after
`delivered` and without the message's id, as an asynchronous bounce is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How the stand-in behaves. Times are in seconds, rates between 0 and 1."""

    key: str = KEY
    scopes: tuple[str, ...] = SCOPES
    sender_domains: tuple[str, ...] = ()
    """The domains that may send; none named: any."""
    credits: int | None = None
    """How many recipients may be accepted in all; None: no end."""
    rate_limit: int = 10_000
    rate_window: int = 1
    """At most so many requests in each window of so many seconds."""
    latency: float = 0.0
    """How long every answer takes at least; what was asked for is done first, and counts."""
    hold: float = 60.0
    """How long a request is kept waiting by the faults `hang` and `late`."""
    seed: int = 0
    faults: Mapping[str, float] = field(default_factory=dict)
    """Name of a fault to the share of requests it befalls."""
    cancel_holds: bool = True
    """Whether a cancel also covers requests that arrive after it."""
    repeats_allowed: bool = True
    """Whether an address may be in two personalizations of one request."""
    most_errors: int = 100
    """At most so many faults of a request are named in the answer."""
    fast: bool = False
    """Only look for recipients and ids in the bytes of a request, and check nothing else."""
    keep_bodies: bool = False
    """Keep the body of every request, to be looked at later."""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    """Address, or `@domain`, to one of OUTCOMES."""
    disorder: int = 50
    """By how many places an event may be late in the order of events."""
    repeated_events: float = 0.1
    """The share of events that are reported twice, the second time under another id."""

    def __post_init__(self) -> None:
        check_rates(self.faults)
        unknown = sorted(set(self.outcomes.values()) - set(OUTCOMES))
        if unknown:
            raise UsageError(
                f"There is no outcome {unknown[0]!r}.", f"Choose among: {', '.join(OUTCOMES)}."
            )
        if self.rate_window < 1 or not 0 <= self.repeated_events <= 1 or self.latency < 0:
            raise UsageError(
                "A rate, a window or a latency is out of its range.",
                "Shares are from 0 to 1, windows at least 1 second, latencies not negative.",
            )

    def outcome(self, email: str) -> str:
        """What becomes of a message to this address; empty: it is delivered."""
        address = email.lower()
        return self.outcomes.get(address) or self.outcomes.get(f"@{address.partition('@')[2]}", "")


def changed(rules: Rules, given: Mapping[str, object]) -> Rules:
    """The rules with some of them replaced, as JSON gives them. Raises UsageError."""
    hints = get_type_hints(Rules)
    known = {rule.name for rule in fields(Rules)}
    for name in given:
        if name not in known:
            raise UsageError(
                f"There is no rule {name!r}.", f"Choose among: {', '.join(sorted(known))}."
            )
    values: dict[str, Any] = {n: _typed(n, value, hints[n]) for n, value in given.items()}
    return replace(rules, **values)


def _typed(name: str, value: object, hint: object) -> object:
    """The value as the rule's type wants it; whole numbers do for fractions, lists for tuples."""
    fits: dict[object, tuple[type, ...]] = {
        str: (str,), bool: (bool,), int: (int,), float: (int, float),
        int | None: (int, type(None)), tuple[str, ...]: (list,),
    }  # fmt: skip
    wanted = fits.get(hint, (dict,))
    if not isinstance(value, wanted) or (isinstance(value, bool) and hint is not bool):
        raise UsageError(
            f"The rule {name!r} cannot be {json.dumps(value)}.",
            f"Give it as {' or '.join(kind.__name__ for kind in wanted)}.",
        )
    if isinstance(value, list):
        return tuple(str(part) for part in value)
    return float(value) if hint is float and isinstance(value, int) else value
