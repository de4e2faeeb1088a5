"""How a list is laid out: its separator, its header, and which column is which."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import Final

from subscribers import encoding
from subscribers.address import shown
from subscribers.errors import ImportFileError
from subscribers.presets.preset import folded
from subscribers.row import COLUMNS
from subscribers.rows import one_line
from subscribers.source import Source

SEPARATORS: Final = (",", ";", "\t")
_SAMPLE: Final = 65_536

REJECTED: Final = ("line", "reason")
"""The columns before those of a list where an import rejected its rows."""

SYNONYMS: Final = {
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
    "form": {"form"},
    "paused_until": {"paused until"},
    "unsubscribed_at": {"unsubscribed at", "unsubscribed on", "unsubscribe date", "unsub time"},
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file is laid out. `header` holds empty names for a bare column of addresses."""

    encoding: str
    errors: str
    separator: str
    header: tuple[str, ...]
    bare: int | None = None
    """Which column has the addresses in a file without a header."""
    ignored: tuple[str, ...] = ()
    skip_lines: int
    """Lines before the first record: an Excel `sep=;` line and the header."""


def look(source: Source) -> Layout:
    """How a list is laid out. Raises ImportFileError for what is no list."""
    found, errors = encoding.detect(source)
    with io.TextIOWrapper(source.open(), encoding=found, errors=errors, newline="") as stream:
        sample = stream.read(_SAMPLE)
    lines = io.StringIO(sample, newline="").readlines() or [""]
    skip = next((number for number, line in enumerate(lines) if line.strip("\ufeff\0 \t\r\n")), 0)
    separator = None
    if declared := re.fullmatch(r"\ufeff?\"?sep=([,;|\t])\"?", lines[skip].strip("\r\n")):
        separator, skip = declared[1], skip + 1
    start = "".join(lines[skip:])
    separator = separator or _separator(start)
    header, length = _first_record(start, separator)
    bare = None
    if any("@" in cell for cell in header):
        bare = _only_column(source.name, header, separator)
        header, length = [""] * len(header), 0
    return Layout(
        encoding=found,
        errors=errors,
        separator=separator,
        header=tuple(header),
        bare=bare,
        skip_lines=skip + length,
    )


def _only_column(name: str, header: list[str], separator: str) -> int:
    if sum(1 for cell in header if cell.strip()) > 1:
        raise ImportFileError(
            f"{name} has several columns and no line that names them.",
            "Put a first line above: " + f"{separator}".join(("email", "name", "…")) + ".",
        )
    return next(at for at, cell in enumerate(header) if cell.strip())


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
    words = folded(cell)
    return next((column for column, names in SYNONYMS.items() if words in names), None)


def is_ours(layout: Layout) -> bool:
    """Whether a list has all of our columns, as our exports and our rejects have."""
    return {folded(column) for column in COLUMNS} <= {folded(cell) for cell in layout.header}


def no_addresses(name: str, layout: Layout, column: str) -> ImportFileError:
    """That a list has no addresses, or none under a name that is known; `column` is the known."""
    seen = ", ".join(shown(cell.strip()[:30]) for cell in layout.header[:8]) or "nothing"
    return ImportFileError(
        f"{name} has no column of addresses; its first line has {seen}.",
        f"Name the column `{column}`.",
    )


def positions(name: str, layout: Layout) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Where each of COLUMNS is in a plain list (-1: nowhere), and the columns that are not used.

    Raises ImportFileError when there are no addresses, or a column is there twice.
    """
    header = layout.header
    if layout.bare is not None:
        return (layout.bare, *[-1] * (len(COLUMNS) - 1)), ()
    found: dict[str, int] = {}
    ignored: list[str] = []
    for at, cell in enumerate(header):
        column = _column(cell)
        if column is None:
            ignored.append(one_line(cell))
        elif column in found:
            raise ImportFileError(
                f"{name} has two columns of {column}: {shown(header[found[column]])} and "
                f"{shown(cell)}.",
                "Rename or delete one of them.",
            )
        else:
            found[column] = at
    if "email" not in found:
        raise no_addresses(name, layout, "email")
    places = tuple(found.get(column, -1) for column in COLUMNS)
    return places, tuple(each for each in ignored if each)
