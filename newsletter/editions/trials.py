"""What an edition says of trials: beside which post, by itself, or not yet. Decisions over values.

A post shows the register's line of each of its trials, changed or not. What changed of a followed
trial stands beneath its line; where no post about it is in the edition, it comes by itself when the
admin has said so, and waits for that until then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from newsletter.model.edition import DigestItem, PostLink, TrialNote, TrialUpdate
from newsletter.model.trial import RegisterLine, TrialId, TrialNews

MOST_LINES = 5
"""A post with up to so many trials shows the line of each."""

FEW_LINES = 3
"""Of a post with more, as a list or an index is, so many are shown, and how many more there are."""

_NAMED = 5

MOST_POSTS = 2
"""A trial's update links to at most so many of the posts that mention the trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A post that mentions a trial: where it is, and the topics it belongs to (none: everybody)."""

    post_id: int
    title: str
    url: str
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where the news of trials go. `waiting` are those that need the admin's yes."""

    updates: tuple[TrialUpdate, ...] = ()
    left_out: tuple[TrialUpdate, ...] = ()
    waiting: tuple[TrialNews, ...] = ()


def beside(
    item: DigestItem, lines: Sequence[RegisterLine], news: Mapping[TrialId, TrialNews]
) -> DigestItem:
    """The post with the lines of its trials; those of which there is news come first."""
    ordered = sorted(lines, key=lambda line: line.trial not in news)
    shown = ordered if len(ordered) <= MOST_LINES else ordered[:FEW_LINES]
    return replace(
        item,
        trials=tuple(_note(line, news.get(line.trial)) for line in shown),
        more_trials=len(ordered) - len(shown),
    )


def by_themselves(
    news: Sequence[TrialNews],
    items: Sequence[DigestItem],
    mentions: Mapping[int, Mention],
    *,
    unattended: bool,
    dropped: Collection[int],
) -> Placed:
    """What becomes of the news that no post of the edition (`items`) shows, the latest first.

    Register details alone are no news. `mentions` are posts by their numbers; `dropped` are the
    records that the admin left out; with `unattended` nobody need say yes.
    """
    beneath = {note.record_id for item in items for note in item.trials}
    rest = sorted(
        (each for each in news if each.changes and each.record_id not in beneath),
        key=lambda each: (-each.noted_at.timestamp(), each.trial),
    )
    left_out = [each for each in rest if each.record_id in dropped]
    there = [each for each in rest if each.record_id not in dropped]
    return Placed(
        updates=tuple(_update(n, mentions) for n in there if unattended or n.approved),
        left_out=tuple(_update(n, mentions) for n in left_out),
        waiting=tuple(n for n in there if not (unattended or n.approved)),
    )


def waiting_words(waiting: Sequence[TrialNews]) -> tuple[str, ...]:
    """What waits for the admin's yes, and how to say it; nothing when nothing waits."""
    if not waiting:
        return ()
    named = [each.trial.number for each in waiting[:_NAMED]]
    if len(waiting) > _NAMED:
        named.append(f"{len(waiting) - _NAMED} more")
    trials = " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))
    first = waiting[0].trial.number
    said = (
        f"Changed in the trial register, and not told to readers without your yes: {trials}."
        f" See `newsletter trials show {first}`, then `newsletter trials approve` or `mute` it."
    )
    return (said,)


def _note(line: RegisterLine, news: TrialNews | None) -> TrialNote:
    if news is None:
        return TrialNote(line=line)
    return TrialNote(
        line=line,
        title=news.title,
        changes=tuple(change.text for change in news.changes),
        details=tuple(change.text for change in news.details),
        record_id=news.record_id,
    )


def _update(news: TrialNews, mentions: Mapping[int, Mention]) -> TrialUpdate:
    posts = [mentions[post] for post in news.posts if post in mentions]
    return TrialUpdate(
        note=_note(news.line, news),
        posts=tuple(PostLink(title=post.title, url=post.url) for post in posts[:MOST_POSTS]),
        topics=_topics(posts),
    )


def _topics(posts: Sequence[Mention]) -> tuple[str, ...]:
    """Those of all its posts; everybody (none) where one of them, or no post, has a topic."""
    if not all(post.topics for post in posts):
        return ()
    return tuple(dict.fromkeys(topic for post in posts for topic in post.topics))
