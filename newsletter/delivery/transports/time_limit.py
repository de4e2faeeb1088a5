"""One time limit for all of a call into a library that has none, or only one for each step."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


def within(
    seconds: float, call: Callable[[], Result], *, late: Callable[[Result], object] | None = None
) -> Result:
    """What the call returns or raises; TimeoutError when it takes longer than that.

    It runs in a thread of its own, which is left alone after that time; `late` is given what it
    returns even so.
    """
    running = _Running(call, late)
    threading.Thread(target=running.run, name="time-limit", daemon=True).start()
    return running.outcome(seconds)


class _Running(Generic[Result]):
    def __init__(self, call: Callable[[], Result], late: Callable[[Result], object] | None) -> None:
        self._call, self._late = call, late
        self._ended = threading.Event()
        self._guard = threading.Lock()
        self._given_up = False
        self._results: list[Result] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._results.append(self._call())
        except BaseException as error:  # noqa: BLE001  handed to the waiting thread
            self._error = error
        with self._guard:
            self._ended.set()
            given_up = self._given_up
        if given_up and self._late is not None:
            for result in self._results:
                self._late(result)

    def outcome(self, seconds: float) -> Result:
        try:
            self._ended.wait(seconds)
        finally:  # also when the waiting is interrupted by hand
            with self._guard:
                self._given_up = not self._ended.is_set()
        if self._given_up:
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._results[0]
