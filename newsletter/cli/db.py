"""`newsletter db …`."""

from __future__ import annotations

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
