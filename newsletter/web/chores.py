"""What the server does beside answering: small jobs, each in a thread of its own.

A job that fails is counted and told of in the log; it is tried again at the next turn.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from newsletter.web.metrics import Metrics

log = logging.getLogger("newsletter.web")

TURN_SECONDS = 15.0
"""So often each job has its turn, if nobody calls for it sooner."""

STOP_SECONDS = 20.0
"""So long a job may take to end when the server stops."""


class Chores:
    """The jobs, each with a thread of its own between `start` and `stop`."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._jobs: dict[str, Callable[[], object]] = {}
        self._called: dict[str, threading.Event] = {}
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []

    def add(self, name: str, job: Callable[[], object]) -> None:
        """A job that is to be done over and over; to be called before `start`."""
        self._jobs[name] = job
        self._called[name] = threading.Event()

    def call(self) -> None:
        """Lets every job have a turn now, or after the one it is at."""
        for called in self._called.values():
            called.set()

    def ending(self) -> bool:
        """Whether the server is about to stop; a long job looks now and then."""
        return self._ending.is_set()

    def start(self) -> None:
        """Begins, with one turn of each job at once."""
        for name in self._jobs:
            thread = threading.Thread(target=self._run, args=(name,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Ends after the jobs under way."""
        self._ending.set()
        self.call()
        for thread in self._threads:
            thread.join(STOP_SECONDS)

    def _run(self, name: str) -> None:
        while not self._ending.is_set():
            self._called[name].clear()
            self._do(name, self._jobs[name])
            self._called[name].wait(TURN_SECONDS)

    def _do(self, name: str, job: Callable[[], object]) -> None:
        try:
            job()
        except Exception as error:  # one job's trouble must not end the others
            self._metrics.count("newsletter_chores_total", chore=name, outcome="failed")
            log.warning("%s: %s", name, getattr(error, "message", type(error).__name__))
            log.debug("%s failed", name, exc_info=error)
        else:
            self._metrics.count("newsletter_chores_total", chore=name, outcome="done")
