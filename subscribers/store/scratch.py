"""Where a dry run remembers what it would have written: a file of its own, gone when closed.

It keeps a dry run's numbers right for a list that names a person twice, in bounded memory, and
leaves the database alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from subscribers.store.people import Known

_AT_ONCE = 500


class Scratch:
    """People as a dry run would have left them. A context manager."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("")  # "" is SQLite's nameless file, deleted when closed
        self._file.execute("PRAGMA journal_mode=OFF")
        self._file.execute(
            "CREATE TABLE person "
            "(address_key TEXT PRIMARY KEY, status TEXT, name TEXT, topics TEXT) WITHOUT ROWID"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._file.close()

    def remember(self, states: Mapping[str, Known]) -> None:
        """Keep these people, by address key."""
        rows = [(key, *state) for key, state in states.items()]
        self._file.executemany("INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?)", rows)

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        """Those of these address keys that were remembered."""
        found: dict[str, Known] = {}
        for at in range(0, len(keys), _AT_ONCE):
            some = keys[at : at + _AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT * FROM person WHERE address_key IN ({marks})"  # noqa: S608 - only marks
            for row in self._file.execute(query, some):
                found[row[0]] = Known(row[1], row[2], row[3])
        return found
