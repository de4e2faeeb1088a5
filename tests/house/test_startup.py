"""Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.house.source import ROOT

HEAVY = (
    "sqlalchemy", "alembic", "psycopg", "pydantic", "pydantic_settings", "feedparser", "jinja2",
    "mjml", "selectolax", "nh3", "urllib3", "rich", "markdown_it", "email_validator", "sendgrid",
    "dns", "fastapi", "starlette", "tinycss2", "uvicorn",
)  # fmt: skip
PROGRAM = (
    "import sys\n"
    "from newsletter.cli.main import main\n"
    "try:\n    main(sys.argv[1:])\nfinally:\n"
    "    print('LOADED', *sys.modules, file=sys.stderr)"
)


def loaded(*arguments: str) -> set[str]:
    """The modules that are loaded when the command with these arguments has ended."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return set(done.stderr.rpartition("LOADED ")[2].split())


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("--version",), ("no-such-command",), ("send", "--help")],
    ids=" ".join,
)
def test_no_heavy_library_is_loaded(arguments: tuple[str, ...]) -> None:
    """`newsletter --help` answers at once, however many libraries a run needs."""
    modules = loaded(*arguments)
    assert "newsletter.cli.main" in modules
    assert modules.isdisjoint(HEAVY)
