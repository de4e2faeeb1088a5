"""What a rendered mail is made of, as far as the gate looks at it: read once, from end to end.

Outlook for Windows sees another mail than everybody else: what stands in its conditional comments
is there for it alone, and what is marked as not for it is left out. Both views are followed, and
each must close what it opens, in order.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape

from newsletter.editions.mailparts import Anatomy, Fetched, Link, Picture, Unbalanced, Words
from newsletter.editions.palette import contrast
from newsletter.editions.styles import USUAL, Style, smallest_in, style_in

_TOKEN = re.compile(
    r"<!--(.*?)-->|<(/?)([a-zA-Z][\w:-]*)([^<>\"']*(?:(?:\"[^\"]*\"|'[^']*')[^<>\"']*)*)>|<![^>]*>",
    re.DOTALL,
)
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_BARE_ALT = re.compile(r"(?:^|\s)alt(?=[\s/]|$)")
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"]
)
_HEADINGS = frozenset({"h1", "h2", "h3"})
_BLOCKS = frozenset({"p", "td", "li", "div", "th", *_HEADINGS})
_UNREAD = frozenset({"title", "style"})
_ACTIVE = frozenset(
    "applet audio base button canvas embed form frame frameset iframe input link object script"  # noqa: SIM905
    " select svg textarea video".split()
)
_REMARKABLE = re.compile(
    r"(?:^|\s)(?:id|background|srcset|poster|on[a-z]{3,})\s*=|url\(|refresh", re.IGNORECASE
)
_URL = re.compile(r"url\(\s*[\"']?([^\"')\s]+)|@import\s+[\"']([^\"']+)", re.IGNORECASE)
_TOP = 4
"""Elements that are open between the sections of a mail: none, html, body, and the div in it."""
_UNSEEN = "\u200b\u200c\u200d\u2007\u034f\ufeff\u00a0\u00ad \t\r\n"
EVERYBODY = "everybody else"
OUTLOOK = "Outlook"


LEAST_SIZE = 16.0
"""CSS pixels of the smallest type that readers of our age can be given."""

_LARGE = 24.0  # CSS pixels; from there on less contrast will do (WCAG 2.2, 1.4.3)
_LEAST_CONTRAST = {False: 4.5, True: 3.0}


def anatomy_of(html: str) -> Anatomy:
    """Reads a mail's HTML."""
    reader = _Reader()
    reader.read(html)
    return reader.result()


class _Reader:
    """Walks the mail, token by token, and notes its parts."""

    def __init__(self) -> None:
        self.anatomy = Anatomy()
        self._words: list[str] = []
        self._own_words: list[str] = []
        self._open: list[tuple[str, Style]] = [("", USUAL)]
        self._outlook: list[str] = []
        self._views = {EVERYBODY: True, OUTLOOK: True}
        self._not_outlook = False
        self._section = ""
        self._heading = ""
        self._link: Link | None = None
        self._quotes = 0

    def read(self, html: str) -> None:
        at = 0
        for token in _TOKEN.finditer(html):
            if token.start() > at:
                self._text(html[at : token.start()])
            at = token.end()
            comment, end, tag, attributes = token.groups()
            if tag is None:
                self._comment(comment, token[0])
            elif end:
                self._end(tag.lower())
            else:
                self._start(tag.lower(), attributes)
        self._text(html[at:])

    def result(self) -> Anatomy:
        if len(self._open) > 1:
            self._fault(EVERYBODY, self._open[-1][0])
        if self._outlook:
            self._fault(OUTLOOK, self._outlook[-1])
        self.anatomy.text = "".join(self._words)
        self.anatomy.own_words = " ".join(self._own_words)
        return self.anatomy

    def _start(self, tag: str, attributes: str) -> None:
        if tag not in _VOID and not attributes.endswith("/"):
            self._push(tag, attributes)
        elif tag == "br":
            self._words.append(" ")
        if tag in _NOTED or _is_remarkable(attributes):
            self._note(tag, attributes)

    def _push(self, tag: str, attributes: str) -> None:
        style = self._open[-1][1]
        if attributes:
            style = style_in(tag, attributes, style)
        self._open.append((tag, style))
        if not self._not_outlook:
            self._outlook.append(tag)

    def _end(self, tag: str) -> None:
        if tag in _VOID:
            return
        if self._open[-1][0] == tag:
            self._open.pop()
        else:
            self._fault(EVERYBODY, tag)
        if not self._not_outlook:
            self._end_in_outlook(tag)
        if tag in _BLOCKS:
            self._words.append(" ")
        if tag == "div" and len(self._open) == _TOP:
            self._section = ""
        if tag == "a" and self._link is not None:
            self._link.text = " ".join(self._link.text.split())
            self._link.section = self._link.section or self._section.strip()
            self._link = None
        elif tag == "blockquote":
            self._quotes -= 1
        elif tag in _HEADINGS:
            self._heading = ""
            if tag != "h2":
                self.anatomy.titles.append(" ".join(self._section.split()))

    def _end_in_outlook(self, tag: str) -> None:
        if self._outlook and self._outlook[-1] == tag:
            self._outlook.pop()
        else:
            self._fault(OUTLOOK, tag)

    def _fault(self, view: str, tag: str) -> None:
        """Only the first of a view: all that follow are its echoes."""
        if self._views[view]:
            self._views[view] = False
            self.anatomy.unbalanced.append(Unbalanced(view, tag, self._section.strip()))

    def _comment(self, comment: str | None, token: str) -> None:
        """Conditional comments: `[if !mso]><!` and `<![endif]` around, `[if mso]>…<![endif]` whole.

        See Microsoft's page "About conditional comments".
        """
        if comment is None:
            if token.startswith("<!--"):  # it never ends
                self._fault(EVERYBODY, "!--")
        elif comment.startswith("[if !"):
            self._not_outlook = True
        elif comment.startswith("<![endif]"):
            self._not_outlook = False
        elif comment.startswith("[if "):
            condition, _, inner = comment.partition("]>")
            if not inner.endswith("<![endif]"):
                self._fault(OUTLOOK, condition + "]")
            for end, tag in _tags(inner):
                if end:
                    self._end_in_outlook(tag)
                else:
                    self._outlook.append(tag)

    def _text(self, data: str) -> None:
        tag, style = self._open[-1]
        if not style.seen or tag in _UNREAD:
            self._unread(tag, data)
            return
        text = unescape(data) if "&" in data else data
        if (style.size < LEAST_SIZE or not _readable(style)) and (words := text.strip(_UNSEEN)):
            found = Words(words, style, self._section.strip())
            (self.anatomy.small if style.size < LEAST_SIZE else self.anatomy.faint).append(found)
        if self._heading:
            self._section += text
        if self._link is not None:
            self._link.text += text
        self._words.append(text)
        if self._quotes == 0:
            self._own_words.append(text)

    def _unread(self, tag: str, data: str) -> None:
        if tag == "title":
            self.anatomy.title += unescape(data).strip()
        elif tag == "style":
            self.anatomy.style_size = min(self.anatomy.style_size, smallest_in(data))
            self._fetch(_URL.findall(data) if "url(" in data or "@import" in data else [])

    def _note(self, tag: str, attributes: str) -> None:
        values = _values(attributes)
        if "id" in values:
            self.anatomy.ids.append(values["id"])
        self._note_remarkable(tag, values)
        if tag == "html":
            self.anatomy.language = values.get("lang", "").strip()
        elif tag == "a":
            label = values.get("aria-label", "") if self._open[-1][1].seen else ""
            self._link = Link(values.get("href", ""), self._section, label, self._quotes > 0)
            self.anatomy.links.append(self._link)
        elif tag == "img":
            self._picture(values, attributes)
        elif tag == "blockquote":
            self._quotes += 1
        elif tag in _HEADINGS:
            self._heading, self._section = tag, ""
        elif tag in _ACTIVE:
            self.anatomy.active.append(f"<{tag}>")

    def _note_remarkable(self, tag: str, values: dict[str, str]) -> None:
        """What is fetched or done by an attribute."""
        handlers = (name for name in values if name.startswith("on"))
        self.anatomy.active.extend(handlers)
        if tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
            self.anatomy.active.append("<meta http-equiv=refresh>")
        sizes = values.get("srcset", "").split(",")
        named = [values.get("background", ""), values.get("poster", ""), *sizes]
        self._fetch([*_URL.findall(values.get("style", "")), *((each, "") for each in named)])

    def _fetch(self, found: list[tuple[str, str]]) -> None:
        addresses = ((one or other).split() for one, other in found)
        self.anatomy.fetched.extend(Fetched(each[0], self._section) for each in addresses if each)

    def _picture(self, values: dict[str, str], attributes: str) -> None:
        alt = values.get("alt")
        if alt is None and _BARE_ALT.search(_ATTRIBUTE.sub(" ", attributes)):
            alt = ""  # `alt` without a value
        if self._link is not None and self._open[-1][1].seen:
            self._link.text += alt or ""
        picture = Picture(values.get("src", ""), alt, values.get("width", ""), self._section)
        self.anatomy.pictures.append(picture)


_NOTED = frozenset({"html", "a", "img", "blockquote", *_HEADINGS, *_ACTIVE})


def _values(attributes: str) -> dict[str, str]:
    """Attributes by their names, in small letters; of two of one name the first, as HTML has it."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(attributes):
        value = double or single or bare
        found.setdefault(name.lower(), unescape(value) if "&" in value else value)
    return found


@lru_cache(maxsize=2048)
def _is_remarkable(attributes: str) -> bool:
    """Whether there may be more in them than looks; cached, since they come again and again."""
    return bool(_REMARKABLE.search(attributes))


@lru_cache(maxsize=512)
def _tags(inner: str) -> tuple[tuple[bool, str], ...]:
    """The tags of a conditional comment, elements without content left out; True for an end."""
    return tuple(
        (bool(end), tag.lower())
        for end, tag, attributes in _TAG.findall(inner)
        if tag.lower() not in _VOID and not attributes.endswith("/")
    )


@lru_cache(maxsize=512)
def _readable(style: Style) -> bool:
    """Whether the text stands out from its ground, where both colours are known."""
    if not style.ink or not style.ground:
        return True
    return contrast(style.ink, style.ground) >= _LEAST_CONTRAST[style.size >= _LARGE]
