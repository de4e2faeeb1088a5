"""Whether readers can really leave: a canary's own link is pressed, and its row looked at.

Two servers on two databases look well from outside: the page says "you are unsubscribed", and the
next edition comes all the same. So the row is looked at in the database that editions are sent
from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from newsletter.config.checks import is_loopback
from newsletter.delivery.links import links_for
from newsletter.errors import BadCertificate, TransportError
from newsletter.model.edition import Channel
from newsletter.pipeline.context import Context, Press, pages_of
from newsletter.store import unsubscribe_checks as store
from newsletter.store.engine import Database
from subscribers import canary

ENOUGH: Final = timedelta(days=1)
"""A send looks again by itself when the last good look is older."""

_MOVED = (
    "Mail programs follow no redirect: make public_url the address that it leads to (by https, with"
    " or without www.), or let your web server pass requests on without one."
)
_RUN = "See that `newsletter serve` is running, and that your web server passes requests on to it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How it was found; `found` is "" where all is well. `unreachable`: nobody answered, so that
    nothing is known of it.
    """

    found: str = ""
    mend: str = ""
    unreachable: bool = False


def pressing(context: Context) -> Press | None:
    """What presses links; None where it would ask the world outside by a rehearsed clock."""
    host = urlsplit(pages_of(context.settings)).hostname or ""
    return None if context.rehearsed_clock and not is_loopback(host) else context.press


def check_unsubscribing(context: Context, press: Press) -> Checked:
    """Looks at a canary's link, presses it in both ways, and notes what came of it.

    Only for pages of our own. Raises StoreError.
    """
    root = pages_of(context.settings)
    with context.database.begin() as connection:
        token = canary.place(connection, now=context.now())
    try:
        checked = _try(context.database, links_for(root, "", token).unsubscribe, token, press)
    finally:
        with context.database.begin() as connection:
            canary.remove(connection, token)
    with context.database.begin() as connection:
        found = f"{checked.found} {checked.mend}".strip()
        store.record(
            connection, root, now=context.now(), found=found, unreachable=checked.unreachable
        )
    return checked


def check_before_send(context: Context) -> None:
    """The same where a real send needs it, and the last good look is not of today.

    What is found is noted, and holds the edition if it has to.
    """
    root = pages_of(context.settings)
    press = pressing(context)
    if press is None or context.channel is not Channel.REAL or not root:
        return
    with context.database.read() as connection:
        last = store.last(connection, root)
    if last is not None and last.passed and context.now() - last.checked_at <= ENOUGH:
        return
    context.tell("Trying whether readers can unsubscribe …")
    checked = check_unsubscribing(context, press)
    if checked.found:
        context.tell(checked.found)


def _try(database: Database, link: str, token: str, press: Press) -> Checked:
    steps: tuple[tuple[str, Callable[[int, bool], Checked]], ...] = (
        ("look", _after_look),
        ("press", _after_press),
        ("press-multipart", _after_press),
    )
    for way, judge in steps:
        try:
            status = press(way, link)
        except TransportError as error:
            nobody = not isinstance(error, BadCertificate)
            return Checked(found=error.message, mend=error.mend or _RUN, unreachable=nobody)
        with database.read() as connection:
            left = canary.has_left(connection, token)
        checked = judge(status, left)
        if checked.found:
            return checked
    return Checked()


def _after_look(status: int, left: bool) -> Checked:
    """A GET must change nothing: virus scanners follow every link (RFC 8058, section 4)."""
    if left:
        return Checked(
            found="Looking at a link for unsubscribing already unsubscribed the person. Scanners of"
            " mails look at every link.",
            mend="See that nothing between readers and `newsletter serve` turns GET into POST.",
        )
    if status != 200:
        return Checked(
            found=f"The page for unsubscribing was answered with {status}, and not with 200.",
            mend=_MOVED if 300 <= status < 400 else f"{_RUN} public_url must lead to it.",
        )
    return Checked()


def _after_press(status: int, left: bool) -> Checked:
    """A POST takes the person off the list, and is answered with 200 and no redirect (§3.2)."""
    if status != 200:
        return Checked(
            found=f"Unsubscribing by one click was answered with {status}, and not with 200.",
            mend=_MOVED
            if 300 <= status < 400
            else "See that your web server passes POST on as it is, without a login or a protection"
            " against robots.",
        )
    if not left:
        return Checked(
            found="Unsubscribing by one click was answered with 200, and nothing changed in this"
            " database: readers would be told that they have left, and get the next edition.",
            mend="The web application must have the database that editions are sent from: compare"
            " [store] url on both sides. See, too, that public_url leads to the right one, and that"
            " nothing in between answers in its place, such as a protection against robots.",
        )
    return Checked()
