"""What the style of an element says of the text in it: its size, its colour, its ground.

As much of CSS as mails use: `style` attributes, `bgcolor`, and sizes in style sheets.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_SIZE = re.compile(
    r"(?<![\w-])font(?:-size\s*:\s*|\s*:[^;\"'}]*?(?<![\w.#-]))"
    r"(?:(\d+(?:\.\d+)?|\.\d+)(px|pt|r?em|%)|(xx-small|x-small|small)(?![\w-]))",
    re.IGNORECASE,
)
_UNITS = {"px": 1.0, "pt": 4 / 3, "rem": 16.0}
_WORDS = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0}
_SPACER = 2.0
"""Below so many pixels it is no type, but a gap."""

_INK = re.compile(r"(?<![\w-])color\s*:\s*([^;\"'!}]+)", re.IGNORECASE)
_GROUND = re.compile(
    r"(?<![\w-])(?:background(?:-color)?\s*:|bgcolor\s*=\s*[\"']?)\s*([^;\"'!}\s]+)", re.IGNORECASE
)
_NAMES = {"white": "#ffffff", "black": "#000000"}
_HEX = re.compile(r"#(?:[0-9a-f]{3}){1,2}")
_TRANSPARENT = frozenset({"transparent", "none", "inherit", "initial", "unset"})
_HIDDEN = re.compile(r"(?<![\w-])display\s*:\s*none", re.IGNORECASE)
_MARKS = ("font", "color", "background", "display")


class Style(NamedTuple):
    """How text looks in an element. `size` is in CSS pixels; a colour is `#rrggbb`, or "" where it
    is not known.
    """

    size: float
    ink: str
    ground: str
    seen: bool


USUAL = Style(size=16.0, ink="#000000", ground="#ffffff", seen=True)
"""What a mail begins with."""


@lru_cache(maxsize=2048)
def style_in(tag: str, attributes: str, around: Style) -> Style:
    """The style in an element with these attributes, in an element with the style `around`.

    Cached, since a mail is made of few kinds of pieces.
    """
    size, ink, ground, seen = around
    if tag == "a":
        ink = ""  # a link has a colour of its own; which one is for the style sheet to say
    if any(mark in attributes for mark in _MARKS):
        sizes = [_pixels(found, size) for found in _SIZE.finditer(attributes)]
        inks, grounds = _INK.findall(attributes), _GROUND.findall(attributes)
        size = sizes[-1] if sizes else size
        ink = _colour(inks[-1], ink) if inks else ink
        ground = _colour(grounds[-1], ground) if grounds else ground
        seen = seen and not _HIDDEN.search(attributes)
    return Style(size, ink, ground, seen)


def smallest_in(sheet: str) -> float:
    """The smallest size of type in a style sheet, gaps left out; at most the usual one.

    A size that depends on what is around it is taken as if that were the usual one.
    """
    if "font" not in sheet:
        return USUAL.size
    sizes = (_pixels(found, USUAL.size) for found in _SIZE.finditer(sheet))
    return min((USUAL.size, *(size for size in sizes if size >= _SPACER)))


def _pixels(found: re.Match[str], around: float) -> float:
    number, unit, word = found.groups()
    if word:
        return _WORDS[word.lower()]
    if unit.lower() in ("em", "%"):
        return float(number) * around / (100 if unit == "%" else 1)
    return float(number) * _UNITS[unit.lower()]


def _colour(value: str, around: str) -> str:
    """`#rrggbb`, the colour around it for what lets that one through, "" for what is not known."""
    plain = value.strip().lower()
    if plain in _TRANSPARENT:
        return around
    if not _HEX.fullmatch(plain):
        return _NAMES.get(plain, "")
    return plain if len(plain) == 7 else "#" + "".join(digit * 2 for digit in plain[1:])
