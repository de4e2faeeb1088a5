"""One mail to the admin: noted as due, handed over, noted as sent or failed.

A process may die between any two of these: then the mail is sent once more, never lost.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.config.checks import mailbox
from newsletter.delivery.message import Notice
from newsletter.errors import NewsletterError
from newsletter.model.edition import Channel
from newsletter.model.notice import NoticeKind, NoticeRecord, NoticeState
from newsletter.pipeline.context import Context, envelope_of
from newsletter.pipeline.notifying.words import (
    Message,
    alarm_subject,
    still,
    without_addresses,
)
from newsletter.store import notices as store

if TYPE_CHECKING:
    from sqlalchemy import Connection

KEPT_IN_SIGHT = timedelta(days=30)
"""For so long something that could not be told is tried, and shown by `newsletter status`."""


def tell(context: Context, message: Message) -> int:
    """Tells one thing, unless it was told, and gives the number it is noted under.

    The caller holds the run lock. Raises StoreError.
    """
    about = f"{context.channel}:{message.thing}"
    if message.daily:
        days = _days_since_told(context, message.kind, about)
        about, message = (f"{about}:+{days}", still(message)) if days else (about, message)
    record = noted(context, message.kind, about, message.text(_title(context)))
    if record.may_go(context.now()):
        send(context, record, _mail(context, record))
    return record.id


def take_as_told(context: Context, message: Message) -> None:
    """The admin was there and saw it. Raises StoreError."""
    about = f"{context.channel}:{message.thing}"
    with context.database.begin() as connection:
        text = message.text(_title(context))
        store.note(connection, message.kind, about, text, now=context.now(), told=True)


def tell_what_was_left(context: Context, *, but: Collection[int]) -> None:
    """Sends what an interrupted run did not get to send, what failed, and alarms; not those `but`,
    which this run has tried already.

    Mails that would be old by now (a proof, a hand-over) are made anew by who knows whether they
    still hold. An alarm is about mails that really went out: a rehearsal does not use it up.
    """
    with context.database.read() as connection:
        left = store.untold(connection, since=context.now() - KEPT_IN_SIGHT)
    for record in left:
        fresh = record.id not in but and _belongs(context, record)
        if fresh and record.may_go(context.now()):
            send(context, record, _mail(context, record))


def noted(context: Context, kind: NoticeKind, about: str, text: str) -> NoticeRecord:
    """What is to be told, written down before it is mailed."""
    with context.database.begin() as connection:
        return store.note(connection, kind, about, text, now=context.now())


def known(context: Context, kind: NoticeKind, about: str) -> NoticeRecord | None:
    """What is known of this thing."""
    with context.database.read() as connection:
        return store.find(connection, kind, about)


def send(context: Context, record: NoticeRecord, mail: Notice) -> None:
    """Hands the mail over and notes what came of it; that it failed is said to who is watching."""
    try:
        context.transport.notify(mail, envelope_of(context.settings), date=context.now())
    except NewsletterError as error:  # a TransportError, or a key that is missing by now
        with context.database.begin() as connection:
            store.note_failed(connection, record.id, error=without_addresses(str(error)))
        context.tell(f"Warning: you could not be told: {without_addresses(str(error))}")
        return
    with context.database.begin() as connection:
        store.note_sent(connection, record.id, now=context.now())


def not_told(connection: Connection, channel: Channel, now: datetime) -> list[str]:
    """What the admin does not know yet, in sentences for `newsletter status`."""
    said = []
    for record in store.untold(connection, since=now - KEPT_IN_SIGHT):
        if record.kind is NoticeKind.ALARM:
            said.append(without_addresses(record.text))
        elif record.state is NoticeState.FAILED and _is_of(record, channel):
            line = record.text.partition("\n")[0]
            said.append(f"You could not be told by mail: “{line}”. {record.error}")
    return said


def addressee(to: str) -> str:
    """The address in the setting, which may have a name before it."""
    return mailbox(to)[1]


def parts_of(record: NoticeRecord, title: str) -> tuple[str, str]:
    """Subject and body of what was noted."""
    if record.kind is NoticeKind.ALARM:
        return alarm_subject(record.text, title), f"{without_addresses(record.text)}\n"
    line, _, body = record.text.partition("\n")
    return line, body.lstrip("\n")


def _mail(context: Context, record: NoticeRecord) -> Notice:
    line, body = parts_of(record, _title(context))
    return Notice(to=addressee(context.settings.notify.to), subject=line, text=body)


def _days_since_told(context: Context, kind: NoticeKind, about: str) -> int:
    """Whole days since this was first told, or tried in vain; none while it still is due."""
    first = known(context, kind, about)
    if first is None or first.state is NoticeState.DUE:
        return 0
    return max((context.now() - first.created_at).days, 0)


def _belongs(context: Context, record: NoticeRecord) -> bool:
    if record.kind is NoticeKind.ALARM:
        return context.channel is Channel.REAL
    return record.kind is NoticeKind.RECEIPT and _is_of(record, context.channel)


def _is_of(record: NoticeRecord, channel: Channel) -> bool:
    return record.about.startswith(f"{channel}:")


def _title(context: Context) -> str:
    return context.settings.newsletter.title
