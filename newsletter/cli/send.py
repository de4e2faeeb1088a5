"""`newsletter send`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, interactive, json_option, say, warn

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.pipeline.report import Report
    from newsletter.pipeline.send import Question


@click.command("send")
@click.option("--dry-run", is_flag=True, help="Say what would go out, and send nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before a real send.")
@click.option("--to", metavar="ADDRESS", help="Send a test of the same mail to one address only.")
@click.option("--scheduled", is_flag=True, help="For timers: act only when an edition is due.")
@json_option
@pass_app
def command(app: App, dry_run: bool, yes: bool, to: str | None, scheduled: bool) -> int:
    """Send this period's edition, once to everybody.

    Goes on with an edition that was interrupted, fetches the feeds, composes, freezes and delivers.
    Run it again as often as you like: nobody gets an edition twice.

    \b
    Examples:
        newsletter send --dry-run             what would go out?
        newsletter send --to me@example.org   one mail, to yourself
        newsletter send                       the edition of this week
        newsletter send --scheduled           what a timer calls, every hour or so

    Exit codes: 0 done, or nothing to do; 1 failed; 2 wrong settings; 3 held, it waits for you;
    4 partly done.
    """  # noqa: D301 - click wants the character itself
    if to is not None:
        if dry_run or scheduled:
            raise click.UsageError("--to sends one mail now; it goes with no other way of sending.")
        return _test(app, to)
    from newsletter.cli.watching import context_of
    from newsletter.cli.wording import exit_code, feed_line, send_json, send_text
    from newsletter.errors import BusyError
    from newsletter.model.delivery import Outcome
    from newsletter.pipeline.notifying.run import send_and_tell

    try:
        _open_database(app, scheduled=scheduled)
        with context_of(app) as context:
            report = send_and_tell(
                context, confirm=_asking(app, yes=yes), scheduled=scheduled, dry_run=dry_run
            )
    except BusyError as error:
        return _busy(app, error, scheduled=scheduled)
    for feed in report.feeds:
        if feed.status == "failed" and report.outcome is not Outcome.FAILED:
            warn(feed_line(feed))
        for note in feed.notes:
            warn(f"{feed.url}: {note}")
    for warning in report.warnings:
        warn(warning)
    zone = app.wiring().settings.newsletter.zone
    emit(app, send_json(report), f"{send_text(report, zone)}{_next(app, report)}")
    return exit_code(report)


def _open_database(app: App, *, scheduled: bool) -> None:
    """Opens it; when that fails while nobody is watching, the admin hears of it by mail."""
    from newsletter.errors import StoreError

    wiring = app.wiring()
    try:
        wiring.database()
    except StoreError as error:
        if scheduled:
            from newsletter.pipeline.notifying.run import tell_unnoted

            tell_unnoted(wiring.settings, wiring.transport, str(error), wiring.now())
        raise


def _next(app: App, report: Report) -> str:
    """Where to look at what was done."""
    sent = report.outcome.value in ("sent", "partial", "already-sent")
    settings = app.wiring().settings
    if not sent or settings.delivery.transport != "outbox":
        return ""
    page = settings.outbox_path() / "index.html"
    return f"\nThis was a rehearsal: nothing was mailed. Open {page}"


def _busy(app: App, error: Exception, *, scheduled: bool) -> int:
    from newsletter.cli.wording import send_json
    from newsletter.model.delivery import Outcome
    from newsletter.pipeline.report import Report

    report = Report(outcome=Outcome.BUSY, reasons=(str(error),))
    emit(app, send_json(report), "")
    if not app.json:
        say(f"{'Busy' if scheduled else 'Error'}: {error}")
    return 0 if scheduled else 1


def _test(app: App, address: str) -> int:
    from newsletter.cli.watching import context_of
    from newsletter.pipeline.one_mail import send_one

    with context_of(app) as context:
        sent = send_one(context, address)
    if sent is None:
        emit(
            app,
            {"edition": None, "to": address, "subject": "", "file": None},
            "Nothing new to send; look at the latest posts with `newsletter preview --sample`.",
        )
        return 0
    where = f" (the file {sent.file})" if sent.file else ""
    emit(
        app,
        {"edition": sent.edition_key, "to": address, "subject": sent.subject, "file": sent.file},
        f"One mail of {sent.edition_key} to {address}{where}: {sent.subject}\n"
        "Its personal links are harmless, and nothing was noted in the ledger.",
    )
    return 0


def _asking(app: App, *, yes: bool) -> Callable[[Question], bool]:
    """How a real send is confirmed: by `--yes`, by the terminal, or not at all."""

    def confirm(question: Question) -> bool:
        if yes:
            return True
        return interactive(app) and ask(question)

    return confirm


def ask(question: Question) -> bool:
    """Asks on the terminal; above a thousand people only their number, typed, is a yes."""
    from newsletter.cli.subscribers_text import people
    from newsletter.cli.wording import posts
    from newsletter.delivery.gates import TYPE_THE_NUMBER_ABOVE
    from newsletter.editions.wording import counted

    for hold in question.holds:
        say(f"{hold.message} {hold.mend}")
    trials = f" and {counted(question.trials, 'trial update')}" if question.trials else ""
    say(
        f"Edition {question.edition_key}: {posts(question.posts)}{trials} to"
        f" {people(question.people)}, really sent ({question.channel}) through"
        f" {question.transport}.\n"
        f"Subject: {question.subject}"
    )
    if question.people <= TYPE_THE_NUMBER_ABOVE:
        return click.confirm("Send it?", default=False, err=True)
    typed = click.prompt(
        "Type the number of people to send it", default="", show_default=False, err=True
    )
    digits = "".join(character for character in str(typed) if character not in " ,._'")
    return digits == str(question.people)
