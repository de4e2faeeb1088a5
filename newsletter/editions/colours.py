"""The colours of CSS. The only place that knows the library for it."""

from __future__ import annotations

from functools import lru_cache

from tinycss2.color4 import Color, parse_color


@lru_cache(maxsize=512)
def colour_of(value: str, behind: str) -> str:
    """`#rrggbb` of a value in CSS (CSS Color 4), "" for one that is not known.

    `behind` is the colour that a half transparent one lets through; "" where it is not known.
    """
    found = parse_color(value)
    if not isinstance(found, Color) or found.space not in ("srgb", "hsl", "hwb"):
        return ""  # mails do not write others, and programs do not show them alike
    colour = found.to("srgb")
    if colour.alpha < 1 and not behind:
        return ""
    back = [int(behind[at : at + 2], 16) / 255 for at in (1, 3, 5)] if behind else [0.0] * 3
    mixed = (
        colour.alpha * (one or 0) + (1 - colour.alpha) * other
        for one, other in zip(colour.coordinates, back, strict=True)
    )
    return "#" + "".join(f"{round(255 * min(max(each, 0), 1)):02x}" for each in mixed)
