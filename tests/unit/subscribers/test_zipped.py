"""ZIP files from elsewhere: damaged, locked, far too large, or with names that point outside."""

from __future__ import annotations

import io
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subscribers.csvfile import Record, open_table
from subscribers.errors import ImportFileError
from subscribers.recognise import recognise
from subscribers.zipped import MAX_FILES, is_zip

LIST = "email,subscribed_to_emails\nanna@example.org,true\n"


def packed(path: Path, files: dict[str, bytes | str], how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def people(path: Path) -> list[str]:
    with recognise(path) as export:
        found = []
        for part in export.parts:
            with open_table(part.source, export.preset, layout=part.layout) as table:
                found += [each.row.email for each in table if isinstance(each, Record)]
        return found


def test_a_list_in_a_zip_is_read_in_place(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"folder/members.csv": LIST.encode("utf-16")})
    assert is_zip(path)
    assert people(path) == ["anna@example.org"]
    assert [each.name for each in tmp_path.iterdir()] == ["a.zip"]


def test_names_that_point_outside_are_only_names(tmp_path: Path) -> None:
    names = ("../../evil.csv", "/etc/evil2.csv", "C:\\evil3.csv", "__MACOSX/._x.csv", ".hidden.csv")
    path = packed(tmp_path / "a.zip", dict.fromkeys(names, LIST))
    with recognise(path) as export:
        assert [each.source.name for each in export.parts] == ["evil.csv", "evil2.csv", "evil3.csv"]
    assert [each.name for each in tmp_path.iterdir()] == ["a.zip"]


def test_a_name_with_control_characters_is_shown_without_them(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"x\x1b[31m\n.csv": LIST})
    with recognise(path) as export:
        assert export.parts[0].source.name == "x?[31m?.csv"


def test_a_file_that_unpacks_to_a_giant_is_not_read(tmp_path: Path) -> None:
    giant = LIST + "x" * (64 << 20)
    path = packed(tmp_path / "bomb.zip", {"members.csv": giant})
    assert path.stat().st_size < 100_000
    with pytest.raises(ImportFileError, match="times its size") as caught, recognise(path):
        pass
    assert "Unpack it yourself" in caught.value.mend


def test_more_than_there_is_room_for_is_not_read(tmp_path: Path) -> None:
    """The sizes are told by the ZIP itself, so nothing needs to be unpacked to refuse it."""
    path = packed(tmp_path / "a.zip", {f"{n}.csv": LIST for n in range(2)}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    for at in (i for i in range(len(data)) if data[i : i + 4] == b"PK\x01\x02"):
        struct.pack_into("<II", data, at + 20, 2_000_000_000, 2_000_000_000)
    path.write_bytes(bytes(data))
    with pytest.raises(ImportFileError, match="MB"), recognise(path):
        pass


def test_thousands_of_files_are_not_read(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {f"{n}.txt": b"" for n in range(MAX_FILES + 1)})
    with pytest.raises(ImportFileError, match="10,001 files"), recognise(path):
        pass


def test_a_zip_with_a_password_is_told_in_words(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"members.csv": LIST})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ImportFileError, match="password"), recognise(path):
        pass


def test_a_way_of_packing_that_is_not_known_is_told(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"members.csv": LIST})
    data = bytearray(path.read_bytes())
    data[8:10] = data[data.index(b"PK\x01\x02") + 10 :][:2] = b"\x63\x00"
    at = data.index(b"PK\x01\x02") + 10
    data[at : at + 2] = b"\x63\x00"
    path.write_bytes(bytes(data))
    with pytest.raises(ImportFileError, match="packed in a way"):
        people(path)


def test_a_workbook_is_no_zip_of_lists(tmp_path: Path) -> None:
    path = packed(tmp_path / "list.xlsx", {"[Content_Types].xml": "<x/>", "xl/a.csv": LIST})
    with pytest.raises(ImportFileError, match="workbook"), recognise(path):
        pass


def test_a_zip_without_people_and_one_with_too_many_lists_are_told(tmp_path: Path) -> None:
    nobody = packed(tmp_path / "a.zip", {"posts.csv": "id,title\n1,A\n", "read.me": "x"})
    with pytest.raises(ImportFileError, match="no list of people"), recognise(nobody):
        pass
    double = packed(tmp_path / "d.zip", {"export/members.zip": nobody.read_bytes()})
    with pytest.raises(ImportFileError, match=r"another ZIP.*members\.zip"), recognise(double):
        pass
    plain = packed(tmp_path / "b.zip", {"a.csv": "email\n", "b.csv": "email\n"})
    with pytest.raises(ImportFileError, match=r"holds a\.csv, b\.csv"), recognise(plain):
        pass
    one = packed(tmp_path / "c.zip", {"a.csv": "email\nanna@example.org\n"})
    assert people(one) == ["anna@example.org"]


@given(cut=st.integers(0, 200), at=st.integers(0, 400), octet=st.integers(0, 255))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_damage_ends_in_anything_but_our_own_error(
    tmp_path: Path, cut: int, at: int, octet: int
) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("members.csv", LIST * 20)
    data = bytearray(whole.getvalue())
    if at < len(data):
        data[at] = octet
    path = tmp_path / "a.zip"
    path.write_bytes(bytes(data[: len(data) - cut]))
    with suppress(ImportFileError):
        assert set(people(path)) <= {"anna@example.org", ""}
