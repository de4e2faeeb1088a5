"""Where sentences end, in the languages blogs are written in, abbreviations minded."""

from __future__ import annotations

import re

_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|$)|[。！？]+[」』”）]*|[۔؟।]+(?=\s|$)")
_ABBREVIATIONS = frozenset(
    "dr mr mrs ms mx prof sr jr st rev hon gen col capt lt sgt fr vs v al e.g i.e eg ie approx ca c"  # noqa: SIM905
    " cf eq resp incl excl est dept inc ltd corp bros ph.d m.d b.sc m.sc u.s u.k e.u a.m p.m viz"
    " etc z.b d.h u.a bzw ggf usw".split()
)
_BEFORE_NUMBERS = frozenset(
    "no nos nr vol pp p fig figs ref refs jan feb mar apr jun jul aug sep sept oct nov dec".split()  # noqa: SIM905
)
_LAST_WORD = re.compile(r"([^\s(\[\"'“‘«]+)$")


def _is_abbreviation(before: str, after: str) -> bool:
    """Whether a single full stop after `before` belongs to the word."""
    found = _LAST_WORD.search(before[-40:])
    word = found[1] if found else ""
    if word.lower() in _BEFORE_NUMBERS:
        return after.lstrip()[:1].isdigit()
    if word.lower() in _ABBREVIATIONS:
        return not (word.lower() in ("etc", "p.m", "a.m") and after[:2].strip()[:1].isupper())
    return len(word) == 1 and word.isalpha() and word.isascii() and word not in "Iaio"


def _goes_on(text: str, at: int) -> bool:
    """Whether what follows begins in lower case, as after "…" or an unknown abbreviation."""
    following = text[at : at + 4].lstrip().lstrip("\"'“‘«([")
    return bool(following) and following[0].islower()


def _opens_with_number(text: str, start: int, stop: int) -> bool:
    """Whether the stop belongs to a numbered point: "1. First"."""
    return re.fullmatch(r"\s*\(?(?:\d{1,3}|[ivx]{1,4}|[a-zA-Z])", text[start:stop]) is not None


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of one paragraph, stripped, in order; joined by spaces they give it back."""
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        plain_stop = end[0] == "."
        if _goes_on(text, end.end()) and end[0][0] not in "。！？۔؟।":
            continue
        if plain_stop and (
            _is_abbreviation(
                text[max(start, end.start() - 40) : end.start()], text[end.end() :][:3]
            )
            or _opens_with_number(text, start, end.start())
        ):
            continue
        found.append(text[start : end.end()].strip())
        start = end.end()
    if rest := text[start:].strip():
        found.append(rest)
    return tuple(sentence for sentence in found if sentence)


def shortened(text: str, limit: int) -> str:
    """The text cut at a word's end and marked with "…", at most `limit` characters with it."""
    if len(text) <= limit:
        return text
    room = max(1, limit - 1)
    space = text.rfind(" ", 0, room + 1)
    return f"{text[: space if space > 0 else room].rstrip(' ,;:–—-.(')}…"
