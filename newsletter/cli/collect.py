"""`newsletter collect`."""

from __future__ import annotations

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option, warn


@click.command("collect")
@json_option
@pass_app
def command(app: App) -> int:
    """Fetch the feeds and note what is new and what changed.

    Then the register is asked about the trials that posts mention; when it cannot be, that is only
    a warning.

    Nothing is sent. `newsletter send` does this by itself; run it alone to see what the next
    edition will be made of, then look with `newsletter posts list`.
    """
    from newsletter.cli.trials_text import check_json, trials_line
    from newsletter.cli.watching import context_of
    from newsletter.cli.wording import feed_json, feed_line
    from newsletter.pipeline.collect import all_failed, collect
    from newsletter.pipeline.heeding import heed_waiting_reports
    from newsletter.pipeline.trials import check_trials
    from newsletter.store.lock import run_lock

    with context_of(app) as context, run_lock(context.database):
        heed_waiting_reports(context)
        reports = collect(context)
        trials = check_trials(context)
    for report in reports:
        for note in report.notes:
            warn(f"{report.url}: {note}")
    for warning in trials.warnings:
        warn(warning)
    emit(
        app,
        {"feeds": [feed_json(report) for report in reports], "trials": check_json(trials)},
        "\n".join(filter(None, [*map(feed_line, reports), trials_line(trials)])),
    )
    return 1 if all_failed(reports) else 0
