"""What a module may be: small, well named, with short functions, and one of few to know a library.

The tables are meant to be edited: a new library gets a line, with the one place that imports it.
"""

from __future__ import annotations

import ast
import statistics
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.house.source import PACKAGES, ROOT, imported_modules, modules, parsed

LIBRARIES: dict[str, tuple[str, ...]] = {
    "alembic": ("newsletter/store/*",),
    "certifi": ("newsletter/feeds/fetch.py", "newsletter/delivery/transports/*_connection.py"),
    "click": ("newsletter/cli/*",),
    "cryptography": ("newsletter/events/verify.py", "newsletter/standin/signing.py"),
    "dns": ("newsletter/delivery/resolver.py",),
    "dotenv": ("newsletter/config/reading.py",),
    "email_validator": ("subscribers/address.py",),
    "fastapi": ("newsletter/web/*",),
    "feedparser": ("newsletter/feeds/parse.py",),
    "filelock": ("newsletter/store/*",),
    "itsdangerous": ("subscribers/links.py",),
    "jinja2": ("newsletter/templating/*",),
    "markdown_it": ("newsletter/editions/note.py",),
    "mjml": ("newsletter/editions/mjml.py",),
    "nh3": ("newsletter/feeds/clean.py",),
    "pydantic": ("newsletter/config.py", "newsletter/config/*"),
    "pydantic_settings": ("newsletter/config.py", "newsletter/config/*"),
    "python_http_client": ("newsletter/delivery/transports/sendgrid_account.py",),
    "rich": ("newsletter/cli/*",),
    "selectolax": ("newsletter/feeds/debris.py",),
    "sendgrid": ("newsletter/delivery/transports/sendgrid_account.py",),
    "sqlalchemy": ("newsletter/store/*", "subscribers/store/*"),
    "starlette": ("newsletter/web/*",),
    "tinycss2": ("newsletter/editions/colours.py",),
    "urllib3": ("newsletter/feeds/fetch.py",),
    "uvicorn": ("newsletter/cli/serve.py", "newsletter/web/connection.py"),
}
"""Each third-party library, and the only modules that may import it."""

CLOCK_AND_ENVIRONMENT = ("newsletter/wiring.py",)
"""The only modules that may ask what time it is or read the environment."""

READERS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
    "time.localtime", "time.gmtime", "os.environ", "os.environb", "os.getenv", "os.getenvb",
}  # fmt: skip
"""How one asks; durations (`time.monotonic`, `time.perf_counter`) are not the calendar."""

DRAWERS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "tools"}

each_module = pytest.mark.parametrize("path", modules(), ids=str)


def foreign(tree: ast.Module, path: str) -> list[str]:
    """The third-party libraries that a module imports though it may not."""
    top = {name.partition(".")[0] for name in imported_modules(tree)}
    others = top - set(sys.stdlib_module_names) - set(PACKAGES)
    return sorted(
        name
        for name in others
        if not any(fnmatch(path, pattern) for pattern in LIBRARIES.get(name, ()))
    )


def readers(tree: ast.Module) -> list[str]:
    """Where a module reads the clock or the environment, as `line: expression`."""
    dotted = (
        (node.lineno, ".".join(ast.unparse(node).split(".")[-2:]))
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
    )
    imported = (
        (node.lineno, f"{node.module}.{alias.name}")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    )
    found = [(line, name) for line, name in (*dotted, *imported) if name in READERS]
    return [f"{line}: {name}" for line, name in found]


@each_module
def test_each_library_is_imported_in_its_own_place_only(path: Path) -> None:
    """So that a library can be replaced by changing one module."""
    assert foreign(parsed(path), path.as_posix()) == []


@each_module
def test_the_clock_and_the_environment_are_read_in_one_place(path: Path) -> None:
    """Everywhere else the time is a value that is passed in."""
    if path.as_posix() not in CLOCK_AND_ENVIRONMENT:
        assert readers(parsed(path)) == []


@each_module
def test_a_module_has_fewer_than_300_lines_and_says_what_it_is_for(path: Path) -> None:
    """Small enough to be read at one go."""
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    if not path.match("migrations/versions/*"):  # history is written once and never split
        assert len(lines) < 300
    assert ast.get_docstring(parsed(path)) or not lines


@each_module
def test_no_module_is_a_drawer(path: Path) -> None:
    """A module called `utils` would become the biggest of all."""
    assert DRAWERS.isdisjoint({path.stem, *path.parent.parts})


def test_functions_are_short() -> None:
    """Half of them are under 10 lines, nine tenths under 30."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    lengths = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in modules()
        for node in ast.walk(parsed(path))
        if isinstance(node, kinds)
    ]
    deciles = statistics.quantiles(lengths, n=10)
    assert deciles[4] < 10
    assert deciles[8] < 30


def test_the_table_names_no_module_that_is_gone() -> None:
    """Each pattern matches a module, or a library nobody imports has no line."""
    used = {name.partition(".")[0] for path in modules() for name in imported_modules(parsed(path))}
    assert set(LIBRARIES) <= used, set(LIBRARIES) - used


def test_the_scans_find_what_they_look_for() -> None:
    """A wrong import and a look at the clock are found, also inside of a function."""
    tree = ast.parse(
        "import datetime as dt\nfrom os import environ\nimport time\n"
        "if TYPE_CHECKING:\n    import alembic\n"
        "def f():\n    import sqlalchemy.orm\n    import unheard_of\n"
        "    return dt.datetime.now(), time.monotonic(), time.time()\n"
    )
    assert foreign(tree, "newsletter/feeds/parse.py") == ["sqlalchemy", "unheard_of"]
    assert foreign(tree, "newsletter/store/posts.py") == ["unheard_of"]
    assert [found.split()[1] for found in sorted(readers(tree))] == [
        "os.environ",
        "datetime.now",
        "time.time",
    ]
