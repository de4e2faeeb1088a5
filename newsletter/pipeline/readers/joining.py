"""What a mailed link does: to join, and what only the owner of a mailbox may see or do."""

from __future__ import annotations

from typing import Any

from newsletter.pipeline.context import Context
from newsletter.pipeline.readers.dossier import dossier_of
from subscribers import confirming, membership
from subscribers.confirming import Confirmed, Link, LinkState, Outcome
from subscribers.errors import UnknownSubscriber
from subscribers.model import Purpose


def look(context: Context, purpose: Purpose, token: str) -> Link:
    """How a mailed link stands, and what belongs to it; changes nothing, as scanners follow it."""
    with context.database.read() as connection:
        return confirming.look(
            connection, token, purpose, now=context.now(), secrets=context.secrets
        )


def foresee(context: Context, token: str) -> Outcome:
    """What `confirm` would come to at this moment; changes nothing."""
    with context.database.read() as connection:
        return confirming.foresee(connection, token, now=context.now(), secrets=context.secrets)


def confirm(context: Context, token: str, *, source: str = "", network: str = "") -> Confirmed:
    """Joins, by a mailed link; may be repeated. `network` is kept only if the settings say so.

    SendGrid is told before the next edition that it must not drop her mails (`pushing`).
    """
    kept = network if context.settings.signup.keep_network_address else ""
    with context.database.begin() as connection:
        return confirming.confirm(
            connection,
            token,
            now=context.now(),
            secrets=context.secrets,
            source=source,
            network=kept,
            with_lists=context.transport_name == "sendgrid",
        )


def forget(context: Context, token: str) -> bool:
    """Deletes all that is held about the person of a mailed link; False for a link that is not
    open. What stays are a keyed hash of the address, and deliveries of nobody.
    """
    now, secrets = context.now(), context.secrets
    with context.database.begin() as connection:
        link = confirming.look(connection, token, Purpose.FORGET, now=now, secrets=secrets)
        if link.request is None or link.state is not LinkState.OPEN:
            return False
        try:
            membership.erase(connection, link.request.address, now=now, secrets=secrets)
        except UnknownSubscriber:
            return False
    context.database.leave_no_trace()
    return True


def dossier(context: Context, token: str) -> dict[str, Any] | None:
    """All that is held about the person of a mailed link, ready for JSON; None for a link that is
    not open. It can be had again until the link expires, since a download may fail.
    """
    with context.database.read() as connection:
        link = confirming.look(
            connection, token, Purpose.DOSSIER, now=context.now(), secrets=context.secrets
        )
    if link.request is None or link.state is not LinkState.OPEN:
        return None
    return dossier_of(context, link.request.address)
