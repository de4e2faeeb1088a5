"""The digest's colours and type sizes, in one place.

Every pair of text and ground reaches at least 4.5 : 1 (WCAG 2.2, 1.4.3); tests compute it.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.model.edition import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """The colours of one mode, six digits each, since very old clients want that."""

    paper: str
    card: str
    inset: str
    line: str
    ink: str
    muted: str
    link: str
    kicker: str
    band: str
    on_band: str
    on_band_muted: str
    button: str
    on_button: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Type sizes in CSS pixels; none is below 16."""

    body: int
    small: int
    heading: int
    post: int
    masthead: int


LIGHT = Scheme(
    paper="#f4f0e9",
    card="#ffffff",
    inset="#f6f4ee",
    line="#d9d4c8",
    ink="#1b2733",
    muted="#4d5c69",
    link="#0b5563",
    kicker="#8a3b12",
    band="#0b4a57",
    on_band="#ffffff",
    on_band_muted="#d4e8ec",
    button="#0b5563",
    on_button="#ffffff",
)

DARK = Scheme(
    paper="#10171c",
    card="#18222a",
    inset="#22303a",
    line="#3a4a56",
    ink="#e9eef1",
    muted="#b8c5ce",
    link="#8ad7e4",
    kicker="#f2b28c",
    band="#0d3f4a",
    on_band="#ffffff",
    on_band_muted="#d4e8ec",
    button="#8ad7e4",
    on_button="#10171c",
)

_NORMAL = Sizes(body=17, small=16, heading=24, post=22, masthead=32)
_LARGE = Sizes(body=22, small=20, heading=29, post=27, masthead=36)


def sizes_of(form: Form) -> Sizes:
    """The type sizes of a form: large print has its own."""
    return _LARGE if form is Form.LARGE else _NORMAL
