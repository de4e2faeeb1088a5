"""The floors of the house: an import may only go down."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.house.source import ROOT

LINT = "from importlinter.cli import lint_imports_command as c; c(['--no-logo', '--no-cache'])"


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True, check=False
    )


def test_imports_only_go_down_the_floors() -> None:
    """The contracts in pyproject.toml hold."""
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_import_upwards_is_found(tmp_path: Path) -> None:
    """A house with the same contracts and one import upwards is refused."""
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    floors = ("cli", "web", "pipeline", "feeds", "editions", "delivery", "store")
    for name in ("newsletter", *(f"newsletter/{floor}" for floor in floors), "subscribers"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    for name in ("model", "resources", "errors"):
        (tmp_path / "newsletter" / f"{name}.py").touch()
    assert _lint(tmp_path).returncode == 0
    (tmp_path / "newsletter" / "errors.py").write_text("import newsletter.store\n")
    assert _lint(tmp_path).returncode != 0
