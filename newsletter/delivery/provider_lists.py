"""A provider's lists of addresses that it does not write to, whoever the provider is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from subscribers.model import SuppressionReason

Pause = Callable[[float], None]
"""Waits so many seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An address on a list. `key` is that of `subscribers.address`; `at` (aware) is since when it
    is there, None where the list does not say; `note` is why, and holds no address.
    """

    key: str
    at: datetime | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """Some rows of a list; `unusable` of them name nothing that mail could be sent to."""

    listed: tuple[Listed, ...]
    unusable: int = 0


class ProviderLists(Protocol):
    """The lists of an account. `names` says what each means for us; None: it is only counted."""

    names: Mapping[str, SuppressionReason | None]

    def read(
        self, name: str, *, since: datetime, now: datetime, pause: Pause
    ) -> Iterator[ListPage]:
        """All that came onto a list since then, some of it perhaps twice; the newest first.

        `pause` waits so many seconds. Raises TransportError when it cannot be read to its end.
        """


class Blocklist(Protocol):
    """The provider's lists of who is not mailed; see `delivery.transports.sendgrid_blocklist`."""

    def add(self, addresses: Sequence[str], *, pause: Pause) -> tuple[str, ...]:
        """Puts addresses on the list of who wants no mail; those that it does not take. Raises
        TransportError.
        """

    def remove(self, address: str, *, pause: Pause) -> None:
        """Takes an address off that one, and those of bad addresses. Raises TransportError."""
