"""Where in an MJML document the fault is that the engine will not read, or fails on.

The engine says little of it: an offset at best. Its rules are those of XML, but for elements such
as `<br>`, which need no end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"<!--.*?-->|<(/?)([a-zA-Z][\w:-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.DOTALL
)
_ATTRIBUTES = re.compile(r"(?:\s+[\w:.-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'))?)*\s*/?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_PANIC = re.compile(r"[^\x00-\x7f].?>", re.DOTALL)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"]
)


_OUTLOOK = "what is for Outlook alone (<!--[if …) does not close in it what it opens"


@dataclass(frozen=True, slots=True, kw_only=True)
class MjmlFault:
    """A fault at `offset` (characters); `said` is the end of a sentence."""

    offset: int
    said: str


def fault_in(mjml: str) -> MjmlFault | None:
    """The first fault of a document; None when there is none that we know of."""
    open_: list[tuple[str, int]] = []
    at = 0
    for token in _TOKEN.finditer(mjml):
        fault = _in_text(mjml, at, token.start()) or _in_token(token, open_)
        if fault:
            return fault
        at = token.end()
    if fault := _in_text(mjml, at, len(mjml)):
        return fault
    if open_:
        tag, start = open_[-1]
        return MjmlFault(offset=start, said=f"<{tag}> is not closed")
    return None


def _in_token(token: re.Match[str], open_: list[tuple[str, int]]) -> MjmlFault | None:
    end, tag, attributes = token.groups()
    if tag is None:
        return _in_comment(token)
    if end:
        return _closed(token, tag, open_)
    if not _ATTRIBUTES.fullmatch(attributes):
        return MjmlFault(
            offset=token.start(), said=f"an attribute of <{tag}> has no quotation marks around it"
        )
    if tag not in _VOID and not attributes.endswith("/"):
        open_.append((tag, token.start()))
    return None


def _in_comment(token: re.Match[str]) -> MjmlFault | None:
    """What is for Outlook alone is read as well, and must close what it opens."""
    if not token[0].startswith("<!--[if ") or token[0].startswith("<!--[if !"):
        return None
    open_: list[str] = []
    for inner in _TOKEN.finditer(token[0], len("<!--")):
        end, tag, attributes = inner.groups()
        if tag is None or tag in _VOID or attributes.endswith("/"):
            continue
        if not end:
            open_.append(tag)
        elif not open_ or open_.pop() != tag:
            return MjmlFault(offset=token.start(), said=_OUTLOOK)
    return MjmlFault(offset=token.start(), said=_OUTLOOK) if open_ else None


def _closed(token: re.Match[str], tag: str, open_: list[tuple[str, int]]) -> MjmlFault | None:
    if open_ and open_[-1][0] == tag:
        open_.pop()
        return None
    if not any(name == tag for name, _ in open_):
        return MjmlFault(offset=token.start(), said=f"</{tag}> closes what is not open")
    inner, start = open_[-1]
    return MjmlFault(offset=start, said=f"<{inner}> is not closed before </{tag}>")


def _in_text(mjml: str, start: int, end: int) -> MjmlFault | None:
    text = mjml[start:end]
    for found, said in (
        (re.search("<", text), "there is a “<” that begins no tag; write &lt; for the character"),
        (_CONTROL.search(text), "there is a control character"),
        (_PANIC.search(text + mjml[end : end + 1]) if ">" in text else None,
         "the engine fails on a “>” behind such a letter; write &gt; for the character"),
    ):  # fmt: skip
        if found:
            return MjmlFault(offset=start + found.start(), said=said)
    return None
