"""`newsletter privacy`: what is held about people, and forgetting it in time."""

from __future__ import annotations

from dataclasses import asdict

import click

from newsletter.cli import privacy_text as text
from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option, say


@click.group(name="privacy", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """What is held about the people on the list, for how long, and who sees it.

    To be on this list can say something about a person's health. `report` is for your record of
    processing; `prune` forgets what is old, as each `newsletter send` does.

    Example: newsletter privacy report
    """


@command.command()
@json_option
@pass_app
def report(app: App) -> None:
    """Print what is held, where, why and for how long, and who else sees what, as Markdown.

    It is made from the settings and the database as they are now, and names no person.

    Example: newsletter privacy report > record-of-processing.md
    """
    from newsletter.pipeline.privacy.holdings import holdings
    from newsletter.pipeline.privacy.processors import processors

    wiring = app.wiring()
    context = wiring.context(tell=say, progress=lambda _advance: None)
    held, seen = holdings(context), processors(context)
    given, made_at = wiring.settings.newsletter, wiring.now()
    data = {
        "newsletter": given.title,
        "made_at": made_at,
        "holdings": [asdict(each) for each in held],
        "processors": [asdict(each) for each in seen],
        "never_pruned": list(text.NEVER_PRUNED),
    }
    emit(app, data, text.record(given, held, seen, made_at))


@command.command()
@click.option("--dry-run", is_flag=True, help="Forget nothing; only say what is old enough.")
@json_option
@pass_app
def prune(app: App, *, dry_run: bool) -> None:
    """Forget what is older than [privacy] lets it be kept; each `newsletter send` does the same.

    The consent of anybody on the list, suppressions, and the record of what was sent to whom are
    never forgotten by this.

    Example: newsletter privacy prune --dry-run
    """
    from newsletter.pipeline.privacy.pruning import prune as forget

    wiring = app.wiring()
    context = wiring.context(tell=say, progress=lambda _advance: None)
    done = forget(context, dry_run=dry_run)
    data = [
        {
            "key": each.kept.key,
            "what": each.kept.what,
            "days": each.kept.kept.days,
            "number": each.number,
        }
        for each in done
    ]
    emit(app, {"dry_run": dry_run, "forgotten": data}, text.pruned(done, dry_run=dry_run))
