"""How long a fetch may take, and how much it may bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long (seconds) and how much a fetch may take.

    `connect` and `read` are for one step each, `total` is over all, name resolution, redirects and
    a server that drips included. `max_bytes` is of the decompressed body.
    """

    connect: float = 10
    read: float = 20
    total: float = 60
    max_bytes: int = 20 * 1024**2
    redirects: int = 5


USUAL: Final = Limits()

PAGE: Final = Limits(connect=5, read=10, total=20, max_bytes=5 * 1024**2)
"""For a page that is only looked at."""
