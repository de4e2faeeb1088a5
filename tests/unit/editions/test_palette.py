"""Every pair of text and ground can be read, in light and in dark."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from newsletter.config.look import DarkSettings, LightSettings
from newsletter.editions.palette import DARK, LIGHT, Scheme, contrast, faint, sizes_of
from newsletter.model.edition import Form


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_reaches_the_contrast_of_wcag_aa(scheme: Scheme) -> None:
    assert list(faint(scheme)) == []


def test_the_contrast_is_that_of_wcag() -> None:
    """Figures of the WebAIM checker."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#ffffff") == pytest.approx(1)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#ffffff", "#0000ff") == pytest.approx(8.59, abs=0.005)


def test_a_text_that_is_too_faint_is_named_with_its_ground() -> None:
    found = list(faint(replace(LIGHT, muted="#767676")))
    assert [(each.text, each.ground) for each in found] == [("muted", "paper")]
    assert found[0].ratio == pytest.approx(3.99, abs=0.1)


def test_a_night_without_cards_is_read_as_well() -> None:
    """The plain form has no card by night: its text stands on the paper itself."""
    found = list(faint(replace(DARK, paper="#7a828c", muted="#000000", link="#000000")))
    assert ("ink", "paper") in [(each.text, each.ground) for each in found]


def test_the_settings_begin_with_our_colours() -> None:
    assert LightSettings().model_dump() == asdict(LIGHT)
    assert DarkSettings().model_dump() == asdict(DARK)


@pytest.mark.parametrize("form", list(Form))
def test_no_type_is_smaller_than_16_pixels(form: Form) -> None:
    assert min(asdict(sizes_of(form)).values()) >= 16
