"""One run: an edition is planned, handed over, and its end is said honestly."""

from __future__ import annotations

import gc
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import replace

from newsletter.config.checks import mailbox
from newsletter.delivery import window
from newsletter.delivery.message import Envelope
from newsletter.delivery.transports.contract import Mail
from newsletter.editions.wording import counted_people
from newsletter.errors import HeldError, TransportError
from newsletter.model.delivery import Recipients
from newsletter.model.edition import Edition, EditionState, Rendered, Tags
from newsletter.pipeline.context import Context, envelope_for, envelope_of
from newsletter.pipeline.delivering import claiming, ids
from newsletter.pipeline.delivering.posting import Posting
from newsletter.pipeline.delivering.recovering import forget_reports, settle_what_was_left
from newsletter.pipeline.delivering.stopping import Stop
from newsletter.pipeline.delivering.undoing import withdraw
from newsletter.pipeline.pushing import push_before_send
from newsletter.pipeline.suppressions import sync_before_send
from newsletter.store import editions as edition_store
from newsletter.store import outcomes, planning, provider_ids


def deliver(context: Context, edition: Edition) -> Edition:
    """Brings a frozen or unfinished edition to its end, or as far as it can be brought now.

    The caller holds the run lock. When something stops it, the edition is `paused` with the
    reasons, and the next run goes on. Raises TransportError when the end cannot be tidied up.
    """
    owner = owner_name()
    if edition.state is EditionState.CANCELLING:
        return withdraw(context, edition, owner)
    stop = _not_ready(context, edition)
    if stop is not None:
        return _paused(context, edition, stop)
    push_before_send(context)  # here, since an approved edition comes this way only
    if edition.state is EditionState.FROZEN:
        edition = _planned(context, edition)
        stop = _not_synced(context)
        if stop is not None:
            return _paused(context, edition, stop)
    edition = _sending(context, edition)
    settle_what_was_left(context, edition, owner)
    ids.forget_old(context)
    forget_reports(context)
    variants = _variants(context, edition)
    posting = Posting(context, edition, owner, _mails(context, edition, variants))
    gc.freeze()  # else all that was made before is looked through again and again
    try:
        stop = posting.run()
    finally:
        gc.unfreeze()
    return _concluded(context, edition, stop or _unsettled(context, posting), variants["all"])


def owner_name() -> str:
    """A name for this process that no other one has had."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def recipients_of(context: Context, edition: Edition) -> Recipients:
    """What became of everybody, as the ledger has it."""
    with context.database.read() as connection:
        return outcomes.recipients(connection, edition.id)


def settle_scheduled(context: Context) -> None:
    """Editions whose mails have all left by now are `sent`."""
    with context.database.begin() as connection:
        for edition in edition_store.listed(
            connection, channel=context.channel, states=[EditionState.SCHEDULED]
        ):
            last = provider_ids.latest_time(connection, edition.id)
            if last is None or last <= context.now():
                edition_store.move(
                    connection,
                    edition.id,
                    EditionState.SCHEDULED,
                    EditionState.SENT,
                    finished_at=last or context.now(),
                )


def _not_ready(context: Context, edition: Edition) -> Stop | None:
    """Why nothing can be handed over now: asked before anything is used up."""
    if edition.transport != context.transport_name:
        return Stop(
            error=f"{edition.key} was begun with {edition.transport}, and the settings now say"
            f" {context.transport_name}.",
            mend=f'Set [delivery] transport = "{edition.transport}" again; then `newsletter send`'
            f" goes on, and `newsletter editions cancel {edition.key}` takes the edition back.",
        )
    try:
        found = context.transport.condition()
    except TransportError as error:
        return Stop(error=error.message, mend=error.mend)
    if (trouble := window.clock_trouble(found.ahead)) is not None:
        return Stop(error=trouble[0], mend=trouble[1])
    return _not_synced(context)


def _not_synced(context: Context) -> Stop | None:
    """Who left at the provider is looked up before planning, and again before submission."""
    try:
        sync_before_send(context)
    except HeldError as error:
        return Stop(error=error.message, mend=error.mend)
    return None


def _paused(context: Context, edition: Edition, stop: Stop) -> Edition:
    """The edition waits, with the reasons. One that is not planned yet stays frozen."""
    frozen = edition.state is EditionState.FROZEN
    reasons = [f"{stop.error} {stop.mend}".strip()]
    new = edition.state if frozen or stop.capped else EditionState.PAUSED
    with context.database.begin() as connection:
        edition_store.move(connection, edition.id, edition.state, new, reasons=reasons)
        return edition_store.get(connection, edition.id)


def _planned(context: Context, edition: Edition) -> Edition:
    """Plans block by block; only when all is planned does the edition become `sending`."""
    while edition.state is EditionState.FROZEN:
        with context.database.begin() as connection:
            planned = planning.plan_block(
                connection,
                edition.id,
                batch_size=claiming.batch_size(context),
                now=context.now(),
            )
            if planned.done:
                edition_store.move(
                    connection,
                    edition.id,
                    EditionState.FROZEN,
                    EditionState.SENDING,
                    planned_at=context.now(),
                    reasons=[],
                )
            edition = edition_store.get(connection, edition.id)
        context.database.give_way()
    return edition


def _sending(context: Context, edition: Edition) -> Edition:
    """A paused edition goes on."""
    with context.database.begin() as connection:
        for state in (EditionState.PAUSED, EditionState.SENDING):
            edition_store.move(connection, edition.id, state, EditionState.SENDING, reasons=[])
        return edition_store.get(connection, edition.id)


def _variants(context: Context, edition: Edition) -> dict[str, Rendered]:
    with context.database.read() as connection:
        return {v.key: v for v in edition_store.variants(connection, edition.id)}


def _mails(context: Context, edition: Edition, variants: Mapping[str, Rendered]) -> dict[str, Mail]:
    envelope = _envelope(context, edition)
    return {
        key: Mail(
            edition_key=edition.key,
            envelope=envelope_for(envelope, rendered),
            rendered=rendered,
            tags=Tags.of(edition.nonce, pages=bool(edition.public_url)),
            nonce=edition.nonce,
            public_url=edition.public_url,
        )
        for key, rendered in variants.items()
    }


def _envelope(context: Context, edition: Edition) -> Envelope:
    """The headers with the sender that the edition was frozen with, whatever the settings say."""
    name, address = mailbox(edition.sender)
    return replace(envelope_of(context.settings), sender_name=name, sender_address=address)


def _unsettled(context: Context, posting: Posting) -> Stop | None:
    """Mails that the provider was asked to take back, and nobody knows whether it did."""
    found = posting.closing().unsettled()
    if not found:
        return None
    with context.database.read() as connection:
        people = sum(provider_ids.people_under(connection, each.id) for each in found)
    error = next(iter(posting.closing().errors.values()), None)
    return Stop(
        error=f"It is not certain yet whether {people:,} mails were taken back, to be sent anew."
        + (f" {error.message}" if error else ""),
        mend="Run `newsletter send` again soon; it asks once more.",
    )


def _concluded(
    context: Context, edition: Edition, stop: Stop | None, all_variant: Rendered
) -> Edition:
    """Closes the edition when nothing is left to do, and says honestly how it ended."""
    with context.database.read() as connection:
        edition = edition_store.get(connection, edition.id)
    if edition.state is EditionState.CANCELLING:
        return withdraw(context, edition, owner_name())
    if edition.state is not EditionState.SENDING:
        return edition
    if stop is not None:
        return _paused(context, edition, stop)
    recipients = recipients_of(context, edition)
    if recipients.pending:
        return edition
    context.transport.finish(edition.key, all_variant, recipients.accepted)
    with context.database.begin() as connection:
        last = provider_ids.latest_time(connection, edition.id)
        due = last is not None and last > context.now()
        edition_store.move(
            connection,
            edition.id,
            EditionState.SENDING,
            _end(recipients, due=due),
            finished_at=context.now(),
            reasons=_said(edition, recipients),
        )
        return edition_store.get(connection, edition.id)


def _end(recipients: Recipients, *, due: bool) -> EditionState:
    if recipients.rejected or recipients.unknown:
        return EditionState.PARTIAL
    return EditionState.SCHEDULED if due else EditionState.SENT


def _said(edition: Edition, recipients: Recipients) -> list[str]:
    """What the admin should know of an edition that did not certainly reach everybody."""
    said = []
    if recipients.unknown:
        said.append(
            f"Of {counted_people(recipients.unknown)} nobody can say whether they got it. What the"
            " provider reports later may settle it; else it is yours to say, with"
            f" `newsletter editions resume {edition.key} --assume accepted` or `--assume lost`,"
            " which first tell what they risk."
        )
    if recipients.rejected:
        said.append(f"The provider refused the mails to {counted_people(recipients.rejected)}.")
    return said
