"""From a feed's bytes to text an XML parser can read, whatever the server said they were.

RFC 7303 §3 lets the header's charset win over the XML declaration. Servers add a charset to
everything, though, so that bytes which are valid UTF-8 are read as UTF-8 if either says so, and
otherwise the document, written by whoever made the feed, is believed before the server.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED: Final = ((b"\x3c\x00\x3f\x00", "utf-16-le"), (b"\x00\x3c\x00\x3f", "utf-16-be"))
_DECLARED: Final = re.compile(rb"<\?xml[^>]*?\bencoding\s*=\s*[\"']([\w.:-]+)[\"']")
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_WIDER: Final = {
    "gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252", "ascii": "cp1252",
}  # fmt: skip
"""What the small sets are in practice: the larger ones that contain them (WHATWG Encoding)."""

_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ROOT: Final = re.compile(
    r"<(?:\w+:)?(?P<root>rss|feed|rdf|channel)\b(?P<attributes>[^<>]*)>", re.IGNORECASE
)
_ANY_ROOT: Final = re.compile(r"<([A-Za-z][\w:.-]*)[\s/>]")
_SKIPPED: Final = re.compile(r"<!--|<!\[CDATA\[")
_CHARACTER: Final = re.compile(r"&#(?:(\d+)|[xX]([0-9A-Fa-f]+));")
_HEAD: Final = 65536


@dataclass(frozen=True, slots=True)
class Document:
    """An XML feed as text, from its root element on.

    `root` is `rss`, `feed`, `rdf` or `channel`; `complete` says whether it is closed, and so was
    not cut short.
    """

    text: str
    root: str
    attributes: str
    complete: bool
    notes: tuple[str, ...]


def decode(body: bytes, content_type: str) -> tuple[str, tuple[str, ...]]:
    """The body as text, and what was odd about its encoding. Never fails."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace"), ()
    for start, encoding in _UNMARKED:
        if body.startswith(start):
            return body.decode(encoding, "replace"), ()
    header = _CHARSET.search(content_type)
    declared = _DECLARED.search(body[:_HEAD])
    said = [_codec(declared[1].decode()) if declared else None, _codec(header[1] if header else "")]
    return _by_trying(body, [name for name in said if name])


def _codec(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name if label else None
    except LookupError:
        return None
    # A codec of Python's own (base64, idna …) is no character set, and UTF-16 would have shown.
    if name is None or name.startswith(("utf-16", "utf-32")) or not _is_charset(name):
        return None
    return _WIDER.get(name, name)


def _is_charset(name: str) -> bool:
    if "escape" in name or name in ("utf-7", "punycode", "idna", "undefined"):
        return False
    try:
        return b"<".decode(name) == "<"
    except (LookupError, UnicodeError, TypeError, ValueError):
        return False


def _by_trying(body: bytes, said: list[str]) -> tuple[str, tuple[str, ...]]:
    order = ["utf-8", *said] if "utf-8" in said or not said else [*said, "utf-8"]
    for encoding in dict.fromkeys(order):
        try:
            text = body.decode(encoding)
        except UnicodeError:
            continue
        notes = (f"declared as {said[0]}, read as {encoding}",) if said and encoding != said[0] \
            else ()  # fmt: skip
        return text, notes if not body.isascii() else ()
    return _damaged(body)


def _damaged(body: bytes) -> tuple[str, tuple[str, ...]]:
    """UTF-8 with a few broken characters stays UTF-8; otherwise it is Windows' Western set."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if broken <= sum(character > "\x7f" for character in text) - broken:
        return text, (f"{broken} characters are damaged",)
    return body.decode("cp1252", "replace"), ("the encoding is unknown, read as windows-1252",)


def to_document(text: str) -> Document | None:
    """The feed inside a text; None if there is none in it.

    What stands before its root element, and a page around it, is left off, and characters that XML
    forbids are removed; the notes say so.
    """
    notes = []
    legal = _CHARACTER.sub(_legal, _ILLEGAL.sub("", text))
    if legal != text:
        notes.append("characters that XML does not allow were removed")
        text = legal
    start = _ROOT.search(blanked(text[:_HEAD]))
    if start is None:
        return None
    prologue = text[: start.start()]
    if _ANY_ROOT.search(blanked(prologue)):
        if not re.search(r"\b(xmlns|version)\b", start["attributes"]):
            return None  # a word of the page itself
        notes.append("the feed is wrapped in a page")
    elif prologue.lstrip() and not prologue.lstrip().startswith("<"):
        notes.append("something stands before the feed")
    elif prologue[:1].isspace() and "<?xml" in prologue:
        notes.append("the XML declaration is not at the start")
    closing = f"</{start[0][1:].split(None, 1)[0].rstrip('>/')}>"
    end = text.rfind(closing)
    return Document(
        text=_doctype(prologue)
        + (text[start.start() : end + len(closing)] if end >= 0 else text[start.start() :]),
        root=start["root"].lower(),
        attributes=start["attributes"],
        complete=end >= 0,
        notes=tuple(notes),
    )


def _legal(reference: re.Match[str]) -> str:
    """A numeric reference, or a mark where it names no character of XML (1.0 §2.2)."""
    decimal, hexadecimal = reference.groups()
    digits = (decimal or hexadecimal).lstrip("0")
    if len(digits) > 7:
        return "\ufffd"
    point = int(digits or "0", 10 if decimal else 16)
    whole = point in (9, 10, 13) or 32 <= point < 0xD800 or 0xE000 <= point < 0x110000
    return reference[0] if whole and point not in (0xFFFE, 0xFFFF) else "\ufffd"


def blanked(text: str) -> str:
    """The text with comments and CDATA blanked out, at its own length."""
    kept, at = [], 0
    while opening := _SKIPPED.search(text, at):
        closing = text.find("-->" if opening[0] == "<!--" else "]]>", opening.end())
        end = closing + 3 if closing >= 0 else len(text)
        kept += [text[at : opening.start()], " " * (end - opening.start())]
        at = end
    return "".join(kept) + text[at:]


def _doctype(prologue: str) -> str:
    """A document type that declares entities of its own, which the text may use."""
    start = re.search(r"<!DOCTYPE[^\[>]{0,1000}\[", prologue, re.IGNORECASE)
    end = re.compile(r"\]\s{0,100}>").search(prologue, start.end()) if start else None
    return prologue[start.start() : end.end()] if start and end else ""


def root_name(text: str) -> str | None:
    """The first element's name, for saying what a document is instead of a feed."""
    found = _ANY_ROOT.search(blanked(text[:_HEAD]))
    return found[1] if found else None
