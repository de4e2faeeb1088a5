"""Small pieces of foreign HTML (a quotation, the author's note) made fit for a mail.

What comes out is always well-formed and holds only the tags below, whatever came in: the MJML
engine is no sanitizer, and closes whatever element happens to be open. Headings become bold
paragraphs, so that a quotation cannot upset the mail's own order of headings; pictures become
their alternative text.
"""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urlsplit

from newsletter.editions.wording import without_controls
from newsletter.model.tracking import without_tracking

_BLOCKS = frozenset({"p", "ul", "ol", "li", "blockquote"})
_INLINE = frozenset({"strong", "em", "b", "i", "sub", "sup"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BREAKS = frozenset(
    {"div", "tr", "td", "th", "table", "figure", "figcaption", "pre", "section", "dt", "dd"}
)
_SILENT = frozenset({"script", "style", "template", "title"})


def safe_link(url: str | None) -> str:
    """The address if a mail may link to it (http, https, mailto), else nothing; no white space.

    Without parameters that only tell where a reader came from.
    """
    address = "%20".join(without_controls(url or "").split())
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme == "mailto":
        return address
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return ""
    return without_tracking(address)


def safe_fragment(html: str) -> str:
    """The fragment with nothing left in it but paragraphs, lists, emphasis and links."""
    reader = _Fragment()
    reader.feed(without_controls(html))
    reader.close()
    return reader.result()


class _Opened(NamedTuple):
    """An open element: how it ends, and what had been written before it."""

    tag: str
    end: str
    place: int
    words: int


class _Fragment(HTMLParser):
    """Writes what it reads, as far as it is allowed, and closes what it opened.

    An element in which nothing can be read is taken back: a link around a picture without words
    would be a link that a screen reader cannot name.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._open: list[_Opened] = []
        self._silent = 0
        self._words = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self._out.append("<br />")
        elif tag == "img":
            self.handle_data(dict(attrs).get("alt") or "")
        elif tag in _HEADINGS:
            self._open_as(tag, "<p><strong>", "</strong></p>")
        elif tag == "a":
            self._open_link(dict(attrs).get("href"))
        elif tag in _BLOCKS | _INLINE:
            self._open_as(tag, f"<{tag}>", f"</{tag}>")
        elif tag in _BREAKS:
            self._write(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif self._is_open(tag):
            self._close_to(tag)
        elif tag in _BREAKS:
            self._write(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            spaced = " ".join(data.split())
            self._words += bool(spaced)
            start = " " if data[:1].isspace() else ""
            end = " " if data[-1:].isspace() and spaced else ""
            self._write(escape(start + spaced + end))

    def result(self) -> str:
        while self._open:
            self._close()
        return "".join(self._out).strip(" ")

    def _write(self, text: str) -> None:
        """Two spaces in a row would only be one more byte."""
        after_space = bool(self._out) and self._out[-1].endswith(" ")
        kept = text.lstrip(" ") if after_space else text
        if kept:
            self._out.append(kept)

    def _is_open(self, tag: str) -> bool:
        return any(opened.tag == tag for opened in self._open)

    def _open_link(self, href: str | None) -> None:
        link = safe_link(href)
        if self._is_open("a"):
            self._close_to("a")
        if link:
            self._open_as("a", f'<a class="link" href="{escape(link)}">', "</a>")

    def _open_as(self, tag: str, start: str, end: str) -> None:
        self._open.append(_Opened(tag, end, len(self._out), self._words))
        self._out.append(start)

    def _close_to(self, tag: str) -> None:
        while self._close() != tag:
            pass

    def _close(self) -> str:
        opened = self._open.pop()
        if self._words > opened.words:
            self._out.append(opened.end)
        else:
            del self._out[opened.place :]
            self._write(" ")
        return opened.tag
