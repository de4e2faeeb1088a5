"""Which encoding a list is in: Excel alone writes four."""

from __future__ import annotations

import codecs
import re
from typing import Final

from subscribers.errors import ImportFileError
from subscribers.source import Source

_CHUNK: Final = 1 << 20
_SAMPLE: Final = 4096

_NOT_TEXT: Final = {
    b"PK\x03\x04": "an Excel or LibreOffice workbook, or a ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF file",
    b"\x1f\x8b": "a compressed file",
}
_OTHER_TEXT: Final = (
    (re.compile(rb"<!doctype html|<html"), "a web page"),
    (re.compile(rb"<\?xml"), "an XML file"),
    (re.compile(rb"\{|\[\s*[{\"]"), "a JSON file"),
)
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_EXPORT_ANEW: Final = "Sign in where the list is, and export it anew as CSV."
SAVE_AS_CSV: Final = "Open it in Excel or LibreOffice and save it as “CSV UTF-8”."


def detect(source: Source) -> tuple[str, str]:
    """The encoding of a text file, as Python names it, and how to treat what does not fit it.

    The whole file is read once, in pieces. Without a mark at its start it is UTF-8 if it can be,
    then what Windows calls ANSI (cp1252), then Latin-1. UTF-8 with only a few damaged characters
    stays UTF-8, and these are replaced. Raises ImportFileError for what is no text.
    """
    with source.open() as stream:
        head = stream.read(_SAMPLE)
    _refuse_other_files(source, head)
    if encoding := _marked(head) or _unmarked_utf16(head):
        if not _decodes(source, encoding):
            raise ImportFileError(
                f"{source.name} begins as {encoding.upper()} text and then is something else; it "
                "may have been cut off.",
                SAVE_AS_CSV,
            )
        return encoding, "strict"
    for encoding in ("utf-8", "cp1252"):
        if _decodes(source, encoding):
            return encoding, "strict"
        if encoding == "utf-8" and _mostly_utf8(source):
            return encoding, "replace"
    return "latin-1", "strict"


def _refuse_other_files(source: Source, head: bytes) -> None:
    if not head.strip(b"\0 \t\r\n"):
        raise ImportFileError(f"{source.name} is empty.", "Check that it is the right file.")
    for start, what in _NOT_TEXT.items():
        if head.startswith(start):
            raise ImportFileError(f"{source.name} is {what}, not a CSV file.", SAVE_AS_CSV)
    begins = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for pattern, what in _OTHER_TEXT:
        if pattern.match(begins):
            raise ImportFileError(f"{source.name} is {what}, not a CSV file.", _EXPORT_ANEW)


def _marked(head: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)


def _unmarked_utf16(head: bytes) -> str | None:
    """UTF-16 without its mark: every other octet of Western text is zero."""
    half = len(head) // 2
    even, odd = head[0 : 2 * half : 2].count(0), head[1 : 2 * half : 2].count(0)
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def _decodes(source: Source, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with source.open() as stream:
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(source: Source) -> bool:
    """Whether far more of the characters beyond ASCII are whole UTF-8 than are not."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    damaged = whole = 0
    with source.open() as stream:
        while chunk := stream.read(_CHUNK):
            text = decoder.decode(chunk)
            bad = text.count("\N{REPLACEMENT CHARACTER}")
            damaged += bad
            whole += len(text) - bad - len(text.encode("ascii", "ignore"))
    return whole > 10 * damaged
