"""The engine that makes our mails, and the official MJML: what they make looks the same.

So no reader sees a fault of the one that we use, which looks into nothing that it is given.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.mail import Mail
from tests.browser.opinions import opinions_on
from tests.browser.samples import EVERY
from tests.browser.screen import PHONE, STATES, mail_on_screen

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MailOf = Callable[[str], Mail]

NAMES = [name for name in EVERY if name.startswith(("demo", "blog", "largest", "trials"))]

MOST_DIFFERENT = 0.0005
"""Share of the pixels: one line of text that is set one pixel lower is more."""

A_DIFFERENCE = 24
"""Of 255, in one of the three colours: less is how an edge was smoothed."""


@pytest.fixture(scope="module")
def official(mail_of: MailOf) -> dict[str, str]:
    """The HTML that the official MJML makes of each mail's source."""
    opinions = opinions_on([mail_of(name) for name in NAMES])
    return {name: opinion.rendered for name, opinion in zip(NAMES, opinions, strict=True)}


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_looks_as_the_official_mjml_would_make_it(
    browser: Browser, mail_of: MailOf, official: dict[str, str], name: str
) -> None:
    mail = mail_of(name)
    ours = photographs(browser, mail, mail.html)
    theirs = photographs(browser, mail, official[name])
    for state, one, other in zip(STATES, ours, theirs, strict=True):
        assert different(one, other) <= MOST_DIFFERENT, state


def test_one_letter_or_one_colour_is_a_difference(browser: Browser, mail_of: MailOf) -> None:
    mail = mail_of("demo-2")
    assert "What changed:" in mail.html
    ours = photographs(browser, mail, mail.html)
    letters = photographs(browser, mail, mail.html.replace("What changed:", "What is new:"))
    colour = photographs(browser, mail, mail.html.replace("prefers-color-scheme: dark", "print"))
    for (_, scheme), one, other, third in zip(STATES, ours, letters, colour, strict=True):
        assert different(one, other) > MOST_DIFFERENT
        assert (different(one, third) > MOST_DIFFERENT) is (scheme == "dark")


def photographs(browser: Browser, mail: Mail, html: str) -> list[bytes]:
    """The whole of a mail, in each of STATES (PNG)."""
    shots = []
    with mail_on_screen(browser, html, width=PHONE, pictures=mail.picture) as screen:
        for width, scheme in STATES:
            screen.turn(width=width, scheme=scheme)
            shots.append(screen.page.screenshot(full_page=True))
    return shots


def different(one: bytes, other: bytes) -> float:
    """The share of pixels that are not of the same colour; all, when the sizes are not the same."""
    from PIL import Image, ImageChops

    with Image.open(io.BytesIO(one)) as first, Image.open(io.BytesIO(other)) as second:
        if first.size != second.size:
            return 1.0
        bands = ImageChops.difference(first.convert("RGB"), second.convert("RGB")).split()
        most = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
        counts = most.histogram()
    return float(sum(counts[A_DIFFERENCE:]) / sum(counts))
