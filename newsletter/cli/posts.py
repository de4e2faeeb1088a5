"""`newsletter posts …`."""

from __future__ import annotations

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option
from newsletter.cli.post_history import history
from newsletter.cli.post_weight import weight


@click.group("posts")
def command() -> None:
    """What is known of the blog's posts, and of how they changed."""


command.add_command(weight)
command.add_command(history)


@command.command("list")
@click.option("--limit", type=click.IntRange(min=1), help="Show only so many.")
@json_option
@pass_app
def list_(app: App, limit: int | None) -> None:
    """List the posts that are known, newest first."""
    from newsletter.cli.watching import context_of
    from newsletter.store import posts as store

    with context_of(app) as context, context.database.read() as connection:
        found = store.summaries(connection, limit=limit)
    rows = [
        {
            "id": post.id,
            "title": post.title,
            "url": post.url,
            "published": post.published,
            "updated": post.updated,
            "first_seen": post.first_seen,
            "categories": list(post.categories),
            "revisions": post.revisions,
            "last_change": post.last_change.value,
        }
        for post in found
    ]
    lines = [
        f"{post.id:>5}  {f'{post.published:%Y-%m-%d}' if post.published else 'no date':<10}"
        f"  {post.last_change.value:<5}  {post.title}"
        for post in found
    ]
    emit(app, rows, "\n".join(lines) or "No post is known yet. Run `newsletter collect`.")


@command.command("show")
@click.argument("post")
@json_option
@pass_app
def show(app: App, post: str) -> None:
    """Show a post: its revisions, what was made of each change, and its text as it is known.

    POST is its number from `newsletter posts list`, or its address.
    """
    from newsletter.cli.watching import context_of
    from newsletter.cli.wording import moment
    from newsletter.pipeline.weights import named_post
    from newsletter.store import posts as store

    with context_of(app) as context, context.database.read() as connection:
        number = named_post(connection, post).id
        found, revisions = store.get(connection, number), store.history(connection, number)
    assert found is not None
    data = {
        "id": found.id,
        "title": found.title,
        "url": found.url,
        "published": found.published,
        "updated": found.updated,
        "first_seen": found.first_seen,
        "categories": list(found.categories),
        "revisions": [
            {
                "number": revision.number,
                "seen_at": revision.seen_at,
                "weight": revision.change.weight.value,
                "change": revision.change.summary,
                "reasons": list(revision.change.reasons),
                "title": revision.revision.title,
                "text": revision.revision.text,
            }
            for revision in revisions
        ],
    }
    lines = [
        found.title,
        found.url,
        f"Published:  {moment(found.published)}",
        f"Updated:    {moment(found.updated)}",
        f"First seen: {moment(found.first_seen)}",
        f"Categories: {', '.join(found.categories) or 'none'}",
        "Revisions:",
    ]
    for revision in revisions:
        said = "as first seen" if revision.number == 1 else revision.change.weight.value
        said += f": {revision.change.summary}" if revision.change.summary else ""
        lines.append(f"  {revision.number:>3}  {moment(revision.seen_at)}  {said}")
        lines += [f"       {reason}" for reason in revision.change.reasons]
    lines += ["", revisions[-1].revision.text] if revisions else []
    emit(app, data, "\n".join(lines))
