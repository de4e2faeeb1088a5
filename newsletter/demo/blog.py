"""The bundled blog: two weeks of a made-up author's feed, pictures, subscribers, settings.

In week 2 a clinical-trial post of 2019 has a new dated section on top, another post has lost a
spelling mistake, and two posts are new.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

WEBSITE = "https://blog.example.org"
"""Where the blog pretends to be; nothing is ever fetched from there."""

RUNS = (datetime(2026, 11, 9, 8, tzinfo=UTC), datetime(2026, 11, 16, 8, tzinfo=UTC))
"""When the job of week 1 and of week 2 runs: Mondays, periods 2026-W46 and 2026-W47."""

_FOLDER = Path(__file__).resolve().parent
_UPLOADS = "/wp-content/uploads/2026/11/"
_FEED_IN_SETTINGS = "http://127.0.0.1/feed/atom/"


def feed_of(week: int) -> bytes:
    """The Atom feed as it stood in week 1 or 2."""
    return (_FOLDER / f"week-{week}.xml").read_bytes()


def settings_for(feed_url: str, register_url: str = "") -> str:
    """The demo's newsletter.toml, with the feed, and the register of trials, at these addresses."""
    text = (_FOLDER / "newsletter.toml").read_text(encoding="utf-8")
    register = f'\n[trials]\nbase_url = "{register_url}"\n' if register_url else ""
    return text.replace(_FEED_IN_SETTINGS, feed_url) + register


def study() -> bytes:
    """What the register says of the one trial that the blog mentions, as its `/studies` does."""
    return (_FOLDER / "study.json").read_bytes()


def subscribers() -> str:
    """The demo's subscribers as CSV: eight people who do not exist, one of whom has left."""
    return (_FOLDER / "subscribers.csv").read_text(encoding="utf-8")


def pictures() -> dict[str, bytes]:
    """The blog's pictures (PNG) by the path they have on its host."""
    files = sorted((_FOLDER / "pictures").glob("*.png"))
    return {_UPLOADS + file.name: file.read_bytes() for file in files}


def pictures_inline() -> dict[str, str]:
    """For each picture's address a `data:` address that shows it offline (for previews only)."""
    return {
        WEBSITE + path: "data:image/png;base64," + b64encode(picture).decode()
        for path, picture in pictures().items()
    }
