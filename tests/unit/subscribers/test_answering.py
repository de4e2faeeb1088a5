"""Which mail answers what was asked, what confirming and choosing come to: on values alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from subscribers.answering import NoMail, Pace, Situation, decide
from subscribers.choosing import MOST_WEEKS, Choices, Wish, difference, wished
from subscribers.confirming import LinkState, Outcome
from subscribers.confirming import decide as decide_confirming
from subscribers.model import Form, Letter, Purpose, SubscriptionStatus, SuppressionReason
from subscribers.store.requests import Mailed

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
ACTIVE, PENDING = SubscriptionStatus.ACTIVE, SubscriptionStatus.PENDING
GONE = SubscriptionStatus.UNSUBSCRIBED
BOUNCED, COMPLAINT = SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT
ERASED, MANUAL = SuppressionReason.ERASED, SuppressionReason.MANUAL

NOTHING_HELD, NOT_ON_LIST = NoMail(reason="nothing-held"), NoMail(reason="not-on-the-list")


def answer(
    purpose: Purpose,
    status: SubscriptionStatus | None,
    bar: SuppressionReason | None = None,
    *mailed: tuple[Purpose, timedelta],
) -> Letter | NoMail:
    """`mailed` are mails with how long ago they went."""
    sent = tuple(Mailed(kind, NOW - ago) for kind, ago in mailed)
    found = Situation(status=status, suppression=bar, mailed=sent)
    return decide(purpose, found, Pace(), NOW)


@pytest.mark.parametrize(
    ("status", "bar", "letter"),
    [
        (None, None, Letter.CONFIRM),
        (PENDING, None, Letter.CONFIRM),
        (GONE, None, Letter.CONFIRM),
        (ACTIVE, None, Letter.ALREADY),
        (None, ERASED, Letter.CONFIRM),
        (ACTIVE, BOUNCED, Letter.CONFIRM),
        (GONE, SuppressionReason.SOFT_BOUNCES, Letter.CONFIRM),
        (None, SuppressionReason.UNSUBSCRIBED, Letter.CONFIRM),
        (ACTIVE, COMPLAINT, NoMail(reason="complaint")),
        (None, MANUAL, NoMail(reason="manual")),
    ],
)
def test_who_wants_to_join_confirms_unless_she_is_there_or_barred(
    status: SubscriptionStatus | None, bar: SuppressionReason | None, letter: Letter | NoMail
) -> None:
    assert answer(Purpose.SUBSCRIBE, status, bar) == letter


@pytest.mark.parametrize(
    ("purpose", "status", "bar", "letter"),
    [
        (Purpose.FORGET, None, None, NOTHING_HELD),
        (Purpose.FORGET, None, ERASED, NOTHING_HELD),
        (Purpose.FORGET, GONE, None, Letter.FORGET),
        (Purpose.DOSSIER, PENDING, None, Letter.DOSSIER),
        (Purpose.DOSSIER, None, BOUNCED, Letter.DOSSIER),
        (Purpose.DOSSIER, ACTIVE, COMPLAINT, NoMail(reason="complaint")),
        (Purpose.PREFERENCES, ACTIVE, None, Letter.PREFERENCES),
        (Purpose.PREFERENCES, GONE, None, NOT_ON_LIST),
        (Purpose.PREFERENCES, None, None, NOTHING_HELD),
    ],
)
def test_a_link_is_mailed_to_whom_there_is_something_to_show(
    purpose: Purpose,
    status: SubscriptionStatus | None,
    bar: SuppressionReason | None,
    letter: Letter | NoMail,
) -> None:
    assert answer(purpose, status, bar) == letter


def test_mails_of_a_kind_keep_their_distance_and_a_day_has_few() -> None:
    hour, join = timedelta(hours=1), Purpose.SUBSCRIBE
    near = hour - timedelta(seconds=1)
    assert answer(join, None, None, (join, near)) == NoMail(reason="mailed-lately")
    assert answer(join, None, None, (join, hour)) is Letter.CONFIRM
    assert answer(join, None, None, (Purpose.FORGET, near)) is Letter.CONFIRM
    four = [(Purpose.FORGET, number * 5 * hour) for number in range(1, 5)]
    assert answer(join, None, None, *four) == NoMail(reason="many-today")
    assert answer(join, None, None, *four[:3], (Purpose.FORGET, 24 * hour)) is Letter.CONFIRM
    assert answer(join, GONE, BOUNCED, (join, 7 * 24 * hour)) is Letter.CONFIRM
    assert answer(join, GONE, BOUNCED, (join, 6 * 24 * hour)) == NoMail(reason="mailed-lately")


@pytest.mark.parametrize("bar", [None, *SuppressionReason])
def test_only_the_admin_lifts_a_complaint_or_what_he_barred_himself(
    bar: SuppressionReason | None,
) -> None:
    outcome = decide_confirming(LinkState.OPEN, GONE, bar)
    assert outcome is (Outcome.BARRED if bar in (COMPLAINT, MANUAL) else Outcome.CONFIRMED)


@pytest.mark.parametrize("link", [state for state in LinkState if state is not LinkState.OPEN])
@pytest.mark.parametrize("status", [None, *SubscriptionStatus])
def test_a_link_that_is_not_open_brings_nobody_in(
    link: LinkState, status: SubscriptionStatus | None
) -> None:
    outcome = decide_confirming(link, status, None)
    assert outcome is not Outcome.CONFIRMED
    used = link is LinkState.USED and status is ACTIVE
    assert (outcome is Outcome.ALREADY) == used


def test_a_wish_changes_what_it_names_and_says_so() -> None:
    before = Choices(topics="trials", form=Form.NORMAL, paused_until=None)
    assert wished(before, Wish(), NOW) == before
    after = wished(before, Wish(topics=(), form=Form.PLAIN, pause_weeks=2), NOW)
    assert after == Choices(topics="", form=Form.PLAIN, paused_until=NOW + timedelta(weeks=2))
    said = "topics: trials → everything; form: normal → plain; paused until 2026-11-30 08:00 UTC"
    assert difference(before, after) == said
    assert difference(after, wished(after, Wish(pause_weeks=0), NOW)) == "pause ended"
    assert difference(before, before) == ""


def test_a_pause_is_never_longer_than_a_year() -> None:
    before = Choices(topics="", form=Form.NORMAL, paused_until=None)
    after = wished(before, Wish(pause_weeks=10_000), NOW)
    assert after.paused_until == NOW + timedelta(weeks=MOST_WEEKS)
    assert wished(before, Wish(pause_weeks=-3), NOW).paused_until is None
