"""What every transport gives: it takes a batch, and says what certainly happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from newsletter.delivery.message import Envelope
from newsletter.model.delivery import Recipient
from newsletter.model.edition import Channel, Rendered, Tags

TEST_FOLDER = "test"
"""Where a transport that writes files keeps test mails, apart from those of editions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """All that is the same for a batch: one variant of a frozen edition, and what goes round it.

    `public_url` is "" where there are no pages of our own. `folder` is where a transport that
    writes files puts them, if not under the edition's key.
    """

    edition_key: str
    folder: str = ""
    envelope: Envelope
    rendered: Rendered
    tags: Tags
    nonce: str
    public_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The batch was taken; `rejected` (delivery id -> reason) are those refused one by one."""

    message_id: str | None = None
    rejected: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """The batch certainly was not taken, as a whole; it may be tried again later."""

    error: str
    mend: str = ""


Submission = Taken | NotTaken


class Transport(Protocol):
    """A way to hand over messages.

    `repeatable` is True where taking a delivery twice is the same as taking it once: only then may
    a batch be tried again whose end nobody saw.
    """

    name: str
    channel: Channel
    repeatable: bool

    def submit(self, mail: Mail, recipients: Sequence[Recipient], *, date: datetime) -> Submission:
        """Hands over one message to each recipient; `date` (aware) goes into their Date headers."""

    def already_taken(self, edition_key: str, delivery_ids: Sequence[str]) -> frozenset[str]:
        """Those of the deliveries that certainly were taken before, as far as this can be known."""

    def finish(self, edition_key: str, all_variant: Rendered, accepted: int) -> None:
        """Called when an edition is settled; tidies up and makes the result easy to look at."""
