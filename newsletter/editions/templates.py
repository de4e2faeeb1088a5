"""The templates with the words that mails use; kept, so that each is compiled once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from newsletter.editions import plaintext
from newsletter.templating import Templates


@lru_cache(maxsize=8)
def templates_of(own: Path | None = None) -> Templates:
    """Our templates with those of the folder `own` before them.

    For plain text there are the filter `wrapped` and the line `rule()` (see `plaintext`).
    """
    words = {"wrapped": plaintext.wrapped}
    return Templates(own, filters=words, names={"rule": plaintext.rule})
