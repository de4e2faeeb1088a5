"""Looks into a ZIP as another service makes it, without unpacking it onto the disk.

Names in it are only words to show, never paths to write to. Limits are set against a small file
that unpacks to a giant one; a file never unpacks to more than it says of itself.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Final, Self, cast

from subscribers.address import shown
from subscribers.errors import ImportFileError
from subscribers.source import Source

MAX_FILES: Final = 10_000
MAX_UNPACKED: Final = 1 << 30
"""Octets of all lists in a ZIP together: some eight million people."""
MAX_RATIO: Final = 200
"""How many times as large as it is packed a list may be; addresses come to about 10."""
_SMALL: Final = 1 << 20
"""Below this many octets the ratio does not matter."""
_ENDINGS: Final = (".csv", ".txt", ".tsv")

TROUBLE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What reading a damaged ZIP raises; the module mentions no class of its own for them all."""


def is_zip(path: Path) -> bool:
    """Whether a file begins as a ZIP does; an Excel workbook does as well (`lists_in` tells)."""
    try:
        with path.open("rb") as stream:
            return stream.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError:
        return False


@contextmanager
def lists_in(path: Path) -> Iterator[list[Source]]:
    """The lists inside of a ZIP, as long as the block runs. Raises ImportFileError."""
    try:
        archive = zipfile.ZipFile(path)
    except (*TROUBLE, OSError, ValueError) as fault:
        raise _damaged(path.name, fault) from None
    with archive:
        files = archive.infolist()
        if any(each.filename in ("[Content_Types].xml", "mimetype") for each in files):
            raise ImportFileError(
                f"{path.name} is an Excel or LibreOffice workbook, not a CSV or ZIP file.",
                "Open it in Excel or LibreOffice and save it as “CSV UTF-8”.",
            )
        wanted = [each for each in files if _is_list(each)]
        _refuse_too_much(path.name, files, wanted)
        if not wanted and (inner := [each for each in files if _ends(each, ".zip")]):
            raise ImportFileError(
                f"{path.name} holds another ZIP file, {shown(inner[0].filename)}, and no list.",
                "Unpack it, and import the ZIP file that was in it.",
            )
        yield [_source(path.name, archive, each) for each in wanted]


def _is_list(entry: zipfile.ZipInfo) -> bool:
    return _ends(entry, *_ENDINGS)


def _ends(entry: zipfile.ZipInfo, *endings: str) -> bool:
    name = PurePosixPath(entry.filename.replace("\\", "/"))
    hidden = name.name.startswith(".") or "__MACOSX" in name.parts
    return not entry.is_dir() and not hidden and name.suffix.casefold() in endings


def _refuse_too_much(
    name: str, files: list[zipfile.ZipInfo], wanted: list[zipfile.ZipInfo]
) -> None:
    whole = sum(each.file_size for each in wanted)
    blown = next((each for each in wanted if _ratio(each) > MAX_RATIO), None)
    if len(files) > MAX_FILES:
        said = f"it holds {len(files):,} files"
    elif whole > MAX_UNPACKED:
        said = f"its lists would come to {whole / (1 << 20):,.0f} MB"
    elif blown is not None:
        said = f"{shown(blown.filename)} unpacks to {_ratio(blown):,.0f} times its size"
    else:
        return
    raise ImportFileError(
        f"{name} is not read, since {said}: no export of people does that.",
        "Unpack it yourself, look at what is in it, and import the CSV file you want.",
    )


def _ratio(entry: zipfile.ZipInfo) -> float:
    if entry.file_size <= _SMALL:
        return 1
    return entry.file_size / max(1, entry.compress_size)


def _source(archive_name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Source:
    if entry.flag_bits & 0x1:
        raise ImportFileError(
            f"{archive_name} is locked with a password.",
            "Unpack it with the password, and import the CSV file that was in it.",
        )
    name = PurePosixPath(entry.filename.replace("\\", "/")).name

    def opened() -> BinaryIO:
        try:
            return cast(BinaryIO, _Member(archive.open(entry), archive_name))
        except (*TROUBLE, OSError) as fault:
            raise _damaged(archive_name, fault) from None

    return Source(name="".join(c if c.isprintable() else "?" for c in name), size=entry.file_size,
                  open=opened)  # fmt: skip


class _Member:
    """A file inside of a ZIP whose damage is told in our words while it is read."""

    def __init__(self, stream: IO[bytes], archive_name: str) -> None:
        self._stream = stream
        self._name = archive_name

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self._stream.close()

    def read(self, size: int = -1) -> bytes:
        """As of any stream. Raises ImportFileError."""
        return self._told(lambda: self._stream.read(size))

    def read1(self, size: int = -1) -> bytes:
        """As of any stream. Raises ImportFileError."""
        return self._told(lambda: cast(zipfile.ZipExtFile, self._stream).read1(size))

    def _told(self, read: Callable[[], bytes]) -> bytes:
        try:
            return read()
        except TROUBLE as fault:
            raise _damaged(self._name, fault) from None


def _damaged(name: str, fault: BaseException) -> ImportFileError:
    if isinstance(fault, NotImplementedError):
        said = "is packed in a way that is not known here"
    else:
        said = "is damaged, or was not downloaded whole"
    return ImportFileError(
        f"{name} {said}.",
        "Download it again; or unpack it yourself and import the CSV file that was in it.",
    )
