"""Every pair of text and ground can be read, in light and in dark."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from newsletter.editions.palette import DARK, LIGHT, Scheme, sizes_of
from newsletter.model.edition import Form

PAIRS = [
    ("ink", "card"),
    ("ink", "inset"),
    ("muted", "card"),
    ("muted", "paper"),
    ("link", "card"),
    ("link", "inset"),
    ("link", "paper"),
    ("kicker", "card"),
    ("on_band", "band"),
    ("on_band_muted", "band"),
    ("on_button", "button"),
]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_reaches_the_contrast_of_wcag_aa(scheme: Scheme, text: str, ground: str) -> None:
    colours = asdict(scheme)
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("form", list(Form))
def test_no_type_is_smaller_than_16_pixels(form: Form) -> None:
    assert min(asdict(sizes_of(form)).values()) >= 16
