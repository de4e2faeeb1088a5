"""Taking mails back at SendGrid: batch ids, and cancelling what is scheduled under one.

Source: SendGrid's OpenAPI document of scheduled sends. A second POST for an id is answered 400, and
only ids that are paused or cancelled are listed; so what is not clear is settled by a GET.
"""

from __future__ import annotations

from datetime import datetime

from newsletter.delivery.transports.sendgrid_account import Account, Heard, NotAccepted, NotAllowed
from newsletter.errors import TransportError

_SENDS = ("user", "scheduled_sends")
_CANCEL = "cancel"
_LONGEST_ID = 200
_MEND = "Run the command again in a moment; https://status.sendgrid.com says whether it is down."
_PAUSE_MEND = (
    "In SendGrid's own pages, cancel the scheduled send, or give the key the permission"
    " user.scheduled_sends.update; then run the command again."
)


class ScheduledSends:
    """The undo of a SendGrid account; see `contract.Undo`."""

    most = 100
    """SendGrid's page "Scheduled Sends": at most 100 ids may be paused or cancelled."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def new_id(self) -> str:
        """A new batch id (POST /v3/mail/batch)."""
        heard = self._account.ask("post", "mail", "batch")
        found = heard.document.get("batch_id") if isinstance(heard.document, dict) else None
        if heard.status != 201 or not isinstance(found, str) or not _is_id(found):
            raise TransportError("SendGrid gave no batch id.", _MEND)
        return found

    def cancel(self, provider_id: str) -> datetime | None:
        """Cancels everything under the id, and returns only when SendGrid says that it is so; gives
        the time of that by SendGrid's clock.
        """
        try:
            document = {"batch_id": provider_id, "status": _CANCEL}
            heard = self._account.ask("post", *_SENDS, document=document)
        except (NotAccepted, NotAllowed):
            raise
        except TransportError as error:  # it may have come through all the same
            return self._confirm(provider_id, error)
        return heard.date if heard.status == 201 else self._settle(provider_id, heard)

    def is_cancelled(self, provider_id: str) -> bool:
        """Whether the id is cancelled (GET)."""
        return self._status(provider_id)[0] == _CANCEL

    def forget(self, provider_id: str) -> None:
        """Removes the id's cancel (DELETE); what is not there needs no removing."""
        heard = self._account.ask("delete", *_SENDS, provider_id)
        if heard.status not in {204, 404}:
            raise TransportError(_odd("removing a cancel", heard), _MEND)

    def _settle(self, provider_id: str, heard: Heard) -> datetime | None:
        """After another answer than 201: the id has a status already, or cannot have one."""
        status, date = self._status(provider_id)
        if status not in {_CANCEL, ""}:
            self._change(provider_id)
            status, date = self._status(provider_id)
        if status != _CANCEL:
            raise TransportError(_odd("a cancel", heard), _MEND)
        return date

    def _change(self, provider_id: str) -> None:
        """What somebody has paused is cancelled by a PATCH."""
        try:
            self._account.ask("patch", *_SENDS, provider_id, document={"status": _CANCEL})
        except NotAllowed:
            raise TransportError(
                "The scheduled mails were paused in SendGrid, and the key may not cancel them.",
                _PAUSE_MEND,
            ) from None
        except TransportError as error:
            self._confirm(provider_id, error)

    def _confirm(self, provider_id: str, error: TransportError) -> datetime | None:
        """Looks once whether the id is cancelled all the same. Raises TransportError if not."""
        try:
            status, date = self._status(provider_id)
        except TransportError:
            status, date = "", None
        if status != _CANCEL:
            raise TransportError(f"It is not certain that a cancel holds. {error.message}", _MEND)
        return date

    def _status(self, provider_id: str) -> tuple[str, datetime | None]:
        """`cancel`, `pause`, or "" for an id that is neither (GET), and SendGrid's clock."""
        heard = self._account.ask("get", *_SENDS, provider_id)
        if heard.status == 404:
            return "", heard.date
        if heard.status != 200 or not isinstance(heard.document, list):
            raise TransportError(_odd("asking for scheduled mails", heard), _MEND)
        found = (
            str(each.get("status"))
            for each in heard.document
            if isinstance(each, dict) and each.get("batch_id") == provider_id
        )
        return next(found, ""), heard.date


def _is_id(text: str) -> bool:
    return text.isascii() and text.isprintable() and 0 < len(text) <= _LONGEST_ID


def _odd(what: str, heard: Heard) -> str:
    return f"SendGrid answered {what} with {heard.status}."
