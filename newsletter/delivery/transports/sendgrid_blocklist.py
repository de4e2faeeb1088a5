"""SendGrid's list of who wants no mail at all, written to: POST and DELETE of the global
suppressions (SendGrid's OpenAPI document of the suppressions). Who may be mailed again is taken off
the lists of bounces and of invalid addresses, too, and never off that of spam reports.

Both may be repeated: an address is on the list or not. A page with one address that SendGrid does
not take is refused as a whole; it is halved until that one is alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final, Protocol

from newsletter.delivery.provider_lists import Pause
from newsletter.delivery.transports.sendgrid_account import (
    Account,
    Heard,
    NotAccepted,
    NotAllowed,
    Passing,
)
from newsletter.delivery.transports.sendgrid_lists import TRIES, SendGridLists, patience
from newsletter.errors import TransportError

_PATH: Final = ("asm", "suppressions", "global")
_OFF: Final = (_PATH, ("suppression", "bounces"), ("suppression", "invalid_emails"))
"""The lists that drop mail to an address, and that she leaves who confirmed that it arrives."""
_MEND: Final = (
    "In SendGrid under Settings > API Keys, give the key full access to Suppressions, or make a new"
    " one, and put it into .env as SENDGRID_API_KEY=…"
)


class _Question(Protocol):
    def __call__(self) -> Heard: ...


class SendGridSuppressions(SendGridLists):
    """The lists of an account, and the one of them that we may write to."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self._writable = account

    def add(self, addresses: Sequence[str], *, pause: Pause) -> tuple[str, ...]:
        """Puts addresses on the list; those that SendGrid does not take. Raises TransportError."""
        document = {"recipient_emails": list(addresses)}
        heard = self._patiently(
            lambda: self._writable.ask("post", *_PATH, document=document), pause
        )
        if heard.status == 201:
            return ()
        if heard.status != 400:
            raise _strange(heard.status)
        if len(addresses) == 1:
            return tuple(addresses)
        middle = len(addresses) // 2
        halves = (addresses[:middle], addresses[middle:])
        return tuple(each for half in halves for each in self.add(half, pause=pause))

    def remove(self, address: str, *, pause: Pause) -> None:
        """Takes an address off the lists, if it is there. Raises TransportError."""
        for path in _OFF:
            heard = self._patiently(partial(self._writable.ask, "delete", *path, address), pause)
            if heard.status not in (204, 400, 404):  # 400: it cannot be there
                raise _strange(heard.status)

    def _patiently(self, question: _Question, pause: Pause) -> Heard:
        """What SendGrid cannot do at the moment is asked again, some times."""
        try:
            for attempt in range(1, TRIES):
                try:
                    return question()
                except Passing as error:
                    pause(patience(error.wait, attempt))
            return question()
        except NotAccepted as error:
            raise TransportError(error.message, _MEND) from None
        except NotAllowed:
            said = "The key in SENDGRID_API_KEY may not write to SendGrid's suppressions."
            raise TransportError(said, _MEND) from None


def _strange(status: int) -> TransportError:
    return TransportError(
        f"SendGrid answered with {status} to what it documents otherwise.",
        "Try again later; if it stays so, report it.",
    )
