"""Somebody asks for something on a page: it is written down, and answered by a mail later.

Nothing is looked up here, so that neither the answer nor the time it takes can tell whether an
address is known. What follows is decided afterwards (`answering`), from what was written down; so a
program that is killed in between loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from subscribers import address as addresses
from subscribers.limits import Limit, key_hash, network_of
from subscribers.links import new_nonce
from subscribers.model import Form, Purpose, join_topics
from subscribers.rows import MAX_SOURCE, one_line
from subscribers.store import buckets, evidence, requests

if TYPE_CHECKING:
    from sqlalchemy import Connection

NETWORK: Final = "network"
ADDRESS: Final = "address"
"""The names of the two kinds of buckets."""


_PER_NETWORK: Final = Limit(most=20)
_PER_ADDRESS: Final = Limit(most=5)


class Answer(StrEnum):
    """What who asks is told; it does not depend on whether the address is known."""

    TAKEN = "taken"
    """If a mail can answer it, one is on its way."""
    TOO_MANY = "too-many"
    """Too much was asked from this network of late; nothing was written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What came in from a form. `address` is as typed, `topics` are keys of the settings.

    `wording` is the text the person agreed to, word for word; `source` the page it stood on.
    `network` is the sender's address on the internet, "" if it is not known. `trap` is a field that
    people do not see: who fills it in is a program.
    """

    purpose: Purpose
    address: str
    topics: tuple[str, ...] = ()
    form: Form = Form.NORMAL
    wording: str = ""
    source: str = ""
    network: str = ""
    trap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How often may be asked, how long links hold, and whether networks go into the evidence."""

    per_network: Limit = _PER_NETWORK
    per_address: Limit = _PER_ADDRESS
    confirm_within: timedelta = timedelta(hours=72)
    use_within: timedelta = timedelta(hours=24)
    keep_network: bool = False

    def holds_for(self, purpose: Purpose) -> timedelta:
        """How long a link of this purpose can be used."""
        return self.confirm_within if purpose is Purpose.SUBSCRIBE else self.use_within


def ask(
    conn: Connection, asking: Asking, rules: Rules, *, now: datetime, secrets: tuple[str, ...]
) -> Answer:
    """Write down what somebody asks for, in the caller's transaction; commit before answering.

    Raises AddressError for what is no address, and SecretKeyError without a secret key.
    """
    secret = addresses.current_secret(secrets)
    address = addresses.normalise(asking.address)
    if asking.trap.strip():
        return Answer.TAKEN
    network = network_of(asking.network)
    if network and not _may(conn, NETWORK, network, rules.per_network, secret, now):
        return Answer.TOO_MANY
    key = addresses.key(address)
    if _may(conn, ADDRESS, key, rules.per_address, secret, now):
        _write_down(conn, asking, rules, address, now)
    return Answer.TAKEN


def _may(conn: Connection, name: str, key: str, limit: Limit, secret: str, now: datetime) -> bool:
    return buckets.take(conn, name, key_hash(name, key, secret), limit, now)


def _write_down(
    conn: Connection, asking: Asking, rules: Rules, address: str, now: datetime
) -> None:
    shown = evidence.keep_wording(conn, asking.wording, now) if asking.wording else ""
    new = requests.NewRequest(
        purpose=asking.purpose.value,
        nonce=new_nonce(),
        address=address,
        address_key=addresses.key(address),
        topics=join_topics(asking.topics),
        form=asking.form.value,
        wording=shown,
        source=one_line(asking.source)[:MAX_SOURCE],
        network=one_line(asking.network)[:MAX_SOURCE] if rules.keep_network else "",
        asked_at=now,
        expires_at=now + rules.holds_for(asking.purpose),
    )
    requests.add(conn, new)
