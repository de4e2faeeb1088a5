"""The locked requirements fit to pyproject.toml and to each other."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.house.source import ROOT

LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-build.txt")
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
