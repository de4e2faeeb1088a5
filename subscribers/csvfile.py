"""Reads a list of people from a CSV file as it comes out of Excel, a web form or another service.

A file is read as a stream and never held whole. Records that cannot be read are handed out as
`Unreadable` among the others; a quotation mark that is never closed costs one line, not the rest
of the file. The format is RFC 4180 with any of `,` `;` and tab between the fields.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from subscribers import encoding
from subscribers.errors import ImportFileError

SEPARATORS: Final = (",", ";", "\t")
MAX_LINE: Final = 32_768
"""Characters of one line; a longer one is no person."""
MAX_LINES: Final = 50
"""Lines that one quoted record may run over."""
_SAMPLE: Final = 65_536

_SYNONYMS: Final = {
    "email": {"email", "e mail", "mail", "email address", "e mail address", "subscriber email"},
    "name": {"name", "full name", "fullname", "display name", "subscriber name"},
    "topics": {"topics", "topic", "interests"},
    "status": {"status", "state", "subscription status"},
    "consented_at": {
        "consented at", "consent date", "consent time", "subscribed at", "subscribed on",
        "date subscribed", "subscription date", "opt in date", "optin time", "confirm time",
        "confirmed at",
    },
    "source": {"source", "consent source", "signup source", "sign up source"},
    "suppressed": {"suppressed", "suppression"},
}  # fmt: skip
COLUMNS: Final = tuple(_SYNONYMS)


Picker = Callable[[list[str]], Iterable[str]]
"""Takes the cells of COLUMNS out of a record's cells."""


class Row(NamedTuple):
    """One record as it stands in the file; columns the file lacks are ""."""

    email: str
    name: str
    topics: str
    status: str
    consented_at: str
    source: str
    suppressed: str


class Record(NamedTuple):
    """A row, the line it begins on (from 1), and all its cells for a rejects file."""

    line: int
    row: Row
    cells: list[str]


class Unreadable(NamedTuple):
    """A line that is no record, and why."""

    line: int
    reason: str
    cells: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file is laid out. `header` is empty for a bare column of addresses."""

    encoding: str
    errors: str
    separator: str
    header: tuple[str, ...]
    positions: tuple[int, ...]
    """Where each of COLUMNS is; -1 where the file lacks it."""
    ignored: tuple[str, ...]
    skip_lines: int
    """Lines before the first record: an Excel `sep=;` line and the header."""


class Table:
    """An open file of people; iterate over it once. `bytes_read` and `size` tell the progress."""

    def __init__(self, stream: TextIO, layout: Layout, size: int) -> None:
        self.layout = layout
        self.size = size
        self._stream = stream
        self._lines = _Lines(stream)

    @property
    def bytes_read(self) -> int:
        """How far the file has been read, in octets, to the next few thousand."""
        return self._stream.buffer.tell()

    def __iter__(self) -> Iterator[Record | Unreadable]:
        lines, width = self._lines, len(self.layout.header) or 1
        reader = csv.reader(lines, delimiter=self.layout.separator, strict=True)
        pick: Picker = itemgetter(*self.layout.positions)
        skip = self.layout.skip_lines
        while True:
            lines.forget()
            line = lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _NoRecord) as fault:
                yield Unreadable(line, _reason(fault), lines.give_back())
                continue
            if line <= skip or not any(cells):
                continue
            yield _record(line, cells, width, pick)


def _record(line: int, cells: list[str], width: int, pick: Picker) -> Record | Unreadable:
    missing = width - len(cells)
    if missing < 0:
        if any(cell.strip() for cell in cells[width:]):
            return Unreadable(line, f"has {len(cells)} fields instead of {width}", cells)
        cells = cells[:width]
    padded = cells + [""] * (missing + 1) if missing > 0 else [*cells, ""]
    return Record(line, Row._make(pick(padded)), cells)


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Open a list. Raises ImportFileError when it cannot be read as one."""
    if not path.is_file():
        what = "is not a file" if path.exists() else "does not exist"
        raise ImportFileError(f"{path} {what}.", "Check the name.")
    try:
        found, errors = encoding.detect(path)
        stream = path.open(encoding=found, errors=errors, newline="")
    except OSError as error:
        said = error.strerror or "it cannot be opened"
        raise ImportFileError(f"{path} cannot be read: {said}.", "Check who may read it.") from None
    with stream:
        layout = _layout(path.name, stream.read(_SAMPLE), found, errors)
        stream.seek(0)
        yield Table(stream, layout, path.stat().st_size)


class _NoRecord(Exception):
    """Raised inside the csv reader to give a record up."""


class _Lines:
    """The lines of a file, kept since the record began so that they can be read again."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._again: list[str] = []
        self._held: list[str] = []
        self.number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._stream.readline(MAX_LINE)
        if not line:
            raise StopIteration
        held = self._held
        held.append(line)
        self.number += 1
        if len(line) >= MAX_LINE and line[-1] not in "\r\n":
            self._skip_rest_of_line()
            raise _NoRecord(f"is longer than {MAX_LINE} characters")
        if len(held) > MAX_LINES:
            raise _NoRecord("has a quotation mark that is not closed")
        return line

    def _skip_rest_of_line(self) -> None:
        while (more := self._stream.readline(MAX_LINE)) and more[-1] not in "\r\n":
            pass

    def forget(self) -> None:
        """A new record begins."""
        self._held.clear()

    def give_back(self) -> list[str]:
        """Keep the first line of the record out, to return it, and let the others be read again."""
        first, *others = self._held or [""]
        self._again.extend(reversed(others))
        self.number -= len(others)
        return [first[:1000].rstrip("\r\n")]


def _reason(fault: Exception) -> str:
    if isinstance(fault, _NoRecord):
        return str(fault)
    return "has a quotation mark that is not closed or not doubled"


def _layout(name: str, sample: str, found: str, errors: str) -> Layout:
    lines = io.StringIO(sample, newline="").readlines() or [""]
    skip = next((number for number, line in enumerate(lines) if line.strip("\ufeff\0 \t\r\n")), 0)
    separator = None
    if declared := re.fullmatch(r"\ufeff?\"?sep=([,;|\t])\"?", lines[skip].strip("\r\n")):
        separator, skip = declared[1], skip + 1
    start = "".join(lines[skip:])
    separator = separator or _separator(start)
    header, length = _first_record(start, separator)
    common = {"encoding": found, "errors": errors, "separator": separator}
    if any("@" in cell for cell in header):
        if sum(1 for cell in header if cell.strip()) > 1:
            raise ImportFileError(
                f"{name} has several columns and no line that names them.",
                "Put a first line above: " + f"{separator}".join(("email", "name", "…")) + ".",
            )
        only = next(at for at, cell in enumerate(header) if cell.strip())
        positions = (only, *[-1] * (len(COLUMNS) - 1))
        bare = ("",) * len(header)
        return Layout(**common, header=bare, positions=positions, ignored=(), skip_lines=skip)
    positions, ignored = _positions(name, header)
    return Layout(
        **common,
        header=tuple(header),
        positions=positions,
        ignored=ignored,
        skip_lines=skip + length,
    )


def _separator(text: str) -> str:
    """The separator that makes the most known names of the first line, else the commonest there."""

    def merit(separator: str) -> tuple[int, int]:
        cells, _ = _first_record(text, separator)
        return sum(1 for cell in cells if _column(cell)), len(cells)

    return max(SEPARATORS, key=merit)


def _first_record(text: str, separator: str) -> tuple[list[str], int]:
    """The cells of the first record that has any, and how many lines lie up to its end."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        cells = next((row for row in reader if any(row)), [])
    except csv.Error:
        cells = []
    return cells, reader.line_num


def _column(cell: str) -> str | None:
    """Which of COLUMNS a header's cell means."""
    words = re.sub(r"[\s_-]+", " ", cell.strip("\ufeff\0 *:\t\r\n")).casefold()
    return next((column for column, names in _SYNONYMS.items() if words in names), None)


def _positions(name: str, header: list[str]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    found: dict[str, int] = {}
    ignored: list[str] = []
    for at, cell in enumerate(header):
        column = _column(cell)
        if column is None:
            ignored.append(cell.strip())
        elif column in found:
            raise ImportFileError(
                f"{name} has two columns of {column}: “{header[found[column]]}” and “{cell}”.",
                "Rename or delete one of them.",
            )
        else:
            found[column] = at
    if "email" not in found:
        seen = ", ".join(f"“{cell.strip()[:30]}”" for cell in header[:8]) or "nothing"
        raise ImportFileError(
            f"{name} has no column of addresses; its first line has {seen}.",
            "Name the column `email`.",
        )
    positions = tuple(found.get(column, -1) for column in COLUMNS)
    return positions, tuple(each for each in ignored if each)
