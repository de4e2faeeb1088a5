"""SMTP: each message is a submission of its own, to a mail server of any kind.

A connection is one thread's while it is in use, and is then kept for the next message. What was
accepted after the final dot is the server's; when a connection breaks there, nobody can say
(docs/explanation/delivery.md).
"""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property

from newsletter.delivery.answers import Answer, NotTaken, Stopped, Taken, Unknown
from newsletter.delivery.message import Envelope, Notice, notice_message
from newsletter.delivery.transports.contract import Condition, Mail, Slot, Undo
from newsletter.delivery.transports.messages import Messages
from newsletter.delivery.transports.smtp_connection import Connection, Server, tls_context
from newsletter.delivery.transports.smtp_replies import answer
from newsletter.delivery.transports.smtp_trouble import NoConnection
from newsletter.errors import TransportError
from newsletter.model.delivery import Recipient
from newsletter.model.edition import Channel, Rendered
from subscribers.address import normalise
from subscribers.errors import AddressError

_TIMEOUTS = 2
"""So many timeouts long one message may take in all, connecting included."""

_FIT = re.compile(r"[^\s<>\x00-\x1f\x7f-\x9f]+@[^\s<>@\x00-\x1f\x7f-\x9f]+")


class Smtp:
    """A mail server. `clock` is a monotonic one, in seconds."""

    name = "smtp"
    channel = Channel.REAL
    repeatable = False
    one_by_one = True
    undo: Undo | None = None

    def __init__(self, server: Server, *, clock: Callable[[], float]) -> None:
        self._server = server
        self._clock = clock
        self._messages = Messages()
        self._lock = threading.Lock()
        self._free: list[Connection] = []
        self._closed = False

    @property
    def longest(self) -> float:
        """The seconds that handing over one message may take."""
        return _TIMEOUTS * self._server.timeout

    def condition(self) -> Condition:
        """Connects, encrypts and logs in as for a message. Raises TransportError."""
        end = self._clock() + self.longest
        connection = self._connect(end)
        try:
            if not connection.answers(end):
                server = f"{self._server.host}:{self._server.port}"
                raise TransportError(f"The mail server {server} does not answer.", "Try it later.")
        finally:
            connection.close()
        return Condition()

    def submit(
        self,
        mail: Mail,
        recipients: Sequence[Recipient],
        *,
        date: datetime,
        attempt: int = 1,
        slot: Slot | None = None,
    ) -> Answer:
        """Hands over the message to the one recipient there is."""
        (recipient,) = recipients
        to = recipient._replace(address=wire_address(recipient.address))
        if not _FIT.fullmatch(to.address):
            return Taken(rejected={to.delivery_id: "bad-address"})
        content = self._messages.of(mail, to, date=date)
        return self._hand_over(mail.envelope.sender_address, to.address, content, to.delivery_id)

    def prepare(self, mail: Mail, recipients: Sequence[Recipient], *, attempt: int = 1) -> None:
        """Nothing is made ahead."""

    def notify(self, notice: Notice, envelope: Envelope, *, date: datetime) -> None:
        """Hands over the notice. Raises TransportError when it is not certain that it was taken."""
        content = notice_message(envelope, notice, date=date)
        given = self._hand_over(envelope.sender_address, notice.to, content, "notice")
        if not isinstance(given, Taken):
            mend = given.mend if isinstance(given, NotTaken | Stopped) else ""
            raise TransportError(given.error, mend, unclear=isinstance(given, Unknown))
        for reason in given.rejected.values():
            mend = "Check the address; the admin's own is [notify] to."
            raise TransportError(
                f"The mail server refused the mail ({reason}).", mend, refused=True
            )

    def already_taken(self, edition_key: str, delivery_ids: Sequence[str]) -> frozenset[str]:
        """A mail server cannot be asked."""
        return frozenset()

    def finish(self, edition_key: str, all_variant: Rendered, accepted: int) -> None:
        """There is nothing to tidy up."""

    def close(self) -> None:
        """Takes leave on all connections; one that is in use ends with its message."""
        with self._lock:
            self._closed = True
            left, self._free = self._free, []
        for connection in left:
            connection.close()

    def _hand_over(self, sender: str, to: str, content: bytes, delivery_id: str) -> Answer:
        """By a connection that is free; if that has become stale, once more by a new one."""
        end = self._clock() + self.longest
        connection: Connection | None = None
        try:
            connection = self._taken(end) or self._connect(end)
            if not (to.isascii() or connection.takes_utf8):
                return Taken(rejected={delivery_id: "needs-smtputf8"})
            used = connection.used
            reply = connection.hand_over(sender, to, content, end=end)
            if used and reply.blames_connection:
                connection.close()
                connection = self._connect(end)
                reply = connection.hand_over(sender, to, content, end=end)
            return answer(reply, delivery_id=delivery_id, address=to)
        except NoConnection as trouble:
            kind = Stopped if trouble.stop else NotTaken
            return kind(error=trouble.message, mend=trouble.mend)
        finally:
            self._give_back(connection)

    def _taken(self, end: float) -> Connection | None:
        """A connection that nobody uses, out of those that are still good."""
        while True:
            with self._lock:
                if not self._free:
                    return None
                connection = self._free.pop()
            if connection.is_usable(end):
                return connection

    def _give_back(self, connection: Connection | None) -> None:
        if connection is None or not connection.is_open:
            return
        with self._lock:
            if not self._closed:
                self._free.append(connection)
                return
        connection.close()

    def _connect(self, end: float) -> Connection:
        return Connection(self._server, self._tls, clock=self._clock, end=end)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return tls_context(self._server)


def wire_address(address: str) -> str:
    """An address as it goes over the wire: its domain as IDNA, if the rest is ASCII."""
    if address.isascii():
        return address
    try:
        return normalise(address)
    except AddressError:
        return address
