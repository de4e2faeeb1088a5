"""The first sentences of a post, for a list of posts, and how long it takes to read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from newsletter.feeds.blocks import Block, Kind, blocks
from newsletter.feeds.phrases import is_standing, tail_start
from newsletter.feeds.sentences import sentences, shortened
from newsletter.model.post import Cleaned

_PREFERENCE = (
    (Kind.PARAGRAPH,),
    (Kind.QUOTE,),
    (Kind.ITEM,),
    (Kind.ROW, Kind.CAPTION, Kind.PREFORMATTED),
    (Kind.HEADING,),
)
_FOOTNOTE = re.compile(r"\s?\[(?:\d{1,3}|[a-z])\](?=[\s.,;:!?]|$)")
_FEED_CUT = re.compile(r"\s*(?:\[(?:…|\.\.\.)\]|…)\s*$")
_MEDIA_ONLY = re.compile(
    r"(?:Watch the video|Listen to the audio|Open the embedded page at)\b[^.]*|https?://\S+"
)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORDS_A_MINUTE = 200
_CJK_A_MINUTE = 400


def excerpt(cleaned: Cleaned, limit: int = 280) -> str:
    """Whole sentences from the beginning of a post's paragraphs, at most `limit` characters.

    Headings, lists, tables, captions and standing text are passed over unless there is nothing
    else. A first sentence that is too long is cut at a word and ends with "…". Empty only when
    the post has no text.
    """
    found = blocks(cleaned.html)
    own = found[: tail_start([block.text for block in found])] or found
    for kinds in _PREFERENCE:
        texts = [_quotable(block) for block in own if block.kind in kinds]
        if chosen := _whole_sentences((text for text in texts if text), limit):
            return chosen
    return shortened(" ".join(cleaned.text.split()), limit)


def _quotable(block: Block) -> str:
    if is_standing(block.text) or _MEDIA_ONLY.fullmatch(block.text):
        return ""
    return _FEED_CUT.sub("…", _FOOTNOTE.sub("", block.text))


def _whole_sentences(texts: Iterable[str], limit: int) -> str:
    chosen = ""
    for text in texts:
        for sentence in sentences(text):
            longer = f"{chosen} {sentence}" if chosen else sentence
            if len(longer) > limit:
                return chosen or shortened(sentence, limit)
            chosen = longer
    return chosen


def reading_minutes(text: str) -> int:
    """How long a text takes to read, in whole minutes, at least one: 200 words or 400 CJK signs."""
    signs = len(_CJK.findall(text))
    words = len(_CJK.sub(" ", text).split())
    return max(1, round(words / _WORDS_A_MINUTE + signs / _CJK_A_MINUTE))
