"""The demo's editions are, byte for byte, those that somebody has looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden import differences, files_of, in_lines, kept
from tests.printed import DEMO_VARIANTS, demo_editions


def test_the_demo_s_editions_are_as_they_were(tmp_path: Path) -> None:
    """Who changed them on purpose runs `make golden`, and looks at them."""
    changed = differences(kept(), files_of(demo_editions(tmp_path)))
    if changed:
        pytest.fail(f"If this is meant: `make golden`.\n{changed}", pytrace=False)


def test_every_variant_of_both_editions_is_kept() -> None:
    expected = {f"2026-W{week}/{variant}.txt" for week in (46, 47) for variant in DEMO_VARIANTS}
    assert {name for name in kept() if name.endswith(".txt")} == expected
    assert {"2026-W46/all.html", "2026-W47/all.large.html"} <= set(kept())


def test_a_difference_is_shown_with_its_file_and_its_lines() -> None:
    golden = {"a.html": in_lines("<p><b>Old</b></p>"), "b.txt": "same\n", "c.txt": "gone\n"}
    made = {"a.html": in_lines("<p><b>New</b></p>"), "b.txt": "same\n", "d.txt": "more\n"}
    shown = differences(golden, made).splitlines()
    assert shown[:6] == ["--- golden/a.html", "+++ made/a.html", "@@ -1,3 +1,3 @@", " <p>",
                         "-<b>Old</b>", "+<b>New</b>"]  # fmt: skip
    assert "+++ (not made any more)" in shown
    assert "--- (no such file)" in shown
    assert not any("b.txt" in line for line in shown)
    assert differences(golden, golden) == ""
