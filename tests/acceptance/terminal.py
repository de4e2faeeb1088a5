"""A command on a terminal where somebody types."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path


def on_a_terminal(folder: Path, typed: str, *arguments: str, **variables: str) -> tuple[str, int]:
    """What `newsletter` with these arguments prints to a person who types this, and its exit code.

    `variables` are added to the environment.
    """
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "newsletter", *arguments],
        cwd=folder,
        env=os.environ | variables,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        os.write(ours, typed.encode())
        said = b""
        while select.select([ours], [], [], 30)[0]:
            try:
                more = os.read(ours, 4096)
            except OSError:  # Linux says so when the other side is closed
                break
            if not more:
                break
            said += more
        code = process.wait(30)
    os.close(ours)
    return said.decode(), code
