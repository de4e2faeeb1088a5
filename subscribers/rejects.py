"""The rows of a list that could not be taken in, to be corrected and imported again."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from subscribers.errors import ImportFileError
from subscribers.layout import REJECTED, Layout
from subscribers.privatefile import private_file
from subscribers.row import COLUMNS, Row

SHOWN_REJECTS: Final = 10


def rejects_path(path: Path) -> Path:
    """Where the rejected rows of a file go unless another place is named: `list.rejects.csv`."""
    return path.parent / f"{path.stem}.rejects.csv"


class Rejects:
    """The rows that were not taken in: counted, and written to a private file if there are any.

    The file is made for correcting and importing again: the columns of the original, behind the
    line and the reason. Rows of a service's export stand in it in the columns of our own lists.
    """

    def __init__(self, path: Path | None, layout: Layout | None) -> None:
        self.path = path
        self.count = 0
        self.first: list[tuple[int, str]] = []
        self._own = layout is None
        self._header = COLUMNS if layout is None else [cell or "email" for cell in layout.header]
        self._stack = ExitStack()
        self._writer: Any = None

    def add(self, line: int, reason: str, cells: list[str], row: Row | None = None) -> None:
        """Note a row. Raises ImportFileError when the file cannot be written."""
        self.count += 1
        if self._own:
            cells = _to_be_corrected(row, cells)
        if len(self.first) < SHOWN_REJECTS:
            self.first.append((line, reason))
        if self.path is None:
            return
        try:
            if self._writer is None:
                self._open(self.path)
            self._writer.writerow([line, reason, *cells])
        except OSError as error:
            raise _no_rejects(self.path, error) from None

    def _open(self, path: Path) -> None:
        stream = self._stack.enter_context(private_file(path))
        stream.write("\ufeff")  # or Excel would read UTF-8 as something else
        self._writer = csv.writer(stream)
        self._writer.writerow([*REJECTED, *self._header])

    def close(self, *fault: Any) -> None:
        """Put the file in its place, or take it away when the import failed."""
        try:
            self._stack.__exit__(*fault)
        except OSError as error:
            if self.path is None:
                raise
            raise _no_rejects(self.path, error) from None


def _to_be_corrected(row: Row | None, cells: list[str]) -> list[str]:
    """A row in our columns; the word `?` stands for a status that has to be filled in, since a
    plain list without one would come in as active.
    """
    if row is None:
        return [next((cell for cell in cells if "@" in cell), ""), "", "", "?"]
    return list(row._replace(status=row.status or "?"))


def _no_rejects(path: Path, error: OSError) -> ImportFileError:
    return ImportFileError(
        f"The rejected rows cannot be written to {path}: {error.strerror}.",
        "Name another place with `--rejects FILE`.",
    )
