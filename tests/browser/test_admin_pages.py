"""The pages on which the admin looks at an edition and at the outbox."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.screen import PHONE, file_on_screen

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


def _overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return (
        one["left"] < other["right"] - 1
        and other["left"] < one["right"] - 1
        and one["top"] < other["bottom"] - 1
        and other["top"] < one["bottom"] - 1
    )
