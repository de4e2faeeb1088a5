"""The one Chromium of the checks and of the pictures: quiet, and cut off from the network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROGRAM = "NEWSLETTER_TEST_BROWSER"
"""The environment variable with the path of Chromium; `tests/browser/run` sets it."""

_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--font-render-hinting=none",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium, until the block is left."""
    from playwright.sync_api import sync_playwright

    # Chromium's own sandbox refuses to work for root.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ[PROGRAM], args=[*_FLAGS, *root]
        )
        try:
            yield browser
        finally:
            browser.close()
