"""Writes people out as CSV, in the columns an import reads, so that a round trip loses nothing.

Values stand as they are: a name that begins with `=` is not defused for spreadsheets, since it
would come back changed. The column `suppressed` tells who must not be written to; an import leaves
those alone. Erased people are in no export.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from subscribers import address as addresses
from subscribers.csvfile import COLUMNS
from subscribers.errors import ExportFileError
from subscribers.model import Filter, Subscriber
from subscribers.privatefile import private_file
from subscribers.store import people, suppressions

if TYPE_CHECKING:
    from sqlalchemy import Connection


def export_file(conn: Connection, path: Path, wanted: Filter | None = None) -> int:
    """Write the wanted people (all by default) to a file; how many.

    The file takes its place when it is whole, and only its owner can read it (0600).
    Raises ExportFileError.
    """
    try:
        with private_file(path) as stream:
            return export(conn, stream, wanted)
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise ExportFileError(
            f"{path} cannot be written: {said}.",
            "Check the folder, who may write to it, and the room on the disk.",
        ) from None


def export(conn: Connection, stream: TextIO, wanted: Filter | None = None) -> int:
    """Write the wanted people to an open text stream; how many."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    number = 0
    for page in people.stream(conn, wanted or Filter()):
        keys = [addresses.key(each.address) for each, _ in page]
        bars = suppressions.by_address(conn, keys)
        for (each, source), key in zip(page, keys, strict=True):
            bar = bars.get(key)
            writer.writerow(_row(each, source, "" if bar is None else bar.reason.value))
        number += len(page)
    return number


def _row(each: Subscriber, source: str, suppressed: str) -> tuple[str, ...]:
    """The cells of COLUMNS."""
    return (
        each.address,
        each.name,
        ";".join(each.topics),
        each.status.value,
        "" if each.confirmed_at is None else _moment(each.confirmed_at),
        source,
        suppressed,
    )


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
