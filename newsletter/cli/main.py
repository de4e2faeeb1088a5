"""The command `newsletter`: finds the command asked for, and turns what goes wrong into words."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click

from newsletter import __version__
from newsletter.cli.app import App
from newsletter.cli.output import emit_error

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "Show the whole job on a small bundled blog, offline."),
    "init": ("init", "Write the settings for your blog."),
    "collect": ("collect", "Fetch the feeds and note what is new and what changed."),
    "compose": ("compose", "Make or refresh the draft of this period's edition."),
    "preview": ("preview", "Write the mail to files and look at it."),
    "send": ("send", "Send this period's edition, once to everybody."),
    "status": ("status", "Show feeds, the current edition, and what waits for you."),
    "editions": ("editions", "List and show editions; change a draft, approve it, take one back."),
    "posts": ("posts", "What is known of the blog's posts."),
    "trials": ("trials", "Trials that posts mention, and what their register says."),
    "explain": ("explain", "Why a post was in an edition, or a person mailed, or not."),
    "subscribers": ("subscribers", "Who gets the newsletter: add, import, export, erase."),
    "suppressions": ("suppressions", "Addresses that must not be written to."),
    "serve": ("serve", "Serve the pages for readers: sign-up, choices, leaving, archive."),
    "archive": ("archive", "What everybody can read of earlier editions."),
    "templates": ("templates", "Templates of your own: list, copy, check."),
    "privacy": ("privacy", "What is held about people, who sees it, and forgetting it in time."),
    "doctor": ("doctor", "Check the whole set-up, and say what to mend."),
    "db": ("db", "Look after the database."),
    "dev": ("dev", "Stand-ins for trying things out; nothing is mailed."),
}
"""Every command: its module in this package, and the line `--help` shows for it."""


class _Commands(click.Group):
    """A group that imports a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"newsletter.cli.{COMMANDS[cmd_name][0]}")
        found = module.command
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="newsletter")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("newsletter.toml"),
    help="The settings file.  [default: newsletter.toml in the current folder]",
)
@click.option("--debug", is_flag=True, help="Show the technical details when something fails.")
@click.pass_context
def cli(context: click.Context, config: Path, debug: bool) -> None:
    """Turn a blog into a newsletter that can be trusted.

    The blog's feed is read, new and updated posts become one e-mail, and every subscriber gets it
    exactly once. Start with `newsletter demo`, then `newsletter init`.
    """
    app: App = context.obj
    app.config, app.debug = config, debug


def main(arguments: list[str] | None = None) -> NoReturn:
    """Runs the command line and ends the process with its exit code; no traceback gets out."""
    app = App(config=Path("newsletter.toml"))
    given = sys.argv[1:] if arguments is None else arguments
    try:
        code = _run(app, given)
    finally:
        app.close()
    sys.exit(code)


def _run(app: App, arguments: list[str]) -> int:
    try:
        result = cli.main(arguments, prog_name="newsletter", obj=app, standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _wrong_usage(app, arguments, error)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nStopped. What was done so far is kept; run the command again.", err=True)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        return _failed(app, error)
    return result if isinstance(result, int) else 0


def _wrong_usage(app: App, arguments: list[str], error: click.ClickException) -> int:
    if "--json" in arguments:
        app.json = True
        emit_error(app, "usage", error.format_message(), "See `newsletter --help`.")
    else:
        error.show()
    return error.exit_code


def _failed(app: App, error: Exception) -> int:
    """Says in words what went wrong; the technical side only with `--debug`."""
    message = getattr(error, "message", None)
    if app.debug:
        from newsletter.cli.discretion import traceback_of
        from subscribers.address import discreet

        click.echo(traceback_of(error), err=True, nl=False)
        message = None if message is None else discreet(message)
    if message is None:
        from subscribers.address import discreet

        what = discreet(f"{type(error).__name__}: {error}")
        emit_error(
            app,
            "unexpected",
            f"Something went wrong that this program does not know about ({what}).",
            "Run it again with `newsletter --debug …` and report what it prints.",
        )
        return 1
    emit_error(app, getattr(error, "code", "error"), message, getattr(error, "mend", ""))
    return int(getattr(error, "exit_code", 1))
