"""One connection of a visitor: who is too slow to say what she wants is not waited for.

The library that reads requests limits neither how long one may take to begin, nor what its own
answer to nonsense has around it.
"""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from newsletter.web.shield import HEADERS

HEAD_SECONDS = 20.0
"""So long the head of a request may take to arrive, and the rest of a body that nobody reads."""

_NONSENSE = "\r\n".join(
    (
        "HTTP/1.1 400 Bad Request",
        "Content-Type: text/plain; charset=utf-8",
        "Connection: close",
        *(f"{name}: {value}" for name, value in HEADERS.items()),
        "",
        "That is no HTTP request.\n",
    )
).encode("ascii")


class Connection(H11Protocol):
    """As uvicorn reads and answers requests, with our limit of time and our headers."""

    patience = HEAD_SECONDS
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody is there; she has not said anything yet."""
        super().connection_made(transport)
        self._limit()

    def data_received(self, data: bytes) -> None:
        """Something came in: part of a request, or more than one."""
        super().data_received(data)
        self._limit()

    def connection_lost(self, exc: Exception | None) -> None:
        """She is gone."""
        self._end_limit()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is told so, but not in the middle of an answer."""
        under_way = self._under_way()
        if under_way is None or not under_way.response_started:
            self.transport.write(_NONSENSE)
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Who asks for another protocol gets an answer in this one; that is nothing to be told of,
        least of all with advice to install something.
        """

    def _limit(self) -> None:
        """Between two requests time runs, from the first octet on; while one is answered it does
        not, since its body has a limit of its own (`shield`).
        """
        if self._under_way():
            self._end_limit()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.patience, self.transport.close)

    def _under_way(self) -> RequestResponseCycle | None:
        """The request that is being answered; before the first one there is none."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return None if cycle is None or cycle.response_complete else cycle

    def _end_limit(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
