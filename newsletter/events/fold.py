"""What many events of one attempt come to, and whom it means must not be mailed again.

Events arrive in any order and any number of times, so all of this is a greatest value: the order
of arrival, repetition, and the way in which events are put together do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable

from newsletter.model.event import Event, EventKind, Outcome, join
from subscribers.model import SuppressionReason

# A bounce or a block after "delivered" is the recipient's server having changed its mind: blocked
# mails are not tried again, so the refusal came last. A person's own word is above what servers
# say.
_WEIGHT = {kind: weight for weight, kind in enumerate(EventKind)}

_SUPPRESSIONS = {
    EventKind.BOUNCED: SuppressionReason.HARD_BOUNCE,
    EventKind.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBED,
    EventKind.COMPLAINED: SuppressionReason.COMPLAINT,
}

BARRING = frozenset({EventKind.DROPPED, *_SUPPRESSIONS})
"""The kinds of which it may follow that a person must not be mailed again."""

_DROPS = {
    "bounced address": SuppressionReason.HARD_BOUNCE,
    "invalid": SuppressionReason.HARD_BOUNCE,
    "unsubscribed address": SuppressionReason.UNSUBSCRIBED,
    "spam reporting address": SuppressionReason.COMPLAINT,
}
"""SendGrid's words for why it dropped a mail ("Event Webhook Reference", dropped) where these speak
of the address; all others (content, package, expired, cancelled) do not."""


Merged = dict[tuple[str, int, EventKind], Event]
"""Events by their keys, one for each."""


def merge(events: Iterable[Event], known: Merged | None = None) -> Merged:
    """One event for each key, as the database keeps them; those of `known` are among them."""
    merged = dict(known or ())
    for event in events:
        key = event.key
        before = merged.get(key)
        merged[key] = event if before is None else join(before, event)
    return merged


def fold(events: Iterable[Event]) -> Outcome:
    """What the events of one attempt of a delivery come to."""
    merged = merge(events).values()
    if not merged:
        return Outcome()
    heaviest = max(merged, key=lambda event: _WEIGHT[event.kind])
    return Outcome(kind=heaviest.kind, at=heaviest.at, reason=heaviest.reason)


def suppression_of(outcome: Outcome, *, attempt_live: bool) -> SuppressionReason | None:
    """Why the person must not be mailed again, None where nothing of that follows.

    `attempt_live` is False for an attempt that was cancelled: what was dropped then was dropped
    because of that, whatever the provider says.
    """
    if outcome.kind is EventKind.DROPPED:
        return _DROPS.get(outcome.reason.strip().casefold()) if attempt_live else None
    return None if outcome.kind is None else _SUPPRESSIONS.get(outcome.kind)


def is_recall(event: Event) -> bool:
    """Whether the mail was dropped because it was cancelled, as far as the provider's words say."""
    return event.kind is EventKind.DROPPED and "cancel" in event.reason.casefold()
