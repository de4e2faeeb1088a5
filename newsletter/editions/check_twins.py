"""The gate's look at whether the HTML and the plain text of a mail say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.editions.findings import finding
from newsletter.editions.mailparts import Anatomy
from newsletter.model.edition import Finding, Rendered

_NAMED = 8
"""So many of the words that are missing are named."""

_ADDRESS = re.compile(r"https?://\S+")
_NO_LETTERS = re.compile(r"[\W_]+")


def twins(rendered: Rendered, anatomy: Anatomy) -> Iterator[Finding]:
    """Words of the HTML that the text lacks, and addresses of the text that the HTML lacks.

    Words in quotations are not asked for: they are the blog's, and set in their own way.
    """
    if not rendered.text.strip():
        return  # that is told already
    if words := _missing(anatomy.own_words, rendered.text):
        more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
        message = f"Words of the HTML are missing in the text: {' '.join(words[:_NAMED])}{more}."
        yield finding("words-not-in-text", f"{rendered.key}, text", message)
    there = {link.href for link in anatomy.links}
    alone = (line for line in rendered.text.splitlines() if _ADDRESS.fullmatch(line))
    for address in dict.fromkeys(alone):
        if address not in there and address not in anatomy.text:
            message = f"The link {address} of the text is missing in the HTML."
            yield finding("not-in-html", f"{rendered.key}, HTML", message)


def _missing(html: str, text: str) -> list[str]:
    """Words that are not in the text, however it parts them, in their order."""
    known = set(text.split())
    doubtful = dict.fromkeys(word for word in html.split() if word not in known)
    letters = ""
    missing = []
    for word in doubtful:
        bare = _NO_LETTERS.sub("", word)
        if not bare or bare in text:
            continue
        letters = letters or _NO_LETTERS.sub("", text)
        if bare not in letters:
            missing.append(word)
    return missing
