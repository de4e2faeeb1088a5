"""What can go wrong, as one tree.

    NewsletterError
    ├── SettingsError        newsletter.toml, the environment or the command line is wrong (exit 2)
    ├── UsageError           a command was called for something that is not there (exit 2)
    ├── FeedError            a feed cannot be fetched or read
    ├── RegisterError        a register of trials cannot be asked, or its answer makes no sense
    ├── RenderError          an edition cannot be turned into a mail
    ├── StoreError           the database cannot be used
    ├── BusyError            another run is at work on the same database (exit 1)
    ├── HeldError            something waits for the admin (exit 3)
    └── TransportError       a message cannot be handed over

Each says what happened (`message`), and how to mend it (`mend`); `code` is stable, and is what
`--json` prints. Foreign exceptions are mapped where they enter. Errors of `subscribers` are a tree
of their own with the same three attributes.
"""

from __future__ import annotations

from typing import ClassVar


class NewsletterError(Exception):
    """Base of everything this package raises on purpose."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.message} {self.mend}".strip()


class SettingsError(NewsletterError):
    """The settings are wrong; every fault is named at once, with its line. Mend: correct them."""

    code = "settings"
    exit_code = 2


class UsageError(NewsletterError):
    """The command names something that does not exist or cannot be done. Mend: as it says."""

    code = "usage"
    exit_code = 2


class FeedError(NewsletterError):
    """A feed cannot be fetched or read. `kind` is a stable word, such as `not-found`."""

    code = "feed"

    def __init__(
        self, message: str, mend: str = "", *, kind: str = "failed", http_status: int | None = None
    ) -> None:
        super().__init__(message, mend)
        self.kind = kind
        self.http_status = http_status


class RegisterError(NewsletterError):
    """A register of trials cannot be asked. Mend: usually none; it is asked again next time."""

    code = "register"


class RenderError(NewsletterError):
    """A template or a post cannot be turned into a mail. Mend: leave the post out, or fix it.

    `file` and `line` are the template's, "" and 0 where they are not known.
    """

    code = "render"

    def __init__(self, message: str, mend: str = "", *, file: str = "", line: int = 0) -> None:
        super().__init__(message, mend)
        self.file = file
        self.line = line


class StoreError(NewsletterError):
    """The database cannot be opened, migrated or written. Mend: as it says."""

    code = "store"


class BusyError(NewsletterError):
    """Another run is at work on the same database. Mend: wait until it has ended."""

    code = "busy"


class HeldError(NewsletterError):
    """Something waits for the admin; nothing was sent. Mend: as it says."""

    code = "held"
    exit_code = 3


class TransportError(NewsletterError):
    """A message cannot be handed over at all (no room on the disk, no right to write).

    `refused`: not now and not later, because of what is in it. `unclear`: nobody can say whether it
    was taken all the same.
    """

    code = "transport"

    def __init__(
        self, message: str, mend: str = "", *, refused: bool = False, unclear: bool = False
    ) -> None:
        super().__init__(message, mend)
        self.refused = refused
        self.unclear = unclear


class BadCertificate(TransportError):
    """Somebody answers, with a certificate that others will not accept either. Mend: renew it."""
