"""On which line of a TOML file each setting stands; `tomllib` reads values and forgets places."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from contextlib import suppress

Path = tuple[str | int, ...]
"""Where a value is: `("feeds", 0, "url")`."""

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]+")
_STRINGS = (
    re.compile(r'"""(?:[^\\]|\\.)*?""""{0,2}', re.DOTALL),
    re.compile(r"'''.*?''''{0,2}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)
"""The four kinds of TOML text. The long ones may end in up to two quotation marks of their own."""


class _Lost(Exception):
    """The text is not what this reader expects; what it found so far still holds."""


def find_lines(text: str) -> dict[Path, int]:
    """The line (from 1) of every table, key and list item of a TOML text that `tomllib` accepts.

    The first mention counts. Never raises: a text that is not TOML gives what was found so far.
    """
    finder = _Finder(text.replace("\r\n", "\n"))
    with suppress(_Lost, tomllib.TOMLDecodeError, RecursionError):
        finder.document()
    return finder.found


def line_of(lines: dict[Path, int], path: Path) -> int | None:
    """The line of a setting, or of the nearest table around it when it is not there itself."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


class _Finder:
    def __init__(self, text: str) -> None:
        self.found: dict[Path, int] = {}
        self._text = text
        self._at = 0
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._table: Path = ()
        self._last_index: dict[Path, int] = {}

    def document(self) -> None:
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._sees("["):
                self._header()
            else:
                self._pair(self._table)
            self._skip(_BLANK)

    def _header(self) -> None:
        """`[table]`, or `[[list of tables]]`, whose items are counted."""
        line = self._line()
        is_list = self._sees("[[")
        self._at += 2 if is_list else 1
        keys = self._keys()
        self._expect("]]" if is_list else "]")
        path: Path = ()
        for place, key in enumerate(keys, start=1):
            path = (*path, key)
            self.found.setdefault(path, line)
            if is_list and place == len(keys):
                self._last_index[path] = self._last_index.get(path, -1) + 1
            if path in self._last_index:
                path = (*path, self._last_index[path])
                self.found.setdefault(path, line)
        self._table = path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for key in self._keys():
            path = (*path, key)
            self.found.setdefault(path, line)
        self._expect("=")
        self._value(path)

    def _keys(self) -> list[str]:
        keys = [self._key()]
        while self._sees("."):
            self._at += 1
            keys.append(self._key())
        return keys

    def _key(self) -> str:
        self._skip(_SPACE)
        if self._sees('"') or self._sees("'"):
            key = str(tomllib.loads(f"key = {self._string()}")["key"])
        else:
            key = self._take(_BARE_KEY)
        self._skip(_SPACE)
        return key

    def _value(self, path: Path) -> None:
        self._skip(_SPACE)
        if self._sees("["):
            self._list(path)
        elif self._sees("{"):
            self._inline_table(path)
        elif self._sees('"') or self._sees("'"):
            self._string()
        else:
            self._take(_SCALAR)

    def _list(self, path: Path) -> None:
        self._expect("[")
        index = 0
        while not self._closes("]"):
            item = (*path, index)
            self.found.setdefault(item, self._line())
            self._value(item)
            self._comma()
            index += 1

    def _inline_table(self, path: Path) -> None:
        self._expect("{")
        while not self._closes("}"):
            self._pair(path)
            self._comma()

    def _closes(self, bracket: str) -> bool:
        self._skip(_BLANK)
        if not self._sees(bracket):
            return False
        self._at += 1
        return True

    def _comma(self) -> None:
        self._skip(_BLANK)
        if self._sees(","):
            self._at += 1

    def _string(self) -> str:
        for kind in _STRINGS:
            match = kind.match(self._text, self._at)
            if match:
                self._at = match.end()
                return match[0]
        raise _Lost

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if not match:
            raise _Lost
        self._at = match.end()
        return match[0]

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _sees(self, token: str) -> bool:
        return self._text.startswith(token, self._at)

    def _expect(self, token: str) -> None:
        if not self._sees(token):
            raise _Lost
        self._at += len(token)

    def _line(self) -> int:
        return bisect_right(self._starts, self._at)
