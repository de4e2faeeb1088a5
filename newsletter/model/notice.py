"""What the admin is told by mail, and whether it arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MOST_TRIES = 6
"""A mail that fails so often is given up; with the waits between them that is after 31 hours."""


class NoticeKind(StrEnum):
    """What a mail to the admin is about."""

    PROOF = "proof"
    HANDOVER = "handover"
    RECEIPT = "receipt"
    ALARM = "alarm"


class NoticeState(StrEnum):
    """Whether the admin has been told."""

    DUE = "due"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRecord:
    """A mail to the admin as the store knows it. `about` names one thing, told once of its kind.

    `text` is plain; its first line is the mail's subject, and the rest its body, but an alarm is
    all body. `tries` counts those that failed, `error` is the last one's. `created_at` is UTC.
    """

    id: int
    kind: NoticeKind
    about: str
    text: str
    state: NoticeState
    error: str
    tries: int
    created_at: datetime

    def may_go(self, now: datetime) -> bool:
        """Whether it has to be sent at `now`: it never was, or failed and may be tried again.

        A first failure is tried again by the next run, a later one after waits of 1, 3, 7 and more
        hours since it was first due, so that a timer does not call on a broken mailbox all day.
        """
        if self.state is NoticeState.FAILED and self.tries:
            wait = timedelta(hours=2 ** (self.tries - 1) - 1)
            return self.tries < MOST_TRIES and now >= self.created_at + wait
        return self.state is not NoticeState.SENT
