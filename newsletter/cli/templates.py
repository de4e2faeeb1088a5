"""`newsletter templates`: how mails and pages look, file by file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.model.edition import Finding
    from newsletter.pipeline.own_templates import OwnTemplate

_WORDS = {
    "same": "yours, the same as the program's",
    "changed": "yours, changed",
    "outdated": "yours; the program's has changed since it was copied",
    "unmarked": "yours; what it was copied from is not known",
    "unknown": "yours; replaces none of the program's",
}
"""By `newsletter.templating.copies.Copy`."""

_LOOK = {
    "digest": "look at it with `newsletter preview --sample`",
    "confirm": "try it with `newsletter templates check`",
    "web": "look at it with `newsletter serve`",
}
"""How to see what was changed, by the folder of the template."""


@click.group(name="templates", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Templates of your own, which come before the program's file by file.

    They lie in the folder `templates` beside the settings (another one is named by `templates`
    under [look]). Colours, a logo and texts above and below need no template: they are settings.

    Example: newsletter templates copy digest/footer.mjml.j2
    """


@command.command(name="list")
@json_option
@pass_app
def list_(app: App) -> None:
    """List the templates, and which of them you have replaced.

    It also says where the program's own has changed since you copied it.

    Example: newsletter templates list
    """
    from newsletter.pipeline.own_templates import listed

    own = app.wiring().settings.templates_path()
    found = listed(own)
    emit(app, [_plain(each) for each in found], _listed(found))


@command.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="Write it anew; yours is kept beside it as .old.")
@json_option
@pass_app
def copy(app: App, name: str, force: bool) -> None:
    """Copy one of the program's templates into your folder, to change it there.

    What you have is never written over without --force. NAME is one that `newsletter templates
    list` shows.

    Example: newsletter templates copy digest/footer.mjml.j2
    """
    from newsletter.pipeline.own_templates import copied

    file = copied(app.wiring().settings.templates_path(), name, force=force)
    look = _LOOK.get(name.partition("/")[0], _LOOK["digest"])
    text = f"Copied to {file}. Change it there, and {look}."
    emit(app, {"name": name, "file": str(file)}, text)


@command.command()
@json_option
@pass_app
def check(app: App) -> int:
    """Try all templates, and the look of the settings, on made-up editions and mails.

    Everything is rendered in every form, and goes through the same gate as an edition. What is
    found is named with file and line, as far as they can be known. Ends with 3 when an edition
    would be held for it.

    Example: newsletter templates check
    """
    from newsletter.pipeline.own_templates import tried

    wiring = app.wiring()
    found = tried(wiring.settings, wiring.now())
    errors = sum(finding.error for finding in found)
    emit(app, {"findings": [_finding(each) for each in found]}, _found(found))
    return 3 if errors else 0


def _plain(each: OwnTemplate) -> dict[str, Any]:
    return {
        "name": each.name,
        "file": str(each.file) if each.file else None,
        "state": each.copy.value if each.copy else "program",
    }


def _listed(found: Sequence[OwnTemplate]) -> str:
    width = max(len(each.name) for each in found)
    lines = [
        f"{each.name:<{width}}  {_WORDS[each.copy.value]}" if each.copy else each.name
        for each in found
    ]
    return "\n".join(lines)


def _finding(each: Finding) -> dict[str, Any]:
    return {
        "code": each.code,
        "error": each.error,
        "place": each.place,
        "message": each.message,
        "mend": each.mend,
    }


def _found(found: Sequence[Finding]) -> str:
    if not found:
        return "All templates work, in every form, and pass the checks."
    lines = []
    for each in found:
        lines.append(f"{'Error' if each.error else 'Warning'} ({each.code}): {each.place}")
        lines += [f"  {each.message}", f"  -> {each.mend}"]
    errors = sum(each.error for each in found)
    return "\n".join([*lines, "", f"Errors: {errors}. Warnings: {len(found) - errors}."])
