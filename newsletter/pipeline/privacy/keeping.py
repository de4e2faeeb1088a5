"""For how long each thing is kept, as the settings say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from newsletter.config import Settings
from subscribers.softbounces import MOST_AGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A thing that is kept for a time. `key` is stable; `setting` is what it is set by, if so."""

    key: str
    what: str
    kept: timedelta
    setting: str = ""
    is_file: bool = False

    def before(self, now: datetime) -> datetime:
        """What is from before then is forgotten."""
        return now - self.kept


LIMITS_KEPT: Final = timedelta(days=2)
"""The buckets of the limits run empty within a day."""

_RETENTION: Final = "retention_days"


def kept_things(settings: Settings) -> tuple[Kept, ...]:
    """Everything that is forgotten after a time."""
    given = settings.privacy
    days = timedelta(days=given.retention_days)

    def by_retention(key: str, what: str) -> Kept:
        return Kept(key=key, what=what, kept=days, setting=_RETENTION)

    return (
        by_retention("events", "what the provider reported of mails (delivered, bounced, …)"),
        by_retention("posts", "reports of the provider as they came in, not yet absorbed"),
        Kept(key="soft_bounces", what="mails that a mailbox did not take for now", kept=MOST_AGE),
        by_retention("batch_errors", "what a mail server or provider said of a refused batch"),
        by_retention("notices", "the texts of mails to the admin"),
        by_retention("pages", "how pages of the blog answered"),
        by_retention("networks", "network addresses in the evidence of consents"),
        Kept(
            key="requests",
            what="what was asked on the pages, with the address",
            kept=timedelta(days=given.request_days),
            setting="request_days",
        ),
        Kept(
            key="never_confirmed",
            what="people who were to confirm and never did",
            kept=timedelta(days=given.request_days),
            setting="request_days",
        ),
        Kept(key="limits", what="how often was asked of late, by keyed hash", kept=LIMITS_KEPT),
        Kept(
            key="outbox",
            what="mails of rehearsals, as files in the outbox",
            kept=timedelta(days=given.outbox_days),
            setting="outbox_days",
            is_file=True,
        ),
        Kept(
            key="rejects",
            what="rejected rows of imports and lists that were broken off, as files beside the "
            "settings",
            kept=timedelta(days=given.rejects_days),
            setting="rejects_days",
            is_file=True,
        ),
    )
