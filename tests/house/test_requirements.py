"""The locked requirements fit to pyproject.toml and to each other."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.house.source import PACKAGES, ROOT, imported_modules, modules, parsed

LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-build.txt")
BROUGHT_ALONG = {"pydantic", "python_http_client", "starlette"}
"""Libraries that are part of another one's interface: pydantic of pydantic-settings,
python_http_client of sendgrid, and starlette of fastapi."""

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    """The locked version of each package."""
    return dict(_PIN.findall((ROOT / name).read_text(encoding="utf-8")))


def names(requirements: list[str]) -> set[str]:
    """The bare names of requirements such as `psycopg[binary]>=3.2; sys_platform != 'win32'`."""
    return {re.split(r"[\[<>=!~; ]", requirement)[0].lower() for requirement in requirements}


def test_every_dependency_is_locked() -> None:
    """Who adds a dependency runs `make lock`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = names(project["project"]["dependencies"])
    extra = names(project["project"]["optional-dependencies"]["postgresql"])
    groups = project["dependency-groups"]
    assert runtime <= set(pins("requirements.txt"))
    assert names(groups["build"]) <= set(pins("requirements-build.txt"))
    everything = runtime | extra | names(groups["dev"]) | names(groups["build"])
    assert everything <= set(pins("requirements-dev.txt"))


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash(name: str) -> None:
    """Nothing is installed that was not looked at when the lock was made."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", text)
    locked = [entry for entry in entries if "==" in entry]
    assert locked
    assert [entry for entry in locked if "--hash=sha256:" not in entry] == []


def test_the_locks_agree_on_every_version() -> None:
    """What is tested is what runs."""
    everything = pins("requirements-dev.txt")
    for name in LOCKS:
        for package, version in pins(name).items():
            assert everything[package] == version, (name, package)


def test_every_library_that_is_imported_is_a_declared_dependency() -> None:
    """Nothing works only because something else happens to bring it along."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {_plain(name) for name in names(project["dependencies"])}
    sources = packages_distributions()
    imported = {name.partition(".")[0] for path in modules() for name in imports(path)}
    foreign = imported - set(sys.stdlib_module_names) - set(PACKAGES)
    undeclared = {
        name for name in foreign if declared.isdisjoint(map(_plain, sources.get(name, [])))
    }
    assert undeclared <= BROUGHT_ALONG


def imports(path: Path) -> list[str]:
    """What a module imports when it runs."""
    return list(imported_modules(parsed(path)))


def _plain(name: str) -> str:
    """A distribution's name as packaging tools compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
