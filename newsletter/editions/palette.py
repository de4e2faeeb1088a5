"""Type sizes, and whether the colours of a look can be read.

Text on its ground must reach 4.5 : 1 (WCAG 2.2, 1.4.3). Ours does in every pair; the gate computes
it for the admin's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from newsletter.model.edition import Form
from newsletter.model.look import DARK as DARK
from newsletter.model.look import LIGHT as LIGHT
from newsletter.model.look import Scheme as Scheme

LEAST_CONTRAST = 4.5
"""Of text, level AA; large type would do with less, but is read in the sun as well."""

PAIRS = (
    ("ink", "card"),
    ("ink", "inset"),
    ("ink", "line"),
    ("ink", "paper"),
    ("muted", "card"),
    ("muted", "paper"),
    ("link", "card"),
    ("link", "inset"),
    ("link", "paper"),
    ("kicker", "card"),
    ("on_band", "band"),
    ("on_band_muted", "band"),
    ("on_button", "button"),
)
"""Which colour of a scheme stands as text on which one of its grounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faint:
    """A text that is too faint on its ground; `ratio` is what their contrast is."""

    text: str
    ground: str
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Type sizes in CSS pixels; none is below 16."""

    body: int
    small: int
    heading: int
    post: int
    masthead: int


_NORMAL = Sizes(body=17, small=16, heading=24, post=22, masthead=32)
_LARGE = Sizes(body=22, small=20, heading=29, post=27, masthead=36)


def sizes_of(form: Form) -> Sizes:
    """The type sizes of a form: large print has its own."""
    return _LARGE if form is Form.LARGE else _NORMAL


def faint(scheme: Scheme) -> Iterator[Faint]:
    """The pairs of a scheme that cannot be read well enough, in a fixed order."""
    for text, ground in PAIRS:
        ratio = contrast(getattr(scheme, text), getattr(scheme, ground))
        if ratio < LEAST_CONTRAST:
            yield Faint(text=text, ground=ground, ratio=ratio)


@lru_cache(maxsize=512)
def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (`#rrggbb`), from 1 to 21 (WCAG 2.2).

    Cached, since a mail has few.
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
