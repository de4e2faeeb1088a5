"""Writes the pages of docs/ that come from the code: commands, settings, findings.

`make docs` writes them; a test compares what is written with what the code says.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from newsletter.cli.main import cli
from newsletter.config.reference import reference
from newsletter.editions.findings import KINDS

FOLDER = Path(__file__).resolve().parent
COMMANDS_PAGE = FOLDER / "reference" / "commands.md"
SETTINGS_PAGE = FOLDER / "reference" / "settings.md"
FINDINGS_PAGE = FOLDER / "reference" / "findings.md"
_WIDTH = 88

_INTRODUCTION = """\
<!-- Written by `make docs` from the commands themselves; do not edit. -->

# Commands

Every command answers `--help`. `--config` and `--debug` come before the name of the command.
With `--json` a command prints exactly one JSON document on stdout, also when it fails
(`{"error": {"code", "message", "mend"}}`); progress and warnings go to stderr, and nothing is
asked.

## Exit codes

| code | meaning |
|---|---|
| 0 | done, or there was nothing to do |
| 1 | failed; or another run is at work |
| 2 | wrong usage, or something in the settings is wrong |
| 3 | held or paused, and nothing was sent: it waits for the admin |
| 4 | partly done: some messages were refused, or it is not known what became of them |
"""


_FINDINGS = """\
<!-- Written by `make docs` from the list in the code; do not edit. -->

# Findings

Every edition passes a gate before anybody gets it: when it is composed, when it is previewed, and
when it is approved. An error holds the edition (exit code 3), and nothing is sent until it is
mended; a warning is shown, and holds nothing. Each finding names its place: the variant, and the
post or the part of the mail. With `--json`, `newsletter preview` gives code, place, message and
mend.

| code | what is found | holds | what to do |
|---|---|---|---|
"""


def findings_page() -> str:
    """The reference of the findings, as Markdown."""
    rows = (
        f"| `{kind.code}` | {kind.about} | {'yes' if kind.error else 'no'} | {kind.mend} |"
        for kind in KINDS
    )
    return _FINDINGS + "\n".join(rows) + "\n"


def contexts(
    command: click.Command, name: str, parent: click.Context | None = None
) -> Iterator[click.Context]:
    """The command and all commands below it, each as a context that knows its full name."""
    context = click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=_WIDTH,
        max_content_width=_WIDTH,
        **command.context_settings,  # as click does it when the command is called
    )
    yield context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None and not found.hidden:
                yield from contexts(found, below, context)


def commands_page() -> str:
    """The reference of the commands, as Markdown."""
    return _INTRODUCTION + "".join(
        f"\n## {context.command_path}\n\n```text\n{context.get_help()}\n```\n"
        for context in contexts(cli, "newsletter")
    )


def main() -> int:
    """Writes every page that comes from the code."""
    pages = {
        COMMANDS_PAGE: commands_page(),
        SETTINGS_PAGE: reference(),
        FINDINGS_PAGE: findings_page(),
    }
    for page, text in pages.items():
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8", newline="\n")
        print(f"wrote {page.relative_to(FOLDER.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
