"""What a list says of its people, counted: by status, by source, by the year of consent."""

from __future__ import annotations

from collections import Counter
from typing import Final

from subscribers.rows import Candidate

UNDATED: Final = "no date"
_MOST_SOURCES: Final = 200
_OTHERS: Final = "other sources"


class Tallies:
    """Counts of the rows of a list, whatever becomes of them; bounded, however many sources."""

    def __init__(self) -> None:
        self.status: Counter[str] = Counter()
        self.source: Counter[str] = Counter()
        self.year: Counter[str] = Counter()

    def add(self, candidate: Candidate) -> None:
        """Count a row."""
        self.status[candidate.suppressed or candidate.status] += 1
        if candidate.suppressed:
            return
        source = candidate.source
        if source not in self.source and len(self.source) >= _MOST_SOURCES:
            source = _OTHERS
        self.source[source] += 1
        at = candidate.consented_at
        self.year[UNDATED if at is None else str(at.year)] += 1

    def add_passed_over(self, why: str) -> None:
        """Count a row of somebody who never asked for the newsletter."""
        self.status[why] += 1
