"""What can go wrong with subscribers.

    SubscriberError
    ├── AddressError          an e-mail address that cannot be written to
    ├── ImportFileError       a file that cannot be read as a list of subscribers
    ├── ExportFileError       the file for an export cannot be written
    ├── UnknownSubscriber     nobody of that address or id
    ├── LeftAlone             the person said no, or must not be mailed: nothing was changed
    └── SecretKeyError        the key of the erased addresses is missing or another one

Each says what happened (`message`), and how to mend it (`mend`); `code` is stable and is what
`--json` prints; `exit_code` is what the command ends with (2: wrong usage or settings).
"""

from __future__ import annotations


class SubscriberError(Exception):
    """Base of everything this package raises on purpose."""

    code = "subscriber"
    exit_code = 1

    def __init__(self, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.message} {self.mend}".strip()


class AddressError(SubscriberError):
    """The text is not an address mail can be sent to. Mend: correct the address."""

    code = "address"
    exit_code = 2


class ImportFileError(SubscriberError):
    """The file cannot be read as a list. Mend: save it as CSV (UTF-8) with a column `email`."""

    code = "import-file"
    exit_code = 2


class ExportFileError(SubscriberError):
    """An export cannot be written. Mend: name a folder you may write to."""

    code = "export-file"


class UnknownSubscriber(SubscriberError):
    """Nobody has this address or id. Mend: look with `newsletter subscribers list`."""

    code = "unknown-subscriber"
    exit_code = 2


class LeftAlone(SubscriberError):
    """The person left, was suppressed or erased, and is not brought back by this command."""

    code = "left-alone"


class SecretKeyError(SubscriberError):
    """Erased addresses are kept as hashes keyed by NEWSLETTER_SECRET_KEY, and it does not fit."""

    code = "secret-key"
    exit_code = 2
