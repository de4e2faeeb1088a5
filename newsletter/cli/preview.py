"""`newsletter preview`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option, warn

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
@json_option
@pass_app
def command(app: App, edition: str | None, out: Path, open_: bool, sample: bool) -> int:
    """Write the exact HTML and text of each variant, and a page that shows them.

    Without EDITION it is the draft of this period, made from what `newsletter collect` found.
    Nothing is sent and no feed is fetched. Example:

        newsletter preview --open
    """
    from newsletter.cli.watching import context_of
    from newsletter.pipeline import preview as stage

    if sample and edition:
        raise click.UsageError("--sample shows the latest posts; it cannot show an edition.")
    pictures = app.wiring().pictures
    with context_of(app) as context:
        if sample:
            written = stage.sample(context, out, pictures=pictures)
        else:
            written = stage.preview(context, out, key=edition, pictures=pictures)
    if written is None:
        return _nothing(app, sample=sample)
    for finding in written.findings:
        warn(f"{finding.place}: {finding.message} {finding.mend}")
    emit(app, _json(written), _text(written))
    if open_:
        click.launch(written.page.resolve().as_uri())
    return 3 if any(finding.error for finding in written.findings) else 0


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
