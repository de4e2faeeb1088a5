"""A person that nobody is, to try the way out of the list on: it is there for seconds only.

It waits to be confirmed, so that no edition is ever for it, and its address can belong to nobody
(RFC 2606, section 2).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from subscribers.model import SubscriptionStatus
from subscribers.store import people
from subscribers.store.people import CANARY_DOMAIN, NewPerson
from subscribers.token import new_tokens

if TYPE_CHECKING:
    from sqlalchemy import Connection

LEFT_OVER = timedelta(hours=1)
"""One that is older was left by a check that was interrupted."""


def place(conn: Connection, *, now: datetime) -> str:
    """Puts one on the list; the token of its link. Takes away what earlier checks left."""
    people.delete_canaries(conn, before=now - LEFT_OVER)
    (token,) = new_tokens(1)
    address = f"{token.lower()}@{CANARY_DOMAIN}"
    status = SubscriptionStatus.PENDING.value
    people.insert_people(conn, [NewPerson(address, address, "", token, status, "", None)], now)
    return token


def has_left(conn: Connection, token: str) -> bool:
    """Whether this one was taken off the list."""
    found = people.by_token(conn, token)
    return found is not None and found.status is SubscriptionStatus.UNSUBSCRIBED


def remove(conn: Connection, token: str) -> None:
    """Takes it away again, with all that was written down of it."""
    found = people.by_token(conn, token)
    if found is not None:
        people.delete_person(conn, found.id)
