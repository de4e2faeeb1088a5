"""Templates: the admin's own come before ours, and what is wrong with one is said with its line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from newsletter.editions.templates import templates_of
from newsletter.errors import RenderError
from newsletter.resources import templates_dir
from newsletter.templating import Templates


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def failure(folder: Path, name: str) -> RenderError:
    with pytest.raises(RenderError) as caught:
        Templates(folder).render(name, {"given": "yes", "html": "<b>{x}</b>"})
    assert caught.value.mend
    return caught.value


@pytest.mark.parametrize("name", ["a.html.j2", "web/a.mjml.j2", "a.xml.j2"])
def test_markup_is_escaped_and_so_are_braces(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, "{{ x }} {{ x | safe }}")
    shown = Templates(tmp_path).render(name, {"x": "<b>{{ y }}</b>"})
    braces = "&#123;&#123; y &#125;&#125;"
    assert shown == f"&lt;b&gt;{braces}&lt;/b&gt; <b>{braces}</b>"


def test_plain_text_is_not_escaped(tmp_path: Path) -> None:
    write(tmp_path, "a.txt.j2", "{{ x }}")
    assert Templates(tmp_path).render("a.txt.j2", {"x": "<b>&{{"}) == "<b>&{{"


def test_filters_and_names_are_there_in_both_kinds(tmp_path: Path) -> None:
    for name in ("a.txt.j2", "a.html.j2"):
        write(tmp_path, name, "{{ 'a b' | wrapped(bullet='- ') }}{{ rule()[:2] }}")
        assert templates_of(tmp_path).render(name, {}) == "- a b--"


def test_a_folder_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    own = Templates(tmp_path / "none")
    assert own.file_of("digest/head.mjml.j2") == templates_dir() / "digest" / "head.mjml.j2"


def test_a_file_that_comes_changes_or_goes_is_noticed(tmp_path: Path) -> None:
    """Without a new start, also when it takes the place of one that was used before."""
    templates, name = Templates(tmp_path), "preview/outbox.html.j2"
    ours = templates.render(name, {"editions": (), "most": 1})
    mine = write(tmp_path, name, "mine")
    assert templates.render(name, {}) == "mine"
    mine.write_text("new")
    os.utime(mine, ns=(1, 1))
    assert templates.render(name, {}) == "new"
    mine.unlink()
    assert templates.render(name, {"editions": (), "most": 1}) == ours


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a\n{% if %}", 2, "Expected an expression"),
        ("a\nb\n{{ missing }}", 3, "'missing' is undefined"),
        ("{{ given.nothing.at_all }}", 1, "nothing"),
        ("\n{{ 1 / 0 }}", 2, "division by zero"),
        ("a\n{% include 'no/such.html.j2' %}", 2, "there is no template no/such.html.j2"),
        ("{{ 'a' | no_such_filter }}", 1, "no_such_filter"),
        ("{% include 'own.html.j2' %}", 1, "without end"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    file = write(tmp_path, "own.html.j2", text)
    error = failure(tmp_path, "own.html.j2")
    assert f"{file}, line {line}," in error.message
    assert said in error.message
    assert (error.file, error.line) == (str(file), line)


def test_the_fault_of_an_included_part_is_the_parts(tmp_path: Path) -> None:
    write(tmp_path, "whole.html.j2", "\n\n{% include 'part.html.j2' %}")
    part = write(tmp_path, "part.html.j2", "a\n{% for %}")
    error = failure(tmp_path, "whole.html.j2")
    assert (error.file, error.line) == (str(part), 2)


def test_what_is_not_utf_8_is_said(tmp_path: Path) -> None:
    file = tmp_path / "a.html.j2"
    file.write_bytes("Grüße".encode("latin-1"))
    assert "not written in UTF-8" in failure(tmp_path, "a.html.j2").message
    file.write_bytes(b"\xef\xbb\xbfhello")
    assert Templates(tmp_path).render("a.html.j2", {}) == "hello"


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    write(tmp_path, "secret.txt.j2", "secret")
    (tmp_path / "own").mkdir()
    assert Templates(tmp_path / "own").file_of("../secret.txt.j2") is None
    assert "no template" in failure(tmp_path / "own", "../secret.txt.j2").message


def test_a_fault_in_one_of_ours_points_to_those_it_works_with(tmp_path: Path) -> None:
    """Here a part of the admin's own lacks a macro that ours asks for."""
    write(tmp_path, "digest/parts.mjml.j2", "")
    error = failure(tmp_path, "digest/new.mjml.j2")
    assert error.file == "digest/new.mjml.j2"
    assert "templates check" in error.mend


def test_each_piece_of_the_outcome_is_traced_to_its_line(tmp_path: Path) -> None:
    """Also through includes, loops, macros and cut white space; the outcome itself is the same."""
    write(
        tmp_path,
        "whole.html.j2",
        "a\n{% macro m(x) %}\n  in {{ x }}\n{% endmacro %}\n"
        "{% for n in 'xy' %}\n    {% include 'part.html.j2' %}\n{% endfor %}\n{{ m('z') }}end",
    )
    write(tmp_path, "part.html.j2", "{# nothing #}\npart {{ n }}\n")
    templates = Templates(tmp_path)
    found = templates.trace("whole.html.j2", {})
    assert found.text == templates.render("whole.html.j2", {})
    for words, name, line in (
        ("a", "whole.html.j2", 1),
        ("part y", "part.html.j2", 2),
        ("in z", "whole.html.j2", 3),
        ("end", "whole.html.j2", 8),
    ):
        assert found.at(found.text.index(words)) == (name, line)


def test_what_a_template_asks_for_is_known_without_filling_it(tmp_path: Path) -> None:
    text = "{% set x = 1 %}{{ x ~ y.z }}{% for w in v %}{{ range(w) }}{% endfor %}"
    write(tmp_path, "a.html.j2", text)
    assert Templates(tmp_path).asked_for("a.html.j2") == {"y", "v"}


def test_a_page_that_must_be_there_is_ours_where_the_admins_own_does_not_work(
    tmp_path: Path,
) -> None:
    """Also when a part of it is to blame; what is wrong is told."""
    name, told = "preview/outbox.html.j2", list[RenderError]()
    values = {"editions": (), "most": 1}
    ours = Templates().render(name, values)
    templates = Templates(tmp_path)
    assert templates.render_surely(name, values, told.append) == ours
    assert told == []
    part = write(tmp_path, "preview/page.html.j2", "{{ missing }}")
    assert templates.render_surely(name, values, told.append) == ours
    assert [error.file for error in told] == [str(part)]
    with pytest.raises(RenderError):
        Templates().render_surely("no/such.html.j2", {}, told.append)
