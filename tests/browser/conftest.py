"""The browser, and what is looked at in it; without a browser there are no tests here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import samples
from tests.browser.chromium import PROGRAM, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Not skipped: `make test` has no browser, and needs none.
collect_ignore_glob = [] if os.environ.get(PROGRAM) else ["test_*.py"]

MailOf = Callable[[str], samples.Mail]


@pytest.fixture(scope="session", name="browser")
def _browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder in which a sample's maker has worked; each works once."""
    folders: dict[str, Path] = {}

    def folder(maker: str) -> Path:
        if maker not in folders:
            folders[maker] = tmp_path_factory.mktemp(maker)
        return folders[maker]

    return folder


@pytest.fixture(scope="session")
def mail_of(made: Callable[[str], Path]) -> MailOf:
    """The mail of a name in `SAMPLES`."""
    mails: dict[str, samples.Mail] = {}

    def mail(name: str) -> samples.Mail:
        if name not in mails:
            maker = samples.SAMPLES[name]
            mails.update(maker(made(maker.__name__)))
        return mails[name]

    return mail


@pytest.fixture(scope="session")
def demo_folder(made: Callable[[str], Path], mail_of: MailOf) -> Path:
    """The folder of `newsletter demo`, with its preview and its outbox."""
    mail_of("demo-2")
    return made("demo") / "demo"
