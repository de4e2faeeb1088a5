"""Takes in what the provider posts: written down, and committed, before it is answered.

What was answered with success is never lost, however the process ends; `draining` absorbs it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from newsletter.events.posted import kept
from newsletter.events.verify import Verdict, Verifier
from newsletter.store import posted_events as store
from newsletter.store.engine import Database


class Receipt(StrEnum):
    """How a post is answered."""

    TAKEN = "taken"
    FORGED = "forged"
    STALE = "stale"
    UNREADABLE = "unreadable"
    """Signed, and yet no events: nothing that is tried again will mend it."""


def receive(
    database: Database,
    verifier: Verifier,
    *,
    timestamp: str,
    signature: str,
    body: bytes,
    now: datetime,
) -> Receipt:
    """Looks at a post, and writes down what matters of it. Raises StoreError: then it is not."""
    verdict = verifier.judge(timestamp=timestamp, signature=signature, body=body, now=now)
    if verdict is not Verdict.GENUINE:
        return Receipt(verdict.value)
    post = kept(body)
    if post is None:
        return Receipt.UNREADABLE
    if post.events:
        with database.begin() as connection:
            store.keep(connection, post.body, events=post.events, now=now)
    return Receipt.TAKEN
