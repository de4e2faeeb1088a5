"""What must not be in the repository."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.house.source import text_of, tracked

# Written in pieces, so that this file does not find itself.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.~])/(?:wo" + r"rk|ro" + r"ot|Us" + r"ers/\w+|opt/py\w+)/\w",
    "the host of a registry": r"py" + r"pi\.org|python" + r"hosted|registry\.np" + r"mjs|"
    r"deb\.deb" + r"ian\.org|--(?:extra-)?index" + r"-url|--find" + r"-links",
    "a private key": r"BEGIN (?:[A-Z]+ )?PRIVATE " + r"KEY|SG\.[\w-]{22}\.[\w-]{43}",
}
LOCK_FILES = {"uv.lock", "poetry.lock", "npm-shrinkwrap.json", "yarn.lock"}
MUST_BE_THERE = ("LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", ".ci/run")


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_has(what: str) -> None:
    """Machine paths, registries' hosts and keys stay out of the repository."""
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{path}:{number}: {line.strip()[:120]}"
        for path in tracked()
        for number, line in enumerate((text_of(path) or "").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []


def test_the_patterns_find_what_they_look_for() -> None:
    """Each pattern matches an example."""
    examples = {
        "a path of one machine": "open('/ro" + "ot/x')",
        "the host of a registry": "https://py" + "pi.org/simple",
        "a private key": "-----BEGIN EC PRIVATE " + "KEY-----",
    }
    for what, example in examples.items():
        assert re.search(FORBIDDEN[what], example), what


def test_there_is_no_lock_that_names_download_hosts() -> None:
    """The lock is requirements*.txt, which has hashes and no hosts; npm's is made so too."""
    assert LOCK_FILES.isdisjoint(path.name for path in tracked())
    locks = [path for path in tracked() if path.name == "package-lock.json"]
    assert locks
    for path in locks:
        text = text_of(path) or ""
        assert "://" not in text
        packages = json.loads(text)["packages"]
        assert [n for n, p in packages.items() if n and "sha512-" not in p["integrity"]] == []


def test_nothing_generated_is_tracked() -> None:
    """Databases, outboxes and caches do not belong here."""
    generated = [
        str(path)
        for path in tracked()
        if path.suffix in {".db", ".pyc", ".eml"} and path.parts[:2] != ("tests", "data")
    ]
    assert generated == []


@pytest.mark.parametrize("name", MUST_BE_THERE)
def test_what_people_look_for_is_there(name: str) -> None:
    """The files that an engineer who inherits this opens first."""
    assert Path(name) in tracked()
