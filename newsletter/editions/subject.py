"""What an inbox shows of an edition: the subject and the pre-header, which say what is inside.

The words of both come from templates (`digest/subject.txt.j2`, `digest/preheader.txt.j2`), which
get a `Headline` to make them of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsletter.editions import wording
from newsletter.editions.calm import abbreviation, calm, name_in
from newsletter.editions.wording import (
    counted,
    one_line,
    sentence,
    shortened,
    title_of,
    trial_title,
)
from newsletter.model.edition import Digest, DigestItem, Form, TrialNote

LIMIT = 70
"""Characters; most inboxes on a computer show as many, phones about half."""

PREHEADER_LIMIT = 120
"""Characters, of which a phone shows the first half."""

_LEAST_NAME = 20
_LONGEST_SHORT = 20
_SHORT_TITLE = 30
"""A title of no more characters stays whole, though it has an abbreviation."""
_SEPARATOR = " · "


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What the subject can be made of; all plain text on one line, and none of it shouts.

    `line` is the whole: `LUTIA: register entry changed, and 3 new posts`. `name` is what leads it,
    `rest` what else there is (`3 new posts`), "" for nothing. `teaser` goes on where it ends.
    """

    line: str
    name: str
    rest: str
    teaser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lead:
    """What the mail begins with: its name, what is said before and after it, and what else is."""

    name: str
    before: str = ""
    after: str = ""
    rest: tuple[tuple[int, str], ...] = ()


def headline_of(digest: Digest) -> Headline:
    """The headline of a digest; that of a discreet one is neutral."""
    if digest.form is Form.DISCREET:
        return _neutral(digest)
    lead = _lead(digest)
    return Headline(
        line=_line(lead, LIMIT - len(mark_of(digest))),
        name=lead.name,
        rest=_listed(lead.rest),
        teaser=_SEPARATOR.join(filter(None, _teasing(digest))),
    )


def mark_of(digest: Digest) -> str:
    """What the subject begins with where it is a sample."""
    return "SAMPLE: " if digest.sample else ""


def subject_line(text: str, headline: Headline) -> str:
    """What a template made of the headline as a subject: one line, calm, not too long or empty."""
    return shortened(calm(one_line(text)) or headline.line, LIMIT)


def preheader_line(text: str, headline: Headline) -> str:
    """The same for the pre-header."""
    return shortened(one_line(text) or headline.teaser or headline.line, PREHEADER_LIMIT)


def _neutral(digest: Digest) -> Headline:
    """Nothing in it tells what the newsletter is about."""
    subject = one_line(digest.masthead.discreet.subject)
    period = wording.period_label(digest.period)
    return Headline(
        line=f"{subject}, {period.replace('Week', 'week', 1)}",
        name=subject,
        rest=period,
        teaser=wording.things_to_read(digest),
    )


def _lead(digest: Digest) -> _Lead:
    """The first entry of the mail, and how many there are of the others."""
    trials, updated, new = len(digest.trials), len(digest.updated), len(digest.new)
    rest: tuple[tuple[int, str], ...]
    if trials:
        rest = ((trials - 1, "more trial update"), (updated, "updated post"), (new, "new post"))
        return _happened("register entry changed", *_trial_names(digest.trials[0].note), rest)
    if updated:
        rest = ((updated - 1, "more updated post"), (new, "new post"))
        return _happened("post updated", *_post_names(digest.updated[0]), rest)
    if not new:
        return _Lead(name=calm(one_line(digest.masthead.title)) or "News from the blog")
    name = calm(title_of(digest.new[0]))
    if new == 1:
        return _Lead(name=name)
    return _Lead(name=name, before="“", after="”", rest=((new - 1, "more new post"),))


def _happened(what: str, short: str, title: str, rest: tuple[tuple[int, str], ...]) -> _Lead:
    """`LUTIA: post updated`, or `Post updated: A title that may have to be cut`."""
    if short:
        return _Lead(name=short, after=f": {what}", rest=rest)
    return _Lead(name=title, before=f"{what[:1].upper()}{what[1:]}: ", rest=rest)


def _trial_names(note: TrialNote) -> tuple[str, str]:
    """The short name of a trial, "" if it has none, and the long one."""
    known = note.line.facts.acronym if note.line.facts else ""
    short, title = _names(trial_title(note))
    return one_line(known)[:_LONGEST_SHORT] or short, title


def _post_names(item: DigestItem) -> tuple[str, str]:
    return _names(title_of(item))


def _names(title: str) -> tuple[str, str]:
    if len(title) <= _LONGEST_SHORT and " " not in title:
        return title, title
    return abbreviation(title) if len(title) > _SHORT_TITLE else "", calm(title)


def _line(lead: _Lead, limit: int) -> str:
    """The lead and the rest in so many characters; the rest becomes a number if it has to."""
    number = sum(number for number, _ in lead.rest)
    line = ""
    for rest in (_listed(lead.rest), f"{number} more" if number else ""):
        ending = lead.after + _tail(rest)
        room = limit - len(lead.before) - len(ending)
        line = lead.before + name_in(lead.name, max(room, _LEAST_NAME)) + ending
        if len(line) <= limit:
            break
    return line


def _tail(rest: str) -> str:
    """`, and 3 new posts`; `, 2 more updated posts and 1 new post`."""
    if not rest:
        return ""
    return f", {rest}" if " and " in rest else f", and {rest}"


def _listed(rest: Sequence[tuple[int, str]]) -> str:
    """`1 new post`, `2 more updated posts and 1 new post`; what there is none of is left out."""
    more = [counted(number, noun) for number, noun in rest if number]
    return " and ".join(filter(None, (", ".join(more[:-1]), *more[-1:])))


def _teasing(digest: Digest) -> Iterator[str]:
    """What changed, and the titles that the subject does not have; or how the one post begins."""
    changes = [(_trial_names(each.note), each.note.change) for each in digest.trials]
    changes += [(_post_names(item), item.change) for item in digest.updated]
    for place, ((short, title), change) in enumerate(changes):
        said = one_line(change) and sentence(change)
        if place == 0:  # the subject has its name
            yield said
        else:
            yield f"{short or title}: {said}" if said else title
    yield from (calm(title_of(item)) for item in digest.new[0 if changes else 1 :])
    yield from (one_line(item.excerpt) for item in (*digest.updated, *digest.new)[:1])
