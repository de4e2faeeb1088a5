"""`newsletter trials …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli import trials_text as text
from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option, say, warn

if TYPE_CHECKING:
    from newsletter.model.trial import Attention


@click.group("trials")
def command() -> None:
    """Trials that the blog mentions, what their register says, and what changed there.

    Trials are recognised by their numbers, in the text of posts and in the targets of links. What
    ClinicalTrials.gov says of them is read with `newsletter collect`; other registers are linked.

    What changes in the register is news only for trials that you follow, and waits for your
    approval.
    """


@command.command("list")
@click.option(
    "--attention",
    type=click.Choice(["mentioned", "proposed", "followed", "muted"]),
    help="Only those: of lists, waiting for your word, followed, or not wanted.",
)
@json_option
@pass_app
def list_(app: App, attention: str | None) -> None:
    """List the trials that posts mention, with the register's word."""
    from newsletter.cli.watching import context_of
    from newsletter.model.trial import Attention
    from newsletter.pipeline.trial_lines import line_of, sight_of
    from newsletter.store import trials as store

    wanted = (Attention(attention),) if attention else ()
    with context_of(app) as context, context.database.read() as connection:
        sight = sight_of(context.settings, context.now())
        found = [
            (known, line_of(connection, known, sight))
            for known in store.listed(connection, attention=wanted)
        ]
    emit(app, [text.trial_json(*each) for each in found], text.listed(found))


@command.command("show")
@click.argument("number")
@json_option
@pass_app
def show(app: App, number: str) -> None:
    """Show a trial: the register's word, its history, and the posts that mention it.

    NUMBER is the trial's number in its register, such as NCT03590119.
    """
    from newsletter.cli.watching import context_of
    from newsletter.pipeline.trial_lines import sight_of, story_of
    from newsletter.pipeline.trials import known_trial

    with context_of(app) as context, context.database.read() as connection:
        known = known_trial(connection, number)
        story = story_of(connection, known, sight_of(context.settings, context.now()))
    emit(app, text.story_json(story), text.story(story))


@command.command("check")
@click.option(
    "--posts", is_flag=True, help="List the posts whose trial has moved on since they were written."
)
@json_option
@pass_app
def check(app: App, *, posts: bool) -> int:
    """Ask the register what is new of the trials, and show what changed.

    Nothing is sent. `newsletter collect` and `newsletter send` do this by themselves, at most once
    an hour; this command asks at once. The first answer for a trial is no change.

    With --posts it also lists the posts that say less than the register does: edit them, and that
    edit is the news.

    Ends with 1 when the register cannot be reached; what is known of it is shown all the same.
    """
    from newsletter.cli.watching import context_of
    from newsletter.pipeline.trial_lines import posts_behind, sight_of
    from newsletter.pipeline.trials import check_trials
    from newsletter.store.lock import run_lock

    with context_of(app) as context:
        with run_lock(context.database):
            report = check_trials(context, anew=True)
        with context.database.read() as connection:
            sight = sight_of(context.settings, context.now())
            behind = posts_behind(connection, sight) if posts else None
    for warning in report.warnings:
        warn(warning)
    emit(app, text.check_json(report, behind), text.checked(report, behind))
    return 1 if report.status == "failed" else 0


@command.command("follow")
@click.argument("numbers", nargs=-1, required=True)
@json_option
@pass_app
def follow(app: App, numbers: tuple[str, ...]) -> None:
    """Follow trials: what changes in their register is news.

    It waits for `newsletter trials approve`, unless [trials] unattended is true. A trial that no
    post mentions can be followed, too.

    Example: newsletter trials follow NCT03590119
    """
    from newsletter.model.trial import Attention

    _attend(app, numbers, Attention.FOLLOWED)


@command.command("mute")
@click.argument("numbers", nargs=-1, required=True)
@json_option
@pass_app
def mute(app: App, numbers: tuple[str, ...]) -> None:
    """No longer follow trials, and do not propose them again.

    Their register's line stays beside the posts that mention them.

    Example: newsletter trials mute NCT03590119
    """
    from newsletter.model.trial import Attention

    _attend(app, numbers, Attention.MUTED)


def _attend(app: App, numbers: tuple[str, ...], attention: Attention) -> None:
    from newsletter.cli.watching import context_of
    from newsletter.pipeline.trials import set_attention

    with context_of(app) as context:
        trials = set_attention(context, numbers, attention)
    emit(
        app,
        [text.attention_json(trial, attention) for trial in trials],
        "\n".join(f"{trial.number} is {attention.value}." for trial in trials),
    )


@command.command("approve")
@click.argument("numbers", nargs=-1, required=True)
@json_option
@pass_app
def approve(app: App, numbers: tuple[str, ...]) -> None:
    """Let what changed in the register for these trials be told in the next edition.

    Look at it first, with `newsletter trials show NUMBER`. What changes after that needs a new
    approval. Only trials that are followed are told of.

    Example: newsletter trials approve NCT03590119
    """
    from newsletter.cli.watching import context_of
    from newsletter.model.trial import Attention
    from newsletter.pipeline import trials as pipeline
    from newsletter.store import trials as store

    with context_of(app) as context:
        trials = pipeline.approve(context, numbers)
        with context.database.read() as connection:
            known = [found for each in trials if (found := store.get(connection, each))]
    for each in known:
        if each.attention is not Attention.FOLLOWED:
            say(
                f"{each.trial.number} is not followed, and so is not told of:"
                f" `newsletter trials follow {each.trial.number}`"
            )
    emit(
        app,
        [{"id": each.number, "approved": True} for each in trials],
        "\n".join(f"What changed for {each.number} may be told." for each in trials),
    )
