"""The pages on which the admin looks at an edition and at the outbox."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from newsletter.editions.preview import Shown, preview_files
from newsletter.editions.render import render
from newsletter.model.edition import Finding
from tests.browser.screen import PHONE, file_on_screen
from tests.digests import TAGS, a_digest, new_post

if TYPE_CHECKING:
    from playwright.sync_api import Browser

each_page = pytest.mark.parametrize("page", ["preview/2026-W47/index.html", "outbox/index.html"])
each_width = pytest.mark.parametrize("width", [PHONE, 1280])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@each_width
@each_page
def test_nothing_keeps_anybody_from_reading(
    browser: Browser, demo_folder: Path, page: str, width: int, scheme: str
) -> None:
    with file_on_screen(browser, demo_folder / page, width=width, scheme=scheme) as screen:
        assert screen.faults(mail=False) == []
        assert screen.asked == []


@each_width
@each_page
def test_nobody_has_to_scroll_sideways(
    browser: Browser, demo_folder: Path, page: str, width: int
) -> None:
    with file_on_screen(browser, demo_folder / page, width=width) as screen:
        assert screen.measure("overhang") <= 0


@each_page
def test_a_page_is_dark_where_the_desktop_is(
    browser: Browser, demo_folder: Path, page: str
) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        with file_on_screen(browser, demo_folder / page, width=1280, scheme=scheme) as screen:
            grounds.append(screen.measure("ground"))
    assert grounds[0] != grounds[1]


@each_width
def test_names_of_messages_do_not_lie_on_each_other(
    browser: Browser, demo_folder: Path, width: int
) -> None:
    with file_on_screen(browser, demo_folder / "outbox/index.html", width=width) as screen:
        lines = screen.measure("linkLines")
    assert len(lines) > 10
    for one, other in combinations(lines, 2):
        assert not _overlap(one, other), (one, other)


def test_a_watched_preview_loads_itself_anew_when_it_was_written_anew(
    browser: Browser, tmp_path: Path
) -> None:
    """From a file, without a server: the page asks a small file beside it."""
    _write_watched(tmp_path, "First words.")
    with file_on_screen(browser, tmp_path / "index.html", width=PHONE) as screen:
        screen.page.get_by_text("First words.").wait_for()
        _write_watched(tmp_path, "Other words.")
        screen.page.get_by_text("Other words.").wait_for()
        assert screen.page.get_by_text("First words.").count() == 0


def test_without_pictures_a_mail_shows_their_words(browser: Browser, demo_folder: Path) -> None:
    bare = demo_folder / "preview/2026-W47/look/all.bare.html"
    with file_on_screen(browser, bare, width=PHONE) as screen:
        assert screen.asked == []
        assert screen.page.locator("img").count() > 0
        assert screen.page.locator("img[src]").count() == 0
        assert screen.measure("overhang") <= 0


def _write_watched(folder: Path, words: str) -> None:
    """A watched preview of one mail, with a finding of these words."""
    finding = Finding(code="no-alt", error=True, place="all", message=words, mend="Mend it.")
    shown = Shown(
        edition_key="2026-W47",
        variants=[render(a_digest(new=(new_post(),)), TAGS)],
        findings=[finding],
        tags=TAGS,
        sender="Morgan Hale <morgan@blog.example.org>",
        watched=True,
    )
    for name, content in preview_files(shown).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


def _overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return (
        one["left"] < other["right"] - 1
        and other["left"] < one["right"] - 1
        and one["top"] < other["bottom"] - 1
        and other["top"] < one["bottom"] - 1
    )
