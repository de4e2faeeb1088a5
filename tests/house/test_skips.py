"""Where every check has to run, a skipped one has failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

TESTS = {
    "one test": "import pytest\n@pytest.mark.skip(reason='no data')\ndef test_it(): pass\n",
    "in a test": "import pytest\ndef test_it(): pytest.skip('no data')\n",
    "a module": "import pytest\npytest.skip('no data', allow_module_level=True)\n",
    "nothing": "def test_it(): pass\n",
}


@pytest.mark.parametrize(
    ("what", "mode", "code"),
    [
        *((what, "fail", 1) for what in ("one test", "in a test")),
        ("a module", "fail", 2),
        ("one test", "", 0),
        ("nothing", "fail", 0),
    ],
)
def test_a_skip_is_a_failure_where_it_was_forbidden(
    tmp_path: Path, what: str, mode: str, code: int
) -> None:
    """Pytest's own exit code says so; elsewhere a skip stays a skip."""
    (tmp_path / "test_it.py").write_text(TESTS[what], encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "NEWSLETTER_TEST_SKIPS": mode, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
