"""SendGrid's lists of addresses that it does not write to, or once could not.

GET /v3/suppression/{list} takes two times (seconds since 1970, inclusive), a limit of at most 500
and an offset (SendGrid's OpenAPI document of the suppressions). An offset counts rows of a list
that changes meanwhile, so that a page can shift past a row. Therefore a stretch of time that does
not fit on one page is cut in two until it does; only rows of one second are turned over by offset.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, Protocol

from newsletter.delivery.provider_lists import Listed, ListPage, Pause
from newsletter.delivery.transports.sendgrid_account import NotAccepted, NotAllowed, Passing
from newsletter.errors import TransportError
from subscribers import address as addresses
from subscribers.errors import AddressError
from subscribers.model import SuppressionReason

SCOPE: Final = "suppression.read"
"""What the key must be allowed."""

PAGE: Final = 500
"""Rows of a page, at the most."""

TRIES: Final = 5
"""How often a page is asked for before it is given up."""

LONGEST_PAUSE: Final = 120.0
"""Seconds; nobody is waited for longer at a time, whatever an answer says."""

_LONGEST_NOTE = 200
_LAST_SECOND = 253_402_300_799  # the end of the year 9999, where datetime ends
_ADDRESS = re.compile(r"\S+@\S+")
_MEND = (
    f"In SendGrid under Settings > API Keys, allow the key to read suppressions ({SCOPE}), or make"
    " a new one, and put it into .env as SENDGRID_API_KEY=…"
)


class Documents(Protocol):
    """Where the pages come from: `sendgrid_account.Account`."""

    def get(self, *path: str, **query: int | str) -> object:
        """The JSON document at a path. Raises TransportError, see there."""


@dataclass(frozen=True, slots=True)
class _Window:
    """A stretch of time in seconds since 1970, both ends included; without an end it is open."""

    start: int
    end: int | None

    def cut(self, second: int, last: int) -> tuple[_Window, ...]:
        """The same in two, the older first, which ends with this second or the nearest that can
        be; none if there is nothing to cut. `last` is the last second that matters.
        """
        if last <= self.start:
            return ()
        border = min(max(second, self.start), last - 1)
        return _Window(self.start, border), _Window(border + 1, self.end)

    def holds(self, second: int) -> bool:
        """Whether the second is in it."""
        return self.start <= second and (self.end is None or second <= self.end)


class SendGridLists:
    """The five lists of an account, read only. May be read again at any time."""

    names: Mapping[str, SuppressionReason | None] = MappingProxyType(
        {
            "bounces": SuppressionReason.HARD_BOUNCE,
            "blocks": None,
            "spam_reports": SuppressionReason.COMPLAINT,
            "invalid_emails": SuppressionReason.HARD_BOUNCE,
            "unsubscribes": SuppressionReason.UNSUBSCRIBED,
        }
    )
    """Blocks mean nothing for us: the mail was refused once, and SendGrid tries the next one."""

    def __init__(self, account: Documents) -> None:
        self._account = account

    def read(
        self, name: str, *, since: datetime, now: datetime, pause: Pause
    ) -> Iterator[ListPage]:
        """All that came onto a list since then, the newest first; some rows perhaps twice.

        What SendGrid cannot answer at the moment is asked for again, up to `TRIES` times. Raises
        TransportError.
        """
        seconds_now = int(now.timestamp())
        windows = [_Window(max(0, int(since.timestamp())), None)]
        while windows:
            window = windows.pop()
            rows = self._page(name, window, 0, pause)
            if len(rows) < PAGE:
                yield _parsed(name, rows)
            elif parts := _split(rows, window, seconds_now):
                windows += parts
            else:
                yield _parsed(name, rows)
                yield from self._further(name, window, rows, pause)

    def _further(
        self, name: str, window: _Window, before: list[object], pause: Pause
    ) -> Iterator[ListPage]:
        """The second page of a window, and all after it."""
        offset = PAGE
        while len(before) == PAGE:
            rows = self._page(name, window, offset, pause)
            if rows == before:
                raise _strange("the same page again and again")
            yield _parsed(name, rows)
            before, offset = rows, offset + PAGE

    def _page(self, name: str, window: _Window, offset: int, pause: Pause) -> list[object]:
        for attempt in range(1, TRIES):
            try:
                return self._asked(name, window, offset)
            except Passing as error:
                pause(patience(error.wait, attempt))
        return self._asked(name, window, offset)

    def _asked(self, name: str, window: _Window, offset: int) -> list[object]:
        query = {"start_time": window.start, "limit": PAGE, "offset": offset}
        if window.end is not None:
            query["end_time"] = window.end
        try:
            rows = self._account.get("suppression", name, **query)
        except NotAccepted as error:
            raise TransportError(error.message, _MEND) from None
        except NotAllowed:
            said = "The key in SENDGRID_API_KEY may not read who bounced, complained or left."
            raise TransportError(said, _MEND) from None
        if not isinstance(rows, list) or len(rows) > PAGE:
            raise _strange("no page of a list")
        return rows


def _split(rows: Sequence[object], window: _Window, now: int) -> tuple[_Window, ...]:
    """Two parts of a window whose first page is full; none if it cannot be divided.

    Where the page shows that the list is in the order of time, the cut is at its end, so that one
    part fills a page. The order is nowhere promised; were it another, this would only take longer.
    """
    seconds = [second for row in rows if (second := _second(row)) is not None]
    if any(not window.holds(second) for second in seconds):
        raise _strange("rows of another time than was asked for")
    if not seconds:
        return ()
    last = max(now, *seconds) if window.end is None else window.end
    if seconds == sorted(seconds, reverse=True):
        border = seconds[-1]
    elif seconds == sorted(seconds):
        border = seconds[-1] - 1
    else:
        border = (window.start + last) // 2
    return window.cut(border, last)


def _parsed(name: str, rows: Sequence[object]) -> ListPage:
    found = [listed for row in rows if (listed := _listed(name, row)) is not None]
    return ListPage(listed=tuple(found), unusable=len(rows) - len(found))


def _listed(name: str, row: object) -> Listed | None:
    """A row; None for one without an address that mail can be sent to."""
    email = row.get("email") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(email, str):
        return None
    try:
        key = addresses.key(addresses.normalise(email.lower()))
    except AddressError:
        return None
    second = _second(row)
    at = None if second is None else datetime.fromtimestamp(second, UTC)
    return Listed(key=key, at=at, note=_note(name, row.get("reason")))


def _second(row: object) -> int | None:
    """Since when a row is on its list; None where it does not say it usably."""
    created = row.get("created") if isinstance(row, dict) else None
    return created if type(created) is int and 0 <= created <= _LAST_SECOND else None


def _note(name: str, reason: object) -> str:
    """Which list it was, and what the receiving server said; addresses in that are left out."""
    head = f"SendGrid: {name.replace('_', ' ')}"
    if not isinstance(reason, str):
        return head
    said = "".join(sign if sign.isprintable() else " " for sign in _ADDRESS.sub("…", reason))
    return f"{head}: {' '.join(said.split())}".removesuffix(": ")[:_LONGEST_NOTE]


def patience(told: float | None, attempt: int) -> float:
    """How long to wait before the next try, in seconds: as told, or longer each time."""
    if told is None or not math.isfinite(told):
        return float(2 ** (attempt - 1))
    return min(max(told, 1.0), LONGEST_PAUSE)


def _strange(what: str) -> TransportError:
    return TransportError(
        f"What answered in the place of SendGrid is not SendGrid: {what}.",
        "Check [delivery.sendgrid] base_url, and whether your network wants you to log in first.",
    )
