"""What a reader gets: seen and changed on two pages.

The lasting link in each mail may have been passed on with it. So the page behind it shows no
topics and only a masked address; topics are seen and changed by a freshly mailed link.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.pipeline.context import Context
from subscribers import address as addresses
from subscribers import choosing, confirming
from subscribers.choosing import Wish
from subscribers.confirming import LinkState
from subscribers.model import Form, Method, Purpose, Subscriber, SubscriptionStatus
from subscribers.store import people

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a page may show of a person. `topics` is None where the page may not name any; none
    chosen means everything. `paused_until` (UTC) is None when there is no pause now.
    """

    address: str
    status: SubscriptionStatus
    form: Form
    paused_until: datetime | None
    topics: tuple[str, ...] | None = None


def by_lasting_link(context: Context, token: str) -> Seen | None:
    """What the page behind a lasting link shows; None for a token of nobody."""
    with context.database.read() as connection:
        person = people.by_token(connection, token)
    return None if person is None else _masked(person, context.now())


def by_mailed_link(context: Context, token: str) -> Seen | None:
    """What the page behind a mailed link shows, topics too; None for a link that is not open."""
    with context.database.read() as connection:
        person = _owner(context, connection, token)
    return None if person is None else _whole(person, context.now())


def choose_by_lasting_link(
    context: Context,
    token: str,
    *,
    form: Form | None = None,
    pause_weeks: int | None = None,
    source: str = "",
    network: str = "",
) -> Seen | None:
    """Changes the form and the pause (weeks from now, 0 ends it); None leaves each as it is.

    Gives what the page then shows; None for a token of nobody.
    """
    wish = Wish(form=form, pause_weeks=pause_weeks)
    with context.database.begin() as connection:
        person = people.by_token(connection, token)
        if person is None:
            return None
        after = _choose(context, connection, person, wish, Method.PERSONAL_LINK, source, network)
    return _masked(after, context.now())


def choose_by_mailed_link(
    context: Context,
    token: str,
    *,
    topics: tuple[str, ...] | None = None,
    form: Form | None = None,
    pause_weeks: int | None = None,
    source: str = "",
    network: str = "",
) -> Seen | None:
    """The same, and topics: no topics means everything, and what is no topic is left out.

    None for a link that is not open. It holds until it expires, for more than one change.
    """
    known = [topic.key for topic in context.settings.topics]
    chosen = None if topics is None else tuple(key for key in known if key in topics)
    wish = Wish(topics=chosen, form=form, pause_weeks=pause_weeks)
    with context.database.begin() as connection:
        person = _owner(context, connection, token)
        if person is None:
            return None
        after = _choose(context, connection, person, wish, Method.MAILED_LINK, source, network)
    return _whole(after, context.now())


def _owner(context: Context, connection: Connection, token: str) -> Subscriber | None:
    """The person to whose mailbox an open link was mailed."""
    now, secrets = context.now(), context.secrets
    link = confirming.look(connection, token, Purpose.PREFERENCES, now=now, secrets=secrets)
    if link.request is None or link.state is not LinkState.OPEN:
        return None
    return people.find(connection, addresses.key(link.request.address))


def _choose(
    context: Context,
    connection: Connection,
    person: Subscriber,
    wish: Wish,
    method: Method,
    source: str,
    network: str,
) -> Subscriber:
    kept = network if context.settings.signup.keep_network_address else ""
    return choosing.choose(
        connection,
        person,
        wish,
        now=context.now(),
        method=method,
        source=source,
        network=kept,
    )


def _masked(person: Subscriber, now: datetime) -> Seen:
    return Seen(
        address=addresses.mask(person.address),
        status=person.status,
        form=person.form,
        paused_until=person.paused_until if person.is_paused(now) else None,
    )


def _whole(person: Subscriber, now: datetime) -> Seen:
    return replace(_masked(person, now), address=person.address, topics=person.topics)
