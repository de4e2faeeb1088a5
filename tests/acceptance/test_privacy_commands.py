"""`newsletter privacy` as the admin meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newsletter.cli.main import main
from tests.acceptance.test_subscribers_commands import ENVIRONMENT, SETTINGS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "newsletter.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    out, err = capsys.readouterr()
    assert ended.value.code == 0, err
    return out


def test_the_report_is_markdown_and_names_nobody(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(capsys, "subscribers", "add", "anna@example.org", "--name", "Anna Bell")
    told = call(capsys, "privacy", "report")
    assert told.startswith("# Personal data of “Letters”")
    assert "on 16 November 2026" in told
    assert (
        "| People on the list: address, name if given, topics, form, pause, a random token | 1 |"
        in told
    )
    assert "anna" not in told.casefold()
    document = json.loads(call(capsys, "privacy", "report", "--json"))
    assert {"newsletter", "made_at", "holdings", "processors", "never_pruned"} == document.keys()
    assert document["holdings"][0]["number"] == 1
    assert all(each["days"] is None or each["days"] > 0 for each in document["holdings"])


def test_what_is_old_goes_by_hand_and_is_counted(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "list.csv").write_text("email,status\nben@example.org,pending\nanna@example.org,\n")
    call(capsys, "subscribers", "import", "list.csv")
    assert "Nothing is older" in call(capsys, "privacy", "prune")
    monkeypatch.setenv("NEWSLETTER_NOW", "2026-12-20T08:00:00Z")
    told = call(capsys, "privacy", "prune", "--dry-run")
    assert "1  people who were to confirm and never did (kept 30 days)" in told
    assert "nothing was forgotten" in told
    done = json.loads(call(capsys, "privacy", "prune", "--json"))
    assert {each["key"]: each["number"] for each in done["forgotten"]}["never_confirmed"] == 1
    left = json.loads(call(capsys, "subscribers", "list", "--json"))
    assert [each["address"] for each in left] == ["anna@example.org"]
