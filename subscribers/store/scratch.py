"""Where a dry run remembers what it would have written: a file of its own, gone when closed.

It keeps a dry run's numbers right for a list that names a person twice, in bounded memory, and
leaves the database alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
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
            "(address_key TEXT PRIMARY KEY, status TEXT, name TEXT, topics TEXT, form TEXT) "
            "WITHOUT ROWID"
        )
        self._file.execute(
            "CREATE TABLE barred (address_key TEXT PRIMARY KEY, reason TEXT) WITHOUT ROWID"
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

    def remember(self, states: Mapping[str, Known], barred: Mapping[str, str]) -> None:
        """Keep these people, and why addresses are barred, by address key."""
        rows = [(key, *state) for key, state in states.items()]
        self._file.executemany("INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?, ?)", rows)
        self._file.executemany("INSERT OR IGNORE INTO barred VALUES (?, ?)", barred.items())

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        """Those of these address keys that were remembered."""
        return {row[0]: Known(*row[1:]) for row in self._rows("person", keys)}

    def barred(self, keys: Sequence[str]) -> dict[str, str]:
        """Why those of these address keys are barred that are."""
        return {row[0]: row[1] for row in self._rows("barred", keys)}

    def _rows(self, table: str, keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
        for at in range(0, len(keys), _AT_ONCE):
            some = keys[at : at + _AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT * FROM {table} WHERE address_key IN ({marks})"  # noqa: S608 - our names
            yield from self._file.execute(query, some)
