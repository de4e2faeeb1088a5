"""Requests that come at the same time are written down together: one transaction for all that wait.

A durable commit takes its time, however little is in it, and so does one's turn beside a program
that sends an edition. Each request is answered after the commit that it is in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

MOST = 100
"""So many are written down in one transaction, so that nobody else waits long for a turn."""


class Together:
    """Gathers values while others are being written, and hands them to `write` at once.

    `put` is called from the event loop alone; `write` runs in a thread of its own.
    """

    def __init__(self, write: Callable[[Sequence[str]], None]) -> None:
        self._write = write
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="together")
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def put(self, value: str) -> None:
        """Waits until the value is written down for good; raises what `write` raised."""
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((value, written))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())
        await written

    async def _write_all(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                turn, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                values = list(dict.fromkeys(value for value, _ in turn))
                try:
                    await loop.run_in_executor(self._thread, self._write, values)
                except Exception as error:  # noqa: BLE001 - each request answers for itself
                    _end(turn, error)
                else:
                    _end(turn, None)
        finally:
            self._writer = None


def _end(turn: Sequence[tuple[str, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, written in turn:
        if written.done():  # whoever asked has gone
            continue
        if error is None:
            written.set_result(None)
        else:
            written.set_exception(error)
