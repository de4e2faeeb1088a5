"""`newsletter editions cancel`, `reopen` and `resume`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, interactive, json_option, say, warn

if TYPE_CHECKING:
    from newsletter.model.edition import Edition
    from newsletter.pipeline.context import Context
    from newsletter.pipeline.delivering.undoing import Undone

_PARTLY = 4


@click.command("cancel")
@click.argument("edition")
@json_option
@pass_app
def cancel(app: App, edition: str) -> int:
    """Take an edition back: the undo.

    Nothing more of it is handed over, and mails that still wait at the provider are discarded. A
    `send` that is at work stops by itself. Whoever has the mail already keeps it. The period is
    closed: no timer sends it again, only `newsletter editions reopen` does.

    Exit codes: 0 all of it was stopped; 4 it was too late for some, or the provider has not
    confirmed it yet (then run it again at once).
    """
    from newsletter.cli.watching import context_of
    from newsletter.cli.wording import recipients_json
    from newsletter.pipeline.delivering.run import owner_name
    from newsletter.pipeline.delivering.undoing import cancel as take_back

    with context_of(app) as context:
        undone = take_back(context, edition, owner_name())
    data = {
        "edition": undone.edition.key,
        "state": undone.edition.state.value,
        "reasons": list(undone.edition.reasons),
        "recipients": recipients_json(undone.recipients),
        "too_late": undone.too_late,
        "unconfirmed": undone.unconfirmed,
    }
    emit(app, data, _cancelled_text(undone))
    return _PARTLY if undone.too_late or _unconfirmed(undone) else 0


def _unconfirmed(undone: Undone) -> bool:
    return undone.edition.state.value == "cancelling"


def _cancelled_text(undone: Undone) -> str:
    from newsletter.cli.subscribers_text import people

    key, stopped = undone.edition.key, undone.recipients.cancelled
    lines = [
        f"{key} is being taken back, and that is not done yet."
        if _unconfirmed(undone)
        else f"{key} is cancelled; its period is closed."
    ]
    lines += [f"  {reason}" for reason in undone.edition.reasons]
    if stopped:
        lines.append(f"{people(stopped)} will not get it.")
    if undone.unconfirmed:
        lines.append(f"{people(undone.unconfirmed)} may still get it: that is not confirmed.")
    if undone.too_late:
        lines.append(f"It was too late for {people(undone.too_late)}: they have it, or will.")
    if stopped and not _unconfirmed(undone):
        lines.append(f"To send it after all: `newsletter editions reopen {key}`.")
    return "\n".join(lines)


@click.command("reopen")
@click.argument("edition")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_app
def reopen(app: App, edition: str, yes: bool) -> int:
    """Send a cancelled edition after all.

    It goes to those people only whose mail was certainly taken back: nobody gets it twice. What it
    says cannot be changed any more. The next `newsletter send` hands it over.
    """
    from newsletter.cli.subscribers_text import people
    from newsletter.cli.watching import context_of
    from newsletter.pipeline.delivering.run import recipients_of
    from newsletter.pipeline.delivering.undoing import reopen as open_again
    from newsletter.pipeline.delivering.undoing import shown_since
    from newsletter.pipeline.naming import named

    with context_of(app) as context:
        found = named(context, edition)
        numbers = recipients_of(context, found)
        have = numbers.accepted + numbers.unknown
        whom = people(numbers.cancelled) if found.planned_at else "everybody"
        said = f"{edition} would go to {whom}, just as it was frozen." + (
            f" {people(have)} {'has' if have == 1 else 'have'} it or may have it, and"
            f" {'is' if have == 1 else 'are'} left out."
            if have
            else ""
        )
        since = " and ".join(shown_since(context, found))
        again = f"Posts of it were in {since} too: people get those again." if since else ""
        said = f"{said} {again}".strip()
        if found.state.value == "cancelled" and not _agreed(app, said, "Send it after all?", yes):
            return _not_agreed(app, found, said)
        opened = open_again(context, edition)
        if again:
            warn(again)
    emit(
        app,
        {"edition": opened.key, "state": opened.state.value},
        f"{opened.key} is open again. `newsletter send` hands it over.",
    )
    return 0


@click.command("resume")
@click.argument("edition")
@click.option(
    "--assume",
    type=click.Choice(["accepted", "lost"]),
    help="Decide what nobody knows: those people have their mail (accepted), or have not (lost).",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_app
def resume(app: App, edition: str, assume: str | None, yes: bool) -> int:
    """Go on with an edition that is paused, or decide what is unknown of it.

    Sometimes nobody can say whether some mails were taken: the provider's answer was lost. Nothing
    is sent to those people again by itself. Events that the provider reports later may settle it;
    else it is yours to say:

    \b
        --assume accepted   nothing more is sent; who did not get it never will
        --assume lost       it is sent again; who did get it gets it twice
    """  # noqa: D301 - click wants the character itself
    from newsletter.cli.watching import context_of
    from newsletter.cli.wording import exit_code, send_json, send_text
    from newsletter.pipeline.delivering.undoing import assume as decide
    from newsletter.pipeline.naming import named
    from newsletter.pipeline.notifying.run import resume_and_tell
    from newsletter.pipeline.report import ended

    with context_of(app) as context:
        found = named(context, edition)
        if assume is not None:
            said = _risk(context, found, assume)
            if said and not _agreed(app, said, "Do it?", yes):
                return _not_agreed(app, found, said)
            found = decide(context, edition, accepted=assume == "accepted")
        decided = assume is not None and found.state.value == "cancelled"
        report = ended(context, found) if decided else resume_and_tell(context, edition)
        zone = context.settings.newsletter.zone
    emit(app, send_json(report), send_text(report, zone))
    return exit_code(report)


def _risk(context: Context, found: Edition, assume: str) -> str:
    """What the admin risks, with the number; "" when nothing is unknown."""
    from newsletter.cli.subscribers_text import people
    from newsletter.pipeline.delivering.undoing import unknown_people

    number = unknown_people(context, found)
    if not number:
        return ""
    return f"Of {people(number)} nobody can say whether they got {found.key}. " + (
        "With `accepted` nothing more is sent: whoever of them did not get it never will."
        if assume == "accepted"
        else "With `lost` it is sent to all of them again: whoever did get it gets it twice."
    )


def _agreed(app: App, said: str, question: str, yes: bool) -> bool:
    if yes:
        return True
    if not interactive(app):
        return False
    say(said)
    return click.confirm(question, default=False, err=True)


def _not_agreed(app: App, found: Edition, said: str) -> int:
    """Nothing was done, because nobody said yes."""
    data: dict[str, Any] = {
        "edition": found.key,
        "state": found.state.value,
        "reasons": [said, "Nothing was done: say yes at a terminal, or with --yes."],
    }
    emit(app, data, f"{said}\nNothing was done: say yes at a terminal, or with --yes.")
    return 3
