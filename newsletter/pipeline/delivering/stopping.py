"""Why a run ended before everything was handed over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What happened, and how to mend it. `capped`: it is only until tomorrow."""

    error: str
    mend: str = ""
    capped: bool = False
