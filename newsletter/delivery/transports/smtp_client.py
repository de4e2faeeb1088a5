"""`smtplib` with time limits that hold: for each answer as a whole, and for all of them together.

smtplib's own limit is for each packet, so a server that sends a byte now and then could hold a
thread for ever.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MOST_OF_ONE_REPLY = 65_536
"""Bytes; what a server says to EHLO is the longest, and has some hundred."""

_PIECE = 4096


class Patience:
    """How long may be waited. `step` is in seconds, `clock` a monotonic one."""

    def __init__(self, step: float, clock: Callable[[], float]) -> None:
        self._step = step
        self._clock = clock
        self._end = self._step_end = clock()

    def begin(self, end: float) -> None:
        """From now on all steps together last until `end` by the clock."""
        self._end = end
        self.next_step()

    def next_step(self) -> None:
        """The next step lasts so many seconds from now."""
        self._step_end = min(self._end, self._clock() + self._step)

    def last_step(self) -> None:
        """The next step has all the time that is left."""
        self._step_end = self._end

    def left(self) -> float:
        """The seconds left of this step, more than 0. Raises TimeoutError when none are."""
        seconds = self._step_end - self._clock()
        if seconds <= 0:
            raise TimeoutError("timed out")
        return seconds


class Reader:
    """What the client reads its replies from, line by line; smtplib discards it (and with it
    whatever was sent ahead of its time) when the connection becomes encrypted.
    """

    def __init__(self, sock: socket.socket, patience: Patience) -> None:
        self._sock = sock
        self._patience = patience
        self._unread = b""
        self._room = MOST_OF_ONE_REPLY

    def next_reply(self) -> None:
        """From here on a new reply is read."""
        self._room = MOST_OF_ONE_REPLY

    def readline(self, most: int) -> bytes:
        """The next line, or the first `most` bytes of it; b"" where the connection ended, also in
        the middle of a line: half a line may be half a number.
        """
        while (end := self._unread.find(b"\n") + 1) == 0 and len(self._unread) < most:
            if self._room <= 0:
                raise ConnectionError("a reply without an end")
            self._sock.settimeout(self._patience.left())
            if not self._receive():
                return b""
        cut = min(end or most, most)
        line, self._unread = self._unread[:cut], self._unread[cut:]
        self._room -= len(line)
        return line

    def has_news(self) -> bool:
        """Whether the server has said something unasked, or has ended the connection."""
        if self._unread:
            return True
        self._sock.settimeout(0)
        try:
            self._receive()
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        return True

    def close(self) -> None:
        """The socket belongs to the client."""

    def _receive(self) -> bool:
        piece = self._sock.recv(_PIECE)
        self._unread += piece
        return bool(piece)


class Client(smtplib.SMTP):
    """An SMTP client whose every wait is limited by `patience`. Raises OSError."""

    def __init__(self, host: str, port: int, *, name: str, patience: Patience) -> None:
        self.patience = patience
        with closed_if_interrupted(self):
            super().__init__(host, port, local_hostname=name, timeout=patience.left())

    def send(self, s: ReadableBuffer | str) -> None:
        """Writes all of it, or raises."""
        self.patience.next_step()
        self.push(s)

    def push(self, s: ReadableBuffer | str) -> None:
        """The same within the step that was begun."""
        if self.sock:
            self.sock.settimeout(self.patience.left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """The next reply; its code is -1 when it has none."""
        self.patience.next_step()
        return self.read()

    def read(self) -> tuple[int, bytes]:
        """The same within the step that was begun."""
        self._reader().next_reply()
        return super().getreply()

    def hurry(self) -> None:
        """What is written leaves at once: a final dot would else wait for the rest to be confirmed,
        which takes 40 ms or more (RFC 896).
        """
        if self.sock:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def has_news(self) -> bool:
        """Whether the server has said something unasked, or has ended the connection."""
        return self._reader().has_news()

    def _reader(self) -> Reader:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        if self.file is None:
            self.file = Reader(self.sock, self.patience)
        assert isinstance(self.file, Reader)
        return self.file


class TlsClient(Client, smtplib.SMTP_SSL):
    """The same for a port that is encrypted from the first byte (RFC 8314 §3.3)."""

    def __init__(
        self, host: str, port: int, *, name: str, patience: Patience, context: ssl.SSLContext
    ) -> None:
        self.patience = patience
        with closed_if_interrupted(self):
            smtplib.SMTP_SSL.__init__(
                self, host, port, local_hostname=name, timeout=patience.left(), context=context
            )


@contextmanager
def closed_if_interrupted(client: smtplib.SMTP) -> Iterator[None]:
    """Whatever breaks off in the middle of a step leaves a connection that nobody may use again:
    the next command would be taken for more of the last one's message, or get its reply.
    """
    try:
        yield
    except BaseException:
        client.close()
        raise
