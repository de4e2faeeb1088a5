"""`newsletter doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option, say

if TYPE_CHECKING:
    from newsletter.model.remark import Remark


@click.command("doctor")
@click.option(
    "--message",
    type=click.Path(path_type=Path),
    metavar="FILE.eml",
    help="Look into a mail that was saved from a mailbox, and at nothing else.",
)
@click.option(
    "--unsubscribe",
    is_flag=True,
    help="Try whether readers can unsubscribe, and look at nothing else.",
)
@click.option(
    "--dkim-selector", default="", metavar="NAME",
    help="The name of the key your mail server signs with, such as default or mail2026.",
)  # fmt: skip
@click.option(
    "--nameserver", default="", metavar="ADDRESS[:PORT]",
    help="Ask this name server for the domain's records, not the computer's own.",
)  # fmt: skip
@json_option
@pass_app
def command(
    app: App, message: Path | None, *, unsubscribe: bool, dkim_selector: str, nameserver: str
) -> int:
    """Check the whole set-up, and say what to mend. Nothing is mailed, and nothing is changed.

    Settings, secrets, database, disk, feeds and what they tell of edits, clock, templates,
    schedule, the records of your domain, and the account at SendGrid or the mail server. Ends with
    1 when there is a problem.
    When the first mail has arrived, save it from your mailbox and let it be looked at, too:

        newsletter doctor --message FILE.eml

    With --unsubscribe, a made-up reader's link is looked at and pressed at public_url, while
    `newsletter serve` is at work, and it is seen whether she left in this very database. A real
    send does that by itself when the last time is more than a day ago; after seven days without
    success it waits for your yes.
    """
    if message is not None:
        remarks = _of_message(app, message)
    elif unsubscribe:
        remarks = _of_unsubscribing(app)
    else:
        remarks = _of_all(app, dkim_selector, nameserver)
    emit(app, _json(remarks), _text(remarks))
    return 1 if _counts(remarks)["problem"] else 0


def _of_all(app: App, dkim_selector: str, nameserver: str) -> tuple[Remark, ...]:
    wiring = app.wiring()  # first, so that unusable settings are said before anything is looked at
    from newsletter.pipeline.examination.run import examine

    around = wiring.surroundings(nameserver=nameserver, dkim_selector=dkim_selector)
    return examine(around, tell=say)


def _of_unsubscribing(app: App) -> tuple[Remark, ...]:
    """Raises UsageError where there are no pages of our own, or none that may be asked."""
    from newsletter.cli.watching import context_of
    from newsletter.errors import UsageError
    from newsletter.model.remark import fine, problem
    from newsletter.pipeline.canary import check_unsubscribing, pressing
    from newsletter.pipeline.context import pages_of

    with context_of(app) as context:
        root = pages_of(context.settings)
        if not root:
            raise UsageError(
                "Readers unsubscribe at SendGrid, and not on pages of yours.",
                'This is for unsubscribe = "own" ([delivery]).',
            )
        press = pressing(context)
        if press is None:
            raise UsageError(
                f"NEWSLETTER_NOW is set, and {root} goes by the real time.",
                "Take NEWSLETTER_NOW out of the environment.",
            )
        say(f"Trying whether readers can unsubscribe at {root} …")
        checked = check_unsubscribing(context, press)
    if checked.found:
        return (problem("unsubscribe", checked.found, checked.mend),)
    said = f"Readers can unsubscribe at {root}: looking changes nothing, one click takes them off."
    return (fine("unsubscribe", said),)


def _of_message(app: App, file: Path) -> tuple[Remark, ...]:
    """Raises UsageError for a file that is not there or is no mail."""
    from newsletter.delivery.received import examine
    from newsletter.errors import UsageError

    try:
        raw = file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read: {error.strerror or error}.", "Name the file of a saved mail."
        ) from None
    return tuple(examine(raw, postal_address=_postal_address(app)))


def _postal_address(app: App) -> str | None:
    """From the settings; a mail can be looked at without any."""
    from newsletter.errors import SettingsError

    try:
        return app.wiring().settings.newsletter.postal_address
    except SettingsError:
        return None


def _counts(remarks: Sequence[Remark]) -> dict[str, int]:
    from newsletter.model.remark import Verdict

    return {v.value: sum(remark.verdict is v for remark in remarks) for v in Verdict}


def _json(remarks: Sequence[Remark]) -> dict[str, object]:
    return {
        "counts": _counts(remarks),
        "checks": [
            {
                "check": remark.check,
                "verdict": remark.verdict.value,
                "found": remark.found,
                "mend": remark.mend or None,
            }
            for remark in remarks
        ],
    }


def _text(remarks: Sequence[Remark]) -> str:
    width = max((len(remark.check) for remark in remarks), default=0)
    lines = []
    for remark in remarks:
        lines.append(f"{remark.verdict.value:<7}  {remark.check:<{width}}  {remark.found}")
        if remark.mend:
            lines.append(f"{'':<7}  {'':<{width}}  -> {remark.mend}")
    counts = _counts(remarks)
    problems, warnings = counts["problem"], counts["warning"]
    counted = f"{_some(problems, 'problem')}, {_some(warnings, 'warning')}."
    return "\n".join([*lines, "", counted[0].upper() + counted[1:]])


def _some(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
