"""Pages to look at, as files that are whole or not there, and readable by their owner only."""

from __future__ import annotations

from pathlib import Path

from newsletter.errors import UsageError
from subscribers.privatefile import private_file


def write_private(path: Path, content: str) -> None:
    """Writes a file and the folders it needs. Raises UsageError when that fails."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with private_file(path) as stream:
            stream.write(content)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Choose another folder, or make room.",
        ) from None
