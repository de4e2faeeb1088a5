"""Requests that come at the same time are written down together: one transaction for all that wait.

A durable commit takes its time, however little is in it, and so does one's turn beside a program
that sends an edition. Each request is answered after the commit that it is in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

_Turn = Sequence[tuple[str, asyncio.Future[None]]]

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
        try:
            while self._waiting:
                turn, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                error = await self._tried(turn)
                if error is None or len(turn) == 1:
                    _end(turn, error)
                else:
                    await self._write_singly(turn)
        finally:
            self._writer = None

    async def _write_singly(self, turn: _Turn) -> None:
        """Once more, each by itself: PostgreSQL refuses who waits in a circle with another program,
        and with one person nobody does. Where even that fails, nothing can be written.
        """
        error: Exception | None = None
        for each in turn:
            error = error or await self._tried([each])
            _end([each], error)

    async def _tried(self, turn: _Turn) -> Exception | None:
        values = list(dict.fromkeys(value for value, _ in turn))
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._write, values)
        except Exception as error:  # noqa: BLE001 - each request answers for itself
            return error
        return None


def _end(turn: _Turn, error: Exception | None) -> None:
    for _, written in turn:
        if written.done():  # whoever asked has gone
            continue
        if error is None:
            written.set_result(None)
        else:
            written.set_exception(error)
