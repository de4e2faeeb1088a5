"""The documentation says what the code does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from docs.generate import COMMANDS_PAGE, FINDINGS_PAGE, commands_page, contexts, findings_page
from newsletter.cli.main import cli
from tests.house.source import ROOT, tracked

PAGES = [path for path in tracked() if path.suffix == ".md" and path.parts[0] != "tests"]
each_page = pytest.mark.parametrize("page", PAGES, ids=str)

_FENCED = re.compile(r"^```(?:sh|console|shell|bash|)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^    (?:\$ )?(newsletter .*)$", re.MULTILINE)
_INLINE = re.compile(r"`(newsletter [^`]+)`")


@cache
def commands() -> dict[str, click.Context]:
    """Every command by its full name, such as `newsletter subscribers add`."""
    return {context.command_path: context for context in contexts(cli, "newsletter")}


def calls(text: str) -> Iterator[str]:
    """The command lines that a page shows."""
    for fenced in _FENCED.findall(text):
        yield from (
            line.removeprefix("$ ")
            for line in fenced.splitlines()
            if line.removeprefix("$ ").startswith("newsletter ")
        )
    yield from _INDENTED.findall(text)
    yield from _INLINE.findall(text)


def faults(call: str) -> list[str]:
    """What is wrong with a command line: a command or an option that does not exist."""
    words = shlex.split(call.partition(" #")[0].replace("…", "").replace("'", ""))
    context = commands()["newsletter"]
    wrong = []
    for word in words[1:]:
        if word.startswith("--"):
            options = {o for p in context.command.params for o in p.opts} | {"--help"}
            if word.partition("=")[0] not in options:
                wrong.append(f"{context.command_path} has no option {word}")
        elif isinstance(context.command, click.Group) and not _is_value(word):
            below = commands().get(f"{context.command_path} {word}")
            if below is None:
                return [*wrong, f"there is no command {context.command_path} {word}"]
            context = below
    return wrong


def _is_value(word: str) -> bool:
    """Whether it is what an option was given (a file), or a stand-in such as COMMAND."""
    return word.isupper() or "." in word or "/" in word or word.startswith(("[", "|"))


def test_the_reference_of_the_commands_is_up_to_date() -> None:
    """`make docs` has nothing to write; every command is in it."""
    assert COMMANDS_PAGE.read_text(encoding="utf-8") == commands_page(), "run `make docs`"


def test_the_reference_of_the_findings_is_up_to_date() -> None:
    """Every code that the gate can give is in it: `finding` takes no other."""
    assert FINDINGS_PAGE.read_text(encoding="utf-8") == findings_page(), "run `make docs`"


def test_every_command_says_what_it_is_for() -> None:
    """And every option and argument group has a help text."""
    for name, context in commands().items():
        assert context.command.help, name
        options = [p for p in context.command.params if isinstance(p, click.Option)]
        assert [f"{name} {o.name}" for o in options if not o.help] == []


@each_page
def test_every_command_line_in_a_page_exists(page: Path) -> None:
    """Whoever copies a line from the documentation gets no `no such option`."""
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [fault for call in calls(text) for fault in faults(call)] == []


@each_page
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    """Relative links and pictures point at tracked files or folders."""
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    local = [target for target in targets if "://" not in target and ":" not in target]
    missing = [t for t in local if not ((ROOT / page).parent / t).exists()]
    assert missing == []


def test_wrong_command_lines_are_found() -> None:
    """A command that does not exist, and an option that does not."""
    assert faults("newsletter --config some/file.toml --debug") == []
    assert faults("newsletter frobnicate") == ["there is no command newsletter frobnicate"]
    assert faults("newsletter --nothing") == ["newsletter has no option --nothing"]
    page = "`newsletter a`\n\n    newsletter b\n\n```sh\n$ newsletter c\n```\n"
    assert sorted(calls(page)) == ["newsletter a", "newsletter b", "newsletter c"]
