"""`newsletter subscribers` as the admin meets it."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from newsletter.cli.main import main
from tests.acceptance.terminal import on_a_terminal

SETTINGS = """
[newsletter]
title = "Letters"
sender = "Letters <news@example.org>"
postal_address = "1 High Street, Leeds"
website = "https://blog.example.org"
public_url = "https://news.example.org"
language = "en-GB"
timezone = "Europe/London"

[[feeds]]
url = "https://blog.example.org/feed/atom/"

[[topics]]
key = "trials"
title = "Clinical trials"
categories = ["Clinical Trials"]
"""
ENVIRONMENT = {
    "NEWSLETTER_SECRET_KEY": "a secret of the tests, long enough for anything",
    "NEWSLETTER_NOW": "2026-11-16T08:00:00Z",
    "COLUMNS": "100",
}


class Done(NamedTuple):
    """What a command printed."""

    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "newsletter.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Calls a command as `python -m newsletter subscribers` would, without a new process."""
    monkeypatch.chdir(folder)

    def call(*arguments: str, code: int = 0, **variables: str) -> Done:
        for name, value in (ENVIRONMENT | variables).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main(["subscribers", *arguments])
        out, err = capsys.readouterr()
        assert ended.value.code == code, err + out
        assert "Traceback" not in err
        return Done(out, err)

    return call


def answer(done: Done) -> Any:
    return json.loads(done.stdout)


def test_a_list_comes_in_and_the_answer_is_the_contract(folder: Path, run: Run) -> None:
    (folder / "readers.csv").write_bytes(
        "E-Mail;Name;Topics\r\nanna@example.org;Zoë;trials\r\nbroken;;\r\n".encode("utf-16")
    )
    planned = run("import", "readers.csv", "--dry-run", "--json")
    assert answer(planned) == {
        "rows": 2, "added": 1, "updated": 0, "unchanged": 0, "left_alone": 0, "rejected": 1,
        "rejects_file": None,
    }  # fmt: skip
    assert answer(run("list", "--json")) == []
    done = run("import", "readers.csv", "--json")
    assert answer(done) == answer(planned) | {"rejects_file": "readers.rejects.csv"}
    assert done.stderr == ""
    (anna,) = answer(run("list", "--json"))
    assert anna == {
        "id": 1, "address": "anna@example.org", "name": "Zoë", "status": "active",
        "topics": ["trials"], "form": "normal", "created_at": anna["created_at"],
        "confirmed_at": anna["created_at"], "changed_at": anna["created_at"],
        "paused_until": None,
    }  # fmt: skip
    assert anna["created_at"].startswith("2026-11-16T08:00:0")


def test_a_person_is_added_shown_unsubscribed_and_not_brought_back(folder: Path, run: Run) -> None:
    added = run(
        "add", "Anna@Example.ORG", "--name", "Anna", "--topic", "trials", "--source", "fair"
    )
    assert added.stdout == "Anna@example.org: added.\n"
    assert "fair" in run("show", "anna@example.org").stdout
    assert "is unsubscribed" in run("unsubscribe", "anna@example.org").stdout
    assert answer(run("unsubscribe", "anna@example.org", "--json"))["changed"] is False
    refused = run("add", "anna@example.org", code=1)
    assert "unsubscribed" in refused.stderr
    assert "confirming again" in refused.stderr
    (folder / "list.csv").write_text("anna@example.org\n", encoding="utf-8")
    told = run("import", "list.csv").stdout
    assert "1 left alone" in told
    assert "1 unsubscribed" in told
    shown = answer(run("show", "anna@example.org", "--json"))
    assert shown["subscriber"]["status"] == "unsubscribed"
    assert [each["kind"] for each in shown["consents"]] == ["given", "withdrawn"]
    assert "token" not in shown["subscriber"]


def test_erasing_is_for_good_and_needs_a_yes_and_the_secret(folder: Path, run: Run) -> None:
    run("add", "anna@example.org")
    assert "--yes" in run("erase", "anna@example.org", code=2).stderr
    error = answer(run("erase", "anna@example.org", "--json", code=2))["error"]
    assert error["code"] == "usage"
    without = answer(
        run("erase", "anna@example.org", "--yes", "--json", code=2, NEWSLETTER_SECRET_KEY="")
    )["error"]
    assert without["code"] == "secret-key"
    assert "newsletter init" in without["mend"]
    assert "is erased" in run("erase", "anna@example.org", "--yes").stdout
    assert "was erased before" in run("erase", "anna@example.org", "--yes").stdout
    (folder / "list.csv").write_text("anna@example.org\n", encoding="utf-8")
    assert answer(run("import", "list.csv", "--json"))["left_alone"] == 1
    another = "another secret that is long enough for everything"
    lost = answer(run("import", "list.csv", "--json", code=2, NEWSLETTER_SECRET_KEY=another))
    assert lost["error"]["code"] == "secret-key"
    assert run("list").stdout == "Nobody.\n"


def test_on_a_terminal_erasing_asks_and_no_is_taken_for_no(folder: Path, run: Run) -> None:
    erase = ("subscribers", "erase", "anna@example.org")
    run("add", "anna@example.org")
    said, code = on_a_terminal(folder, "n\n", *erase, **ENVIRONMENT)
    assert "cannot be undone" in said
    assert code != 0
    assert len(answer(run("list", "--json"))) == 1
    said, code = on_a_terminal(folder, "y\n", *erase, **ENVIRONMENT)
    assert "is erased" in said
    assert code == 0


def test_an_export_is_private_is_not_overwritten_and_comes_back(folder: Path, run: Run) -> None:
    run("add", "anna@example.org", "--name", "Anna")
    run("add", "ben@example.org")
    run("unsubscribe", "ben@example.org")
    assert answer(run("export", "out.csv", "--json")) == {"file": "out.csv", "exported": 2}
    assert stat.S_IMODE((folder / "out.csv").stat().st_mode) == 0o600
    assert "--force" in run("export", "out.csv", code=2).stderr
    run("export", "out.csv", "--force", "--status", "active")
    printed = run("export", "-").stdout.splitlines()
    assert printed[0] == (
        "email,name,topics,status,consented_at,source,suppressed,form,unsubscribed_at,paused_until"
    )
    assert len((folder / "out.csv").read_text().splitlines()) == 2
    assert len(printed) == 3
    assert answer(run("import", "out.csv", "--json"))["unchanged"] == 1
    assert "Name a file" in run("export", "-", "--json", code=2).stdout
    assert "cannot be written" in run("export", "none/out.csv", code=1).stderr


def test_a_long_list_is_turned_over_page_by_page(folder: Path, run: Run) -> None:
    people = "".join(f"reader{number}@example.org\n" for number in range(5))
    (folder / "list.csv").write_text(people, encoding="utf-8")
    run("import", "list.csv")
    first = run("list", "--limit", "3").stdout
    assert "5 people in all; go on with --after 3" in first
    rest = run("list", "--limit", "3", "--after", "3").stdout
    assert rest.splitlines()[0].startswith("reader3@example.org")
    assert rest.splitlines()[-1] == "5 people in all"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "anna"), "must have an @-sign"),
        (("add", "anna@example.org", "--topic", "gardening"), "Known topics: trials."),
        (("list", "--topic", "gardening"), "Known topics: trials."),
        (("show", "anna@example.org"), "Nobody on the list"),
        (("unsubscribe", "anna@example.org"), "Nobody on the list"),
        (("erase", "anna@example.org", "--yes"), "Nobody on the list"),
        (("import", "none.csv"), "does not exist"),
        (("import", "."), "is not a file"),
        (("import", "newsletter.toml"), "no column of addresses"),
    ],
)
def test_wrong_use_is_told_in_words_with_a_mend(
    run: Run, arguments: tuple[str, ...], said: str
) -> None:
    plain = run(*arguments, code=2)
    assert plain.stderr.startswith("Error: ")
    assert said in plain.stderr
    error = answer(run(*arguments, "--json", code=2))["error"]
    assert set(error) == {"code", "message", "mend"}
    assert error["mend"]


@pytest.mark.parametrize(
    "name", ["add", "import", "export", "list", "show", "unsubscribe", "erase"]
)
def test_every_command_has_an_example(run: Run, name: str) -> None:
    told = " ".join(run(name, "--help").stdout.split())
    assert f"Example: newsletter subscribers {name}" in told


def test_debugging_shows_nobodys_address(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("add", "anna@example.org")
    with pytest.raises(SystemExit):
        main(["--debug", "subscribers", "show", "ben.bell@example.org"])
    said = capsys.readouterr()
    assert "Traceback" in said.err
    assert "Nobody on the list has the address b***@e***.org" in said.err
    assert "ben.bell" not in said.err + said.out


EXPORTS = Path(__file__).parents[1] / "data" / "exports"


def test_another_services_export_is_recognised_counted_and_taken_in(folder: Path, run: Run) -> None:
    with zipfile.ZipFile(folder / "audience.zip", "w") as archive:
        for each in (EXPORTS / "mailchimp").iterdir():
            archive.write(each, each.name)
    told = run("import", "audience.zip", "--dry-run").stdout
    for said in (
        "Dry run: nothing was written.",
        "audience.zip is read as an export of Mailchimp, in this order:\n  cleaned_",
        "4  active", "2  unsubscribed", "1  who never subscribed", "2  2021", "1  no date",
        "8 rows: 6 added", "1 address that must not be written to would be suppressed",
    ):  # fmt: skip
        assert said in told
    assert answer(run("list", "--json")) == []
    done = answer(run("import", "audience.zip", "--json"))
    assert (done["preset"], done["added"], done["suppressed"]) == ("mailchimp", 6, 1)
    assert done["by_year"]["2021"] == 2
    run("export", "there.zip", "--preset", "mailchimp")
    again = answer(run("import", "there.zip", "--json"))
    assert (again["added"], again["updated"], again["unchanged"]) == (0, 0, 6)
    assert stat.S_IMODE((folder / "there.zip").stat().st_mode) == 0o600


def test_what_an_import_came_to_is_told_in_whole_sentences(folder: Path, run: Run) -> None:
    (folder / "one.csv").write_text("email\nanna@example.org\n", encoding="utf-8")
    assert "1 row: 1 added" in run("import", "one.csv", "--dry-run").stdout
    assert "would come in as active" in run("import", "one.csv", "--dry-run").stdout
    assert "came in as active" in run("import", "one.csv").stdout
    (folder / "nobody.csv").write_text("email,name\n", encoding="utf-8")
    assert run("import", "nobody.csv").stdout == "There is nobody in nobody.csv.\n"


def test_who_is_added_as_gone_is_not_taken_for_a_new_reader(folder: Path, run: Run) -> None:
    (folder / "gone.csv").write_text(
        "email,status\neve@example.org,unsubscribed\n", encoding="utf-8"
    )
    told = run("import", "gone.csv").stdout
    assert "1 row: 1 added" in told
    assert "1 row is of people who left: unsubscribed here, too" in told
    assert "people who left" not in run("import", "gone.csv", "--dry-run").stdout


def test_an_export_of_several_files_is_called_a_zip(folder: Path, run: Run) -> None:
    told = run("export", "people.csv", "--preset", "mailchimp", code=2).stderr
    assert "people.zip" in told
    assert not (folder / "people.csv").exists()
    run("export", "people.ZIP", "--preset", "mailchimp")


def test_an_export_that_says_nothing_is_not_taken_in_and_the_mend_is_told(
    folder: Path, run: Run
) -> None:
    path = str(EXPORTS / "jetpack-addresses-only.csv")
    told = run("import", path, "--preset", "jetpack", code=2).stderr
    assert "nothing was imported" in told
    assert "--consent" in told
    assert answer(run("list", "--json")) == []
    run("import", path, "--preset", "jetpack", "--consent", "asked on the blog")
    assert "asked on the blog" in run("show", "anna.bell@example.org").stdout


def test_a_plain_list_without_a_status_comes_in_as_active_and_says_so(
    folder: Path, run: Run
) -> None:
    (folder / "list.csv").write_text("anna@example.org\n", encoding="utf-8")
    told = run("import", "list.csv").stdout
    assert "no status it came in as active" in told
    assert "“list.csv” stands for it" in told
