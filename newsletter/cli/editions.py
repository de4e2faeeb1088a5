"""`newsletter editions …`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from newsletter.cli import undoing
from newsletter.cli.app import POST_OR_TRIAL, App, pass_app
from newsletter.cli.output import emit, json_option, warn

if TYPE_CHECKING:
    from newsletter.model.delivery import BatchState
    from newsletter.model.edition import Edition, TrialUpdate
    from newsletter.pipeline.compose import Composed


@click.group("editions")
def command() -> None:
    """List and show editions; change a draft, approve it; take one back, or go on with it."""


@command.command("list")
@json_option
@pass_app
def list_(app: App) -> None:
    """List the editions of this channel (rehearsal or real), newest first."""
    from newsletter.cli.watching import context_of
    from newsletter.cli.wording import moment
    from newsletter.pipeline.report import as_it_is, window_of
    from newsletter.store import editions as store

    with context_of(app) as context, context.database.read() as connection:
        found = [
            as_it_is(edition, window_of(connection, edition, context.now()))
            for edition in store.listed(connection, channel=context.channel)
        ]
        subjects = {edition.id: store.subject(connection, edition.id) for edition in found}
    rows = [_edition_json(edition, subjects[edition.id]) for edition in found]
    lines = [
        f"{e.key:<11} {e.state.value:<10} {moment(e.finished_at or e.composed_at)} {subjects[e.id]}"
        for e in found
    ]
    emit(app, rows, "\n".join(lines) or "There is no edition yet.")


@command.command("show")
@click.argument("edition")
@json_option
@pass_app
def show(app: App, edition: str) -> None:
    """Show what is in an edition, and what became of its mails."""
    from newsletter.cli.watching import context_of
    from newsletter.cli.wording import posts_json, recipients_json, window_lines
    from newsletter.pipeline.compose import as_stored
    from newsletter.pipeline.naming import named
    from newsletter.pipeline.report import as_it_is, window_of
    from newsletter.store import outcomes

    with context_of(app) as context:
        found = named(context, edition)
        with context.database.read() as connection:
            stored = as_stored(connection, found)
            recipients = outcomes.recipients(connection, found.id)
            states = outcomes.states(connection, found.id)
            window = window_of(connection, found, context.now())
        found = as_it_is(found, window)
        zone = context.settings.newsletter.zone
    data = {
        "edition": found.key,
        "channel": found.channel.value,
        "state": found.state.value,
        "reasons": list(found.reasons),
        "subject": stored.variants[0].subject if stored.variants else "",
        "note": found.note,
        "posts": posts_json(stored.items, stored.trials),
        "left_out": [{"id": i.post_id, "title": i.title, "url": i.url} for i in stored.left_out],
        "trials_left_out": [update.note.number for update in stored.trials_left_out],
        "variants": [variant.key for variant in stored.variants],
        "checksum": found.checksum,
        "recipients": recipients_json(recipients),
        "batches": {state.value: number for state, number in states.items()},
        "composed_at": found.composed_at,
        "frozen_at": found.frozen_at,
        "finished_at": found.finished_at,
        "send_at": window.send_at,
        "cancel_before": window.cancel_before,
    }
    leaves = window_lines(found.key, window.send_at, window.cancel_before, zone)
    emit(app, data, _show_text(found, stored, recipients, [*_batches(states), *leaves]))


def _batches(states: dict[BatchState, int]) -> list[str]:
    """How many batches are in each state, in a line; nothing before the planning."""
    counted = ", ".join(f"{number:,} {state.value}" for state, number in states.items())
    return [f"Batches:   {counted}"] if counted else []


def _show_text(edition: Edition, stored: Composed, recipients: Any, delivery: list[str]) -> str:
    from newsletter.cli.wording import moment, recipients_text

    subject = stored.variants[0].subject if stored.variants else "(nothing to send)"
    lines = [
        f"{edition.key} ({edition.channel.value}): {edition.state.value}",
        *(f"  {reason}" for reason in edition.reasons),
        f"Subject:   {subject}",
        f"Composed:  {moment(edition.composed_at)}",
        f"Frozen:    {moment(edition.frozen_at)}",
        f"Finished:  {moment(edition.finished_at)}",
        f"Variants:  {', '.join(variant.key for variant in stored.variants)}",
        f"People:    {recipients_text(recipients)}",
        *delivery,
        "Posts:",
        *(f"  {i.post_id:>5}  {i.kind.value:<8} {i.title}" for i in stored.items),
    ]
    if stored.trials:
        lines += ["Trial updates:", *map(_trial_line, stored.trials)]
    if stored.left_out or stored.trials_left_out:
        lines += ["Left out:", *(f"  {i.post_id:>5}  {i.title}" for i in stored.left_out)]
        lines += map(_trial_line, stored.trials_left_out)
    if edition.note:
        lines += ["Note:", *(f"  {line}" for line in edition.note.splitlines())]
    return "\n".join(lines)


def _trial_line(update: TrialUpdate) -> str:
    return f"  {update.note.number}  {update.note.title}"


@command.command("note")
@click.argument("edition")
@click.argument("text", required=False)
@click.option("--clear", is_flag=True, help="Take the note out.")
@json_option
@pass_app
def note(app: App, edition: str, text: str | None, clear: bool) -> None:
    """Set the author's introduction of a draft, in Markdown.

    The edition of this period, or of the next one, may have its note before there is any news.

    Without TEXT it is read from standard input. Examples:

    \b
        newsletter editions note 2026-W47 "Dear all, a quiet week…"
        newsletter editions note 2026-W47 < note.md
    """  # noqa: D301 - click wants the character itself
    from newsletter.cli.watching import context_of
    from newsletter.editions.note import placeholders
    from newsletter.pipeline.editing import set_note

    if text is None and not clear and sys.stdin.isatty():
        raise click.UsageError("Give the note as TEXT, or on standard input; or --clear.")
    words = "" if clear else (text if text is not None else sys.stdin.read())
    with context_of(app) as context:
        composed = set_note(context, edition, words.strip())
    done = "The note was taken out." if not words.strip() else "The note is in."
    if found := placeholders(words):
        warn(f"Nothing is filled into a note: {', '.join(found)} goes out as it is written.")
    _changed(app, edition, composed, done)


@command.command("drop")
@click.argument("edition")
@click.argument("what", metavar="POST|TRIAL", type=POST_OR_TRIAL)
@click.option("--undo", is_flag=True, help="Take it in again.")
@json_option
@pass_app
def drop(app: App, edition: str, what: int | str, undo: bool) -> None:
    """Leave a post, or a trial update, out of a draft.

    POST is its number from `newsletter editions show`, TRIAL the number of a trial in its register,
    such as NCT03590119. It does not come again by itself, only when it changes anew.
    """
    from newsletter.cli.watching import context_of
    from newsletter.pipeline.editing import leave_out, leave_trial_out

    with context_of(app) as context:
        if isinstance(what, int):
            composed = leave_out(context, edition, what, dropped=not undo)
        else:
            composed = leave_trial_out(context, edition, what, dropped=not undo)
    thing = "The post" if isinstance(what, int) else "The trial update"
    _changed(app, edition, composed, f"{thing} is {'in again' if undo else 'left out'}.")


@command.command("approve")
@click.argument("edition")
@json_option
@pass_app
def approve(app: App, edition: str) -> None:
    """Approve exactly the edition that you last previewed.

    It is frozen: `newsletter send` delivers these bytes, and a timer does when its time has come.
    """
    from newsletter.cli.watching import context_of
    from newsletter.pipeline.editing import approve as approve_edition

    with context_of(app) as context:
        frozen = approve_edition(context, edition)
    emit(
        app,
        {"edition": frozen.key, "state": frozen.state.value, "checksum": frozen.checksum},
        f"{frozen.key} is approved and frozen. `newsletter send` delivers it now; a timer does when"
        " its time has come.",
    )


command.add_command(undoing.cancel)
command.add_command(undoing.reopen)
command.add_command(undoing.resume)


def _changed(app: App, key: str, composed: Composed, done: str) -> None:
    data = {
        "edition": key,
        "state": composed.edition.state.value if composed.edition else None,
        "posts": len(composed.items),
        "trials": len(composed.trials),
        "left_out": len(composed.left_out),
        "checksum": composed.edition.checksum if composed.edition else None,
    }
    if composed.edition:
        rest = f"Look at it with `newsletter preview {key}`."
    elif composed.left_out or composed.trials_left_out:
        rest = "Nothing is left in it, so no edition will go out."
    else:
        rest = "There is no news yet, and without any no edition goes out."
    emit(app, data, f"{done} {rest}")


def _edition_json(edition: Edition, subject: str) -> dict[str, object]:
    return {
        "edition": edition.key,
        "channel": edition.channel.value,
        "state": edition.state.value,
        "subject": subject,
        "reasons": list(edition.reasons),
        "composed_at": edition.composed_at,
        "frozen_at": edition.frozen_at,
        "finished_at": edition.finished_at,
    }
