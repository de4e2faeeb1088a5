"""A reader's way through the pages: with and without scripts, and by the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import pytest

from tests.acceptance.runner import Desk, Post, atom
from tests.integration.web.reader import ANNA, newest, person
from tests.webapp import SECRET, Served, at_work
from tests.webserver import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

EDITION = "2026-W46"
MOST_TABS = 60
TOPICS = """\
[[topics]]
key = "trials"
title = "Clinical trials"
categories = ["Trials"]
[[topics]]
key = "living"
title = "Living well"
categories = ["Living"]
"""


class Hands(Protocol):
    """How somebody uses a page."""

    def press(self, target: Locator) -> None:
        """A button, a link, a summary, or a box to tick."""

    def write(self, target: Locator, text: str) -> None:
        """Into a field."""

    def pick(self, group: list[Locator], wanted: int) -> None:
        """One of several that exclude each other."""


class Mouse:
    """Points and clicks."""

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, text: str) -> None:
        target.fill(text)

    def pick(self, group: list[Locator], wanted: int) -> None:
        group[wanted].check()


class Keyboard:
    """Tab, space, arrows and Enter; what has the focus must be seen to have it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        self._go_to(target)
        ticks = target.get_attribute("type") in ("checkbox", "radio")
        self.page.keyboard.press("Space" if ticks else "Enter")

    def write(self, target: Locator, text: str) -> None:
        self._go_to(target)
        self.page.keyboard.type(text)

    def pick(self, group: list[Locator], wanted: int) -> None:
        checked = next(n for n, each in enumerate(group) if each.is_checked())
        self._go_to(group[checked])
        for _ in range(wanted - checked):
            self.page.keyboard.press("ArrowDown")

    def _go_to(self, target: Locator) -> None:
        for _ in range(MOST_TABS):
            if target.evaluate("each => each === document.activeElement"):
                outline = target.evaluate("each => getComputedStyle(each).outlineStyle")
                assert outline != "none", "nobody sees what has the focus"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {target}")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A rehearsal with one post in each of two topics."""
    made = Desk(tmp_path)
    with serving() as web:
        made.settings([web.url("/feed")], more=TOPICS)
        web.pages["/feed"] = atom(
            Post(number=2, title="A trial of tea", category="Trials"),
            Post(number=3, title="A walk in autumn", category="Living"),
        )
        yield made


@pytest.fixture
def site(desk: Desk) -> Iterator[Served]:
    """Its server."""
    with at_work(desk.folder, NEWSLETTER_NOW=desk.now) as found:
        yield found


@pytest.mark.parametrize("hands", ["mouse", "keyboard"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_from_signing_up_to_leaving(
    browser: Browser, desk: Desk, site: Served, *, scripts: bool, hands: str
) -> None:
    context = browser.new_context(
        java_script_enabled=scripts, viewport={"width": 375, "height": 800}
    )
    try:
        page = context.new_page()
        user = Mouse() if hands == "mouse" else Keyboard(page)
        _sign_up(page, user, site)
        _confirm(page, user, site)
        _choose_other_topics(page, user, site)
        link = _receive(desk)
        _leave(page, user, site, link)
        assert context.cookies() == []
    finally:
        context.close()


def _sign_up(page: Page, user: Hands, site: Served) -> None:
    page.goto(f"{site.origin}/")
    user.write(page.get_by_label("Your e-mail address"), ANNA)
    user.press(page.get_by_label("Clinical trials"))
    user.press(page.locator("summary"))
    user.pick(page.locator("input[name=form]").all(), 1)
    user.press(page.get_by_role("button", name="Sign up"))
    _comes_to(page, "Please look into your mailbox")


def _confirm(page: Page, user: Hands, site: Served) -> None:
    page.goto(site.origin + newest(site).link)
    assert person(site)["status"] == "pending"
    user.press(page.get_by_role("button", name="Yes, send it to me"))
    _comes_to(page, "You are on the list")
    row = person(site)
    assert (row["status"], row["topics"], row["form"]) == ("active", "trials", "large")


def _choose_other_topics(page: Page, user: Hands, site: Served) -> None:
    page.goto(f"{site.origin}/preferences/{person(site)['token']}")
    user.press(page.get_by_role("button", name="Choose topics"))
    _comes_to(page, "Please look into your mailbox")
    page.goto(site.origin + newest(site).link)
    user.press(page.get_by_label("Clinical trials"))
    user.press(page.get_by_label("Living well"))
    user.press(page.get_by_role("button", name="Save"))
    assert "Saved." in page.get_by_role("status").inner_text()
    assert person(site)["topics"] == "living"


def _receive(desk: Desk) -> str:
    """The edition of her variant is in the outbox; the path of its link for leaving."""
    sent = desk.call("send", "--json", NEWSLETTER_SECRET_KEY=SECRET)
    assert sent.document["outcome"] == "sent"
    (mail,) = desk.mails(EDITION)
    assert mail.to == ANNA
    assert "A walk in autumn" in mail.html
    assert "A trial of tea" not in mail.html
    assert "font-size:22px" in mail.html.replace(" ", "")  # large print
    return urlsplit(str(mail.headers["List-Unsubscribe"]).strip("<>")).path


def _leave(page: Page, user: Hands, site: Served, link: str) -> None:
    page.goto(site.origin + link)
    assert person(site)["status"] == "active"
    user.press(page.get_by_role("button", name="Leave the newsletter"))
    _comes_to(page, "You have left the newsletter")
    assert person(site)["status"] == "unsubscribed"
    user.press(page.get_by_label("It comes too often"))
    user.press(page.get_by_role("button", name="Send"))
    assert "Thank you for telling us." in page.get_by_role("status").inner_text()


def _comes_to(page: Page, heading: str) -> None:
    """The page with this heading comes, or the test fails; a key press does not wait for it."""
    page.get_by_role("heading", level=1, name=heading).wait_for()
