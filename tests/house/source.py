"""The repository's own files, as the tests of the house look at them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("newsletter", "subscribers")


@cache
def modules() -> tuple[Path, ...]:
    """Every module of the product, relative to the root."""
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return tuple(sorted(path.relative_to(ROOT) for path in found))


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def imported_modules(tree: ast.AST) -> Iterator[str]:
    """The dotted names that are imported anywhere in it, also inside of functions.

    What is imported for annotations only (`if TYPE_CHECKING:`) is not there when it runs.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
        elif not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield from imported_modules(node)


@cache
def tracked() -> tuple[Path, ...]:
    """The files under version control, relative to the root; all files where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = [name for name in listed.stdout.split("\0") if name]
    assert names, f"run the tests in a clone, the tracked files are read: {listed.stderr}"
    return tuple(path for path in map(Path, names) if (ROOT / path).is_file())


def text_of(path: Path) -> str | None:
    """The text of a tracked file; None if it is not text."""
    raw = (ROOT / path).read_bytes()
    if b"\0" in raw:
        return None
    return raw.decode("utf-8", errors="replace")
