"""Tells the provider who must not be mailed, so that nothing else this account sends goes there.

Only what it does not know: what it told us is not told back, and what was told is not told again.
Who may be mailed again is taken off its lists, else it would drop her mails without a word. Page by
page, each noted before it is told and when it was taken, so that a run that is stopped is gone on
with by the next, and nobody is on that list without our knowing why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from newsletter.delivery.provider_lists import Blocklist, Pause
from newsletter.errors import NewsletterError
from newsletter.pipeline.context import Context
from newsletter.pipeline.mailboxes import SOURCE
from newsletter.store.engine import Database
from subscribers.store import pushed

PAGE: Final = 500
"""Addresses in one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """How many addresses were told, not taken, and taken back."""

    told: int = 0
    refused: int = 0
    taken_back: int = 0


def push(database: Database, blocklist: Blocklist, *, now: datetime, pause: Pause) -> Pushed:
    """Tells the provider what it does not know. May be repeated.

    Raises TransportError and StoreError; what was done before stays done.
    """
    taken_back = take_back(database, blocklist, pause=pause)
    told = refused = 0
    after = ""
    while keys := _next(database, after):
        with database.begin() as connection:
            pushed.begin(connection, keys)
        wrong = blocklist.add(keys, pause=pause)
        taken = [key for key in keys if key not in wrong]
        with database.begin() as connection:
            pushed.note(connection, taken, now)
            pushed.forget(connection, wrong)
        told, refused, after = told + len(taken), refused + len(wrong), keys[-1]
    return Pushed(told=told, refused=refused, taken_back=taken_back)


def push_before_send(context: Context) -> None:
    """The same with each send, where the settings want it; a failure is told and stops nothing.

    Who may be mailed again is taken off the lists in any case, if we ever put her there, or if she
    came back.
    """
    wanted = context.settings.suppressions.push
    if context.blocklist is None or context.transport_name != "sendgrid":
        return
    with context.database.read() as connection:
        if not wanted and not pushed.let_in_again(connection):
            return
    try:
        blocklist, pause = context.blocklist(), context.pause
        if wanted:
            done = push(context.database, blocklist, now=context.now(), pause=pause)
        else:
            done = Pushed(taken_back=take_back(context.database, blocklist, pause=pause))
    except NewsletterError as error:
        context.tell(f"SendGrid could not be told who must not be mailed: {error}")
        return
    if done.told or done.taken_back:
        context.tell(in_words(done))


def in_words(done: Pushed) -> str:
    """What was done, without any address."""
    said = []
    if done.told or not done.taken_back:
        said.append(f"SendGrid was told of {_addresses(done.told)} more that must not be mailed.")
    if done.taken_back:
        back = _addresses(done.taken_back)
        said.append(f"{back} may be mailed again, and left SendGrid's lists.")
    if done.refused:
        said.append(f"It does not take {_addresses(done.refused)}.")
    return " ".join(said)


def _addresses(number: int) -> str:
    return "1 address" if number == 1 else f"{number:,} addresses"


def take_back(database: Database, blocklist: Blocklist, *, pause: Pause) -> int:
    """Takes off the lists whom we put there, or who came back, and who may be mailed again; how
    many they were.
    """
    with database.read() as connection:
        keys = pushed.let_in_again(connection)
    for key in keys:
        blocklist.remove(key, pause=pause)
        with database.begin() as connection:
            pushed.forget(connection, [key])
    return len(keys)


def _next(database: Database, after: str) -> list[str]:
    with database.read() as connection:
        return pushed.due(connection, SOURCE, after=after, most=PAGE)
