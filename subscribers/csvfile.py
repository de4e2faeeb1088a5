"""Reads a list of people from a CSV file as it comes out of Excel, a web form or another service.

A file is read as a stream and never held whole. Records that cannot be read are handed out as
`Unreadable` among the others; a quotation mark that is never closed costs one line, not the rest
of the file. What follows it may be the rest of a long note, though: services write all columns of
each record, so in their exports nothing shorter counts until there is a whole one again. The format
is RFC 4180 with any of `,` `;` and tab between the fields.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from subscribers.address import shown
from subscribers.layout import Layout, look, no_addresses, positions
from subscribers.presets.preset import Preset, Said, folded, pick_with
from subscribers.row import Row
from subscribers.source import Source, file_source

MAX_LINE: Final = 32_768
"""Characters of one line; a longer one is no person."""
MAX_LINES: Final = 50
"""Lines that one quoted record may run over."""

Picker = Callable[[list[str]], tuple[Row, str]]
"""Takes a row out of a record's cells, and why the person is passed over (or "")."""


class Record(NamedTuple):
    """A row, the line it begins on (from 1), and all its cells for a rejects file."""

    line: int
    row: Row
    cells: list[str]
    passed_over: str = ""
    """Why this person never asked for the newsletter, where the list says so."""


class Unreadable(NamedTuple):
    """A line that is no record, and why."""

    line: int
    reason: str
    cells: list[str]


class Table:
    """An open file of people; iterate over it once. `bytes_read` and `size` tell the progress."""

    def __init__(
        self, stream: TextIO, layout: Layout, size: int, pick: Picker, preset: Preset | None
    ) -> None:
        self.layout = layout
        self.size = size
        self._pick = pick
        self._escape = None if preset is None else preset.escape
        self._writes_all = preset is not None
        self._stream = stream
        self._lines = _Lines(stream)

    @property
    def bytes_read(self) -> int:
        """How far the file has been read, in octets, to the next few thousand."""
        return self._stream.buffer.tell()

    def __iter__(self) -> Iterator[Record | Unreadable]:
        lines, width = self._lines, len(self.layout.header) or 1
        reader = csv.reader(
            lines, delimiter=self.layout.separator, escapechar=self._escape, strict=True
        )
        skip = self.layout.skip_lines
        after_broken = False
        while True:
            lines.forget()
            line = lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _NoRecord) as fault:
                yield Unreadable(line, _reason(fault), lines.give_back())
                after_broken = self._writes_all
                continue
            if line <= skip or not any(cells):
                continue
            after_broken = after_broken and len(cells) < width
            if after_broken:
                yield Unreadable(line, "may belong to the broken record before it", cells)
                continue
            yield _record(line, cells, width, self._pick)


def _record(line: int, cells: list[str], width: int, pick: Picker) -> Record | Unreadable:
    missing = width - len(cells)
    if missing < 0:
        if any(cell.strip() for cell in cells[width:]):
            return Unreadable(line, f"has {len(cells)} fields instead of {width}", cells)
        cells = cells[:width]
    padded = cells + [""] * (missing + 1) if missing > 0 else [*cells, ""]
    try:
        row, passed_over = pick(padded)
    except ValueError as fault:
        return Unreadable(line, str(fault), cells)
    return Record(line, row, cells, passed_over)


@contextmanager
def open_table(
    given: Path | Source,
    preset: Preset | None = None,
    *,
    layout: Layout | None = None,
    by_name: Said | None = None,
) -> Iterator[Table]:
    """Open a list, ours or one of a preset. Raises ImportFileError when it cannot be read as one.

    `layout` is passed where it is known already, `by_name` where the file's name says what all in
    it are.
    """
    source = given if isinstance(given, Source) else file_source(given)
    layout = layout or look(source)
    if preset is None:
        places, ignored = positions(source.name, layout)
        pick = _plain(places)
        layout = replace(layout, ignored=ignored)
    else:
        pick = _of_preset(source.name, preset, layout, by_name)
    stream = io.TextIOWrapper(
        source.open(), encoding=layout.encoding, errors=layout.errors, newline=""
    )
    with stream:
        yield Table(stream, layout, source.size, pick, preset)


def _plain(places: tuple[int, ...]) -> Picker:
    get = itemgetter(*places)

    def pick(cells: list[str]) -> tuple[Row, str]:
        return Row._make(get(cells)), ""

    return pick


def _of_preset(name: str, preset: Preset, layout: Layout, by_name: Said | None) -> Picker:
    header = list(layout.header)
    if layout.bare is not None:
        header[layout.bare] = preset.emails[0]
    elif not {folded(cell) for cell in header} & {*preset.emails}:
        raise no_addresses(name, layout, preset.emails[0])
    picked = pick_with(preset, header, by_name)

    def pick(cells: list[str]) -> tuple[Row, str]:
        try:
            return picked(cells)
        except ValueError as fault:
            known = ", ".join(preset.words)
            said = shown(str(fault)[:40])
            raise ValueError(f"unknown status {said}; known are: {known}") from None

    return pick


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
