"""How an edition looks: its colours, and what the admin puts above and below it."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.model.post import Image


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The admin's own look. `logo` stands above the title, `masthead` (one line) below it.

    `footer` is Markdown, above the postal address. "" and None where there is none.
    """

    light: Scheme = LIGHT
    dark: Scheme = DARK
    logo: Image | None = None
    masthead: str = ""
    footer: str = ""


OUR_LOOK = Look()
"""Without any wish of the admin's."""
