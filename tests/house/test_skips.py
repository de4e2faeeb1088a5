"""Where every check has to run, a skipped one has failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

TESTS = {
    "test_marked.py": "import pytest\n@pytest.mark.skip(reason='no data')\ndef test_it(): pass\n",
    "test_inside.py": "import pytest\ndef test_it(): pytest.skip('no data')\n",
    "test_module.py": "import pytest\npytest.skip('no data', allow_module_level=True)\n",
    "test_runs.py": "def test_it(): pass\n",
}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Three ways to skip, and one test that runs."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    for name, text in TESTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def run(suite: Path, mode: str) -> tuple[int, str]:
    """Pytest's exit code and its last line."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p"),
            *("no:cacheprovider", "--continue-on-collection-errors"),
        ],
        cwd=suite,
        env={**os.environ, "NEWSLETTER_TEST_SKIPS": mode, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip().splitlines()[-1]


def test_a_skip_is_a_failure_where_it_was_forbidden(suite: Path) -> None:
    """However it was skipped, and pytest's own exit code says so."""
    code, said = run(suite, "fail")
    assert code == 1
    assert said.startswith("1 failed, 1 passed, 2 errors in ")


def test_elsewhere_a_skip_stays_a_skip(suite: Path) -> None:
    """A machine without PostgreSQL or the data beside the repository can still run the rest."""
    code, said = run(suite, "")
    assert code == 0
    assert said.startswith("1 passed, 3 skipped in ")
