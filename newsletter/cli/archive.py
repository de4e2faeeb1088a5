"""`newsletter archive …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option

if TYPE_CHECKING:
    from newsletter.pipeline.archive import Entry


@click.group("archive")
def command() -> None:
    """What everybody can read of earlier editions on the web, and what is taken out of it."""


@command.command("list")
@json_option
@pass_app
def list_(app: App) -> None:
    """List the editions that the archive shows, newest first."""
    from newsletter.cli.watching import context_of
    from newsletter.cli.wording import moment
    from newsletter.pipeline.archive import entries

    with context_of(app) as context:
        found = entries(context)
        public = context.settings.newsletter.public_url.rstrip("/")
    rows = [
        {
            "edition": entry.key,
            "url": f"{public}/archive/{entry.key}",
            "sent_at": entry.sent_at,
            "subject": entry.subject,
            "removed": entry.removed,
            "removed_posts": entry.missing,
        }
        for entry in found
    ]
    lines = [f"{e.key:<11} {moment(e.sent_at)}  {_shown(e)}" for e in found]
    emit(app, rows, "\n".join(lines) or "Nothing was really sent yet.")


def _shown(entry: Entry) -> str:
    """What of an edition can still be read."""
    if entry.removed:
        return "(removed)"
    if not entry.missing:
        return entry.subject
    texts = "one text" if entry.missing == 1 else f"{entry.missing} texts"
    return f"{entry.subject} ({texts} removed)"


@command.command("hide")
@click.argument("edition")
@click.option("--post", metavar="URL", help="Only this post of it, by its address or number.")
@click.option("--undo", is_flag=True, help="Show it again.")
@json_option
@pass_app
def hide(app: App, edition: str, post: str | None, undo: bool) -> None:
    """Take an edition, or a post of it, off the web: a text that must go.

    Its page and the feed say that it was removed. What was mailed cannot be called back, and the
    edition stays in the database as it was sent, with its checksum. Examples:

    \b
        newsletter archive hide 2026-W47
        newsletter archive hide 2026-W47 --post https://blog.example.org/a-post/
    """  # noqa: D301 - click wants the character itself
    from newsletter.cli.watching import context_of
    from newsletter.pipeline.archive import hide as hide_it

    with context_of(app) as context:
        done = hide_it(context, edition, post, undo=undo)
    what = f"“{done.title}”" if post else "The edition"
    said = f"{what} is {'shown again' if undo else 'removed'} in the archive of {done.edition}."
    if post and done.elsewhere:
        said += f" It is also in {', '.join(done.elsewhere)}."
    data = {
        "edition": done.edition,
        "post": done.title if post else None,
        "removed": not undo,
        "also_in": list(done.elsewhere) if post else [],
    }
    emit(app, data, said)
