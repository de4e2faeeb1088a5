"""The commands an engineer types first: make, and the script of continuous integration."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.source import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="make and sh are for other systems")


def targets() -> set[str]:
    """The targets that `make help` explains."""
    done = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {line.split()[1] for line in done.stdout.splitlines()}


def test_make_alone_explains_every_target() -> None:
    """`make` changes nothing and lists what there is."""
    phony = re.search(
        r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert phony is not None
    assert targets() == set(phony[1].split())


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_target_that_a_page_names_exists(page: str) -> None:
    """Whoever follows the page is not told `no rule to make target`."""
    text = (ROOT / page).read_text(encoding="utf-8")
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets()


def test_an_old_python_is_named_with_the_way_out(tmp_path: Path) -> None:
    """Not a traceback from some syntax it does not know."""
    old = tmp_path / "python3"
    old.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.1" && exit 0\nexit 1\n',
        encoding="utf-8",
    )
    old.chmod(0o755)
    done = subprocess.run(
        ["sh", ROOT / "tools" / "make-venv.sh", tmp_path / "venv", old],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "needs Python 3.11 or newer, but here is: Python 3.9.1." in done.stderr
    assert "PYTHON=" in done.stderr
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize("script", [".ci/run", "tests/browser/run", "tools/make-venv.sh"])
def test_the_scripts_can_be_run_and_read(script: str) -> None:
    """They are executable, and their shell finds no fault in them."""
    path = ROOT / script
    assert os.access(path, os.X_OK)
    shell = path.read_text(encoding="utf-8").splitlines()[0].split("/")[-1].split()[-1]
    assert shutil.which(shell)
    assert subprocess.run([shell, "-n", path], check=False).returncode == 0
