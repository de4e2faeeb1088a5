"""Deliver: freeze an edition, plan it, hand its batches over, and settle what is unsettled.

Everything is committed before the act it permits (docs/explanation/delivery.md): a process may die
between any two lines, and the next run goes on where the ledger says.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from newsletter.config.checks import mailbox
from newsletter.delivery.answers import NotTaken, Taken
from newsletter.delivery.message import Envelope
from newsletter.delivery.plan import skip_at_submission
from newsletter.delivery.transports.contract import Mail
from newsletter.errors import HeldError, TransportError
from newsletter.model.delivery import BatchState, ClaimedBatch, Recipients
from newsletter.model.edition import Edition, EditionState, Rendered, Tags
from newsletter.pipeline.context import Context, envelope_of, pages_of
from newsletter.store import batches, outcomes, planning, recovery
from newsletter.store import editions as edition_store


def freeze(context: Context, edition: Edition) -> Edition:
    """Freezes the draft's bytes and the list of people; from here on nothing about it changes.

    Raises HeldError when the draft is not any more what it was.
    """
    settings = context.settings
    with context.database.begin() as connection:
        frozen = edition_store.freeze(
            connection,
            edition,
            now=context.now(),
            transport=context.transport.name,
            sender=settings.newsletter.sender,
            public_url=pages_of(settings),
            undo_minutes=0 if context.transport.repeatable else settings.delivery.undo_minutes,
            plan_until=planning.last_person(connection),
        )
        if not frozen:
            raise HeldError(
                f"The edition {edition.key} changed while it was looked at.",
                "Run `newsletter preview` and then the command again.",
            )
        return edition_store.get(connection, edition.id)


def deliver(context: Context, edition: Edition) -> Edition:
    """Brings a frozen or unfinished edition to its end, or as far as it can be brought now.

    The caller holds the run lock. Raises TransportError when the transport takes nothing at all;
    the edition then stays `sending` and the next run goes on.
    """
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    edition = _planned(context, edition)
    _settle_what_was_left(context, edition, owner)
    variants = _variants(context, edition)
    for claimed in _claims(context, edition, owner):
        _submit(context, edition, claimed, variants[claimed.variant])
        context.progress(*_done(context, edition))
    return _finished(context, edition, variants["all"])


def recipients_of(context: Context, edition: Edition) -> Recipients:
    """What became of everybody, as the ledger has it."""
    with context.database.read() as connection:
        return outcomes.recipients(connection, edition.id)


def _planned(context: Context, edition: Edition) -> Edition:
    """Plans block by block; only when all is planned does the edition become `sending`."""
    while edition.state is EditionState.FROZEN:
        with context.database.begin() as connection:
            planned = planning.plan_block(
                connection,
                edition.id,
                batch_size=context.settings.delivery.batch_size,
                now=context.now(),
            )
            if planned.done:
                edition_store.move(
                    connection,
                    edition.id,
                    EditionState.FROZEN,
                    EditionState.SENDING,
                    planned_at=context.now(),
                )
            edition = edition_store.get(connection, edition.id)
    return edition


def _settle_what_was_left(context: Context, edition: Edition, owner: str) -> None:
    """A batch whose sender died is unknown; where repeating does no harm, it is planned again."""
    with context.database.begin() as connection:
        recovery.recover(connection, edition.id, owner)
        if context.transport.repeatable:
            recovery.plan_unknown_again(connection, edition.id)


def _claims(context: Context, edition: Edition, owner: str) -> Iterator[ClaimedBatch]:
    while True:
        claimed = _claim(context, edition, owner)
        if claimed is not None:
            yield claimed
        elif not _wait_for_others(context, edition, owner):
            return


def _claim(context: Context, edition: Edition, owner: str) -> ClaimedBatch | None:
    """Takes a batch and looks once more at everybody in it, in one transaction."""
    with context.database.begin() as connection:
        claimed = batches.claim(connection, edition.id, owner, now=context.now())
        if claimed is None:
            return None
        people = batches.addressees(connection, claimed)
        taken = _taken_before(context, edition, claimed, people)
        skipped = {
            person.delivery_id: reason
            for person in people
            if person.delivery_id not in taken
            and (reason := skip_at_submission(person.status, person.suppression))
        }
        batches.skip(connection, claimed, skipped)
    recipients = tuple(
        person.recipient
        for person in people
        if person.recipient and person.delivery_id not in skipped
    )
    return replace(claimed, recipients=recipients)


def _taken_before(
    context: Context,
    edition: Edition,
    claimed: ClaimedBatch,
    people: list[batches.Addressee],
) -> frozenset[str]:
    """Whose message an earlier attempt handed over, as far as the transport can tell."""
    if claimed.attempt == 1:
        return frozenset()
    return context.transport.already_taken(edition.key, [p.delivery_id for p in people])


def _submit(context: Context, edition: Edition, claimed: ClaimedBatch, rendered: Rendered) -> None:
    if not claimed.recipients:
        with context.database.begin() as connection:
            batches.settle(connection, claimed, BatchState.EMPTY, now=context.now())
        return
    mail = Mail(
        edition_key=edition.key,
        envelope=_envelope(context, edition),
        rendered=rendered,
        tags=Tags.of(edition.nonce, pages=bool(edition.public_url)),
        nonce=edition.nonce,
        public_url=edition.public_url,
    )
    with _given_up(context, claimed):
        answer = context.transport.submit(mail, claimed.recipients, date=context.now())
    match answer:
        case Taken():
            with context.database.begin() as connection:
                batches.settle(
                    connection,
                    claimed,
                    BatchState.ACCEPTED,
                    now=context.now(),
                    rejected=answer.rejected,
                    message_id=answer.message_id,
                )
        case NotTaken():
            _put_back(context, claimed, answer.error)
            raise TransportError(answer.error, answer.mend)


def _envelope(context: Context, edition: Edition) -> Envelope:
    """The headers with the sender that the edition was frozen with, whatever the settings say."""
    name, address = mailbox(edition.sender)
    return replace(envelope_of(context.settings), sender_name=name, sender_address=address)


@contextmanager
def _given_up(context: Context, claimed: ClaimedBatch) -> Iterator[None]:
    """A batch that is interrupted by hand is given back where that can do no harm."""
    try:
        yield
    except KeyboardInterrupt:
        if context.transport.repeatable:
            _put_back(context, claimed, "interrupted")
        raise


def _put_back(context: Context, claimed: ClaimedBatch, error: str) -> None:
    with context.database.begin() as connection:
        batches.put_back(connection, claimed, not_before=None, error=error)


def _wait_for_others(context: Context, edition: Edition, owner: str) -> bool:
    """On PostgreSQL a dead sender's batch is free when its lease has run out: waits for that.

    True when there is something to claim again, False when everything is settled.
    """
    with context.database.read() as connection:
        seconds = recovery.seconds_until_free(connection, edition.id)
    if seconds is None:
        return False
    context.tell(f"Waiting {seconds:.0f} s for batches that an interrupted run had taken.")
    context.pause(seconds)
    _settle_what_was_left(context, edition, owner)
    return True


def _variants(context: Context, edition: Edition) -> dict[str, Rendered]:
    with context.database.read() as connection:
        return {v.key: v for v in edition_store.variants(connection, edition.id)}


def _done(context: Context, edition: Edition) -> tuple[int, int]:
    """People handed over or passed over so far, and all."""
    with context.database.read() as connection:
        return outcomes.people_done(connection, edition.id)


def _finished(context: Context, edition: Edition, all_variant: Rendered) -> Edition:
    """Closes the edition when nothing is left to do, and says honestly how it ended."""
    recipients = recipients_of(context, edition)
    if recipients.pending:
        return edition
    whole = not recipients.rejected and not recipients.unknown
    end = EditionState.SENT if whole else EditionState.PARTIAL
    context.transport.finish(edition.key, all_variant, recipients.accepted)
    with context.database.begin() as connection:
        edition_store.move(
            connection, edition.id, EditionState.SENDING, end, finished_at=context.now()
        )
        return edition_store.get(connection, edition.id)
