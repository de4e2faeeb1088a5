"""A socket as http.client uses it, with one deadline for all that is written or read."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from typing import Any

Clock = Callable[[], float]
"""Seconds that only ever rise (`time.monotonic`)."""

_PIECE = 256 * 1024


class Wire:
    """A connected socket; `deadline` is by the clock.

    A time limit for each step would let a server that drips a byte at a time go on for ever.
    """

    def __init__(self, wire: socket.socket, clock: Clock) -> None:
        self.wire = wire
        self.deadline = 0.0
        self._clock = clock
        self._users = 1
        self._closed = False

    def sendall(self, data: bytes) -> None:
        """Writes everything."""
        view = memoryview(data)
        while view:
            self._set_limit()
            view = view[self.wire.send(view[:_PIECE]) :]

    def receive(self, into: Any) -> int:
        """Reads some bytes; 0 at the end."""
        self._set_limit()
        return self.wire.recv_into(into)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What http.client reads an answer from."""
        self._users += 1
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """Closes the socket, when nothing is read from it any more."""
        if not self._closed:
            self._closed = True
            self.let_go()

    def let_go(self) -> None:
        """One user less; http.client closes its socket before it reads the last answer."""
        self._users -= 1
        if self._users == 0:
            self.wire.close()

    def _set_limit(self) -> None:
        left = self.deadline - self._clock()
        if left <= 0:
            raise TimeoutError
        self.wire.settimeout(left)


class _Reader(io.RawIOBase):
    """The reading side of a wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Reads what has come, as much as there is room for."""
        return self._wire.receive(buffer)

    def close(self) -> None:
        """Ends reading."""
        if not self.closed:
            super().close()
            self._wire.let_go()
