"""A page on a screen of some size, and what can be measured of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request, Route

NPM = "NEWSLETTER_TEST_NPM"
"""The environment variable with the folder of the npm packages; `tests/browser/run` sets it."""

MAIL = "https://webmail.example/"
"""Where a mail pretends to be while it is looked at."""

PHONE = 375
DESKTOP = 680
HEIGHT = 800

STATES = tuple(product((PHONE, DESKTOP), ("light", "dark")))
"""Width and scheme: how a mail is looked at when it is looked at from all sides."""

_BLANK = "about:blank"
_MEASURES = (Path(__file__).parent / "measure.js").read_text(encoding="utf-8")
_NOT_FOR_MAIL = {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}
"""Rules about the frame of a page, which is the mail program's own."""


class Screen:
    """A page that is being looked at; `asked` are the addresses it wanted beside itself.

    Those in `asked_otherwise` were to be something else than pictures.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.asked_otherwise: list[str] = []
        self._has_axe = False

    def turn(self, *, width: int, scheme: str) -> None:
        """Gives the page another size, and day (`light`) or night (`dark`)."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    def ask(self, request: Request) -> None:
        """Notes what the page wants beside itself."""
        self.asked.append(request.url)
        if request.resource_type != "image":
            self.asked_otherwise.append(request.url)

    def measure(self, what: str, *arguments: object) -> Any:
        """The answer of a function in measure.js."""
        return self.page.evaluate(f"([...given]) => ({_MEASURES}).{what}(...given)", arguments)

    def faults(self, *, mail: bool) -> list[str]:
        """What axe-core finds fault with; in a mail also the contrasts that it cannot tell."""
        if not self._has_axe:
            self.page.evaluate(_axe())
            self._has_axe = True
        rules = _NOT_FOR_MAIL if mail else {}
        result = self.page.evaluate(
            "options => axe.run(document, options)", {"rules": rules, "iframes": False}
        )
        unsure = [e for e in result["incomplete"] if mail and e["id"] == "color-contrast"]
        return [
            f"{entry['id']}: {entry['help']}: {node['html'][:200]} {node['failureSummary']}"
            for entry in [*result["violations"], *unsure]
            for node in entry["nodes"]
        ]


@cache
def _axe() -> str:
    file = Path(os.environ[NPM]) / "node_modules" / "axe-core" / "axe.min.js"
    return file.read_text(encoding="utf-8")


@contextmanager
def mail_on_screen(
    browser: Browser,
    html: str,
    *,
    width: int,
    scheme: str = "light",
    pictures: Callable[[str], bytes | None] = lambda _address: None,
) -> Iterator[Screen]:
    """A mail; `pictures` gives a PNG for an address, and everything else is refused."""
    answers: Mapping[str, bytes] = {MAIL: html.encode()}
    with _screen(browser, width, scheme) as screen:

        def answer(route: Route) -> None:
            address = route.request.url
            if address in answers:
                route.fulfill(body=answers[address], content_type="text/html; charset=utf-8")
                return
            screen.ask(route.request)
            picture = pictures(address)
            if picture is None:
                route.abort()
            else:
                route.fulfill(body=picture, content_type="image/png")

        screen.page.route("**/*", answer)
        screen.page.goto(MAIL, wait_until="load")
        yield screen


@contextmanager
def file_on_screen(
    browser: Browser, file: Path, *, width: int, scheme: str = "light"
) -> Iterator[Screen]:
    """A page of files, as it opens by a double click; the network is refused."""
    with _screen(browser, width, scheme) as screen:

        def answer(route: Route) -> None:
            if route.request.url.startswith(("file:", "data:")):
                route.continue_()
                return
            screen.ask(route.request)
            route.abort()

        screen.page.route("**/*", answer)
        screen.page.goto(file.resolve().as_uri(), wait_until="load")
        yield screen


@contextmanager
def site_on_screen(
    browser: Browser, address: str, *, width: int, scheme: str = "light", html: str = ""
) -> Iterator[Screen]:
    """A page of a web application on this computer; with `html` as if it had answered with that.

    What lies with other hosts is refused.
    """
    origin = "/".join(address.split("/")[:3]) + "/"
    with _screen(browser, width, scheme) as screen:

        def answer(route: Route) -> None:
            if html and route.request.url == address:
                route.fulfill(body=html, content_type="text/html; charset=utf-8")
            elif route.request.url.startswith((origin, "data:")):
                route.continue_()
            else:
                screen.ask(route.request)
                route.abort()

        screen.page.route("**/*", answer)
        screen.page.goto(address, wait_until="load")
        yield screen


@contextmanager
def _screen(browser: Browser, width: int, scheme: str) -> Iterator[Screen]:
    # One page for all, as long as nobody looks at two: a new one takes most of the time.
    context = browser.contexts[0] if browser.contexts else browser.new_context()
    idle = (page for page in context.pages if page.url == _BLANK)
    page = next(idle, None) or context.new_page()
    try:
        screen = Screen(page)
        screen.turn(width=width, scheme=scheme)
        yield screen
    finally:
        page.unroute_all()
        page.goto(_BLANK)
