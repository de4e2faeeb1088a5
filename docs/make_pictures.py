"""Photographs the demo's second edition for `docs/images`: on a phone and on a desk, by day and by
night, and in large print.

`make pictures` calls it with a browser at hand. Look at the pictures before they are committed.
"""

from __future__ import annotations

import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.demo.blog import pictures_inline
from newsletter.editions.preview import look
from tests.browser.chromium import chromium
from tests.printed import demo_editions

if TYPE_CHECKING:
    from playwright.sync_api import Browser

IMAGES = Path(__file__).parent / "images"
EDITION = "2026-W47"

COLOURS = 256
"""A picture of so few makes a third of the bytes, and nobody sees it."""

SIZE_LIMIT = 150_000
"""Bytes of a picture: the README is opened on slow lines too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture. Width and height are CSS pixels, what is lower is cut off; `sharpness` is how
    many pixels of the picture each of them becomes in both directions.
    """

    name: str
    width: int
    height: int
    sharpness: float
    scheme: str = "light"
    variant: str = "all"


PHONE, DESK = (375, 1960, 2.0), (760, 1155, 1.5)
SHOTS = [
    *(
        Shot(name=f"{name}-{scheme}", width=w, height=h, sharpness=sharpness, scheme=scheme)
        for name, (w, h, sharpness) in (("digest", PHONE), ("digest-desk", DESK))
        for scheme in ("light", "dark")
    ),
    Shot(name="digest-large", width=375, height=1400, sharpness=1.5, variant="all.large"),
]


def main() -> int:
    """Makes all pictures; the exit code is 1 when one is larger than it may be."""
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        editions = demo_editions(Path(place))
        mails = {each.variant: each.html for each in editions if each.edition == EDITION}
        sizes = [photograph(browser, mails[shot.variant], shot) for shot in SHOTS]
    return 0 if max(sizes) <= SIZE_LIMIT else 1


def photograph(browser: Browser, html: str, shot: Shot) -> int:
    """Writes one picture; its size in bytes."""
    picture = IMAGES / f"{shot.name}.png"
    page = browser.new_page(device_scale_factor=shot.sharpness)
    page.set_viewport_size({"width": shot.width, "height": shot.height})
    page.set_content(look(html, shot.scheme, pictures=pictures_inline()), wait_until="load")
    save(page.screenshot(), picture)
    page.close()
    written = picture.stat().st_size
    print(f"{picture.relative_to(IMAGES.parent.parent)}: {written:,} bytes")
    return written


def save(screenshot: bytes, picture: Path) -> None:
    """Writes a screenshot (PNG) as a PNG of few colours."""
    from PIL import Image

    with Image.open(io.BytesIO(screenshot)) as shot:
        few = shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(picture, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
