"""`newsletter subscribers import` and `export`: lists come in and go out, ours and others'."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsletter.cli import moving_text as text
from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option
from newsletter.cli.subscribers_text import people

if TYPE_CHECKING:
    from subscribers.model import Filter, ImportReport

STATUS = click.Choice(["pending", "active", "unsubscribed"])
SERVICES = ("mailchimp", "jetpack", "mailpoet", "substack", "buttondown", "listmonk", "ghost")
"""As in `subscribers.presets`, which is imported only when it is needed."""


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--preset",
    type=click.Choice([*SERVICES, "csv"]),
    help="Whose export it is (csv: a plain list).  [default: recognised by the file]",
)
@click.option(
    "--consent",
    default="",
    metavar="TEXT",
    help="How those people agreed of whom the file does not say that they get mails.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; only say what would happen.")
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where rows that cannot be used go.  [default: FILE.rejects.csv, beside the list]",
)
@json_option
@pass_app
def import_(
    app: App, file: Path, *, preset: str | None, consent: str, dry_run: bool, rejects: Path | None
) -> None:
    """Take in a list: a CSV file, or another service's export.

    Columns of a plain list: email, name, topics (keys with `;` between), status (active, pending or
    unsubscribed), consented_at, source, suppressed, form, unsubscribed_at and paused_until; all but
    email may be missing, and a plain column of addresses will do. Rows without a status come in as
    active, with the file as the recorded source of the consent.

    The exports of Mailchimp, Jetpack or WordPress.com, MailPoet, Substack, Buttondown, listmonk and
    Ghost are recognised, as a ZIP or a file of it. Who left there and whose mail came back there is
    taken first. What does not say who gets mails is not taken in without --consent.

    Nobody who unsubscribed, was suppressed or erased comes back. An import that was interrupted
    can simply be run again.

    Example: newsletter subscribers import mailchimp.zip --dry-run
    """
    from subscribers.importing import import_file

    wiring = app.wiring()
    with _progress(app) as progress:
        report = import_file(
            file,
            begin=wiring.read if dry_run else wiring.begin,
            now=wiring.now(),
            topics=_topics(app),
            secrets=wiring.secret_keys(),
            dry_run=dry_run,
            rejects=rejects,
            progress=progress,
            preset=preset,
            consent=consent,
        )
    emit(app, _plain(report), text.told(report, file.name, dry_run=dry_run))


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--preset", type=click.Choice(SERVICES), help="In the shape of this service's own export."
)
@click.option("--status", type=STATUS, help="Only people of this status.")
@click.option("--topic", help="Only who has chosen this topic by name.")
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
@json_option
@pass_app
def export(
    app: App, file: Path, *, preset: str | None, status: str | None, topic: str | None, force: bool
) -> None:
    """Write people to a file that an import can read.

    It is a CSV list (`-` prints it), or with --preset what that service itself would export: for
    Mailchimp a ZIP with a file for each status.

    Only you can read the file. It holds addresses: delete it when you no longer need it.

    Example: newsletter subscribers export backup.csv
    """
    from newsletter.errors import UsageError
    from subscribers import exporting
    from subscribers.presets import PRESETS

    to_screen = str(file) == "-"
    if to_screen and (app.json or preset):
        raise UsageError("`-` prints a plain list, and nothing else.", "Name a file.")
    if preset and PRESETS[preset].parts and file.suffix.casefold() != ".zip":
        raise UsageError(
            f"An export for {PRESETS[preset].title} is a ZIP of several files.",
            f"Call it {file.with_suffix('.zip')}.",
        )
    if file.exists() and not to_screen and not force:
        raise UsageError(f"{file} is there already.", "Name another file, or use --force.")
    wanted = wished(app, status, topic)
    with app.wiring().read() as conn:
        if to_screen:
            exporting.export(conn, sys.stdout, wanted)
            return
        number = exporting.export_file(conn, file, wanted, preset=preset)
    emit(app, {"file": str(file), "exported": number}, f"Exported {people(number)} to {file}.")


def _plain(report: ImportReport) -> dict[str, Any]:
    """The answer; about another service's export it says more."""
    names = ["rows", "added", "updated", "unchanged", "left_alone", "rejected", "rejects_file"]
    if report.preset:
        names += ["preset", "files", "other_files", "suppressed", "left_alone_reasons"]
        names += ["by_status", "by_source", "by_year"]
    return {name: getattr(report, name) for name in names}


def _topics(app: App) -> list[str]:
    return [topic.key for topic in app.wiring().settings.topics]


def known_topic(app: App, key: str) -> str:
    """The key of a topic of the settings. Raises UsageError for another one."""
    from newsletter.errors import UsageError

    known = _topics(app)
    if key not in known:
        names = ", ".join(known) or "none: the settings name none"
        raise UsageError(f"There is no topic “{key}”.", f"Known topics: {names}.")
    return key


def wished(app: App, status: str | None, topic: str | None, search: str = "") -> Filter:
    """Which people a command is about. Raises UsageError."""
    from subscribers.model import Filter, SubscriptionStatus

    return Filter(
        status=None if status is None else SubscriptionStatus(status),
        topic=None if topic is None else known_topic(app, topic),
        search=search,
    )


@contextmanager
def _progress(app: App) -> Iterator[Callable[[int, float], None] | None]:
    """A progress bar on stderr, where there is a terminal to show it."""
    if app.json or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(
        length=1000,
        label="Importing",
        file=sys.stderr,
        item_show_func=lambda rows: None if rows is None else f"{rows:,} rows",
    ) as bar:
        yield lambda rows, part: bar.update(int(part * 1000) - bar.pos, rows)
