"""The line on which a setting stands is found in every way TOML can be written."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.config.lines import find_lines, line_of

EVERY_FORM = '''\
# a comment with [a.table] = "in it"
top = 1
"quoted key" . inner = 'literal # no comment'

[one]   # behind a table
text = """
[not.a.table]
key = "not a key"
five quotes: """""
after = true
literal = \'\'\'
also = "not a key"\'\'\'
escaped = "a \\" quote # and a sign"
list = [
  1,  # first
  [ "x", "]" ],

  { in = "line", "deep key" = { er = 2 } },
]
date = 1979-05-27 07:32:00
[one.two.three]
x = 0.5
[[items]]
name = "a"
[items.sub]
y = 1
[[items.many]]
z = 1
[[items.many]]
z = 2
[[items]]
name = "b"
[[items.many]]
z = 3
'''

PLACES = {
    ("top",): 2,
    ("quoted key",): 3,
    ("quoted key", "inner"): 3,
    ("one",): 5,
    ("one", "text"): 6,
    ("one", "after"): 10,
    ("one", "literal"): 11,
    ("one", "escaped"): 13,
    ("one", "list"): 14,
    ("one", "list", 0): 15,
    ("one", "list", 1): 16,
    ("one", "list", 1, 1): 16,
    ("one", "list", 2, "in"): 18,
    ("one", "list", 2, "deep key", "er"): 18,
    ("one", "date"): 20,
    ("one", "two", "three", "x"): 22,
    ("items", 0): 23,
    ("items", 0, "name"): 24,
    ("items", 0, "sub", "y"): 26,
    ("items", 0, "many", 0, "z"): 28,
    ("items", 0, "many", 1, "z"): 30,
    ("items", 1, "name"): 32,
    ("items", 1, "many", 0, "z"): 34,
}


@pytest.mark.parametrize(("path", "line"), PLACES.items())
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_form_of_key_and_value_has_its_line(
    path: tuple[str | int, ...], line: int, newline: str
) -> None:
    assert find_lines(EVERY_FORM.replace("\n", newline))[path] == line


def test_all_that_tomllib_reads_has_a_line_and_nothing_else_has() -> None:
    assert set(find_lines(EVERY_FORM)) == set(_paths(tomllib.loads(EVERY_FORM)))


def test_what_is_missing_has_the_line_of_the_table_around_it() -> None:
    lines = find_lines("a = 1\n[section]\nb = 2\n")
    assert line_of(lines, ("section", "missing")) == 2
    assert line_of(lines, ("nowhere", "missing")) is None


KEYS = st.text("ab-_ .#é\"'[]=", min_size=1, max_size=4)
SCALARS = st.integers(-5, 5) | st.booleans() | st.text("ab\"\\#]}\n,= '", max_size=6) | st.just(1.5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5), st.dictionaries(KEYS, VALUES, max_size=3))
def test_any_document_is_found_whole(top: dict[str, Any], table: dict[str, Any]) -> None:
    text, expected, line = "", {}, 1
    for key, value in top.items():
        pair = f"{_quoted(key)} = {written(value)}\n"
        expected[key], line = line, line + pair.count("\n")
        text += pair
    items = f"[[{_quoted('the table')}]]\n"
    text += "".join(items + f"{_quoted(k)} = {written(v)}\n" for k, v in table.items())
    lines = find_lines(text)
    assert set(lines) == set(_paths(tomllib.loads(text)))
    assert {key: lines[(key,)] for key in top} == expected


@given(st.text("ab=\"'[]{}#,.\n\\ ", max_size=40))
@example('"\\]"')  # a key that is none, in quotation marks
def test_a_text_that_is_not_toml_does_no_harm(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in find_lines(text).values())


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items: Any = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    here = [path] if path else []
    return here + [found for key, inner in items for found in _paths(inner, (*path, key))]


def _quoted(text: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}
    return '"' + "".join(escapes.get(letter, letter) for letter in text) + '"'


def written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return "[\n" + "".join(f"  {written(item)}, # ] x\n" for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(k)} = {written(v)}" for k, v in value.items()) + "}"
    return str(value)
