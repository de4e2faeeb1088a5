"""The package as people install it: built, put into a clean environment elsewhere, and used there.

Nothing is fetched. The clean environment sees the libraries of the tests' environment, but not the
project in it: a plain path in a `.pth` file does not make Python read the `.pth` files over there,
and the editable installation is one of those.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

RENDER = """
from datetime import UTC, date, datetime
import newsletter, subscribers
from newsletter.editions.render import render
from newsletter.model.edition import Digest, DigestItem, Form, ItemKind, Masthead, Period, Tags

moment = datetime(2026, 11, 19, 9, 53, tzinfo=UTC)
item = DigestItem(
    post_id=1, revision_id=1, kind=ItemKind.NEW, title="A title from elsewhere",
    url="https://blog.example.org/a", published=moment, updated=moment, excerpt="It begins here.",
)
digest = Digest(
    period=Period(key="2026-W47", scheduled_at=moment, first_day=date(2026, 11, 16)),
    masthead=Masthead(
        title="Letters", website="https://blog.example.org", language="en-GB", direction="ltr",
        timezone="Europe/London", disclaimer="", postal_address="1 Some Street",
        reply_address="news@example.org",
    ),
    variant="all", form=Form.NORMAL, note="", updated=(), new=(item,),
)
rendered = render(digest, Tags.of("00ff"))
assert "A title from elsewhere" in rendered.html and "A title from elsewhere" in rendered.text
assert "<mj-" not in rendered.html
print(newsletter.__file__)
print(subscribers.__file__)
"""


@dataclass(frozen=True, slots=True)
class Built:
    """What the build made: a source archive, and a wheel made from nothing but that archive."""

    sdist: Path
    wheel: Path


@dataclass(frozen=True, slots=True)
class Clean:
    """An environment with the wheel, and an empty folder to work in."""

    programs: Path
    workplace: Path

    def run(self, program: str, *arguments: str) -> str:
        """What a program of the environment prints on stdout; its failure is the test's."""
        done = subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.workplace,
            env=_environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def _environment() -> dict[str, str]:
    """The environment of a person: no Python settings, nothing of the newsletter's."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "NEWSLETTER"))}


def _build(source: Path, target: str, folder: Path) -> Path:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", folder],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = folder.glob({"sdist": "*.tar.gz", "wheel": "*.whl"}[target])
    return made


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The source archive of this checkout, and the wheel built from it."""
    folder = tmp_path_factory.mktemp("build")
    sdist = _build(ROOT, "sdist", folder / "dist")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "source", filter="data")
    (source,) = (folder / "source").iterdir()
    return Built(sdist, _build(source, "wheel", folder / "dist"))


@pytest.fixture(scope="module")
def clean(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Clean:
    """A new virtual environment with the wheel in it, and the libraries in reach."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder / "venv", symlinks=os.name != "nt")
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"),
            *("--no-config", "--python", programs / "python", built.wheel),
        ],
        check=True,
    )
    site = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(folder / "venv")}))
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    workplace = folder / "workplace"
    workplace.mkdir()
    return Clean(programs, workplace)


def test_the_wheel_has_all_that_is_needed_and_nothing_else(built: Built) -> None:
    """Both packages, the templates, the type markers and the licence; no tests."""
    with zipfile.ZipFile(built.wheel) as archive:
        names = set(archive.namelist())
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"newsletter", "subscribers"}
    assert {"newsletter/py.typed", "subscribers/py.typed"} <= names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    expected = {
        f"newsletter/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / "templates").rglob("*")
        if path.is_file()
    }
    assert expected
    assert expected <= names
    assert [name for name in names if name.endswith((".pyc", ".db", ".env"))] == []


def test_the_source_archive_has_what_an_engineer_needs(built: Built) -> None:
    """Tests, documentation and the lists of what was installed when they passed."""
    with tarfile.open(built.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {
        *("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile"),
        *("requirements.txt", "requirements-dev.txt", "requirements-build.txt"),
        *("tests/conftest.py", "benchmarks/run.py", "docs/how-to/weekly-job.md"),
    }
    assert wanted - names == set()
    assert [name for name in names if name.endswith((".pyc", ".db", ".env"))] == []


def test_a_digest_is_rendered_from_the_installed_wheel(clean: Clean) -> None:
    """Templates and libraries are found there, and no module comes from this checkout."""
    printed = clean.run("python", "-c", RENDER)
    for line in printed.splitlines():
        assert Path(line).is_relative_to(clean.programs.parent)


def test_the_installed_command_runs(clean: Clean) -> None:
    """`newsletter` is there, and `python -m newsletter` is the same."""
    said = clean.run("newsletter", "--version")
    assert said == clean.run("python", "-m", "newsletter", "--version")
    assert said.startswith("newsletter, version ")


def test_the_demo_runs_from_the_installed_wheel(clean: Clean) -> None:
    """The bundled blog, the migrations and the templates are all in the wheel."""
    clean.run("newsletter", "demo", "tried")
    mails = list((clean.workplace / "tried").rglob("*.eml"))
    assert mails
    assert all(b"text/html" in mail.read_bytes() for mail in mails)
