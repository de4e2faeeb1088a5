"""`send --to`: one mail of the current draft or frozen edition, to look at in a real mailbox.

The bytes are those of the edition, but for personal links, which are harmless. Nothing is collected
and the ledger is not touched.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from newsletter.delivery.answers import Limited, Taken, TooLarge
from newsletter.delivery.links import SAMPLE_TOKEN
from newsletter.delivery.transports.contract import TEST_FOLDER, Mail
from newsletter.editions.period import period_of
from newsletter.errors import HeldError, TransportError
from newsletter.model.delivery import Recipient
from newsletter.pipeline.compose import Composed, as_stored, compose
from newsletter.pipeline.context import (
    Context,
    envelope_for,
    envelope_of,
    pages_of,
    schedule_of,
    tags_of,
)
from newsletter.store import editions as edition_store
from newsletter.store.lock import run_lock
from subscribers.address import normalise


@dataclass(frozen=True, slots=True, kw_only=True)
class OneMail:
    """What was sent; `file` is relative to the outbox, None for a transport without files."""

    edition_key: str
    subject: str
    file: str | None


def send_one(context: Context, address: str) -> OneMail | None:
    """Sends the current period's edition to one address; None when there is none.

    Raises AddressError for an address that is none, HeldError for an edition that cannot be
    rendered, TransportError when the mail is not taken.
    """
    to = normalise(address)
    composed = _current(context)
    if composed.edition is None:
        return None
    if not composed.variants:
        raise HeldError(f"{composed.edition.key} cannot be shown.", " ".join(composed.reasons))
    rendered = composed.variants[0]
    mail = Mail(
        edition_key=composed.edition.key,
        folder=TEST_FOLDER,
        envelope=envelope_for(envelope_of(context.settings), rendered),
        rendered=rendered,
        tags=tags_of(context.settings, composed.edition.nonce),
        nonce=composed.edition.nonce,
        public_url=pages_of(context.settings),
    )
    name = f"{composed.edition.key}-{secrets.token_hex(8)}"
    recipient = Recipient(
        delivery_id=name, subscriber_id=0, address=to, name="", token=SAMPLE_TOKEN
    )
    answer = context.transport.submit(mail, [recipient], date=context.now())
    if not isinstance(answer, Taken):
        mend = "" if isinstance(answer, Limited | TooLarge) else answer.mend
        raise TransportError(answer.error, mend)
    for reason in answer.rejected.values():
        raise TransportError(f"The address was refused: {reason}.", "Check it, and try again.")
    files = context.transport.repeatable
    return OneMail(
        edition_key=composed.edition.key,
        subject=rendered.subject,
        file=f"{TEST_FOLDER}/{name}.eml" if files else None,
    )


def _current(context: Context) -> Composed:
    """The edition as it stands: a frozen one as it is, a draft as it was last composed."""
    period = period_of(schedule_of(context.settings), context.now())
    with context.database.read() as connection:
        found = edition_store.find(connection, period.key, context.channel)
        if found is not None and found.checksum:
            return as_stored(connection, found)
    with run_lock(context.database):
        return compose(context, period)
