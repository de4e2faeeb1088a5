"""Files with addresses are private, and whole or not there."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from subscribers.privatefile import private_file


def test_a_private_file_is_read_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with private_file(path) as stream:
        stream.write("anna@example.org\r\n")
        assert not path.exists()
        (part,) = tmp_path.iterdir()
        assert stat.S_IMODE(part.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == b"anna@example.org\r\n"


def test_when_the_work_fails_the_old_file_stays_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("old")

    def fail() -> None:
        with private_file(path) as stream:
            stream.write("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [each.name for each in tmp_path.iterdir()] == ["list.csv"]
    assert path.read_text() == "old"
