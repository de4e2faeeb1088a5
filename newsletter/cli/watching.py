"""What a person sees while work goes on: a bar on a terminal, a line now and then otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from newsletter.cli.app import App
from newsletter.cli.output import say
from newsletter.pipeline.context import Context

_EVERY = 20  # without a terminal a line for each twentieth of the way


@contextmanager
def context_of(app: App, what: str = "Messages") -> Iterator[Context]:
    """The context of a use case, with progress on stderr: `what` is being counted."""
    with _progress(what) as progress:
        yield app.wiring().context(tell=say, progress=progress)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    if not sys.stderr.isatty():
        yield _Lines(what)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=None, visible=False)

    def show(done: int, total: int) -> None:
        bar.start()
        bar.update(task, completed=done, total=total, visible=True)

    try:
        yield show
    finally:
        bar.stop()


class _Lines:
    def __init__(self, what: str) -> None:
        self._what = what
        self._said = 0

    def __call__(self, done: int, total: int) -> None:
        part = done * _EVERY // total if total else _EVERY
        if part > self._said:
            self._said = part
            say(f"{self._what}: {done:,} of {total:,}")
