"""`newsletter posts history`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option

if TYPE_CHECKING:
    from newsletter.model.post import KnownPost
    from newsletter.pipeline.explaining.posts import Told


@click.command("history")
@click.argument("post")
@json_option
@pass_app
def history(app: App, post: str) -> None:
    """Show what was made of each change of a post, and which edition showed it.

    POST is its number from `newsletter posts list`, or its address. Each change is against the
    revision before it; an edition compares with what its readers were shown last
    (`newsletter explain post` tells of that).
    """
    from newsletter.cli.watching import context_of
    from newsletter.pipeline.explaining.posts import history_of

    with context_of(app) as context:
        found, told = history_of(context, post)
    emit(app, _json(found, told), _text(found, told))


def _json(found: KnownPost, told: tuple[Told, ...]) -> dict[str, Any]:
    return {
        "id": found.id,
        "title": found.title,
        "url": found.url,
        "revisions": [
            {
                "number": each.revision.number,
                "seen_at": each.revision.seen_at,
                "title": each.revision.revision.title,
                "weight": each.revision.change.weight.value,
                "change": each.revision.change.summary,
                "reasons": list(each.revision.change.reasons),
                "editions": list(each.editions),
            }
            for each in told
        ],
    }


def _text(found: KnownPost, told: tuple[Told, ...]) -> str:
    from newsletter.cli.wording import moment

    lines = [found.title, found.url]
    for each in told:
        revision, change = each.revision, each.revision.change
        said = "as first seen" if revision.number == 1 else change.weight.value
        said += f": {change.summary}" if change.summary else ""
        lines.append(f"  {revision.number:>3}  {moment(revision.seen_at)}  {said}")
        lines += [f"       {reason}" for reason in change.reasons]
        if each.editions:
            lines.append(f"       shown in {', '.join(each.editions)}")
    return "\n".join(lines)
