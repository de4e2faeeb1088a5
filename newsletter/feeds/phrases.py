"""Sentences that say nothing new: what platforms add to a post, and what an author always says.

Two kinds. *Debris* is cut from a post when it is cleaned. *Standing text* stays in the post, since
its author wrote it, but two revisions are compared without it: a new disclaimer is no news.
A phrase counts only when it is the whole line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_COUNT = r"[\d.,]+\s?[km]?"
_NAME = r"[\w.'-]+(?: [\w.'-]+){0,3}"
_TIME = r"\d{1,2}[:.]\d\d(?: ?[ap]\.?m\.?)?"

_DEBRIS = re.compile(
    r"(?:"
    r"(?:%d|\d+) bloggers? likes? this[:.]?"
    r"|please share this (?:post|article|page|blog)\b[^\n]{0,160}"
    r"|(?:share|like|tweet) this:?|share(?: on| via|:)[\w ,|/+-]{0,80}"
    r"|(?:like this: ?)?(?:like\s*)?loading\s?(?:\.{2,}|…)?(?: \d+ bloggers? likes? this[:.]?)?"
    r"|the post [^\n]{1,400}? (?:appeared first|first appeared) on [^\n]{1,200}"
    r"|this (?:post|article|entry) (?:was originally )?appeared first on [^\n]{1,200}"
    rf"|(?:join|follow) {_COUNT} (?:other )?(?:subscribers|followers)\.?"
    rf"|blog stats(?:\s*{_COUNT} hits)?|{_COUNT} hits"
    rf"|{_COUNT} (?:(?:facebook|twitter|total|page|post) )?"
    r"(?:shares?|likes?|views?|comments?|retweets?|tweets?|reads?|claps?)"
    rf"|(?:(?:post|page|total) )?(?:shares?|likes?|views?|hits|comments?|reads?) ?:? ?{_COUNT}"
    r"|advertisements?:?|report this ad|privacy settings|related(?: posts?| articles?)?:"
    r"|type your email…?|subscribe to blog via email|print this (?:post|page)"
    r"|click to (?:share|print|email)[^\n]{0,120}"
    r"|(?:(?:share|like) this: ?)?(?:click to [^\n(]{1,80}\(opens in new window\)[ ,]*)+"
    r"|email this ?blogthis! ?share to [^\n]{1,120}"
    r"|[^\n]{1,400}? was originally published (?:in [^\n]{1,200}? )?on medium\b[^\n]{0,160}"
    r"|continue reading on [^\n]{1,80} »|this post is public so feel free to share it\.?"
    r"|[^\n]{1,120}? is a reader-supported publication\.[^\n]{0,200}"
    rf"|\(?visited {_COUNT} times?,? {_COUNT} visits? today\)?"
    rf"|{_COUNT} total views?,? {_COUNT} views? today|{_COUNT} words|\d+:\d\d / \d+:\d\d"
    rf"|(?:average )?rating:? {_COUNT} ?/ ?\d+\.? ?vote count:? ?{_COUNT}"
    r"|(?:published|posted|updated) (?:\d+|an?) (?:minute|hour|day|week|month|year)s? ago"
    rf"|posted on [^\n]{{6,30}}? by {_NAME}|posted by {_NAME} at {_TIME}"
    r"|this (?:entry|post|article) was posted (?:in|on|by) [^\n]{1,300}"
    r")",
    re.IGNORECASE,
)

_STANDING = re.compile(
    r"(?:"
    r"(?:medical |legal |general )?disclaimer:?"
    r"|(?:please note[:,]? )?i(?:'m| am) not a (?:doctor|medical|health)[^\n]*"
    r"|(?:many )?thanks? (?:you )?for (?:reading|listening|your support|sharing)[^\n]{0,80}"
    r"|i(?:'m| am) also (?:active )?on (?:facebook|twitter|instagram|x|linkedin|bluesky)[^\n]*"
    r"|(?:like|follow|visit) (?:me|my|us|our)\b[^\n]{0,40}\b(?:page|facebook|twitter|instagram|blog"
    r"|youtube|news|linkedin|bluesky)\b[^\n]{0,120}"
    r"|(?:follow|like|find|join) (?:me|us) (?:on|at|via)[^\n]{0,120}"
    r"|my diagnosis and treatment history|most popular posts"
    r"|read my [^\n]{0,40}contributions|remember\b[\s.…]*in the war on[^\n]*"
    r"|(?:sign[ -]?up|subscribe|register (?:here|now|for|to|with)|click here to subscribe)\b"
    r"[^\n]{0,30}"
    r"\b(?:newsletter|e-?mail|blog|updates|posts)\b[^\n]{0,80}"
    r"|you (?:may|might) also (?:like|enjoy|be interested in):?"
    r"|i will keep (?:this|you)\b[^\n]{0,60}\bupdated?s?\b[^\n]{0,40}"
    r"|this (?:post|page) will (?:be )?auto(?:matically)?[ -]?update[^\n]{0,80}"
    r"|(?:this )?(?:page |post |article )?(?:was |has been )?"
    r"last (?:updated|modified|reviewed|edited)\b(?: ?:)?(?:[^\n:–.]|[:.]\d|\.$){0,40}"
    r"|(?:est(?:imated)?\.? )?(?:reading time:? )?(?:about )?\d+[ -]?min(?:ute)?s?\.? (?:to )?read"
    r"|(?:est(?:imated)?\.? )?reading time:? [^\n]{0,30}|(?:tags|filed under): [^\n]{1,200}"
    r"|photo by [^\n]{1,80}? on (?:unsplash|pexels|pixabay)\.?"
    r"|(?:copyright|©|\(c\))[^\n]{0,100}|all rights reserved\b[^\n]{0,60}"
    r"|(?:translate|select language|powered by [^\n]{1,40}|skip to content"
    r"|leave a (?:reply|comment))"
    r")",
    re.IGNORECASE,
)

_DISCLAIMING = re.compile(
    r"\b(?:do|does|should|is|are) not (?:to )?(?:be )?"
    r"(?:constitute|imply|represent|taken as|construed as|considered)"
    r" (?:an |any |a |as )*(?:personal |professional )?(?:endorsement|medical advice|advice)\b"
    r"|\b(?:is|are) not (?:intended )?(?:as |a substitute for )(?:professional )?medical advice\b"
    r"|\bfor (?:education(?:al)?|information(?:al)?)(?: and (?:awareness|education(?:al)?))?"
    r"(?: purposes)? only\b",
    re.IGNORECASE,
)

_TAIL = re.compile(
    r"(?P<disclaimer>(?:medical |legal )?disclaimer:?)|(?:many )?thanks for reading[^\n]{0,40}",
    re.IGNORECASE,
)

_LONGEST = 700
_TAIL_LINES = 20
_TAIL_SIZE = 3_000


def _plain(line: str) -> str:
    """Typographic quotes and dots as typed ones, so that one pattern meets both."""
    return " ".join(line.replace("’", "'").split())


def is_debris(line: str) -> bool:
    """Whether a whole line is something a platform added."""
    return len(line) < _LONGEST and _DEBRIS.fullmatch(_plain(line)) is not None


def is_standing(line: str) -> bool:
    """Whether a whole line is standing text: disclaimer, thanks, sign-up, counter, promise."""
    if len(line) >= _LONGEST:
        return False
    plain = _plain(line)
    return (
        _STANDING.fullmatch(plain) is not None
        or _DEBRIS.fullmatch(plain) is not None
        or _disclaims(plain)
    )


def _disclaims(plain: str) -> bool:
    lower = plain.lower()
    worth_a_look = any(word in lower for word in ("endorsement", "advice", "only"))
    return worth_a_look and _DISCLAIMING.search(plain) is not None


def tail_start(lines: Sequence[str]) -> int:
    """Where the standing end of a post begins: the first opener with only a short rest after it.

    `len(lines)` where there is none.
    """
    return min((at for at, _ in _tail_openers(lines)), default=len(lines))


def shared_tail_start(old: Sequence[str], new: Sequence[str]) -> int:
    """Where the standing end of the new text begins, if the old one had such an end too.

    An opener that only the new text has does not count, so that what is written under a new
    "Thanks for reading" is judged like any other line.
    """
    kinds = Counter(kind for _, kind in _tail_openers(old))
    start = len(new)
    for at, kind in _tail_openers(new):  # from the end upwards
        if kinds[kind] > 0:
            kinds[kind] -= 1
            start = at
    return start


def _tail_openers(lines: Sequence[str]) -> list[tuple[int, str]]:
    """The openers of a standing end, last first, and what each of them is.

    Other standing text does not count towards how long such an end may be.
    """
    found: list[tuple[int, str]] = []
    size = count = 0
    for at in range(len(lines) - 1, -1, -1):
        opens = _TAIL.fullmatch(_plain(lines[at])) if len(lines[at]) < 80 else None
        if opens is not None:
            found.append((at, "disclaimer" if opens["disclaimer"] else "thanks"))
        elif not is_standing(lines[at]):
            size, count = size + len(lines[at]), count + 1
            if size > _TAIL_SIZE or count > _TAIL_LINES:
                break
    return found
