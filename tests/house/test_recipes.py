"""The recipes of docs/how-to/weekly-job.md, taken out of the document and tried."""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.source import ROOT

PAGE = ROOT / "docs" / "how-to" / "weekly-job.md"
PROGRAM = "/home/anna/.local/bin/newsletter"
FOLDER = "/home/anna/newsletter"
CALL = f"{PROGRAM} --config {FOLDER}/newsletter.toml send --scheduled"
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"

posix_only = pytest.mark.skipif(os.name == "nt", reason="the recipe is for other systems")


def blocks(kind: str) -> dict[str, str]:
    """The code blocks of a kind, by the word after the kind (`newsletter.timer`)."""
    found = re.findall(
        rf"^```{kind}(?: (\S+))?\n(.*?)^```$",
        PAGE.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    assert found, f"there is no {kind} recipe in {PAGE}"
    return dict(found)


@dataclass(frozen=True, slots=True)
class Place:
    """A program that notes how it was called and ends as it is told, in place of Anna's."""

    folder: Path

    def put(self, recipe: str) -> str:
        """The recipe with this program and folder instead of Anna's."""
        return recipe.replace(PROGRAM, str(self.folder / "program")).replace(
            FOLDER, str(self.folder)
        )

    def run(self, command: list[str], ends_with: int) -> subprocess.CompletedProcess[str]:
        """Runs it as a timer does, with almost no environment."""
        (self.folder / "code").write_text(str(ends_with), encoding="utf-8")
        return subprocess.run(
            command,
            cwd="/",
            env={"HOME": str(self.folder), "PATH": f"{self.folder}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self) -> list[str]:
        """How the program was called, a line each."""
        return (self.folder / "calls").read_text(encoding="utf-8").splitlines()

    def write(self, name: str, script: str) -> None:
        """Puts an executable script there."""
        (self.folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (self.folder / name).chmod(0o755)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder with the stand-in program."""
    made = Place(tmp_path)
    made.write("program", f'echo "$@" >>{tmp_path}/calls\necho talk\nexit $(cat {tmp_path}/code)')
    return made


@posix_only
@pytest.mark.parametrize("code", range(5))
def test_the_cron_line_is_quiet_on_success_and_speaks_otherwise(place: Place, code: int) -> None:
    """Cron mails what is printed, so nothing is printed after a good run."""
    mailto, line = blocks("cron")[""].splitlines()
    assert re.fullmatch(r"MAILTO=\S+@\S+", mailto)
    *fields, command = line.split(maxsplit=5)
    assert all(re.fullmatch(r"\*|[0-5]?\d", field) for field in fields)
    assert fields[1:] == ["*"] * 4  # every hour
    assert "%" not in command  # cron would end the line there
    done = place.run(["/bin/sh", "-c", place.put(command)], code)
    assert place.calls() == [f"--config {place.folder}/newsletter.toml send --scheduled"]
    assert done.stderr == ""
    said = f"The newsletter needs you (exit code {code}): talk\n"
    assert done.stdout == (said if code else "")


@posix_only
@pytest.mark.parametrize("code", [0, 3])
def test_the_launchd_agent_calls_the_program_and_shows_a_notice(place: Place, code: int) -> None:
    """A notice only when it failed, and launchd gets the exit code."""
    agent = plistlib.loads(blocks("plist")[""].encode())
    assert agent["Label"] == "org.example.newsletter"
    assert agent["StartCalendarInterval"] == {"Minute": 7}
    shell, option, script = agent["ProgramArguments"]
    place.write("osascript", f"printf '%s\\n' \"$@\" >{place.folder}/notice")
    done = place.run([shell, option, place.put(script)], code)
    assert done.returncode == code
    assert len(place.calls()) == 1
    notice = place.folder / "notice"
    assert notice.exists() == bool(code)
    if code:
        option, spoken = notice.read_text(encoding="utf-8").splitlines()
        assert option == "-e"
        assert re.fullmatch(r'display notification "[^"]+" with title "[^"]+"', spoken)


@posix_only
def test_the_systemd_units_are_valid(place: Place) -> None:
    """`systemd-analyze verify` has nothing to say about the three files."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        reason = "systemd-analyze is not installed (Debian: apt install systemd)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    units = blocks("systemd")
    assert set(units) == {"newsletter.service", "newsletter.timer", "newsletter-alert.service"}
    for name, text in units.items():
        assert text.startswith(f"# /etc/systemd/system/{name}\n")
        here = place.put(text).replace("User=anna", "User=daemon")
        (place.folder / name).write_text(here, encoding="utf-8")
    done = subprocess.run(
        [analyze, "verify", "--man=no", *(place.folder / name for name in units)],
        env={"SYSTEMD_UNIT_PATH": f"{place.folder}:", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    about_ours = [line for line in done.stderr.splitlines() if "newsletter" in line]
    assert about_ours == []
    assert done.returncode == 0, done.stderr


def test_the_systemd_service_calls_the_program() -> None:
    """The timer's service runs the command as it stands in the other recipes."""
    assert f"\nExecStart={CALL}\n" in blocks("systemd")["newsletter.service"]


def test_the_windows_task_follows_the_schema() -> None:
    """Elements and their order are those of [MS-TSCH] 2.5; without an encoding it is ASCII."""
    text = blocks("xml")[""]
    assert text.isascii()
    assert "encoding" not in text.splitlines()[0]
    task = ET.fromstring(text)
    assert task.tag == f"{TASK}Task"
    assert [part.tag.removeprefix(TASK) for part in task] == [
        *("RegistrationInfo", "Triggers", "Settings", "Actions")
    ]
    (trigger,) = task.findall(f"{TASK}Triggers/*")
    assert [part.tag.removeprefix(TASK) for part in trigger] == ["StartBoundary", "Repetition"]
    assert trigger.findtext(f"{TASK}Repetition/{TASK}Interval") == "PT1H"
    (exec_,) = task.findall(f"{TASK}Actions/*")
    assert {part.tag.removeprefix(TASK): part.text for part in exec_} == {
        "Command": r"%USERPROFILE%\.local\bin\newsletter.exe",
        "Arguments": "send --scheduled",
        "WorkingDirectory": r"%USERPROFILE%\newsletter",
    }
    known = {
        *("MultipleInstancesPolicy", "StartWhenAvailable", "RunOnlyIfNetworkAvailable"),
        *("DisallowStartIfOnBatteries", "StopIfGoingOnBatteries", "ExecutionTimeLimit"),
    }
    assert {part.tag.removeprefix(TASK) for part in task.findall(f"{TASK}Settings/*")} == known


def test_every_exit_code_is_explained() -> None:
    """The page's table has a line for each."""
    rows = re.findall(r"^\| (\d) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == ["0", "1", "2", "3", "4"]
