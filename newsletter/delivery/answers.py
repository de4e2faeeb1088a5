"""What can become of a request to a provider, as values: every way in which one can end.

The words are the ledger's, not those of one provider; a transport's own module says which answer of
its provider is which (docs/explanation/delivery.md has the table).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

BAD_ADDRESS = "invalid-address"
"""The reason of who is refused for the address: that is the person's own, whoever else has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The batch was taken; `rejected` (delivery id -> reason) are those refused one by one."""

    message_id: str | None = None
    rejected: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """The batch certainly was not taken; it may be tried again after a while.

    `alone`: it lies with this one message and not with the provider, so that the others go on.
    """

    error: str
    mend: str = ""
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """Certainly not taken: too many requests. `until` (aware) is when the next one is welcome."""

    error: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Refused as a whole because of its contents; `rejected` (delivery id -> reason) are those it
    was refused for, and empty when the provider names none.
    """

    error: str
    mend: str = ""
    rejected: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLarge:
    """Certainly not taken: the request has too many bytes."""

    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Certainly not taken, and nothing will be before the admin has mended something."""

    error: str
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Nobody can say whether it was taken. `stop`: what answered is not the provider, so that
    nothing more may be handed to it before the admin has looked.
    """

    error: str
    mend: str = ""
    stop: bool = False


Answer = Taken | NotTaken | Limited | Refused | TooLarge | Stopped | Unknown
