"""Mail programs that press "Unsubscribe" (RFC 8058), so many a second, until its input is closed.

    python clicker.py PORT RATE

Each click is another person's, and has its moment, whether or not earlier ones were answered; its
time counts from that moment. Says at the end how many were answered and how long they took, in
seconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Sequence

_BODY = b"List-Unsubscribe=One-Click"


class Clicker:
    """Connections that are kept open, and the times of all clicks."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.times: list[float] = []

    async def click(self, number: int, due: float) -> None:
        """One person's click."""
        if self._idle:
            reader, writer = self._idle.pop()
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        token = f"tokentokentokentok{1_000_000_000 + number}"
        writer.write(
            f"POST /unsubscribe/{token} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(_BODY)}\r\n\r\n".encode()
            + _BODY
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise SystemExit(f"a click was answered with {head!r}")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        self.times.append(time.perf_counter() - due)
        self._idle.append((reader, writer))


async def click_on(clicker: Clicker, rate: float, ending: threading.Event) -> float:
    """Clicks until the end; the seconds that it took."""
    begin, number = time.perf_counter(), 0
    async with asyncio.TaskGroup() as clicks:
        while not ending.is_set():
            number += 1
            due = begin + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            clicks.create_task(clicker.click(number, due))
    return time.perf_counter() - begin


def _at(times: Sequence[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))]


def main() -> None:
    """Clicks."""
    clicker, ending = Clicker(int(sys.argv[1])), threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ending.set()

    threading.Thread(target=wait, daemon=True).start()
    seconds = asyncio.run(click_on(clicker, float(sys.argv[2]), ending))
    times = sorted(clicker.times)
    told = {"clicks": len(times), "seconds": seconds}
    shares = {"half": 0.5, "p99": 0.99, "worst": 1.0}
    print(json.dumps(told | {name: _at(times, share) for name, share in shares.items()}))


if __name__ == "__main__":
    main()
