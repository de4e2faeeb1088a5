"""Reading lists as they come out of Excel, web forms and old exports."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from subscribers.csvfile import MAX_LINE, MAX_LINES, Record, Unreadable, open_table
from subscribers.errors import ImportFileError
from subscribers.presets import PRESETS


def read(path: Path) -> tuple[list[tuple[int, str, str]], list[tuple[int, str]]]:
    """The line, address and name of each record; the line and reason of what is none."""
    with open_table(path) as table:
        found = list(table)
    good = [(each.line, each.row.email, each.row.name) for each in found
            if isinstance(each, Record)]  # fmt: skip
    return good, [(each.line, each.reason) for each in found if isinstance(each, Unreadable)]


def put(folder: Path, content: bytes | str, encoding: str = "utf-8") -> Path:
    path = folder / "list.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


LIST = "E-Mail;Name\r\nanna@example.org;Anna Müller\r\nben@example.org;José\r\n"
PEOPLE = [(2, "anna@example.org", "Anna Müller"), (3, "ben@example.org", "José")]


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_every_encoding_and_separator_of_excel_is_read(
    tmp_path: Path, written: str, named: str, separator: str
) -> None:
    path = put(tmp_path, LIST.replace(";", separator), written)
    assert read(path) == (PEOPLE, [])
    with open_table(path) as table:
        assert (table.layout.encoding, table.layout.separator) == (named, separator)


def test_latin_1_that_windows_does_not_know_is_read(tmp_path: Path) -> None:
    path = put(tmp_path, b"email,name\nanna@example.org,M\xfcller \x81\n")
    assert read(path)[0] == [(2, "anna@example.org", "Müller \x81")]


def test_one_damaged_character_does_not_spoil_a_utf_8_list(tmp_path: Path) -> None:
    names = "".join(f"reader{n}@example.org,Zoë\n" for n in range(20))
    path = put(tmp_path, b"email,name\n" + names.encode() + b"x@example.org,Zo\xeb\n")
    good, _ = read(path)
    assert good[0] == (2, "reader0@example.org", "Zoë")
    assert good[-1] == (22, "x@example.org", "Zo\N{REPLACEMENT CHARACTER}")


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(tmp_path: Path, ends: str) -> None:
    path = put(tmp_path, ends.join(["email,name", "a@example.org,Anna", "b@example.org,Ben"]))
    assert read(path)[0] == [(2, "a@example.org", "Anna"), (3, "b@example.org", "Ben")]


@pytest.mark.parametrize(
    "content",
    [
        "anna@example.org\nben@example.org\n",
        "anna@example.org;\nben@example.org;\n",
        "\ufeffanna@example.org\n\nben@example.org",
        "\n\nanna@example.org\n,\nben@example.org\n",
    ],
)
def test_a_bare_column_of_addresses_needs_no_header(tmp_path: Path, content: str) -> None:
    good, bad = read(put(tmp_path, content))
    assert [email for _, email, _ in good] == ["anna@example.org", "ben@example.org"]
    assert bad == []


@pytest.mark.parametrize(
    "name", ["email", "E-MAIL", "Email Address", "e_mail", " mail ", "*Email:"]
)
def test_columns_are_known_by_many_names_in_any_order(tmp_path: Path, name: str) -> None:
    path = put(tmp_path, f"Full Name,Shoe size,{name}\nAnna,39,anna@example.org\n")
    assert read(path)[0] == [(2, "anna@example.org", "Anna")]
    with open_table(path) as table:
        assert table.layout.ignored == ("Shoe size",)


def test_topics_with_semicolons_do_not_make_a_list_separated_by_them(tmp_path: Path) -> None:
    path = put(tmp_path, "email,topics\nanna@example.org,trials;research;more\n")
    with open_table(path) as table:
        (record,) = list(table)
    assert isinstance(record, Record)
    assert record.row.topics == "trials;research;more"


def test_a_line_that_names_the_separator_is_obeyed(tmp_path: Path) -> None:
    assert read(put(tmp_path, "sep=|\r\nemail|name\r\na@example.org|Anna, Dr\r\n")) == (
        [(3, "a@example.org", "Anna, Dr")],
        [],
    )


def test_line_ends_in_quotes_belong_to_the_field_and_count_as_lines(tmp_path: Path) -> None:
    path = put(tmp_path, 'email,name\na@example.org,"Anna\nBell"\nb@example.org,Ben\n')
    assert read(path)[0] == [(2, "a@example.org", "Anna\nBell"), (4, "b@example.org", "Ben")]


@pytest.mark.parametrize(
    "broken",
    ['a@example.org,"Anna', 'a@example.org,"Anna" Bell', '"a@example.org"x,Anna'],
)
@pytest.mark.parametrize("after", [1, MAX_LINES - 2, 3 * MAX_LINES])
def test_a_quotation_mark_left_open_costs_one_line(tmp_path: Path, broken: str, after: int) -> None:
    others = [f"reader{n}@example.org,R" for n in range(after)]
    path = put(tmp_path, "\n".join(["email,name", broken, *others]))
    good, bad = read(path)
    assert [email for _, email, _ in good] == [f"reader{n}@example.org" for n in range(after)]
    assert good[0][0] == 3
    assert [line for line, _ in bad] == [2]
    assert "quotation mark" in bad[0][1]


def test_a_line_without_end_costs_no_memory_and_one_reject(tmp_path: Path) -> None:
    path = put(tmp_path, "email\nanna@example.org\n" + "x" * (5 * MAX_LINE) + "\nben@example.org\n")
    good, bad = read(path)
    assert [(line, email) for line, email, _ in good] == [
        (2, "anna@example.org"),
        (4, "ben@example.org"),
    ]
    assert [line for line, _ in bad] == [3]


def test_missing_cells_are_empty_and_too_many_are_told(tmp_path: Path) -> None:
    path = put(tmp_path, "email,name\na@example.org\nb@example.org,Ben,,\nc@example.org,C,D\n")
    assert read(path) == (
        [(2, "a@example.org", ""), (3, "b@example.org", "Ben")],
        [(4, "has 3 fields instead of 2")],
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\n \n", "no column of addresses"),
        (b"PK\x03\x04rest of a workbook", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html><a href='mailto:a@example.org'>a@example.org</a>, x\n",
         "web page"),
        (b"<html><head>", "web page"),
        (b'{"subscribers": [{"email": "a@example.org"}]}', "JSON"),
        (b'[{"email": "a@example.org", "name": "A"}]', "JSON"),
        (b"first,second\n1,2\n", "“first”, “second”"),
        (b"anna@example.org,Anna\nben@example.org,Ben\n", "no line that names them"),
        (b"email,E-Mail\na@example.org,b@example.org\n", "two columns of email"),
        (b"\xff\xfee\x00m\x00\x00\xd8x\x00", "cut off"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_in_words(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(ImportFileError) as caught:
        read(put(tmp_path, content))
    assert said in caught.value.message
    assert "list.csv" in caught.value.message
    assert caught.value.mend


def test_what_a_file_holds_gives_the_terminal_no_orders(tmp_path: Path) -> None:
    for content in ("\x1b]0;x\x07first,b\n", "email,name,\0Name\n"):
        with pytest.raises(ImportFileError) as caught:
            read(put(tmp_path, content))
        assert caught.value.message.isprintable()
    with open_table(put(tmp_path, "email,\x1b[31mred\n")) as table:
        assert table.layout.ignored == ("[31mred",)
    ghost = put(tmp_path, "email,subscribed_to_emails\na@example.org,\x1b[32mgreen\n")
    with open_table(ghost, PRESETS["ghost"]) as table:
        (bad,) = table
    assert isinstance(bad, Unreadable)
    assert bad.reason.isprintable()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="does not exist"):
        read(tmp_path / "none.csv")
    with pytest.raises(ImportFileError, match="is not a file"):
        read(tmp_path)


@given(st.binary(max_size=300))
@example(b'email\n"\n"\n"')
@example(b"sep=,\n")
@example(b"sep=\x00\nemail\n")
@example(b'sep="\nemail\n')
@example(b"sep=\r\n")
@example(b"email\n\x00\n")
@example(b"\xfe\xff")
@settings(max_examples=200)
def test_no_content_ends_in_anything_but_our_own_error(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = put(Path(folder), b"email,name\n" + content)
        bare = put(Path(folder), content)
        for each in (path, bare):
            try:
                good, bad = read(each)
            except ImportFileError:
                continue
            lines = [line for line, _, _ in good] + [line for line, _ in bad]
            assert all(line >= 1 for line in lines)


_CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('",;\n'),
                max_size=20)  # fmt: skip


@given(st.lists(st.tuples(st.emails(), _CELL), min_size=1, max_size=20), st.sampled_from(",;\t"))
def test_whatever_a_csv_writer_writes_is_read_back(
    rows: list[tuple[str, str]], separator: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list.csv")
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, delimiter=separator)
            writer.writerows([("email", "name"), *rows])
        good, bad = read(path)
    assert bad == []
    assert [(email, name) for _, email, name in good] == rows
