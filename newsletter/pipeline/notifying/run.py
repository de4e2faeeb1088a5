"""A send, and then what is told of it to the admin; with nobody to tell, a send alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from newsletter.config import Settings
from newsletter.delivery.message import Notice
from newsletter.delivery.transports.contract import Transport
from newsletter.errors import BusyError, NewsletterError, StoreError
from newsletter.model.delivery import Outcome
from newsletter.pipeline.context import Context, envelope_of
from newsletter.pipeline.notifying import telling, words
from newsletter.pipeline.notifying.owed import ENDS, period_owed, receipt_owed
from newsletter.pipeline.notifying.proof import proof
from newsletter.pipeline.notifying.waiting import waiting_of
from newsletter.pipeline.report import Report
from newsletter.pipeline.send import Confirm, resume, send
from newsletter.store.lock import run_lock
from subscribers.errors import SubscriberError

_LEAVING = (Outcome.SCHEDULED, Outcome.PARTIAL, Outcome.PAUSED, Outcome.CONTINUES)
_STILL_OWED = (Outcome.HELD, Outcome.FAILED)
"""While a period may yet be sent, the draft of the next one would close its own."""


def send_and_tell(
    context: Context, *, confirm: Confirm, scheduled: bool = False, dry_run: bool = False
) -> Report:
    """`send`, what the admin is told of it ([notify] to), and forgetting what is old.

    Nothing that goes wrong in telling or forgetting changes what the send came to, nor is it
    raised. What ended the send is told if nobody was watching, and raised as before.
    """
    try:
        report = _send_and_tell(context, confirm, scheduled=scheduled, dry_run=dry_run)
    except (BusyError, StoreError):  # another run sees to it, or nothing can be forgotten
        raise
    except Exception:
        _forget_what_is_old(context, dry_run=dry_run)
        raise
    _forget_what_is_old(context, dry_run=dry_run)
    return report


def _forget_what_is_old(context: Context, *, dry_run: bool) -> None:
    """Also when no edition is due: with one a month, 30 days would become two months."""
    if dry_run:
        return
    from newsletter.pipeline.privacy.pruning import prune_quietly

    prune_quietly(context)


def _send_and_tell(context: Context, confirm: Confirm, *, scheduled: bool, dry_run: bool) -> Report:
    if dry_run or not context.settings.notify.to:
        return send(context, confirm=confirm, scheduled=scheduled, dry_run=dry_run)
    try:
        report = send(context, confirm=confirm, scheduled=scheduled)
    except BusyError:
        raise
    except Exception as error:
        if scheduled:
            said = _said(error)
            _quietly(context, lambda: _tell_failure(context, said))
        raise
    _quietly(context, lambda: _tell(context, report, scheduled=scheduled))
    return report


def resume_and_tell(context: Context, key: str) -> Report:
    """`resume`, and what the admin is told of it."""
    report = resume(context, key)
    if context.settings.notify.to:
        _quietly(context, lambda: _tell(context, report, scheduled=False))
    return report


def tell_unnoted(
    settings: Settings, transport: Callable[[], Transport], said: str, now: datetime
) -> None:
    """Tells what ended a timer's run when the database cannot be used, so that nothing is noted.

    Nothing is raised: what ended the run is what counts.
    """
    if not settings.notify.to:
        return
    message = words.failure("The newsletter", said)
    line, _, body = message.text(settings.newsletter.title).partition("\n")
    mail = Notice(to=telling.addressee(settings.notify.to), subject=line, text=body.lstrip("\n"))
    try:
        transport().notify(mail, envelope_of(settings), date=now)
    except NewsletterError:
        return


def _tell(context: Context, report: Report, *, scheduled: bool) -> None:
    with run_lock(context.database):
        tried = [
            telling.tell(context, message)
            for part in (*report.resumed, report)
            for message in _messages(context, part, scheduled=scheduled)
        ]
        telling.tell_what_was_left(context, but=tried)
        if scheduled and report.outcome not in _STILL_OWED:
            proof(context)


def _messages(context: Context, report: Report, *, scheduled: bool) -> list[words.Message]:
    """What is to be told of one edition; a receipt only of what nobody saw on a terminal."""
    found = [_handover(context, report)]
    if scheduled:
        found.append(receipt_owed(context, report))
    else:
        _take_as_seen(context, report)
    return [message for message in found if message is not None]


def _handover(context: Context, report: Report) -> words.Message | None:
    if report.edition is None or report.outcome not in _LEAVING:
        return None
    found = waiting_of(context, report.edition, report.recipients)
    if found is None:
        return None
    zone = context.settings.newsletter.zone
    return words.handover(report.edition.key, report.subject, found, context.now(), zone)


def _take_as_seen(context: Context, report: Report) -> None:
    """Who sent by hand has seen that the edition is out, and a timer need not say so again."""
    message = words.receipt(report, "") if report.outcome in ENDS else None
    if message is not None:
        telling.take_as_told(context, message)


def _tell_failure(context: Context, said: str) -> None:
    """What ended a run; where it cannot be noted (a full disk, say), it is told all the same."""
    message = words.failure(period_owed(context).key, said)
    try:
        with run_lock(context.database):
            telling.tell(context, message)
    except BusyError:
        return
    except StoreError:
        tell_unnoted(context.settings, lambda: context.transport, said, context.now())


def _quietly(context: Context, do: Callable[[], None]) -> None:
    """Tells, whatever comes of it; another run that is at work tells what is left."""
    try:
        do()
    except BusyError:
        return
    except Exception as error:  # noqa: BLE001 - a mail to the admin never fails a send
        context.tell(f"Warning: you could not be told. {words.without_addresses(_said(error))}")


def _said(error: Exception) -> str:
    """What happened and how to mend it; of a defect only its kind, for its words are not ours."""
    if isinstance(error, NewsletterError | SubscriberError):
        return str(error)
    return f"It was a defect ({type(error).__name__}); `newsletter --debug send` shows where."
