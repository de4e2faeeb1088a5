"""SendGrid: a batch is one request to mail/send, and with an undo window it can be taken back.

mail/send goes over connections of our own (`sendgrid_connection`), since what matters is where it
ends; everything else is asked through the `sendgrid` package (`sendgrid_account`). Nothing is
retried here: the ledger decides.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.delivery.answers import Answer, NotTaken, Refused, Taken, TooLarge, Unknown
from newsletter.delivery.message import Envelope, Notice
from newsletter.delivery.transports.contract import Condition, Mail, Slot, Undo
from newsletter.delivery.transports.sendgrid_account import SEND, UNDO, Account
from newsletter.delivery.transports.sendgrid_answers import answer_of
from newsletter.delivery.transports.sendgrid_body import RequestTemplate, notice_body
from newsletter.delivery.transports.sendgrid_connection import (
    Connections,
    NoReply,
    NotWritten,
    authorization,
)
from newsletter.delivery.transports.sendgrid_undo import ScheduledSends
from newsletter.delivery.transports.sendgrid_wire import Clock
from newsletter.errors import TransportError
from newsletter.model.delivery import Recipient
from newsletter.model.edition import Channel, Rendered

MOST_BYTES = 20_000_000
"""Of a request. SendGrid takes 30 MB; a thousand recipients of a usual edition have about 1 MB."""

_PATH = "/v3/mail/send"
_MOST_TEMPLATES = 64
_MOST_PREPARED = 12
_REACH_MEND = (
    "Check the connection to the internet and [delivery.sendgrid] base_url;"
    " https://status.sendgrid.com says whether SendGrid is down. Then `newsletter send` goes on."
)
_SCOPE_MEND = "Edit the key in SendGrid under Settings > API Keys, or make a new one, with "


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A part of a request. It keeps its recipients alive, so that no others have their `id`."""

    recipients: Sequence[Recipient]
    template: RequestTemplate
    attempt: int
    people: bytes

    def fits(self, template: RequestTemplate, attempt: int) -> bool:
        return self.template is template and self.attempt == attempt


class SendGrid:
    """A SendGrid account, by its key. Nothing it says or shows holds the key.

    `timeout` is in seconds, for the whole of an answer; `proxy` is a URL or nothing; `now` gives an
    aware time. `undo`: whether mails are to leave later, so that they can be taken back; they can
    be in any case if they were handed over like that. Raises TransportError for a key that is none.
    """

    name = "sendgrid"
    channel = Channel.REAL
    repeatable = False
    one_by_one = False

    def __init__(
        self,
        key: str,
        *,
        base_url: str,
        timeout: float,
        proxy: str | None,
        now: Callable[[], datetime],
        undo: bool,
        clock: Clock = time.monotonic,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._account = Account(key, base_url=base_url, timeout=timeout, proxy=proxy)
        self._connections = Connections(
            base_url, timeout=timeout, proxy=proxy, clock=clock, trust=trust
        )
        self._base_url, self._now, self._window = base_url, now, undo
        self._headers = _headers(authorization(key))
        self._templates: dict[object, RequestTemplate] = {}
        self._prepared: dict[int, _Prepared] = {}
        self._guard = threading.Lock()
        self.undo: Undo | None = ScheduledSends(self._account)

    def __repr__(self) -> str:
        return f"SendGrid({self._base_url!r})"

    def condition(self) -> Condition:
        """Asks what the key may do, and what is paid for. Raises TransportError with the mend."""
        asked = self._now()
        standing = self._account.standing()
        between = asked + (self._now() - asked) / 2  # the best guess of when it was answered
        wanted = (SEND, *UNDO) if self._window else (SEND,)
        missing = [scope for scope in wanted if scope not in standing.scopes]
        if missing:
            raise TransportError(
                f"SendGrid takes the key, but it may not do all that is needed; it lacks"
                f" {', '.join(missing)}.",
                f"{_SCOPE_MEND}{_names(missing)}.",
            )
        return Condition(
            ahead=None if standing.date is None else _whole(standing.date - between),
            credits=self._credits(),
        )

    def submit(
        self,
        mail: Mail,
        recipients: Sequence[Recipient],
        *,
        date: datetime,
        attempt: int = 1,
        slot: Slot | None = None,
    ) -> Answer:
        """Hands over the batch in one request. SendGrid writes the Date header itself."""
        if not recipients:
            return Taken()
        template = self._template(mail)
        fault = template.fault(recipients)
        if fault is not None:
            return fault
        prepared = self._prepared.pop(id(recipients), None)
        people = prepared.people if prepared and prepared.fits(template, attempt) else None
        body = template.body(recipients, attempt=attempt, slot=slot, people=people)
        if len(body) > MOST_BYTES:
            return TooLarge(error=f"The request has {len(body):,} bytes, too many for SendGrid.")
        return self._post(body, [each.delivery_id for each in recipients])

    def prepare(self, mail: Mail, recipients: Sequence[Recipient], *, attempt: int = 1) -> None:
        """Writes the part of the request that is about people; some batches are kept."""
        template = self._template(mail)
        made = template.people(recipients, attempt=attempt)
        while len(self._prepared) >= _MOST_PREPARED:
            self._prepared.pop(next(iter(self._prepared)), None)
        self._prepared[id(recipients)] = _Prepared(recipients, template, attempt, made)

    def notify(self, notice: Notice, envelope: Envelope, *, date: datetime) -> None:
        """Hands over one mail that is no edition, at once. Raises TransportError."""
        answer = self._post(notice_body(notice, envelope), [""])
        if isinstance(answer, Taken):
            return
        raise TransportError(
            f"The mail was not taken. {answer.error}",
            getattr(answer, "mend", "") or _REACH_MEND,
            refused=isinstance(answer, Refused | TooLarge),
            unclear=isinstance(answer, Unknown),
        )

    def already_taken(self, edition_key: str, delivery_ids: Sequence[str]) -> frozenset[str]:
        """None: SendGrid cannot be asked what it has taken."""
        return frozenset()

    def finish(self, edition_key: str, all_variant: Rendered, accepted: int) -> None:
        """Nothing has to be tidied up."""

    def close(self) -> None:
        """Closes every connection."""
        self._connections.close()

    def _post(self, body: bytes, delivery_ids: Sequence[str]) -> Answer:
        """What came of one request."""
        try:
            reply = self._connections.post(_PATH, body, self._headers)
        except NotWritten as failure:
            return self._not_written(failure, delivery_ids)
        except NoReply as failure:
            return Unknown(
                error="SendGrid got the request, and nobody knows whether it took the mails:"
                f" {failure.error}."
            )
        return answer_of(
            reply.status, reply.headers, reply.body, delivery_ids=delivery_ids, now=self._now()
        )

    def _not_written(self, failure: NotWritten, delivery_ids: Sequence[str]) -> Answer:
        """A server may refuse a request before it has read it all; else it is as if never asked."""
        early = failure.reply
        if early is not None:
            answer = answer_of(
                early.status, early.headers, early.body, delivery_ids=delivery_ids, now=self._now()
            )
            if not isinstance(answer, Taken | Unknown):
                return answer
        return NotTaken(error=f"SendGrid cannot be reached: {failure.error}.", mend=_REACH_MEND)

    def _credits(self) -> int | None:
        try:
            found = self._account.credits()
        except TransportError:  # a convenience, and no reason not to send
            return None
        return None if found is None else found.remain

    def _template(self, mail: Mail) -> RequestTemplate:
        """The mail's constant part, made when it is first asked for."""
        rendered = mail.rendered
        key = (mail.nonce, mail.folder, mail.edition_key, mail.public_url, mail.envelope,
               rendered.key, rendered.checksum)  # fmt: skip
        with self._guard:
            made = self._templates.get(key)
            if made is None:
                if len(self._templates) >= _MOST_TEMPLATES:
                    self._templates.clear()
                made = self._templates[key] = RequestTemplate(mail)
        return made


def _headers(authorized: str) -> Mapping[str, str]:
    return {
        "Authorization": authorized,
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": "newsletter",
    }


def _names(scopes: Sequence[str]) -> str:
    """What the scopes are called on SendGrid's page of keys."""
    pages = (["Mail Send"] if SEND in scopes else []) + (
        ["User Account > Scheduled Sends"] if set(scopes) & set(UNDO) else []
    )
    hint = " (or set undo_minutes = 0)" if set(scopes) & set(UNDO) else ""
    return f"{' and '.join(pages)}{hint}"


def _whole(ahead: timedelta) -> timedelta:
    """A Date header counts whole seconds: less than one is none."""
    return ahead if abs(ahead) >= timedelta(seconds=1) else timedelta(0)
