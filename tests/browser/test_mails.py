"""Mails as readers see them: on small and large screens, in the dark, enlarged, read aloud."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from newsletter.editions.palette import DARK, LIGHT
from tests.browser.mail import Mail
from tests.browser.samples import EVERY, SAMPLES
from tests.browser.screen import DESKTOP, PHONE, STATES, mail_on_screen

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MailOf = Callable[[str], Mail]

each_mail = pytest.mark.parametrize("name", SAMPLES)
each_width = pytest.mark.parametrize("width", [320, PHONE, DESKTOP])
each_scheme = pytest.mark.parametrize("scheme", ["light", "dark"])

PALETTES = {"light": LIGHT, "dark": DARK}

BAD = """<!doctype html><html lang="en"><head><title>Bad</title><style>.a { width: 900px }</style>
</head><body><h1>One</h1><h3>Two</h3><p style="color:#ccc">Pale</p><p style="font-size:12px">Small
</p><div class="a">Wide</div><p><a href="https://x.example/">Low</a></p><p>In
<a href="https://x.example/">running</a> text.</p><p style="font-size:17px">
<span>Pneumonoultramicroscopicsilicovolcano</span></p><img alt="" src="https://x.example/t.gif">
<style>.b::before { content: "lost" } .c { display: none }</style><p class="c">Hidden</p></body>
"""


def rgb(colour: str) -> str:
    """#aabbcc as a browser says it."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"rgb({red}, {green}, {blue})"


@pytest.mark.parametrize("name", EVERY)
def test_nothing_keeps_anybody_from_reading_and_nobody_else_learns_of_it(
    browser: Browser, mail_of: MailOf, name: str
) -> None:
    """axe-core: contrast by day and by night, names of links and pictures, headings, language.

    Nothing is fetched but pictures from the blog itself.
    """
    mail = mail_of(name)
    faults = {}
    with mail_on_screen(browser, mail.html, width=PHONE, pictures=mail.picture) as screen:
        for width, scheme in STATES:
            screen.turn(width=width, scheme=scheme)
            faults[width, scheme] = screen.faults(mail=True)
    assert faults == {state: [] for state in STATES}
    assert screen.asked_otherwise == []
    assert [address for address in screen.asked if not mail.owns(address)] == []


@each_width
@each_mail
def test_nobody_has_to_scroll_sideways(
    browser: Browser, mail_of: MailOf, name: str, width: int
) -> None:
    mail = mail_of(name)
    with mail_on_screen(browser, mail.html, width=width, pictures=mail.picture) as screen:
        assert screen.measure("overhang") <= 0
        assert all(picture["loaded"] for picture in screen.measure("pictures"))


@each_mail
def test_text_of_twice_the_size_fits_on_a_phone(
    browser: Browser, mail_of: MailOf, name: str
) -> None:
    mail = mail_of(name)
    with mail_on_screen(browser, mail.html, width=PHONE, pictures=mail.picture) as screen:
        screen.measure("enlargeText", 2)
        assert screen.measure("smallTexts", 32) == []
        assert screen.measure("overhang") <= 0


@each_mail
def test_headings_are_the_mail_s_outline(browser: Browser, mail_of: MailOf, name: str) -> None:
    """One h1, which comes first, and no level left out on the way down."""
    with mail_on_screen(browser, mail_of(name).html, width=DESKTOP) as screen:
        levels = screen.measure("headings")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(lower <= upper + 1 for upper, lower in pairwise(levels))


@each_width
@each_mail
def test_no_text_is_smaller_than_16_pixels_and_no_link_lower_than_a_thumb(
    browser: Browser, mail_of: MailOf, name: str, width: int
) -> None:
    """44 pixels, but for links inside of running text (WCAG 2.2, 2.5.5)."""
    with mail_on_screen(browser, mail_of(name).html, width=width) as screen:
        assert screen.measure("smallTexts", 16) == []
        assert screen.measure("lowLinks", 44) == []


@each_scheme
@each_mail
def test_without_its_pictures_a_mail_says_what_they_show(
    browser: Browser, mail_of: MailOf, name: str, scheme: str
) -> None:
    """In a colour of its own: axe-core does not look at these words."""
    ink = rgb(PALETTES[scheme].ink)
    with mail_on_screen(browser, mail_of(name).html, width=PHONE, scheme=scheme) as screen:
        for picture in screen.measure("pictures"):
            assert not picture["loaded"]
            assert picture["alt"]
            assert picture["height"] >= 20, "no room for its words"
            assert picture["width"] >= 200
            assert picture["colour"] == ink
        assert screen.measure("overhang") <= 0


@each_mail
def test_without_styles_no_word_is_lost_or_added(
    browser: Browser, mail_of: MailOf, name: str
) -> None:
    """Some mail programs throw all style sheets away."""
    mail = mail_of(name)
    with mail_on_screen(browser, mail.html, width=PHONE, pictures=mail.picture) as screen:
        before = screen.measure("words")
        assert len(before) > 200
        screen.measure("withoutStyles")
        assert screen.measure("words") == before
        assert screen.measure("smallTexts", 16) == []
        assert screen.measure("lowLinks", 44) == []


def test_some_mails_have_pictures(browser: Browser, mail_of: MailOf) -> None:
    for name in ("demo-2", "blog-2", "largest"):
        with mail_on_screen(browser, mail_of(name).html, width=DESKTOP) as screen:
            assert screen.asked, name


def test_what_is_wrong_by_night_alone_is_found_by_turning(browser: Browser) -> None:
    html = (
        '<!doctype html><html lang="en"><head><title>Night</title><style>@media '
        "(prefers-color-scheme: dark) and (min-width: 600px) { p { color: #eee } }</style></head>"
        "<body><h1>One</h1><p>Only on a wide screen by night</p></body></html>"
    )
    with mail_on_screen(browser, html, width=PHONE) as screen:
        for width, scheme in STATES:
            screen.turn(width=width, scheme=scheme)
            assert bool(screen.faults(mail=True)) is ((width, scheme) == (DESKTOP, "dark"))


def test_the_measures_find_what_they_look_for(browser: Browser) -> None:
    with mail_on_screen(browser, BAD, width=PHONE) as screen:
        assert screen.asked == ["https://x.example/t.gif"]
        assert screen.measure("overhang") > 500
        assert screen.measure("headings") == [1, 3]
        assert screen.measure("smallTexts", 16) == ["Small"]
        assert [link.partition(":")[0] for link in screen.measure("lowLinks", 44)] == ["Low"]
        assert screen.measure("pictures")[0]["alt"] == ""
        faults = {fault.partition(":")[0] for fault in screen.faults(mail=True)}
        assert {"color-contrast", "heading-order"} <= faults
        before = screen.measure("words")
        screen.measure("withoutStyles")
        assert screen.measure("words") != before
        screen.measure("enlargeText", 2)
        assert screen.measure("smallTexts", 32) == ["Small"]
        assert screen.measure("overhang") > 0
