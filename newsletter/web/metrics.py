"""Counters for a monitoring program, in Prometheus' text form; nothing in them is about a person.

Each process counts for itself, from its start.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus' text-based exposition format."""

HELP: Mapping[str, str] = {
    "newsletter_requests_total": "Requests answered, by method, route and status.",
    "newsletter_request_seconds_total": "Seconds spent on answering, by route.",
    "newsletter_event_posts_total": "Posts of a provider's events, by how they were answered.",
    "newsletter_chores_total": "Turns of the work done beside answering, by chore and outcome.",
}
"""What is counted. Label values come from the program, never from a request."""

_Labels = tuple[tuple[str, str], ...]


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, _Labels]] = Counter()

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Adds to a counter of HELP."""
        assert name in HELP, name
        with self._lock:
            self._counts[name, tuple(sorted(labels.items()))] += amount  # type: ignore[assignment]

    def text(self, *, version: str) -> str:
        """Everything counted so far."""
        with self._lock:
            counts = sorted(self._counts.items())
        return "".join(f"{line}\n" for line in _lines(version, counts))


def _lines(version: str, counts: list[tuple[tuple[str, _Labels], int]]) -> Iterator[str]:
    yield "# HELP newsletter_info The version that is running."
    yield "# TYPE newsletter_info gauge"
    yield f'newsletter_info{{version="{_escaped(version)}"}} 1'
    for name, meaning in HELP.items():
        yield f"# HELP {name} {meaning}"
        yield f"# TYPE {name} counter"
        for (counted, labels), amount in counts:
            if counted == name:
                shown = ",".join(f'{label}="{_escaped(value)}"' for label, value in labels)
                yield f"{name}{{{shown}}} {amount:.17g}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
