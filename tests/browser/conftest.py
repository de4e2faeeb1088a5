"""The browser, and what is looked at in it; without a browser there are no tests here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.runner import Desk
from tests.browser import samples
from tests.browser.chromium import PROGRAM, chromium
from tests.browser.mail import Mail

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Not skipped: `make test` has no browser, and needs none.
collect_ignore_glob = [] if os.environ.get(PROGRAM) else ["test_*.py"]

MailOf = Callable[[str], Mail]


@pytest.fixture(scope="session", name="browser")
def _browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def mail_of(tmp_path_factory: pytest.TempPathFactory) -> MailOf:
    """The mail of a name in `EVERY`; each maker works once."""
    mails: dict[str, Mail] = {}

    def mail(name: str) -> Mail:
        if name not in mails:
            mails.update(samples.EVERY[name](tmp_path_factory.mktemp("mails")))
        return mails[name]

    return mail


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `newsletter demo`, with its preview and its outbox."""
    desk = Desk(tmp_path_factory.mktemp("demo"))
    desk.now = ""
    done = desk.run("demo", "demo")
    assert done.code == 0, done
    return desk.folder / "demo"
