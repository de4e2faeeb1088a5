"""The subject line: says what is inside."""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsletter.editions.wording import counted, one_line, shortened, title_of, trial_title
from newsletter.model.edition import Digest

LIMIT = 70
"""Characters; most inboxes on a computer show as many, phones about half."""

_LEAST_TITLE = 20
_TRIAL = "Trial update: "
_ACRONYM = re.compile(r"\(([A-Z][A-Z0-9-]{2,14})\)$")


def subject_of(digest: Digest) -> str:
    """`LUTIA post updated, and 3 new posts`: one line, never empty, at most LIMIT characters."""
    mark = "SAMPLE: " if digest.sample else ""
    return mark + _news(digest, LIMIT - len(mark))


def _news(digest: Digest, limit: int) -> str:
    updated, trials, new = len(digest.updated), len(digest.trials), len(digest.new)
    if updated:
        rest = [(updated - 1, "more update"), (trials, "trial update"), (new, "new post")]
        return _named(title_of(digest.updated[0]), " updated", rest, limit)
    if trials:
        rest = [(trials - 1, "more trial update"), (new, "new post")]
        title = trial_title(digest.trials[0].note)
        return _TRIAL + _named(title, "", rest, limit - len(_TRIAL))
    if new:
        return _named(title_of(digest.new[0]), "", [(new - 1, "more new post")], limit)
    return shortened(one_line(digest.masthead.title) or "News from the blog", limit)


def _tail(rest: Sequence[tuple[int, str]]) -> str:
    """`, and 1 new post`, `, 2 more updates and 1 new post`; what there is none of is left out."""
    more = [counted(number, noun) for number, noun in rest if number]
    if len(more) > 1:
        return f", {', '.join(more[:-1])} and {more[-1]}"
    return f", and {more[0]}" if more else ""


def _named(title: str, verb: str, rest: Sequence[tuple[int, str]], limit: int) -> str:
    tail = _tail(rest)
    if limit - len(verb) - len(tail) < _LEAST_TITLE:
        tail = f", and {sum(number for number, _ in rest)} more"
    room = limit - len(verb) - len(tail)
    if len(title) <= room:
        return title + verb + tail
    acronym = _ACRONYM.search(title)
    if acronym and verb:
        return f"{acronym[1]} post{verb}{tail}"
    return shortened(title, max(room, _LEAST_TITLE)) + verb + tail
