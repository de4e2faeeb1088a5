"""The outbox: each message becomes a file, `OUTBOX/<edition>/<delivery id>.eml`. Nothing is sent.

A file is written beside its place and renamed, so that what is there is whole; it has the
delivery's name, so that writing it again changes nothing.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from newsletter.delivery.answers import Answer, Stopped, Taken
from newsletter.delivery.message import Envelope, Notice, notice_message
from newsletter.delivery.transports.contract import NOTICE_FOLDER, Condition, Mail, Slot, Undo
from newsletter.delivery.transports.messages import Messages
from newsletter.errors import TransportError
from newsletter.model.delivery import Recipient
from newsletter.model.edition import Channel, Rendered

_MEND = "Make room, or check [delivery] outbox; then run `newsletter send` again."

Pages = Callable[[Path, str, Rendered], None]
"""Writes the pages of an outbox: given its folder, an edition's key and its variant `all`."""


_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
"""Without O_BINARY, which only Windows has, it would write each CRLF as CRCRLF."""


class Outbox:
    """Files for a rehearsal. They hold addresses, so only their owner may read them."""

    name = "outbox"
    channel = Channel.REHEARSAL
    repeatable = True
    one_by_one = False
    undo: Undo | None = None

    def __init__(self, folder: Path, pages: Pages) -> None:
        self._folder = folder
        self._pages = pages
        self._messages = Messages()

    def condition(self) -> Condition:
        """A folder has nothing to be asked."""
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
        """Writes one file a recipient."""
        folder = self._folder / (mail.folder or mail.edition_key)
        try:
            self._make(folder)
            for recipient in recipients:
                message = self._messages.of(mail, recipient, date=date)
                _write(folder, f"{recipient.delivery_id}.eml", message)
        except OSError as error:
            return Stopped(error=_said(folder, error), mend=_MEND)
        return Taken()

    def prepare(self, mail: Mail, recipients: Sequence[Recipient], *, attempt: int = 1) -> None:
        """Nothing is made ahead."""

    def notify(self, notice: Notice, envelope: Envelope, *, date: datetime) -> None:
        """Writes the notice as a file in `OUTBOX/notices`, or another folder that it names.

        Raises TransportError.
        """
        folder = self._folder / (notice.folder or NOTICE_FOLDER)
        message = notice_message(envelope, notice, date=date)
        try:
            self._make(folder)
            _write(folder, f"{date:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}.eml", message)
        except OSError as error:
            raise TransportError(_said(folder, error), _MEND) from None

    def already_taken(self, edition_key: str, delivery_ids: Sequence[str]) -> frozenset[str]:
        """Those whose file is there: a renamed file is a whole one."""
        folder = self._folder / edition_key
        return frozenset(i for i in delivery_ids if (folder / f"{i}.eml").exists())

    def finish(self, edition_key: str, all_variant: Rendered, accepted: int) -> None:
        """Removes what an interrupted run left half written, and makes `OUTBOX/index.html`.

        Raises TransportError when that cannot be done; it may be called again.
        """
        folder = self._folder / edition_key
        try:
            self._make(folder)
            for leftover in folder.glob("*.part"):
                leftover.unlink(missing_ok=True)
            self._pages(self._folder, edition_key, all_variant)
        except OSError as error:
            raise TransportError(_said(folder, error), _MEND) from None

    def close(self) -> None:
        """Nothing is open."""

    def _make(self, folder: Path) -> None:
        """Makes the folder and the outbox round it, for their owner only (`parents` would not)."""
        for each in (self._folder, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)


def _said(folder: Path, error: OSError) -> str:
    return f"The outbox {folder} cannot be written: {error.strerror or error}."


def _write(folder: Path, name: str, content: bytes) -> None:
    part = f"{folder}{os.sep}{name}.part"
    descriptor = os.open(part, _NEW_FILE, 0o600)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
    finally:
        os.close(descriptor)
    os.replace(part, f"{folder}{os.sep}{name}")  # noqa: PTH105 - a Path costs more than the write
