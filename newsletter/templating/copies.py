"""The admin's own copies of our templates: what they were copied from, and whether that changed."""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from pathlib import Path

from newsletter.resources import templates_dir

_SUFFIX = ".j2"
_FOR_THE_ADMIN = frozenset({"preview", "notice"})
"""Folders of pages and mails that the program writes to the admin; they cannot be replaced."""

_MARK = re.compile(r"\A\{# A copy of [^\n]*; its text had the sum ([0-9a-f]{12})\. #\}\n")


class Copy(StrEnum):
    """How a file of the admin's own stands to ours of the same name."""

    SAME = "same"
    """Word for word ours."""
    CHANGED = "changed"
    """Changed by the admin; ours is still what it was copied from."""
    OUTDATED = "outdated"
    """Ours has changed since it was copied."""
    UNMARKED = "unmarked"
    """Not made by `templates copy`, or its first line was taken away, so nothing can be said."""
    UNKNOWN = "unknown"
    """We have none of that name."""


def replaceable() -> tuple[str, ...]:
    """The names of our templates that the admin's own can replace, in order."""
    return tuple(name for name in _names(templates_dir()) if _is_replaceable(name))


def own_names(own: Path) -> tuple[str, ...]:
    """The names of the templates in the admin's own folder, in order."""
    return _names(own) if own.is_dir() else ()


def copy_of(name: str) -> str:
    """Our template of a name in `replaceable()`, below a line that says what it is a copy of."""
    text = _our_text(name)
    mark = f"{{# A copy of the program's {name}; its text had the sum {_sum(text)}. #}}"
    return f"{mark}\n{text}"


def standing(name: str, text: str) -> Copy:
    """How the admin's own template of that name stands to ours."""
    if not _is_replaceable(name) or not (templates_dir() / name).is_file():
        return Copy.UNKNOWN
    mark, ours = _MARK.match(text), _our_text(name)
    if (text[mark.end() :] if mark else text) == ours:
        return Copy.SAME
    if not mark:
        return Copy.UNMARKED
    return Copy.CHANGED if mark[1] == _sum(ours) else Copy.OUTDATED


def _our_text(name: str) -> str:
    return (templates_dir() / name).read_text(encoding="utf-8")


def _names(folder: Path) -> tuple[str, ...]:
    files = (file for file in folder.rglob(f"*{_SUFFIX}") if file.is_file())
    return tuple(sorted(file.relative_to(folder).as_posix() for file in files))


def _is_replaceable(name: str) -> bool:
    return name.partition("/")[0] not in _FOR_THE_ADMIN


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
