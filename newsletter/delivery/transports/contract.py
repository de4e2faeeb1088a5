"""What every transport gives: it takes a batch, and says what certainly happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from newsletter.delivery.answers import Answer
from newsletter.delivery.message import Envelope, Notice
from newsletter.model.delivery import Recipient
from newsletter.model.edition import Channel, Rendered, Tags

TEST_FOLDER = "test"
"""Where a transport that writes files keeps test mails, apart from those of editions."""

NOTICE_FOLDER = "notices"
"""Where it keeps mails to the admin."""

LETTER_FOLDER = "letters"
"""Where it keeps mails to who asked for something on a page."""


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
class Slot:
    """Under which of the provider's batch ids a request goes, and when (aware) its mails leave."""

    provider_id: str
    send_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How a provider is found before a send. `ahead`: how far its clock is before ours, None where
    it shows none; `credits`: for how many more recipients is paid, None where it cannot be read.
    """

    ahead: timedelta | None = None
    credits: int | None = None


class Undo(Protocol):
    """A provider's batch ids, with which mails that were handed over can be taken back.

    Every method raises TransportError when it cannot be done, or when nobody can say whether it
    was. All may be repeated.
    """

    most: int
    """So many ids, live ones and cancelled ones that were not forgotten, an account may have."""

    def new_id(self) -> str:
        """A new id of the provider's; an id that is never used costs nothing."""

    def cancel(self, provider_id: str) -> datetime | None:
        """Takes back all that is or will be under the id; returns only when that is certain.

        Gives the time (aware) at which the provider said so, by its own clock if it shows one.
        """

    def is_cancelled(self, provider_id: str) -> bool:
        """Whether the id is cancelled; changes nothing."""

    def forget(self, provider_id: str) -> None:
        """Removes a cancelled id, long after its mails were discarded, to make room."""


class Transport(Protocol):
    """A way to hand over messages. `submit` may be called by many threads at once.

    `repeatable` is True where taking a delivery twice is the same as taking it once: only then may
    a batch be tried again whose end nobody saw. `one_by_one`: each message is a submission of its
    own, so `submit` is called for one recipient at a time, and the ledger notes each.
    """

    name: str
    channel: Channel
    repeatable: bool
    one_by_one: bool
    undo: Undo | None

    def condition(self) -> Condition:
        """Asks the provider something harmless. Raises TransportError when it does not answer as
        it should, with the mend.
        """

    def submit(
        self,
        mail: Mail,
        recipients: Sequence[Recipient],
        *,
        date: datetime,
        attempt: int = 1,
        slot: Slot | None = None,
    ) -> Answer:
        """Hands over one message to each recipient; `date` (aware) goes into their Date headers.

        Never raises for what a provider or a network does: that is what the answers are for.
        """

    def prepare(self, mail: Mail, recipients: Sequence[Recipient], *, attempt: int = 1) -> None:
        """Makes ready what `submit` of these very recipients will need, or does nothing.

        Whether they are submitted at all is not decided yet.
        """

    def notify(self, notice: Notice, envelope: Envelope, *, date: datetime) -> None:
        """Hands over one mail that is no edition, at once. Raises TransportError."""

    def already_taken(self, edition_key: str, delivery_ids: Sequence[str]) -> frozenset[str]:
        """Those of the deliveries that certainly were taken before, as far as this can be known."""

    def finish(self, edition_key: str, all_variant: Rendered, accepted: int) -> None:
        """Called when an edition is settled; tidies up and makes the result easy to look at."""

    def close(self) -> None:
        """Gives connections back."""
