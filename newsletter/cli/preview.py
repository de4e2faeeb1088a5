"""`newsletter preview`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, emit_error, json_option, say, warn

if TYPE_CHECKING:
    from newsletter.pipeline.preview import Preview


@click.command("preview")
@click.argument("edition", required=False)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("preview"),
    show_default=True,
    help="The folder to write into.",
)
@click.option("--open", "open_", is_flag=True, help="Open the page in the browser.")
@click.option("--sample", is_flag=True, help="Show the latest posts, in a week without news.")
@click.option(
    "--watch", is_flag=True, help="Write it again whenever a template or the settings change."
)
@json_option
@pass_app
def command(
    app: App, edition: str | None, out: Path, open_: bool, sample: bool, watch: bool
) -> int:
    """Write the exact HTML and text of each variant, and a page that shows them.

    Without EDITION it is the draft of this period, made from what `newsletter collect` found.
    Nothing is sent and no feed is fetched. Example:

        newsletter preview --open

    With --watch the page in the browser follows what you change; Ctrl-C ends it.
    """
    if sample and edition:
        raise click.UsageError("--sample shows the latest posts; it cannot show an edition.")
    if watch and app.json:
        raise click.UsageError("--watch goes on until it is stopped; it has no one answer in JSON.")
    wish = _Wish(edition=edition, out=out, sample=sample, watch=watch)
    return _watch(app, wish, open_) if watch else _show(app, wish, open_)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What is to be shown, and where it is written."""

    edition: str | None
    out: Path
    sample: bool
    watch: bool


def _show(app: App, wish: _Wish, open_: bool) -> int:
    written = _written(app, wish)
    if written is None:
        return _nothing(app, sample=wish.sample)
    told = () if app.json else written.held
    for finding in written.findings:
        said = f"{finding.place}: {finding.message} {finding.mend}"
        if said not in told:
            (_holds if finding.error else warn)(said)
    emit(app, _json(written), _text(written))
    if open_:
        click.launch(written.page.resolve().as_uri())
    return 3 if any(finding.error for finding in written.findings) else 0


def _written(app: App, wish: _Wish) -> Preview | None:
    from newsletter.cli.watching import context_of
    from newsletter.pipeline import preview as stage

    pictures = app.wiring().pictures
    with context_of(app) as context:
        if wish.sample:
            return stage.sample(context, wish.out, pictures=pictures, watched=wish.watch)
        return stage.preview(
            context, wish.out, key=wish.edition, pictures=pictures, watched=wish.watch
        )


def _watch(app: App, wish: _Wish, open_: bool) -> int:
    """Shows it, and again at each change; gives the code of the last time."""
    from newsletter.cli.rewatch import again_on_change, stamps
    from newsletter.resources import templates_dir

    places = [app.config, app.wiring().settings.templates_path(), templates_dir()]
    codes: list[int] = []

    def show() -> None:
        app.settings_changed()
        codes.append(_tried(app, wish, open_ and not codes))

    say("Watching templates and settings; Ctrl-C ends it.")
    again_on_change(show, lambda: stamps(places))
    say("Stopped watching.")
    return codes[-1] if codes else 0


def _tried(app: App, wish: _Wish, open_: bool) -> int:
    """The same as `_show`, but what is wrong is said and ends nothing: it is about to be mended."""
    from newsletter.errors import NewsletterError

    try:
        return _show(app, wish, open_)
    except NewsletterError as error:
        emit_error(app, error.code, error.message, error.mend)
        return error.exit_code


def _holds(text: str) -> None:
    say(f"Holds the edition: {text}")


def _nothing(app: App, *, sample: bool) -> int:
    text = "Nothing new to show. Run `newsletter collect` first"
    text += "." if sample else ", or look at the latest posts with `newsletter preview --sample`."
    emit(app, {"edition": None, "page": None, "variants": [], "findings": []}, text)
    return 0


def _json(written: Preview) -> dict[str, object]:
    return {
        "edition": written.edition_key,
        "sample": written.sample,
        "page": str(written.page),
        "subject": written.subject,
        "held": list(written.held),
        "variants": list(written.variants),
        "findings": [
            {
                "code": finding.code,
                "error": finding.error,
                "place": finding.place,
                "message": finding.message,
                "mend": finding.mend,
            }
            for finding in written.findings
        ],
    }


def _text(written: Preview) -> str:
    from newsletter.cli.wording import item_lines

    lines = [f"Held: {reason}" for reason in written.held]
    lines += [f"Subject: {written.subject}", *item_lines(written.items, written.trials)]
    lines += [f"Variants: {', '.join(written.variants)}", f"Open {written.page}"]
    return "\n".join(lines)
