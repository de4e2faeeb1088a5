"""Photographs the demo's second edition on a phone, by day and by night, for `docs/images`.

`make pictures` calls it with a browser at hand. Look at the pictures before they are committed.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.chromium import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

IMAGES = Path(__file__).parent / "images"
EDITION = "2026-W47"
SCHEMES = ("light", "dark")

WIDTH = 375
"""CSS pixels: a common phone. The picture has twice as many pixels, for sharp screens."""

HEIGHT = 1745
"""CSS pixels: the updated post, and the first two of the new ones; the rest is cut off."""

COLOURS = 256
"""A picture of so few makes a third of the bytes, and nobody sees it."""

SIZE_LIMIT = 150_000
"""Bytes of a picture: the README is opened on slow lines too."""


def main() -> int:
    """Makes both pictures; the exit code is 1 when one is larger than it may be."""
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        looks = run_demo(Path(place) / "demo")
        sizes = [photograph(browser, looks, scheme) for scheme in SCHEMES]
    return 0 if max(sizes) <= SIZE_LIMIT else 1


def run_demo(folder: Path) -> Path:
    """Runs `newsletter demo` and gives the folder with the looks of its second edition."""
    command = [sys.executable, "-m", "newsletter", "demo", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "preview" / EDITION / "look"


def photograph(browser: Browser, looks: Path, scheme: str) -> int:
    """Writes the picture of one scheme; its size in bytes."""
    picture = IMAGES / f"digest-{scheme}.png"
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=2)
    page.goto((looks / f"all.{scheme}.html").resolve().as_uri(), wait_until="load")
    save(page.screenshot(), picture)
    page.close()
    size = picture.stat().st_size
    print(f"{picture.relative_to(IMAGES.parent.parent)}: {size:,} bytes")
    return size


def save(screenshot: bytes, picture: Path) -> None:
    """Writes a screenshot (PNG) as a PNG of few colours."""
    from PIL import Image

    with Image.open(io.BytesIO(screenshot)) as shot:
        few = shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(picture, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
