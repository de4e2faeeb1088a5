"""What `tomllib` has against a file, in words for somebody who does not know TOML."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from newsletter.errors import SettingsError

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)")
_BACKSLASH = "the text has a backslash; write it in 'single' quotation marks"
_WORDS = (
    ("Invalid value", "a value is missing or cannot be read; text needs quotation marks"),
    ("Expected '=' after a key", "there is no = after the name of the setting"),
    ('Expected "=" after a key', "there is no = after the name of the setting"),
    ("Invalid statement", "this is neither a [section] nor name = value"),
    ("Cannot overwrite a value", "this setting is written twice"),
    ("Cannot declare", "this section is written twice"),
    ("Cannot mutate immutable", "this was already written in another way"),
    ("Expected newline or end of document", "there is something behind the value"),
    ("Unclosed array", "a list is not closed by ]"),
    ("Illegal character", "the text is not closed by a quotation mark on the same line"),
    ("Unterminated string", "the text is not closed by quotation marks"),
    ("Invalid hex value", _BACKSLASH),
    ("Unescaped '\\'", _BACKSLASH),
    ("Expected ']", "the name of the section is not closed by ]"),
    ("Unclosed inline table", "a table is not closed by }"),
)
_UNFINISHED = "the file ends in the middle of a value or list"
_CURLY = "“”„‘’‚«»"


def decode(content: bytes, path: Path) -> str:
    """The file's text; the mark Windows puts at the beginning of a file is left out.

    Raises SettingsError with the line of the first byte that is not UTF-8.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SettingsError(f"{path} is saved as UTF-16.", "Save it as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(
            f"{path}, line {line}: a character is not UTF-8.", "Save the file as UTF-8."
        ) from None


def syntax_error(error: tomllib.TOMLDecodeError, text: str, path: Path) -> SettingsError:
    """The error with line and column, and what to do about it."""
    match = _PLACE.search(str(error))
    said = _PLACE.sub("", str(error))
    if not match or not match[1]:
        place = f"line {text.rstrip().count(chr(10)) + 1}"
        what = _UNFINISHED if said.startswith("Invalid value") else _in_words(said)
    else:
        line, column = int(match[1]), int(match[2])
        place = f"line {line}, column {column}"
        what = _curly(text, line, column) or _in_words(said)
    return SettingsError(
        f"{path}, {place}: {what}.",
        'Correct this line; a setting looks like: title = "My newsletter".',
    )


def _curly(text: str, line: int, column: int) -> str:
    row = text.replace("\r\n", "\n").split("\n")[line - 1]
    if row[column - 1 : column] and row[column - 1] in _CURLY:
        return f'the quotation mark {row[column - 1]} is a printed one; use the plain " instead'
    return ""


def _in_words(said: str) -> str:
    for beginning, words in _WORDS:
        if said.startswith(beginning):
            return words
    return said[:1].lower() + said[1:]
