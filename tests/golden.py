"""The demo's editions as they were last looked at and found good: tests/data/golden.

`make golden` writes them anew. Look at what git says has changed before you commit it.
"""

from __future__ import annotations

import difflib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.printed import Printed, demo_editions, without_nonce

GOLDEN = Path(__file__).parent / "data" / "golden"

_MOST_LINES = 80


def files_of(editions: list[Printed]) -> dict[str, str]:
    """Each file's name and content: HTML, and the subject with the text part beneath it."""
    files = {}
    for each in editions:
        name = f"{each.edition}/{each.variant}"
        files[f"{name}.txt"] = f"Subject: {each.subject}\n\n{without_nonce(each.text)}"
        if each.html:
            files[f"{name}.html"] = in_lines(without_nonce(each.html))
    return files


def in_lines(html: str) -> str:
    """The HTML with each tag on a line of its own: a whole mail is one line otherwise."""
    return html.replace("><", ">\n<").rstrip("\n") + "\n"


def kept() -> dict[str, str]:
    """The files as they lie in tests/data/golden."""
    return {
        file.relative_to(GOLDEN).as_posix(): file.read_bytes().decode()
        for file in sorted(GOLDEN.glob("*/*.*"))
    }


def differences(golden: Mapping[str, str], made: Mapping[str, str]) -> str:
    """What has changed in each file, as `diff -u` shows it; "" when nothing has."""
    return "\n".join(
        line
        for name in sorted({*golden, *made})
        for line in _difference(name, golden.get(name, ""), made.get(name, ""))
    )


def _difference(name: str, golden: str, made: str) -> Iterator[str]:
    lines = list(
        difflib.unified_diff(
            golden.splitlines(),
            made.splitlines(),
            f"golden/{name}" if golden else "(no such file)",
            f"made/{name}" if made else "(not made any more)",
            n=1,
            lineterm="",
        )
    )
    yield from lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        yield f"… and {len(lines) - _MOST_LINES} more lines of {name}"


def main() -> int:
    """Writes the golden files anew, and says what has changed."""
    with tempfile.TemporaryDirectory() as place:
        made = files_of(demo_editions(Path(place)))
    changed = differences(kept(), made)
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for name, content in made.items():
        file = GOLDEN / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode())
    sys.stdout.write(f"{changed or 'Nothing has changed.'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
