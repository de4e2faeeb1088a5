"""What the style of an element says of the text in it: its size, its colour, its ground.

As much of CSS as mails use: `style` attributes, `bgcolor`, and sizes in style sheets.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from newsletter.editions.colours import colour_of

_SIZE = re.compile(
    r"(?<![\w-])font(?:-size\s*:\s*|\s*:[^;\"'}]*?(?<![\w.#-]))"
    r"(?:(\d+(?:\.\d+)?|\.\d+)(px|pt|r?em|%)|(0|xx-small|x-small|small)(?![\w.-]))",
    re.IGNORECASE,
)
_UNITS = {"px": 1.0, "pt": 4 / 3, "rem": 16.0}
_WORDS = {"0": 0.0, "xx-small": 9.0, "x-small": 10.0, "small": 13.0}
_SPACER = 2.0
"""Below so many pixels it is no type, but a gap."""

_INK = re.compile(r"(?<![\w-])color\s*:\s*([^;\"'!}]+)", re.IGNORECASE)
_GROUND = re.compile(
    r"(?<![\w-])(?:background(?:-color)?\s*:|bgcolor\s*=\s*[\"']?)\s*"
    r"(rgba?\([^)]*\)|[^;\"'!}\s]+)",
    re.IGNORECASE,
)
_TRANSPARENT = frozenset({"transparent", "none"})
_THROUGH = _TRANSPARENT | {"inherit", "initial", "unset"}
_HIDDEN = re.compile(
    r"(?<![\w-])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|opacity\s*:\s*(?:0+(?:\.0*)?|\.0+)%?(?![\d.])"
    r"|(?:text-indent|left|top|margin-left|margin-top)\s*:\s*-\d{3,})",
    re.IGNORECASE,
)
_CLIPPED = re.compile(r"(?<![\w-])overflow\s*:\s*hidden", re.IGNORECASE)
_FLAT = re.compile(
    r"(?<![\w-])(?:max-)?(?:height|width)\s*:\s*0(?:px|pt|r?em|%)?(?![\w.%])", re.IGNORECASE
)
_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'")
_BARE_HIDDEN = re.compile(r"(?<![\w-])hidden(?![\w-])", re.IGNORECASE)
_MARKS = ("font", "color", "background", "display", "hidden", "collapse", "opacity", ":-", ": -")


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
        ground = _colour(grounds[-1], ground, ground) if grounds else ground
        seen = seen and not _is_hidden(attributes, inks)
        ink = _colour(inks[-1], ink, ground) if inks else ink
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


def _is_hidden(attributes: str, inks: list[str]) -> bool:
    """Whether nobody sees the text: it is taken out, has no room, or no colour."""
    if inks and inks[-1].strip().lower() in _TRANSPARENT:
        return True
    if _HIDDEN.search(attributes):
        return True
    if _CLIPPED.search(attributes) and _FLAT.search(attributes):
        return True
    return "hidden" in attributes and bool(_BARE_HIDDEN.search(_VALUE.sub("", attributes)))


def _colour(value: str, around: str, behind: str) -> str:
    """`#rrggbb`, the colour around it for what lets that one through, "" for what is not known."""
    return around if value.strip().lower() in _THROUGH else colour_of(value, behind)
