"""Files that are whole or not there, and readable by their owner only."""

from __future__ import annotations

import os
from pathlib import Path

from newsletter.errors import UsageError


def write_private(path: Path, content: str | bytes) -> None:
    """Writes a file beside its place and renames it. Raises UsageError when that fails."""
    raw = content.encode() if isinstance(content, str) else content
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
        part.replace(path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Choose another folder, or make room.",
        ) from None
