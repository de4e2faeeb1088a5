"""Where a list is read from: a file, or a file inside of a ZIP; opened as often as needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from subscribers.errors import ImportFileError


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A list that can be read from its start any number of times. `size` is in octets."""

    name: str
    """Without folders, fit for a message and for the evidence."""
    size: int
    open: Callable[[], BinaryIO]


def file_source(path: Path) -> Source:
    """A file on the disk. Raises ImportFileError when it cannot be read."""
    if not path.is_file():
        what = "is not a file" if path.exists() else "does not exist"
        raise ImportFileError(f"{path} {what}.", "Check the name.")
    try:
        path.open("rb").close()
        return Source(name=path.name, size=path.stat().st_size, open=lambda: path.open("rb"))
    except OSError as error:
        said = error.strerror or "it cannot be opened"
        raise ImportFileError(f"{path} cannot be read: {said}.", "Check who may read it.") from None
