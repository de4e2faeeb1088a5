"""The settings of how an edition looks."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from newsletter.config.fields import (
    STRICT,
    Colour,
    Folder,
    OptionalLine,
    OptionalSecure,
    section,
    setting,
)

_EXPECTED = "# and six digits, such as #0b4a57"
_MEANINGS = {
    "paper": "The page behind the mail.",
    "card": "The ground that texts stand on.",
    "inset": "The ground of boxes within a text: quotations, trials.",
    "line": "Lines between posts, and the ground of what a register says of a trial.",
    "ink": "Text.",
    "muted": "What is less important: dates, the foot of the mail.",
    "link": "Links.",
    "kicker": "The headings of sections.",
    "band": "The band at the top, with the title in it.",
    "on_band": "The title.",
    "on_band_muted": "What else stands in the band.",
    "button": "Buttons.",
    "on_button": "The text of buttons.",
}


def _colour(name: str, default: str) -> Any:
    return setting(default, _MEANINGS[name], _EXPECTED)


class LightSettings(BaseModel):
    """The colours of the mail. Text must be readable on its ground: at least 4.5 to 1."""

    model_config = STRICT

    paper: Colour = _colour("paper", "#f4f0e9")
    card: Colour = _colour("card", "#ffffff")
    inset: Colour = _colour("inset", "#f6f4ee")
    line: Colour = _colour("line", "#d9d4c8")
    ink: Colour = _colour("ink", "#1b2733")
    muted: Colour = _colour("muted", "#4d5c69")
    link: Colour = _colour("link", "#0b5563")
    kicker: Colour = _colour("kicker", "#8a3b12")
    band: Colour = _colour("band", "#0b4a57")
    on_band: Colour = _colour("on_band", "#ffffff")
    on_band_muted: Colour = _colour("on_band_muted", "#d4e8ec")
    button: Colour = _colour("button", "#0b5563")
    on_button: Colour = _colour("on_button", "#ffffff")


class DarkSettings(BaseModel):
    """The same for readers whose phone or computer is set to dark."""

    model_config = STRICT

    paper: Colour = _colour("paper", "#10171c")
    card: Colour = _colour("card", "#18222a")
    inset: Colour = _colour("inset", "#22303a")
    line: Colour = _colour("line", "#3a4a56")
    ink: Colour = _colour("ink", "#e9eef1")
    muted: Colour = _colour("muted", "#b8c5ce")
    link: Colour = _colour("link", "#8ad7e4")
    kicker: Colour = _colour("kicker", "#f2b28c")
    band: Colour = _colour("band", "#0d3f4a")
    on_band: Colour = _colour("on_band", "#ffffff")
    on_band_muted: Colour = _colour("on_band_muted", "#d4e8ec")
    button: Colour = _colour("button", "#8ad7e4")
    on_button: Colour = _colour("on_button", "#10171c")


class LookSettings(BaseModel):
    """Your own look: a logo, lines of your own, colours, templates."""

    model_config = STRICT

    logo: OptionalSecure = setting(
        "",
        "A picture above the title; it must lie on the web, best on the blog's own host, since"
        " whoever keeps it sees who opens the mail.",
        "an address such as https://blog.example.org/logo.png, or nothing",
    )
    logo_alt: OptionalLine = setting(
        "",
        "What the logo shows, in words, for those who do not see it; required with a logo.",
        "text on one line",
    )
    logo_width: int = setting(
        160,
        "How wide the logo is shown, in pixels; make the picture twice as wide, for sharp screens.",
        "a whole number from 16 to 576",
        ge=16,
        le=576,
    )
    masthead: OptionalLine = setting(
        "", "A line below the title, such as who writes.", "text on one line"
    )
    footer: str = setting(
        "",
        "A text above the postal address; Markdown, so that it can have links.",
        "text",
    )
    templates: Folder = setting(
        "templates",
        "The folder of templates of your own, which come before the program's file by file.",
        "the path of a folder, beginning at the settings file",
    )
    light: LightSettings = section(LightSettings, "The colours.")
    dark: DarkSettings = section(DarkSettings, "The colours in the dark.")
