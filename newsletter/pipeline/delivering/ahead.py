"""What the next batches will need, made ready while the run has to wait for answers.

Nothing is decided by it: a batch is claimed, and everybody in it looked at, when its turn comes.
What is here saves reading people and writing the request then, if nothing about them has changed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final

from newsletter.delivery.transports.contract import Mail
from newsletter.errors import StoreError
from newsletter.model.delivery import ClaimedBatch
from newsletter.model.edition import Channel, Edition
from newsletter.pipeline.context import Context
from newsletter.store import addressees, batches
from newsletter.store.addressees import Looked

MOST: Final = 8
"""So many batches are kept ready, about a megabyte each."""

_IDLE: Final = 0.005
"""Seconds that the run must have waited: where answers come at once, it needs the processor."""

_MOST_MISSES: Final = 3
"""After so many in a row that another process was faster with, no more are made ready."""


class Ahead:
    """For one run of an edition. Its thread works while the run waits: `with ahead: wait()`."""

    def __init__(self, context: Context, edition: Edition, mails: Mapping[str, Mail]) -> None:
        self._context, self._edition, self._mails = context, edition, mails
        self._ready: dict[int, Looked] = {}
        self._last, self._misses = -1, 0  # batches are counted from 0
        self._lock = threading.Lock()  # of the three above
        self._free, self._busy, self._ended = threading.Event(), threading.Event(), False
        self._thread: threading.Thread | None = None
        self._useful = context.channel is Channel.REAL and not context.transport.one_by_one

    def __enter__(self) -> None:
        if self._thread is None and self._useful:
            self._thread = threading.Thread(target=self._work, name="preparing", daemon=True)
            self._thread.start()
        if not self._has_enough():
            self._busy.clear()
            self._free.set()

    def __exit__(self, *_: object) -> None:
        self._free.clear()
        self._busy.set()

    def found(self, claimed: ClaimedBatch) -> Looked | None:
        """The people of a batch that was just claimed, as they were when it was made ready."""
        with self._lock:
            looked = self._ready.pop(claimed.number, None) if claimed.attempt == 1 else None
            passed = [number for number in self._ready if number < claimed.number]
            for number in passed:
                del self._ready[number]
            self._misses = 0 if looked else self._misses + len(passed)
            self._last = max(self._last, claimed.number)
            return looked

    def make_one(self) -> bool:
        """Makes the batch ready that comes after the last; False if there is none."""
        after = self._last
        try:
            with self._context.database.read() as connection:
                found = batches.next_batch(
                    connection, self._edition.id, now=self._context.now(), after=after
                )
                if found is None:
                    return False
                looked = addressees.looked_at(connection, self._edition.id, found.number)
        except StoreError:  # whoever claims it will see, and say, what is wrong
            return False
        whole = found.attempt == 1 and len(looked.recipients) == found.size
        if whole:
            mail = self._mails[found.variant]
            self._context.transport.prepare(mail, looked.recipients, attempt=found.attempt)
        with self._lock:
            if whole and found.number > self._last:
                self._ready[found.number] = looked
            self._last = max(self._last, found.number)
        return True

    def close(self) -> None:
        """Ends the thread when it has done what it is doing."""
        self._ended = True
        self._free.set()
        self._busy.set()
        if self._thread is not None:
            self._thread.join()

    def _has_enough(self) -> bool:
        return len(self._ready) >= MOST or self._misses >= _MOST_MISSES

    def _work(self) -> None:
        while not self._ended:  # looked at after the event was cleared, never before
            self._free.wait()
            if self._busy.wait(_IDLE):
                continue
            if self._has_enough() or not self.make_one():
                self._free.clear()
