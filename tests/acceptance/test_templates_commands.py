"""`newsletter templates`, and what a template of the admin's own does to an edition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from newsletter.templating.copies import copy_of
from tests.acceptance.runner import WEEK_1, Desk, Done, Post, atom
from tests.webserver import serving

FOOTER = "digest/footer.mjml.j2"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.settings(["https://blog.example.org/feed/atom/"])
    return desk


def do(desk: Desk, *arguments: str, code: int = 0) -> Done:
    done = desk.call("templates", *arguments)
    assert done.code == code, done
    return done


def states(desk: Desk) -> dict[str, str]:
    return {each["name"]: each["state"] for each in do(desk, "list", "--json").document}


def findings(desk: Desk, code: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = do(desk, "check", "--json", code=code).document["findings"]
    return found


def own(desk: Desk, name: str, text: str) -> Path:
    file = desk.folder / "templates" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_without_own_templates_all_are_the_programs_and_work(desk: Desk) -> None:
    assert set(states(desk).values()) == {"program"}
    assert {name.partition("/")[0] for name in states(desk)} >= {"digest", "confirm", "web"}
    assert findings(desk, code=0) == []
    assert "pass the checks" in do(desk, "check").out


def test_a_copy_works_as_it_is_and_is_listed(desk: Desk) -> None:
    names = list(states(desk))
    for name in names:
        do(desk, "copy", name)
    assert set(states(desk).values()) == {"same"}
    assert findings(desk, code=0) == []


@pytest.mark.parametrize(
    ("name", "look"),
    [
        (FOOTER, "newsletter preview --sample"),
        ("confirm/confirm.txt.j2", "newsletter templates check"),
        ("web/home.html.j2", "newsletter serve"),
    ],
)
def test_a_copy_is_told_with_the_command_that_shows_it(desk: Desk, name: str, look: str) -> None:
    assert f"with `{look}`" in " ".join(do(desk, "copy", name).said.split())


def test_what_is_there_is_never_written_over_without_force(desk: Desk) -> None:
    file = Path(do(desk, "copy", FOOTER, "--json").document["file"])
    file.write_text("mine", encoding="utf-8")
    refused = do(desk, "copy", FOOTER, code=2)
    assert "there already" in refused.err
    assert "--force" in refused.err
    assert file.read_text(encoding="utf-8") == "mine"
    do(desk, "copy", FOOTER, "--force")
    assert "mj-section" in file.read_text(encoding="utf-8")
    assert file.with_name(file.name + ".old").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["no/such.j2", "../newsletter.toml", "preview/index.html.j2"])
def test_a_name_that_cannot_be_replaced_is_refused(desk: Desk, name: str) -> None:
    assert "templates list" in do(desk, "copy", name, code=2).err


def test_the_list_says_how_each_copy_stands_to_ours(desk: Desk) -> None:
    """An older text of ours has another sum in the first line of its copy."""
    file = Path(do(desk, "copy", FOOTER, "--json").document["file"])
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "\n", encoding="utf-8")
    assert states(desk)[FOOTER] == "changed"
    head, _, body = text.partition("\n")
    file.write_text(f"{head[:-16]}0123456789ab. #}}\n{body}\n", encoding="utf-8")
    assert "had the sum 0123456789ab" in file.read_text(encoding="utf-8")
    assert states(desk)[FOOTER] == "outdated"
    assert [each["code"] for each in findings(desk, code=0)] == ["outdated-template"]
    file.write_text("x", encoding="utf-8")
    own(desk, "digest/fotter.mjml.j2", "x")
    assert states(desk)[FOOTER] == "unmarked"
    assert states(desk)["digest/fotter.mjml.j2"] == "unknown"
    assert "replaces none" in do(desk, "list").out


@pytest.mark.parametrize(
    ("name", "text", "code", "line"),
    [
        ("digest/disclaimer.mjml.j2", "\n{{ page.disclaimr }}", "broken-template", 2),
        ("digest/disclaimer.mjml.j2", "<mj-text>\n€ > 5</mj-text>", "broken-template", 2),
        ("digest/footer.txt.j2", "{% if %}", "broken-template", 1),
        ("confirm/confirm.txt.j2", "\n\n{{ letter.nothing }}", "broken-template", 3),
        ("web/failure.html.j2", "\n{% endif %}", "broken-template", 2),
        (
            "confirm/confirm.mjml.j2",
            '{% extends "confirm/letter.mjml.j2" %}{% block body %}\n<mj-text>5 < 6{% endblock %}',
            "broken-template",
            2,
        ),
        ("digest/disclaimer.mjml.j2", "<mj-text>\n<mj-foo/></mj-text>", "broken-template", 2),
        ("digest/note.mjml.j2", "\n<mj-text>x</mj-text>", "broken-template", 2),
        (
            "digest/disclaimer.mjml.j2",
            "<mj-text>x</mj-text>\n<mj-raw><!--[if mso]><table><![endif]--></mj-raw>",
            "broken-template",
            2,
        ),
        ("digest/disclaimer.mjml.j2", '<mj-text font-size="12px">x</mj-text>', "small-type", 0),
        ("digest/disclaimer.mjml.j2", '<mj-text color="#cccccc">x</mj-text>', "low-contrast", 0),
        ("digest/footer.txt.j2", "{{ page.postal_address }}", "not-in-text", 0),
    ],
)
def test_what_is_wrong_is_laid_at_the_door_of_its_file(
    desk: Desk, name: str, text: str, code: str, line: int
) -> None:
    file = own(desk, name, text)
    own(desk, "digest/preheader.mjml.j2", "<mj-raw></mj-raw>")  # another one, without a fault
    found = [each for each in findings(desk, code=3) if each["error"]]
    assert code in {each["code"] for each in found}
    assert all(each["place"].startswith(str(file)) for each in found)
    assert all(each["mend"] for each in found)
    if line:
        assert found[0]["place"] == f"{file}, line {line}"


def test_what_only_two_files_together_lack_is_laid_at_both_doors(desk: Desk) -> None:
    """Each of them has the other's link in our own template, as long as it is alone."""
    files = [
        own(desk, name, copy_of(name).replace("tags.unsubscribe_html", "page.website"))
        for name in ("digest/footer.mjml.j2", "digest/top.mjml.j2")
    ]
    found = [each for each in findings(desk, code=3) if each["code"] == "no-unsubscribe"]
    assert [each["place"] for each in found] == [f"{files[0]} and {files[1]}: all, HTML"]
    assert "says which" not in found[0]["mend"]


def test_a_subject_that_gives_a_discreet_mail_away_is_found(desk: Desk) -> None:
    more = '[privacy]\nwords = ["cancer"]\n'
    desk.settings(["https://blog.example.org/feed/"], more=more)
    file = own(desk, "digest/subject.txt.j2", "Cancer news: {{ headline.line }}")
    (found,) = [each for each in findings(desk, code=3) if each["error"]]
    assert found["code"] == "indiscreet"
    assert found["place"] == f"{file}: all.discreet, Subject"


def test_the_preview_says_a_hold_once_and_whose_fault_it_may_be(desk: Desk) -> None:
    """A link of a template is not mended by leaving out a post."""
    with serving() as web:
        web.pages["/feed/"] = atom(Post(number=1, title="Walking"))
        desk.settings([web.url("/feed/")])
        desk.people()
        desk.now = WEEK_1
        desk.call("collect")
        own(desk, "digest/disclaimer.mjml.j2", '<mj-text><a href="/mine">Mine</a></mj-text>')
        shown = desk.call("preview")
    assert shown.code == 3
    assert shown.said.count("The link “Mine” leads to “/mine”") == 1
    assert "`newsletter templates check` says which" in shown.said


def test_a_value_that_nobody_gives_is_worth_a_warning(desk: Desk) -> None:
    file = own(desk, "web/failure.html.j2", "{{ sitee }}")
    found = findings(desk, code=0)
    assert [(each["code"], each["place"]) for each in found] == [("unknown-value", str(file))]
    assert "`sitee`" in found[0]["message"]


def test_colours_that_cannot_be_read_hold_it(desk: Desk) -> None:
    desk.settings(["https://blog.example.org/feed/"], more='[look.dark]\nmuted = "#666666"\n')
    found = findings(desk, code=3)
    assert {each["code"] for each in found} == {"low-contrast"}
    assert found[0]["place"] == "settings, [look.dark]"


def test_a_broken_template_holds_the_edition_and_nothing_is_sent(desk: Desk) -> None:
    """The unattended job says file and line, without a traceback, and goes on when it is mended."""
    with serving() as web:
        web.pages["/feed/"] = atom(Post(number=1, title="Walking"))
        desk.settings([web.url("/feed/")])
        desk.people()
        desk.now = WEEK_1
        broken = own(desk, "digest/disclaimer.mjml.j2", "<mj-text>\n5 < 6</mj-text>")
        held = desk.send(code=3)
        assert held["outcome"] == "held"
        assert f"{broken}, line 2" in " ".join(held["reasons"])
        assert desk.mails("2026-W46") == []
        shown = desk.call("preview")
        assert shown.code == 3
        assert f"{broken}, line 2" in shown.err
        own(desk, "digest/disclaimer.mjml.j2", "<mj-text>Mine, mended</mj-text>")
        assert desk.send()["outcome"] == "sent"
        assert all("Mine, mended" in mail.html for mail in desk.mails("2026-W46"))
