"""`newsletter db …`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option


@click.group("db")
def command() -> None:
    """Look after the database."""


@command.command("upgrade")
@json_option
@pass_app
def upgrade(app: App) -> None:
    """Make or update the tables.

    Every command does this by itself when it is needed; run it alone after installing a new
    version, before the timer does.
    """
    from newsletter.store.engine import open_database
    from newsletter.store.schema import HEAD
    from newsletter.store.schema import upgrade as upgrade_tables

    database = open_database(app.wiring().settings.store_url())
    try:
        changed = upgrade_tables(database)
    finally:
        database.close()
    emit(
        app,
        {"revision": HEAD, "changed": changed},
        f"The database is at revision {HEAD}{'' if changed else '; it was already'}.",
    )


@command.command("restore")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@json_option
@pass_app
def restore(app: App, file: Path | None) -> None:
    """Put an older copy of the database back, without mailing anybody twice.

    FILE is a copy of the SQLite database; the present one is kept beside it. Without FILE, or with
    PostgreSQL, put the copy back first by other means, and then run this.

    The copy does not know what happened after it was made. So whoever is in an edition that was not
    over counts as unknown, and the next real edition waits for your yes.

    Example: newsletter db restore /backup/newsletter.db
    """
    from newsletter.pipeline.restoring import restore as put_back
    from newsletter.store.engine import open_database

    wiring = app.wiring()
    url = wiring.settings.store_url()
    done = put_back(open_database(url), file, now=wiring.now(), reopen=lambda: open_database(url))
    kept = f"\nThe database from before is kept as {done.kept}." if done.kept else ""
    data = {"unknown": done.people, "kept": str(done.kept) if done.kept else None}
    emit(app, data, f"{done.text}{kept}")


@command.command("absorb")
@json_option
@pass_app
def absorb(app: App) -> int:
    """Absorb the events of SendGrid's that were taken in and still wait.

    The server does this by itself, and so does every `send` and `collect`. By hand it also tries
    those once more that failed so often that they were set aside. It can be run at any time.

    Example: newsletter db absorb
    """
    from newsletter.pipeline.draining import EVEN_SET_ASIDE, Rules, drain
    from newsletter.store import posted_events

    wiring = app.wiring()
    database, rules = wiring.database(), Rules.of(wiring.settings)
    done = drain(database, rules, now=wiring.now, tries=EVEN_SET_ASIDE)
    with database.read() as connection:
        left = posted_events.waiting(connection)
    data = {
        "posts": done.posts,
        "recorded": done.absorbed.recorded,
        "ignored": done.absorbed.ignored,
        "settled_batches": done.absorbed.settled_batches,
        "suppressed": done.absorbed.suppressed,
        "alarms": [alarm.text for alarm in done.absorbed.alarms],
        "failed": done.failed,
        "waiting": left.posts,
    }
    emit(app, data, _absorbed(data))
    return 1 if done.failed else 0


def _absorbed(data: dict[str, Any]) -> str:
    if not data["posts"] and not data["failed"]:
        return "No events are waiting."
    counted = (
        f"{data['posts']:,} posts absorbed: {data['recorded']:,} events were new,"
        f" {data['ignored']:,} not of our mails; {data['settled_batches']:,} batches settled,"
        f" {data['suppressed']:,} people not mailed any more."
    )
    lines = [counted, *data["alarms"]]
    if data["failed"]:
        lines.append(
            f"{data['failed']:,} posts could not be absorbed. Run it again with `newsletter"
            " --debug db absorb`, and report what it says."
        )
    return "\n".join(lines)
