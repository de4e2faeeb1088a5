"""What a person sees while work goes on: a bar on a terminal, a line a batch otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from newsletter.cli.app import App
from newsletter.cli.output import say
from newsletter.pipeline.context import Advance, Context


@contextmanager
def context_of(app: App) -> Iterator[Context]:
    """The context of a use case, with progress on stderr."""
    with _progress() as progress:
        yield app.wiring().context(tell=say, progress=progress)


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
