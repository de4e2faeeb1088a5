"""Writes people out as an import reads them, so that a round trip loses nothing.

As a plain CSV list, or in the shape of another service's export, with columns of ours added for
what that service has no place for. Values stand as they are: a name that begins with `=` is not
defused for spreadsheets, since it would come back changed. The column `suppressed` tells who must
not be written to, and an import keeps that. Erased people are in no export.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from subscribers import address as addresses
from subscribers.errors import ExportFileError
from subscribers.model import Filter, Subscriber, SubscriptionStatus
from subscribers.presets import PRESETS
from subscribers.presets.preset import Preset, cells_of, header_of, written
from subscribers.privatefile import private_binary, private_file
from subscribers.row import COLUMNS, Row
from subscribers.store import evidence, people, suppressions

if TYPE_CHECKING:
    from sqlalchemy import Connection

_PAGE = 5000


def export_file(
    conn: Connection, path: Path, wanted: Filter | None = None, *, preset: str | None = None
) -> int:
    """Write the wanted people (all by default) to a file; how many lines about people.

    A `preset` that keeps a file for each status makes a ZIP. The file takes its place when it is
    whole, and only its owner can read it (0600). Raises ExportFileError.
    """
    shape = None if preset is None else PRESETS[preset]
    try:
        if shape is not None and shape.part_of is not None:
            with private_binary(path) as packed, zipfile.ZipFile(packed, "w") as archive:
                return _write_parts(conn, archive, wanted, shape)
        with private_file(path) as stream:
            return export(conn, stream, wanted, shape)
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise ExportFileError(
            f"{path} cannot be written: {said}.",
            "Check the folder, who may write to it, and the room on the disk.",
        ) from None


def export(
    conn: Connection, stream: TextIO, wanted: Filter | None = None, shape: Preset | None = None
) -> int:
    """Write the wanted people to an open text stream; how many."""
    writer = _writer(stream, shape)
    number = 0
    for row in _rows(conn, wanted):
        writer.writerow(row if shape is None else cells_of(shape, row))
        number += 1
    return number


def _writer(stream: TextIO, shape: Preset | None) -> Any:
    escape = None if shape is None else shape.escape
    writer = csv.writer(stream, lineterminator="\n", escapechar=escape, doublequote=escape is None)
    writer.writerow(COLUMNS if shape is None else header_of(shape))
    return writer


def _write_parts(
    conn: Connection, archive: zipfile.ZipFile, wanted: Filter | None, shape: Preset
) -> int:
    """Each file of a ZIP by itself, one after the other, since only one can be open at a time."""
    assert shape.part_of is not None
    number = 0
    for part, name in shape.parts.items():
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with (
            archive.open(entry, "w", force_zip64=True) as packed,
            io.TextIOWrapper(packed, encoding="utf-8", newline="") as stream,
        ):
            writer = _writer(stream, shape)
            for row in _rows(conn, wanted):
                if shape.part_of(row) == part:
                    writer.writerow(cells_of(shape, row))
                    number += 1
    return number


def _rows(conn: Connection, wanted: Filter | None) -> Iterator[Row]:
    """The wanted people, and with no wish about them the suppressed addresses of nobody here."""
    for page in people.stream(conn, wanted or Filter()):
        ids = [each.id for each in page]
        sources, left = evidence.latest_sources(conn, ids), evidence.departures(conn, ids)
        bars = suppressions.by_address(conn, [addresses.key(each.address) for each in page])
        for each in page:
            bar = bars.get(addresses.key(each.address))
            gone = left.get(each.id) if each.status is SubscriptionStatus.UNSUBSCRIBED else None
            since = gone or (None if bar is None else bar.since)
            yield _row(each, sources.get(each.id, ""))._replace(
                suppressed="" if bar is None else bar.reason.value,
                unsubscribed_at="" if since is None else written(since),
            )
    if wanted is None or wanted == Filter():
        yield from _nobodys(conn)


def _row(each: Subscriber, source: str) -> Row:
    return Row(
        email=each.address,
        name=each.name,
        topics=";".join(each.topics),
        status=each.status.value,
        consented_at="" if each.confirmed_at is None else written(each.confirmed_at),
        source=source,
        suppressed="",
        form=each.form.value,
        paused_until="" if each.paused_until is None else written(each.paused_until),
    )


def _nobodys(conn: Connection) -> Iterator[Row]:
    """Addresses that must not be written to and belong to nobody on the list."""
    after = 0
    while page := suppressions.page(conn, None, after=after, limit=_PAGE):
        keys = [each.address for each in page if each.address is not None]
        known = people.known(conn, keys)
        for each in page:
            bar = each.suppression
            if each.address is None or each.address in known:
                continue
            yield Row(
                email=each.address,
                name="",
                topics="",
                status="",
                consented_at="",
                source=bar.note,
                suppressed=bar.reason.value,
                unsubscribed_at=written(bar.since),
            )
        after = page[-1].id
