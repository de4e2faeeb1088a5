"""Doing something again whenever a file changes, until the person stops it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

PAUSE = 0.4
"""Seconds between two looks; an editor that saves in several steps is through by then."""

Stamps = Mapping[Path, int]


def stamps(places: Iterable[Path]) -> Stamps:
    """When each file in these places (files, or folders with all below) was last changed."""
    found: dict[Path, int] = {}
    for place in places:
        for file in place.rglob("*") if place.is_dir() else (place,):
            try:
                found[file] = file.stat().st_mtime_ns
            except OSError:
                continue  # not there, or gone while it was looked for
    return found


def again_on_change(act: Callable[[], None], look: Callable[[], Stamps]) -> None:
    """Calls `act` now, and at each change of what `look` sees, until the person presses Ctrl-C.

    What changes while it acts is seen the next time.
    """
    seen = look()
    try:
        act()
        while True:
            time.sleep(PAUSE)
            now = look()
            if now != seen:
                seen = now
                act()
    except KeyboardInterrupt:
        return
