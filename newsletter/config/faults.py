"""What is wrong with the settings, in words: where it stands, what it is, what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from newsletter.config.checks import Wrong, did_you_mean, shown
from newsletter.config.lines import Path, line_of
from newsletter.config.shape import all_settings, expectation, fields_at, known_part
from newsletter.errors import SettingsError

MEND = "Correct this and run the command again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong. `path` is the setting's (`("feeds", 0, "url")`)."""

    path: Path
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Where each setting came from: its line in the file, or its name in the environment."""

    file: str
    lines: dict[Path, int] = field(default_factory=dict)
    variables: Mapping[Path, str] = field(default_factory=dict)

    def place(self, path: Path) -> str:
        """For a person: `line 4, newsletter.title`, or `environment, NEWSLETTER_…`."""
        variable = self._variable(path)
        if variable:
            return variable
        line = line_of(self.lines, path)
        return f"line {line}, {dotted(path)}" if line else dotted(path)

    def from_file(self, path: Path) -> bool:
        """Whether a setting stands in the file, or nowhere; else it is of the environment."""
        return not self._variable(path)

    def order(self, path: Path) -> tuple[bool, int, str]:
        """Sorts faults as a person goes through the file; those of the environment come last."""
        line = line_of(self.lines, path) or 0
        return (not self.from_file(path), line, self.place(path))

    def _variable(self, path: Path) -> str:
        around = (path[:length] for length in range(len(path), 0, -1))
        return next((self.variables[part] for part in around if part in self.variables), "")


def dotted(path: Path) -> str:
    """`feeds[2].url`, counted from 1 as people do."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def complaint(faults: Iterable[Fault], origins: Origins) -> SettingsError:
    """The error that tells all faults at once."""
    sorted_faults = sorted(faults, key=lambda fault: origins.order(fault.path))
    lines = [f"{origins.place(fault.path)}: {fault.problem}" for fault in sorted_faults]
    lines = list(dict.fromkeys(lines))
    if len(lines) == 1:
        file = f"{origins.file}, " if origins.from_file(sorted_faults[0].path) else ""
        return SettingsError(f"The settings are wrong. {file}{lines[0]}", MEND)
    listed = "\n".join(f"  - {line}" for line in lines)
    return SettingsError(
        f"The settings are wrong in {len(lines)} places ({origins.file}):\n{listed}",
        "Correct these and run the command again.",
    )


def faults_of(errors: Iterable[Mapping[str, Any]]) -> Iterator[Fault]:
    """What pydantic found (its `ErrorDetails`), as faults."""
    errors = list(errors)
    inside = {error["loc"][:1] for error in errors if len(error["loc"]) > 1}
    for error in errors:
        path = tuple(error["loc"])
        known = known_part(path)
        if error["type"] == "too_short" and path in inside:
            continue  # pydantic counts only the items that are right
        if error["type"] == "extra_forbidden":
            yield Fault(path=path, problem=unknown_setting(path))
        else:
            yield Fault(path=known, problem=_problem(error, known))


def _problem(error: Mapping[str, Any], path: Path) -> str:
    expected = expectation(path)
    cause = error.get("ctx", {}).get("error")
    hint = ""
    if isinstance(cause, Wrong):
        what, hint = cause.problem, cause.hint
    elif error["type"] in ("missing", "too_short"):
        what = "is missing"
    else:
        what = f"{_found(error['input'])} does not fit"
    return f"{what}; expected {expected}. {hint}".strip()


def _found(value: Any) -> str:
    """A wrong value in the words of TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    return str(value)


def unknown_setting(path: Path) -> str:
    """Says that there is no such setting, and what was probably meant."""
    word = str(path[-1])
    beside = list(fields_at(path[:-1]))
    hint = did_you_mean(word, beside)
    if not hint:
        elsewhere = [known for known in all_settings() if known[-1] == word]
        hint = f"Did you mean {' or '.join(dotted(known) for known in elsewhere)}?"
        hint = hint if elsewhere else f"There are: {', '.join(beside)}." if beside else ""
    return f"there is no such setting. {hint}".strip()
