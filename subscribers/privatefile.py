"""Files with people's addresses: only their owner reads them, and they are there whole or not."""

from __future__ import annotations

import errno
import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TextIO

_LEFTOVER: Final = re.compile(r"\..+\.[a-z0-9_]{8}\.part")


@contextmanager
def private_file(path: Path) -> Iterator[TextIO]:
    """A text file (UTF-8, line ends untouched) as `private_binary` makes it. Raises OSError."""
    with private_binary(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
        yield text
        text.detach()


@contextmanager
def private_binary(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its place when the block ends well.

    It is readable and writable by its owner only (0600). When the block fails, what was at `path`
    before stays as it was; when the process is killed, a part stays beside it (`is_leftover`).
    Raises OSError where the folder cannot be written to, or something else than a file stands at
    `path`.
    """
    if path.exists() and not path.is_file():  # a device must not be replaced by a file
        raise OSError(errno.EEXIST, "something that is not a file stands there")
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(number, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(number)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def is_leftover(path: Path) -> bool:
    """Whether a file is what was written of a private one before its process was killed."""
    return _LEFTOVER.fullmatch(path.name) is not None
