"""From entries and what is known to intents: which posts are new, which changed, which are as ever.

The decider of the collect stage: values in, values out. The pipeline carries the intents out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.feeds.pins import Scale
from newsletter.model.post import Change, KnownPost, PostDraft, StoredRevision, Weight

_UNPINNED = Scale()
_CACHED = timedelta(days=1)
"""So old may a feed be when it is read: a post from then on need not have been in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """What a feed is known to reach back to, for telling a new post from an old one that surfaced.

    `first` is True on the first collection that finds posts; then all published before `cutoff` is
    known.
    What is found beyond the feed's window is old if it was published before `cutoff_beyond`, and
    what has the words of a known post if it was a day before `read_at`, when the feed was read.
    """

    first: bool
    cutoff: datetime
    cutoff_beyond: datetime | None = None
    oldest: datetime | None = None
    highest_number: int | None = None
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPost:
    """A post nobody has seen; `baseline`: it is old, and will not be news."""

    draft: PostDraft
    baseline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePost:
    """A known post as it is now; with a `change`, its text is a new revision of that `number`."""

    post_id: int
    draft: PostDraft
    change: Change | None = None
    number: int = 0


Intent = AddPost | UpdatePost


def decide(
    matched: Sequence[tuple[PostDraft, KnownPost | None]],
    newest: Mapping[int, StoredRevision],
    horizon: Horizon,
    *,
    feed_id: int,
    scale: Scale = _UNPINNED,
    copies: Collection[PostDraft] = (),
) -> list[Intent]:
    """One intent an entry, in the entries' order; `scale` weighs what changed.

    `copies` are drafts of unknown posts with the words of a known one.

    `newest` holds the newest revision of each matched post whose text is not that of the draft. A
    post that another feed brought first is compared with that feed's text only: two feeds of one
    blog may carry the same post whole and shortened.
    """
    return [
        AddPost(draft=draft, baseline=is_old(draft, horizon, copy=draft in copies))
        if known is None
        else _update(
            draft, known, newest.get(known.id) if known.feed_id == feed_id else None, scale
        )
        for draft, known in matched
    ]


def is_old(draft: PostDraft, horizon: Horizon, *, copy: bool = False) -> bool:
    """Whether an unknown post is one that was always there, and so no news.

    On the first collection all that is older than a period, or has no date. Later only a post from
    before the oldest known one: it came into the feed's window because another one left it, unless
    its WordPress number is higher than all others, which only a post written since can have. One
    that is found beyond the window was missed if it was published since the feed was read last. A
    `copy` of a known post that is older than that has only been moved.
    """
    if horizon.first:
        return draft.published is None or draft.published < horizon.cutoff
    if copy and draft.published and horizon.read_at and draft.published < horizon.read_at - _CACHED:
        return True
    before = horizon.cutoff_beyond if draft.beyond else horizon.oldest
    if draft.published is None or before is None or draft.published >= before:
        return False
    number, highest = draft.identity.post_number, horizon.highest_number
    return number is None or highest is None or number <= highest


def horizon_of(
    *,
    baseline_at: datetime | None,
    now: datetime,
    period: timedelta,
    oldest: datetime | None,
    highest_number: int | None,
    last_read: datetime | None = None,
    met: bool = True,
) -> Horizon:
    """The horizon of a feed; `period` is the length of one period.

    `met`: whether any of its posts is known. A feed that was empty until now is met for the first
    time with its first posts, however often it was read.
    """
    since_read = min(now, last_read or now) - period
    return Horizon(
        first=baseline_at is None or not met,
        cutoff=since_read,
        cutoff_beyond=since_read,
        oldest=oldest,
        highest_number=highest_number,
        read_at=last_read,
    )


def _update(
    draft: PostDraft, known: KnownPost, newest: StoredRevision | None, scale: Scale
) -> UpdatePost:
    if newest is None or draft.protected:
        return UpdatePost(post_id=known.id, draft=draft)
    change = scale.weigh(known.id, draft.url, newest.revision, draft.revision)
    return UpdatePost(post_id=known.id, draft=draft, change=change, number=newest.number + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many posts a collection found new, updated (major) and changed a little."""

    new: int
    updated: int
    minor: int


def tally(intents: Sequence[Intent]) -> Tally:
    """Counts intents; a post that was known at the baseline is not new."""
    changes = [i.change.weight for i in intents if isinstance(i, UpdatePost) and i.change]
    return Tally(
        new=sum(isinstance(i, AddPost) and not i.baseline for i in intents),
        updated=changes.count(Weight.MAJOR),
        minor=changes.count(Weight.MINOR),
    )
