"""Other people's text is read where it lies; it does not get into the repository."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.source import ROOT, text_of, tracked

DATA = ROOT.parent / "shared"
LENGTH = 12
"""So many words in a row are a copied sentence; fewer may be a title or a standing phrase."""

_ITEM = re.compile(r"<(?:item|entry)[ >].*?</(?:item|entry)>", re.DOTALL | re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


def runs(text: str) -> Iterator[str]:
    """Every run of words in a text, without markup."""
    plain = re.sub(r"<[^>]*>|https?://\S+", " ", html.unescape(html.unescape(text)))
    words = _WORD.findall(plain.lower())
    for start in range(len(words) - LENGTH + 1):
        yield " ".join(words[start : start + LENGTH])


def foreign_texts() -> Iterator[str]:
    """The items of the feeds, the notes, and the post of the blog that is not ours to copy."""
    for path in sorted((DATA / "feeds").glob("*.xml")):
        yield from _ITEM.findall(path.read_text(encoding="utf-8", errors="replace"))
    for path in sorted((DATA / "feeds").glob("*jsonfeed*.json")):
        items = json.loads(path.read_text(encoding="utf-8"))["items"]
        yield from (item.get("content_html", "") for item in items)
    for path in sorted((DATA / "facts").glob("*.md")):
        yield path.read_text(encoding="utf-8")
    for path in sorted((DATA / "blog").glob("*.xml")):
        items = _ITEM.findall(path.read_text(encoding="utf-8"))
        yield from (item for item in items if "?p=17905" in item)


@pytest.mark.slow
def test_no_tracked_file_has_a_sentence_of_somebody_elses() -> None:
    """Facts may be told again in own words; sentences may not be taken."""
    if not DATA.is_dir():
        pytest.skip(f"the data beside the repository is missing: {DATA.name}/")
    foreign = {run for text in foreign_texts() for run in runs(text)}
    assert len(foreign) > 50_000
    copied = {
        f"{path}: {run}"
        for path in tracked()
        for run in runs(_content(path))
        if run in foreign and not run.replace(" ", "").isdigit()
    }
    assert sorted(copied) == []


def _content(path: Path) -> str:
    return "" if path.name.startswith("requirements") else text_of(path) or ""


def test_a_copied_sentence_is_found() -> None:
    """Whatever the markup, the case and the quotation marks."""
    words = "one two three four five six seven eight nine ten eleven twelve"
    assert list(
        runs("<p>One <b>two</b> three, four five “six” seven eight nine TEN eleven twelve.</p>")
    ) == [words]
