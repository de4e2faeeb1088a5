"""Why one post is in one edition, or is not: a decision over what is known of both.

It is made anew from the history, by the settings of today: an edition of last year may have been
composed by others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from newsletter.delivery.states import OPEN_DRAFT
from newsletter.editions.wording import long_date
from newsletter.model.account import Appearance, PostAccount, PostFacts
from newsletter.model.edition import Edition, EditionState, ItemKind
from newsletter.model.post import Change, Pin, StoredRevision, Weight

_UNAVAILABLE = {
    "gone": "its page was gone from the blog on {day}",
    "private": "its page asks for a password since {day}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A post with all that is known of it. `revisions` are oldest first; `since` (UTC) is from when
    on the channel reports news; `weigh` compares two of its revisions.
    """

    facts: PostFacts
    pin: Pin
    revisions: Sequence[StoredRevision]
    appearances: Mapping[int, Appearance]
    since: datetime
    zone: ZoneInfo
    weigh: Callable[[StoredRevision, StoredRevision], Change]


def judge(case: Case, editions: Sequence[Edition], edition: Edition, now: datetime) -> PostAccount:
    """Why the post is in this edition, or not; `editions` are all of its channel."""
    appearance = case.appearances.get(edition.id)
    if appearance is not None and appearance.dropped:
        return _account(edition, included=False, code="dropped", because=_dropped(edition))
    if appearance is not None:
        return _account(edition, included=True, code=appearance.kind.value, because=_in(appearance))
    is_open = edition.state in OPEN_DRAFT
    made = edition.composed_at or edition.frozen_at
    earlier = [each for each in editions if each.period.scheduled_at < edition.period.scheduled_at]
    code, because = _why_not(
        case, earlier, _as_known(case, now) if is_open or made is None else made
    )
    if code == "news":
        code, because = (
            ("later", "it came after the draft was made; `newsletter compose` takes it in")
            if is_open
            else ("no-room", "there was no room for it in that mail, or other settings held then")
        )
    return _account(edition, included=False, code=code, because=because)


def foresee(case: Case, editions: Sequence[Edition], now: datetime) -> PostAccount:
    """Whether the post would be in an edition that is composed now, after all of these."""
    code, because = _why_not(case, editions, _as_known(case, now))
    included = code == "news"
    return PostAccount(edition_key="", state="", included=included, code=code, because=because)


def _as_known(case: Case, now: datetime) -> datetime:
    """When all that is known of the post is known; a rehearsed clock may have been put back."""
    return max(now, case.revisions[-1].seen_at)


def _why_not(case: Case, earlier: Sequence[Edition], at: datetime) -> tuple[str, str]:
    """The code and the words for why it is no news at that time; code `news` when it is."""
    facts, newest = case.facts, _newest(case.revisions, at)
    if newest is None:
        seen = _day(facts.first_seen_at, case, at)
        return "not-known", f"it was not known then; it was first seen on {seen}"
    if case.pin is Pin.NEVER:
        return "pinned", "it is pinned as `never` news (see `newsletter posts weight`)"
    if facts.unavailable and facts.unavailable[1] <= at:
        standing, since = facts.unavailable
        return standing, _UNAVAILABLE[standing].format(day=_day(since, case, at))
    if facts.protected:
        return "protected", "it is behind a password"
    by, shown = _shown(case, earlier, at)
    if shown is None:
        return "news", "it is new"
    if shown.id == newest.id:
        return "unchanged", _unchanged(by)
    return _weighed(case, shown, newest, at)


def _weighed(
    case: Case, shown: StoredRevision, newest: StoredRevision, at: datetime
) -> tuple[str, str]:
    change = case.weigh(shown, newest)
    changed = [each for each in case.revisions if shown.id < each.id <= newest.id]
    what = f"the change of {_day(newest.seen_at, case, at)}"
    if len(changed) > 1:
        first = _day(changed[0].seen_at, case, at)
        what = f"what changed from {first} to {_day(newest.seen_at, case, at)}, taken together,"
    reasons = f": {', '.join(change.reasons)}" if change.reasons else ""
    if change.weight is Weight.MAJOR:
        return "news", f"it changed: {change.summary or ', '.join(change.reasons)}"
    if change.weight is Weight.MINOR:
        return "minor", f"{what} is minor{reasons}"
    return "nothing", f"{what} is nothing to a reader{reasons}"


def _shown(
    case: Case, earlier: Sequence[Edition], at: datetime
) -> tuple[str, StoredRevision | None]:
    """The revision that readers knew by then, and the edition that showed it ("" for none)."""
    told = [
        (case.appearances[edition.id].revision_id, edition.key)
        for edition in earlier
        if edition.id in case.appearances and _counts(edition, case.appearances[edition.id])
    ]
    by_id = {revision.id: revision for revision in case.revisions}
    if told:
        revision_id, key = max(told)
        return key, by_id.get(revision_id)
    early = _newest(case.revisions, min(case.since, at))
    if early is not None:
        return "", early
    return "", case.revisions[0] if case.facts.baseline else None


def _counts(edition: Edition, appearance: Appearance) -> bool:
    """Whether readers know what was in it, or shall not hear of it; as the store counts it."""
    if appearance.dropped:
        return edition.frozen_at is not None or edition.state is EditionState.CANCELLED
    return edition.frozen_at is not None and edition.state is not EditionState.CANCELLED


def _newest(revisions: Sequence[StoredRevision], at: datetime) -> StoredRevision | None:
    return next((each for each in reversed(revisions) if each.seen_at <= at), None)


def _unchanged(by: str) -> str:
    if by:
        return f"nothing changed since {by}"
    return "it was there before the newsletter began, and has not changed since"


def _dropped(edition: Edition) -> str:
    if edition.state is EditionState.CANCELLED and not edition.frozen_at:
        return "that edition was missed, and [schedule] late says to skip it"
    return "you left it out"


def _in(appearance: Appearance) -> str:
    if appearance.kind is ItemKind.NEW:
        return "it was new"
    return f"it changed: {appearance.change}" if appearance.change else "it changed"


def _account(edition: Edition, *, included: bool, code: str, because: str) -> PostAccount:
    return PostAccount(
        edition_key=edition.key,
        state=edition.state.value,
        included=included,
        code=code,
        because=because,
    )


def _day(moment: datetime, case: Case, seen_from: datetime) -> str:
    """A day in the newsletter's time zone; the year only where it is another one."""
    day: date = moment.astimezone(case.zone).date()
    said = long_date(day).replace("\u00a0", " ")
    same = day.year == seen_from.astimezone(case.zone).year
    return said.removesuffix(f" {day.year}") if same else said
