"""Why a post is in an edition, or is not: told from its history."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter.model.account import Appearance, PostFacts
from newsletter.model.edition import Channel, Edition, EditionState, ItemKind, Period
from newsletter.model.post import Change, Pin, Revision, StoredRevision, Weight
from newsletter.pipeline.explaining.judging import Case, foresee, judge

MONDAY = datetime(2026, 11, 9, 8, tzinfo=UTC)
"""When the edition of week 46 was made; the others follow week by week."""

NOW = MONDAY + timedelta(weeks=3)


def revision(number: int, seen: datetime) -> StoredRevision:
    return StoredRevision(
        id=number,
        post_id=1,
        number=number,
        seen_at=seen,
        revision=Revision(title="t", html="", text=str(number), text_hash=str(number)),
        change=Change(weight=Weight.NONE),
    )


def edition(week: int, state: EditionState = EditionState.SENT, **changes: Any) -> Edition:
    made = MONDAY + timedelta(weeks=week - 46)
    values: dict[str, Any] = {
        "id": week,
        "period": Period(key=f"2026-W{week}", scheduled_at=made, first_day=date(2026, 11, 9)),
        "channel": Channel.REHEARSAL,
        "state": state,
        "nonce": "",
        "note": "",
        "reasons": (),
        "checksum": "",
        "previewed_checksum": "",
        "transport": "",
        "sender": "",
        "public_url": "",
        "undo_minutes": 0,
        "composed_at": made,
        "frozen_at": None if state in (EditionState.DRAFT, EditionState.HELD) else made,
        "planned_at": None,
        "finished_at": None,
    }
    return Edition(**{**values, **changes})


def shown(
    week: int, at: int, *, dropped: bool = False, kind: ItemKind = ItemKind.UPDATED
) -> dict[int, Appearance]:
    """The post in the edition of this week, as its revision `at`."""
    change = "New section" if kind is ItemKind.UPDATED else ""
    return {
        week: Appearance(edition_id=week, revision_id=at, kind=kind, dropped=dropped, change=change)
    }


def case(
    *revisions: StoredRevision,
    change: Change | None = None,
    pin: Pin = Pin.NORMAL,
    appearances: dict[int, Appearance] | None = None,
    **facts: Any,
) -> Case:
    first = revisions[0].seen_at
    return Case(
        facts=PostFacts(**{"first_seen_at": first, "baseline": False, "protected": False, **facts}),
        pin=pin,
        revisions=revisions,
        appearances=appearances or {},
        since=MONDAY - timedelta(weeks=1),
        zone=ZoneInfo("Europe/London"),
        weigh=lambda _old, _new: change or Change(weight=Weight.MAJOR, summary="New section"),
    )


FIRST = revision(1, MONDAY - timedelta(days=1))
SECOND = revision(2, datetime(2026, 11, 12, 9, tzinfo=UTC))
THIRD = revision(3, datetime(2026, 11, 14, 9, tzinfo=UTC))
MINOR = Change(weight=Weight.MINOR, reasons=("1 letter in 1 paragraph",))
W46, W47 = edition(46), edition(47)


def said(of: Case, at: Edition, *editions: Edition) -> tuple[bool, str, str]:
    account = judge(of, editions or (W46, W47), at, NOW)
    return account.included, account.code, account.because


def test_a_post_that_was_shown() -> None:
    new = case(FIRST, appearances=shown(46, 1, kind=ItemKind.NEW))
    assert said(new, W46) == (True, "new", "it was new")
    updated = case(FIRST, SECOND, appearances=shown(47, 2))
    assert said(updated, W47) == (True, "updated", "it changed: New section")


def test_a_minor_change_is_told_with_its_day_and_its_reasons() -> None:
    of = case(FIRST, SECOND, change=MINOR, appearances=shown(46, 1))
    assert said(of, W47) == (
        False,
        "minor",
        "the change of 12 November is minor: 1 letter in 1 paragraph",
    )


def test_changes_that_count_as_one_are_told_as_one() -> None:
    of = case(FIRST, SECOND, THIRD, change=MINOR, appearances=shown(46, 1))
    _, _, because = said(of, W47)
    assert because.startswith("what changed from 12 November to 14 November, taken together, is")


def test_a_change_that_is_none() -> None:
    none = Change(weight=Weight.NONE, reasons=("lines moved",))
    of = case(FIRST, SECOND, change=none, appearances=shown(46, 1))
    assert said(of, W47)[1] == "nothing"


def test_what_came_after_the_edition_was_not_known_then() -> None:
    late = case(revision(1, MONDAY + timedelta(days=2)))
    assert said(late, W46) == (
        False,
        "not-known",
        "it was not known then; it was first seen on 11 November",
    )


def test_what_did_not_change_names_the_edition_that_showed_it() -> None:
    of = case(FIRST, appearances=shown(46, 1))
    assert said(of, W47) == (False, "unchanged", "nothing changed since 2026-W46")


def test_what_was_there_before_the_newsletter() -> None:
    old = case(FIRST, baseline=True)
    assert said(old, W47)[1:] == (
        "unchanged",
        "it was there before the newsletter began, and has not changed since",
    )
    early = case(revision(1, MONDAY - timedelta(weeks=5)))
    assert said(early, W47)[1] == "unchanged"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"pin": Pin.NEVER}, "pinned"),
        ({"protected": True}, "protected"),
        ({"unavailable": ("gone", MONDAY)}, "gone"),
        ({"unavailable": ("private", MONDAY)}, "private"),
    ],
)
def test_what_is_not_for_readers(changes: dict[str, Any], code: str) -> None:
    assert said(case(FIRST, **changes), W47)[:2] == (False, code)


def test_what_was_gone_later_was_not_gone_then() -> None:
    of = case(FIRST, unavailable=("gone", MONDAY + timedelta(days=3)))
    assert said(of, W46)[1] == "no-room"
    assert said(of, W47)[1] == "gone"


def test_what_was_left_out_by_hand_or_skipped() -> None:
    of = case(FIRST, appearances=shown(46, 1, dropped=True))
    assert said(of, W46) == (False, "dropped", "you left it out")
    skipped = edition(46, EditionState.CANCELLED, frozen_at=None)
    assert "missed" in said(of, skipped, skipped, W47)[2]
    assert said(of, W47)[1] == "unchanged"


def test_news_that_is_not_there_had_no_room() -> None:
    assert said(case(FIRST), W46)[:2] == (False, "no-room")


def test_news_that_came_after_the_draft() -> None:
    draft = edition(47, EditionState.HELD)
    of = case(FIRST, revision(2, NOW - timedelta(days=1)), appearances=shown(46, 1))
    assert said(of, draft, W46, draft)[1] == "later"


def test_a_cancelled_edition_has_shown_nothing() -> None:
    cancelled = edition(46, EditionState.CANCELLED)
    of = case(FIRST, appearances=shown(46, 1, kind=ItemKind.NEW))
    assert foresee(of, (cancelled,), NOW).because == "it is new"
    assert foresee(of, (W46,), NOW).code == "unchanged"


def test_what_would_be_in_the_next_one() -> None:
    of = case(FIRST, SECOND, appearances=shown(46, 1))
    account = foresee(of, (W46,), NOW)
    assert account.included
    assert account.because == "it changed: New section"


def test_the_year_is_told_where_it_is_another_one() -> None:
    of = case(FIRST, SECOND, change=MINOR, appearances=shown(46, 1))
    assert "of 12 November 2026 is" in foresee(of, (W46,), NOW + timedelta(days=90)).because
