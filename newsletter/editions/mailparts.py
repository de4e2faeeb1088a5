"""The parts of a rendered mail that the gate looks at."""

from __future__ import annotations

from dataclasses import dataclass, field

from newsletter.editions.styles import USUAL, Style


@dataclass(slots=True)
class Link:
    """One link. `section` is the heading it stands in or under, `text` what can be read of it.

    `quoted` is one in a quotation.
    """

    href: str
    section: str
    text: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture; `alt` is None when the attribute is missing, "" for a decorative one."""

    src: str
    alt: str | None
    width: str
    section: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a mail program fetches beside pictures: a ground, another size of one, a sheet."""

    address: str
    section: str


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of text as it is seen."""

    text: str
    style: Style
    section: str


@dataclass(frozen=True, slots=True)
class Unbalanced:
    """The first place where a view closes what it did not open, or leaves something open."""

    view: str
    tag: str
    section: str


@dataclass(slots=True)
class Anatomy:
    """The parts of a mail in the order of the document; `text` is all that can be read.

    `titles` are the texts of its h1 and h3. `active` are elements that mail programs refuse, such
    as `<script>`, and attributes like them. `own_words` is `text` without quotations.
    `small` is in type below LEAST_SIZE, `faint` below the contrast that is needed; `style_size` is
    the smallest size of type in the style sheets.
    """

    language: str = ""
    title: str = ""
    text: str = ""
    own_words: str = ""
    style_size: float = USUAL.size
    ids: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    fetched: list[Fetched] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    small: list[Words] = field(default_factory=list)
    faint: list[Words] = field(default_factory=list)
    active: list[str] = field(default_factory=list)
    unbalanced: list[Unbalanced] = field(default_factory=list)
