"""What becomes of accepted messages when their time comes: decisions, without input or output."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

GUARANTEED_SECONDS = 600
"""A cancel holds for certain only if it is set so long before `send_at` ("Scheduled sends")."""

EXPIRES_SECONDS = 72 * 3600
"""What is paused is discarded so long after `send_at`."""

MOST_MARKS = 100
"""So many batches may be paused or cancelled at a time."""


class Fate(StrEnum):
    """What a lot is: it waits, or became one of the others for good."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Mark:
    """A batch is paused or cancelled since `set_at`, when `lots` lots had been accepted."""

    status: str
    set_at: float
    lots: int


def covers(mark: Mark, *, lot: int, send_at: float, cancel_holds: bool) -> bool:
    """Whether the mark is in time for a lot, and not older than it may be."""
    in_time = send_at - mark.set_at >= GUARANTEED_SECONDS
    return in_time and (cancel_holds or lot <= mark.lots)


def fate(
    mark: Mark | None, *, lot: int, send_at: float, now: float, cancel_holds: bool = True
) -> Fate:
    """What becomes of a lot at `now` (seconds since 1970), if it still waits."""
    if now < send_at:
        return Fate.WAITING
    if mark is None or not covers(mark, lot=lot, send_at=send_at, cancel_holds=cancel_holds):
        return Fate.DELIVERED
    if mark.status == "cancel":
        return Fate.CANCELLED
    return Fate.EXPIRED if now >= send_at + EXPIRES_SECONDS else Fate.WAITING
