"""Starting the parts in processes of their own, and reading what they print.

Imports nothing but the standard library: a process's peak of memory begins with that of the one
that started it, so this one is kept small.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
_ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("NEWSLETTER_")}
_ENVIRONMENT |= {"PYTHONPATH": str(ROOT)}


class Part:
    """A part that goes on until it is told to end."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def said(self) -> Any:
        """The next thing it says."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._process.args!r} ended with {self._process.wait()}")
        return json.loads(line)

    def end(self) -> None:
        """Asks it to end; what it still says can be read after this."""
        assert self._process.stdin is not None
        self._process.stdin.close()


@contextmanager
def part(name: str, *given: object) -> Iterator[Part]:
    """A part under way, and ended at the end."""
    process = subprocess.Popen(
        [sys.executable, str(FOLDER / f"{name}.py"), *map(str, given)],
        env=_ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    made = Part(process)
    try:
        yield made
    finally:
        made.end()
        process.wait()


def done(name: str, *given: object) -> Any:
    """What a part says that is done when it has said it."""
    with part(name, *given) as running:
        return running.said()


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended well: wall-clock seconds, those of the processor, and peak memory."""

    seconds: float
    cpu: float
    peak_mb: float


def command(*given: object, environment: dict[str, str]) -> Ran:
    """Runs `newsletter` as a person does."""
    program = Path(sys.executable).with_name("newsletter")
    begin = time.perf_counter()
    process = subprocess.Popen(
        [program, *map(str, given)],
        env=_ENVIRONMENT | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode != 0:
        raise SystemExit(f"{given!r} ended with {process.returncode}:\n{said[-3000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Ran(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6)
