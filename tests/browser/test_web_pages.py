"""The pages for readers, as they are seen, heard and used."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.runner import Desk, Post, atom
from tests.acceptance.world import EDITION
from tests.browser.screen import PHONE, Screen, site_on_screen
from tests.browser.web_pages import Pages, all_pages
from tests.webapp import at_work
from tests.webserver import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = (
    *("home", "embed", "link", "link-wrong", "archive", "edition", "edition-removed"),
    *("not-found", "wrong-method", "too-much", "too-often"),
    *("sign-up-wrong", "sign-up-again", "asked", "asked-link"),
    *("confirm", "confirmed", "confirm-already", "confirm-unknown"),
    *("choices", "choices-saved", "choices-left", "all-choices", "all-choices-saved"),
    *("dossier", "stale", "forget", "forgotten"),
    *("unsubscribe", "left", "left-thanks", "left-before", "left-unknown"),
    *("home-closed", "embed-closed", "archive-empty", "edition-less", "left-coming"),
    *("confirm-overtaken", "confirm-barred", "confirm-expired", "all-choices-left"),
    *("our-fault", "our-fault-personal"),
    *("unsubscribe-sample", "preferences-sample", "left-sample"),
)
STATES = tuple(product((PHONE, 1280), ("light", "dark")))

each_page = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """All of them, each asked for once."""
    with all_pages(tmp_path_factory.mktemp("web")) as found:
        yield found


def test_every_page_is_looked_at(pages: Pages) -> None:
    assert set(pages.html) == set(NAMES)
    assert all("</html>" in text for text in pages.html.values())


@each_page
def test_a_page_can_be_read_and_used_by_everybody(
    browser: Browser, pages: Pages, name: str
) -> None:
    """On phone and desktop, by day and by night, with large letters, by a screen reader, without
    scripts, and without anybody else being asked for anything.
    """
    address = f"{pages.site.origin}/as-answered"
    html = pages.html[name]
    assert "<script" not in html
    with site_on_screen(browser, address, width=PHONE, html=html) as screen:
        grounds = {_readable(screen, width, scheme) for width, scheme in STATES}
        assert len(grounds) == 2, "it is not dark where the phone is"
        screen.turn(width=PHONE, scheme="light")
        _usable(screen)
        screen.measure("enlargeText", 2)
        assert screen.measure("overhang") <= 0
        assert screen.asked == []
        assert screen.page.context.cookies() == []


def test_a_band_that_is_pale_by_day_can_be_read_by_night(browser: Browser, tmp_path: Path) -> None:
    """The line above an edition and its masthead are by night in the colours of the night."""
    desk = Desk(tmp_path)
    pale = '[look]\nmasthead = "Letters"\n[look.light]\nband = "#ffe08a"\n'
    words = 'on_band = "#222222"\non_band_muted = "#333333"\n'
    with serving() as web:
        desk.settings([web.url("/feed")], more=pale + words)
        desk.people()
        web.pages["/feed"] = atom(Post(number=2, title="A walk in autumn"))
        assert desk.send()["outcome"] == "sent"
    with at_work(tmp_path, NEWSLETTER_NOW=desk.now) as site:
        address = f"{site.origin}/archive/{EDITION}"
        with site_on_screen(browser, address, width=PHONE) as screen:
            for width, scheme in STATES:
                screen.turn(width=width, scheme=scheme)
                assert screen.faults(mail=False) == []


def _readable(screen: Screen, width: int, scheme: str) -> str:
    """axe-core (contrast, labels, landmarks, language) finds nothing; the ground of the page."""
    screen.turn(width=width, scheme=scheme)
    assert screen.faults(mail=False) == []
    assert screen.measure("overhang") <= 0
    return str(screen.measure("ground"))


def _usable(screen: Screen) -> None:
    """Text is large, targets are as high as a thumb, headings are the outline."""
    assert screen.measure("smallTexts", 16) == []
    assert screen.measure("lowLinks", 44) == []
    assert screen.measure("lowFields", 44) == []
    levels = screen.measure("headings")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(lower <= upper + 1 for upper, lower in pairwise(levels))
