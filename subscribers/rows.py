"""What a row of a list says, checked: a candidate, or the reason why it is none."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from subscribers import address as addresses
from subscribers.errors import AddressError
from subscribers.model import Form, SubscriptionStatus, SuppressionReason, join_topics
from subscribers.row import Row

MAX_NAME: Final = 200
MAX_SOURCE: Final = 500
_EARLIEST: Final = 1990
_AHEAD: Final = timedelta(days=1)
"""How far in the future a consent may lie: a time without a zone is up to a day off."""

_PAUSE: Final = timedelta(days=366)
"""How far ahead a pause may end."""

_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\xa0\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, hard spaces, line ends, direction marks; Persian and Hindi joiners stay."""

ACTIVE: Final = SubscriptionStatus.ACTIVE.value
PENDING: Final = SubscriptionStatus.PENDING.value
UNSUBSCRIBED: Final = SubscriptionStatus.UNSUBSCRIBED.value

_STATUSES: Final = {
    "active": ACTIVE,
    "subscribed": ACTIVE,
    "confirmed": ACTIVE,
    "pending": PENDING,
    "unconfirmed": PENDING,
    "unsubscribed": UNSUBSCRIBED,
}


_NOTHING: Final = Row("", "", "", "", "", "", "")
_BESIDE: Final = ("name", "topics", "consented_at", "source", "form", "unsubscribed_at",
                  "paused_until")  # fmt: skip
"""What a row may say beside who it is about and whether she may be written to."""


class Candidate(NamedTuple):
    """A row that could be taken in. An empty name or choice of topics says nothing about them."""

    line: int
    address: str
    key: str
    name: str
    topics: str
    """In the canonical spelling of `model.join_topics`."""
    status: str
    """One of ACTIVE, PENDING, UNSUBSCRIBED: plain text, as reading an enum's value is slow."""
    consented_at: datetime | None
    source: str
    suppressed: str
    form: str = ""
    left_at: datetime | None = None
    """When the person left or became unreachable, where the list says it."""
    paused_until: datetime | None = None
    heard_from: str = ""
    """The list itself, from which it is known that somebody left."""
    stated: bool = False
    """Whether the list itself says the status; of a suppressed address it may say nothing more."""


class BadRow(Exception):
    """A row that cannot be taken in; its text is the reason, for a person."""


class Checker:
    """Checks rows against the settings' topics. `now` is the time of the import.

    `source` is the list itself, and `consent` what the admin says of how its people agreed; of
    those who left it says nothing. `silent` is the status of a row that says nothing of it; without
    one such a row is refused.
    """

    def __init__(
        self,
        topics: Collection[str],
        source: str,
        now: datetime,
        silent: str = ACTIVE,
        consent: str = "",
    ) -> None:
        self._topics = {topic.casefold(): topic for topic in topics}
        self._list = source
        self._source = f"{consent} ({source})" if consent else source
        self._silent = silent
        self._latest = now + _AHEAD
        self._topics_of = lru_cache(maxsize=1000)(self._read_topics)
        self._moment = lru_cache(maxsize=10_000)(self._read_moment)

    def check(self, line: int, row: Row) -> Candidate:
        """The candidate of a row. Raises BadRow, but for somebody who left or is unreachable only
        when her address, her status or the reason cannot be read.
        """
        try:
            address = addresses.normalise(row.email)
        except AddressError as fault:
            raise BadRow(fault.message) from None
        status = _STATUSES.get(row.status) or self._status(row.status, row.suppressed)
        barred = _suppressed(row.suppressed) if row.suppressed else ""
        try:
            return self._candidate(line, address, status, barred, row)
        except BadRow:
            if status != UNSUBSCRIBED and not barred:
                raise
        for column in _BESIDE:
            alone = _NOTHING._replace(**{column: getattr(row, column)})
            try:
                self._candidate(line, address, status, barred, alone)
            except BadRow:
                row = row._replace(**{column: ""})
        return self._candidate(line, address, status, barred, row)

    def _candidate(self, line: int, address: str, status: str, barred: str, row: Row) -> Candidate:
        _, name, topics, _, consented_at, source, _, form, left_at, pause = row
        silent = self._list if status == UNSUBSCRIBED or barred else self._source
        return Candidate(
            line,
            address,
            addresses.key(address),
            _short(name, "name", MAX_NAME) if name else "",
            self._topics_of(topics) if topics else "",
            status,
            self._moment("consented_at", consented_at) if consented_at else None,
            _short(source, "source", MAX_SOURCE) if source else silent,
            barred,
            _form(form) if form else "",
            self._moment("unsubscribed_at", left_at) if left_at else None,
            self._moment("paused_until", pause) if pause else None,
            self._list,
            bool(row.status.strip()),
        )

    def _status(self, text: str, suppressed: str) -> str:
        word = text.strip().casefold()
        if not word:
            if not self._silent and not suppressed:
                raise BadRow("does not say whether this person gets the mails")
            return self._silent or ACTIVE
        if word not in _STATUSES:
            known = ", ".join(SubscriptionStatus)
            raise BadRow(f"unknown status {addresses.shown(text)}; known are: {known}")
        return _STATUSES[word]

    def _read_topics(self, text: str) -> str:
        wanted = [part.strip() for part in text.split(";") if part.strip()]
        if unknown := [part for part in wanted if part.casefold() not in self._topics]:
            known = ", ".join(sorted(self._topics.values())) or "none, as the settings name none"
            raise BadRow(f"unknown topic {addresses.shown(unknown[0])}; known are: {known}")
        return join_topics(self._topics[part.casefold()] for part in wanted)

    def _read_moment(self, column: str, text: str) -> datetime | None:
        if not text.strip():
            return None
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            shown = addresses.shown(text)
            raise BadRow(f"{column} {shown} is not a date like 2024-05-31") from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        latest = self._latest + _PAUSE if column == "paused_until" else self._latest
        if moment.year < _EARLIEST or moment > latest:
            raise BadRow(f"{column} {addresses.shown(text)} cannot be true")
        return moment


def _suppressed(text: str) -> str:
    reason = text.strip().casefold()
    if reason and reason not in set(SuppressionReason):
        known = ", ".join(SuppressionReason)
        raise BadRow(f"unknown reason {addresses.shown(text)} for suppressing; known are: {known}")
    return reason


def _form(text: str) -> str:
    form = text.strip().casefold()
    if form and form not in set(Form):
        raise BadRow(f"unknown form {addresses.shown(text)}; known are: {', '.join(Form)}")
    return form


def _short(text: str, what: str, longest: int) -> str:
    text = one_line(text)
    if len(text) > longest:
        raise BadRow(f"the {what} is longer than {longest} characters")
    return text


def one_line(text: str) -> str:
    """Text of one line without control characters, as names and sources are kept."""
    if not text.isprintable():
        text = _CONTROLS.sub(" ", text)
    if "  " in text or text[:1] == " " or text[-1:] == " ":
        text = " ".join(text.split())
    return text
