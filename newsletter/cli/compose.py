"""`newsletter compose`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option, warn

if TYPE_CHECKING:
    from newsletter.pipeline.compose import Composed


@click.command("compose")
@json_option
@pass_app
def command(app: App) -> int:
    """Make or refresh the draft of this period's edition.

    Uses what `newsletter collect` has found, and sends nothing. The links to the blog are tried; a
    post whose page is gone is left out. Look at the draft with `newsletter preview`.
    """
    from newsletter.cli.watching import context_of
    from newsletter.editions.period import period_of
    from newsletter.pipeline.context import schedule_of
    from newsletter.pipeline.pages import compose_checked
    from newsletter.store.lock import run_lock

    with context_of(app) as context, run_lock(context.database):
        period = period_of(schedule_of(context.settings), context.now())
        composed = compose_checked(context, period)
    for warning in composed.warnings:
        warn(warning)
    emit(app, _json(composed, period.key), _text(composed))
    return 3 if composed.reasons else 0


def _json(composed: Composed, key: str) -> dict[str, Any]:
    from newsletter.cli.wording import posts_json

    edition = composed.edition
    return {
        "edition": edition.key if edition else None,
        "period": key,
        "state": edition.state.value if edition else None,
        "reasons": list(composed.reasons),
        "subject": composed.variants[0].subject if composed.variants else "",
        "posts": posts_json(composed.items, composed.trials),
        "left_out": [item.post_id for item in composed.left_out],
        "rolled_over": [item.post_id for item in composed.rolled_over],
        "trials_waiting": [
            {"id": news.trial.number, "title": news.title, "change": news.summary}
            for news in composed.trials_waiting
        ],
        "variants": [variant.key for variant in composed.variants],
        "checksum": edition.checksum if edition else None,
    }


def _text(composed: Composed) -> str:
    from newsletter.cli.wording import item_lines

    if composed.edition is None:
        return "Nothing new: no edition."
    lines = [f"{composed.edition.key}: {composed.edition.state.value}."]
    lines += [f"  {reason}" for reason in composed.reasons]
    lines += [f"Subject: {variant.subject}" for variant in composed.variants[:1]]
    lines += item_lines(composed.items, composed.trials)
    if composed.left_out:
        lines += ["Left out:", *(f"  {item.title}" for item in composed.left_out)]
    lines.append("Look at it with `newsletter preview`.")
    return "\n".join(lines)
