"""What a person sees while work goes on: a bar on a terminal, a line a batch otherwise."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from newsletter.cli.app import App
from newsletter.cli.output import say
from newsletter.pipeline.context import Advance, Context


@contextmanager
def context_of(app: App) -> Iterator[Context]:
    """The context of a use case, with progress on stderr."""
    with _ended_well(), _progress() as progress:
        yield app.wiring().context(tell=say, progress=progress)


@contextmanager
def _ended_well() -> Iterator[None]:
    """A program that is told to end (SIGTERM, as when the computer is started anew) first does what
    it does at Ctrl-C: what is on its way is settled, or nobody would know how it ended.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    told = False

    def end(*_: Any) -> None:
        nonlocal told
        told = True
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        if told:
            os.kill(os.getpid(), signal.SIGTERM)  # and then ends by it, as it was told to


@contextmanager
def _progress() -> Iterator[Callable[[Advance], None]]:
    if not sys.stderr.isatty():
        yield _line
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("People"),
        BarColumn(),
        TextColumn("{task.fields[counted]}"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("", total=None, visible=False, counted="", rate="")

    def show(advance: Advance) -> None:
        bar.start()
        bar.update(
            task,
            completed=advance.people,
            total=advance.of_people,
            visible=True,
            counted=f"{advance.people:,} of {advance.of_people:,}, batch"
            f" {advance.batches:,} of {advance.of_batches:,}",
        )
        speed = bar.tasks[0].speed
        bar.update(task, rate=f"{speed:,.0f}/s" if speed else "")

    try:
        yield show
    finally:
        bar.stop()


def _line(advance: Advance) -> None:
    say(
        f"Batch {advance.batches:,} of {advance.of_batches:,}:"
        f" {advance.people:,} of {advance.of_people:,} people"
    )
