"""How answers are printed: one JSON document on stdout, or text for a person.

Progress, warnings and errors go to stderr, so that stdout stays what was asked for.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from newsletter.cli.app import App

F = TypeVar("F", bound=Callable[..., Any])


def json_option(function: F) -> F:
    """Adds `--json` to a command; `emit` and the error printer then obey it."""

    def remember(context: click.Context, _param: click.Parameter, value: bool) -> None:
        app = context.find_object(App)
        if app is not None and value:
            app.json = True

    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=remember,
        help="Print one JSON document on stdout and ask nothing.",
    )(function)


def emit(app: App, data: Any, text: str) -> None:
    """Prints `data` as JSON when `--json` was given, else `text` (nothing when it is empty)."""
    if app.json:
        click.echo(json.dumps(data, ensure_ascii=False, default=_plain))
    elif text:
        click.echo(text)


def warn(text: str) -> None:
    """A line on stderr that something is not as it should be, though the work goes on."""
    say(f"Warning: {text}")


def say(text: str) -> None:
    """A line on stderr about how the work is getting on; of a timer's run it ends in a log, so
    that addresses in it are masked.
    """
    if "@" in text or "%40" in text:
        from subscribers.address import discreet

        text = discreet(text)
    click.echo(text, err=True)


def interactive(app: App) -> bool:
    """Whether there is a person to ask: a terminal on both sides, and no `--json`."""
    return not app.json and sys.stdin.isatty() and sys.stdout.isatty()


def emit_error(app: App, code: str, message: str, mend: str) -> None:
    """Prints an error: as JSON on stdout with `--json`, else as `Error: …` on stderr."""
    if app.json:
        document = {"error": {"code": code, "message": message, "mend": mend}}
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    click.echo(f"Error: {message}", err=True)
    if mend:
        click.echo(f"       {mend}", err=True)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} has no JSON form")
