"""What a provider's reports mean for people and addresses, decided on values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from subscribers.model import SubscriptionStatus, SuppressionReason
from subscribers.reported import Decided, decide
from subscribers.store.people import Standing
from subscribers.store.suppressions import Bar

THEN = datetime(2026, 11, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEFT, BOUNCED, COMPLAINED = (
    SuppressionReason.UNSUBSCRIBED,
    SuppressionReason.HARD_BOUNCE,
    SuppressionReason.COMPLAINT,
)

keys = st.sampled_from([f"{name}@example.org" for name in "abcdef"])
times = st.integers(0, 20).map(lambda seconds: THEN + seconds * SECOND)
reports = st.builds(Bar, keys, st.sampled_from([LEFT, BOUNCED, COMPLAINED]), times, st.just(""))
standings = st.builds(
    Standing, st.integers(1, 99), st.sampled_from(SubscriptionStatus), st.none() | times
)


def bar(reason: SuppressionReason, at: datetime = THEN) -> Bar:
    return Bar("anna@example.org", reason, at, "")


def weighed(status: SubscriptionStatus, agreed_at: datetime | None) -> Decided:
    return decide([bar(LEFT)], {"anna@example.org": Standing(7, status, agreed_at)}, ())


@given(st.lists(reports), st.dictionaries(keys, standings), st.frozensets(keys))
def test_each_report_counts_once_and_only_those_who_left_lose_their_subscription(
    given_: list[Bar], people: dict[str, Standing], barred: frozenset[str]
) -> None:
    made = decide(given_, people, barred)
    counted = len(made.suppressed) + len(made.left) + made.known + made.rejoined
    assert counted == len(given_)
    assert barred.isdisjoint(made.suppressed)
    assert made.left.keys() <= {report.key for report in given_ if report.reason is LEFT}
    assert made.left.keys() <= people.keys()


@given(st.lists(reports), st.dictionaries(keys, standings), st.frozensets(keys))
def test_a_second_time_changes_nothing(
    given_: list[Bar], people: dict[str, Standing], barred: frozenset[str]
) -> None:
    made = decide(given_, people, barred)
    gone = {k: people[k]._replace(status=SubscriptionStatus.UNSUBSCRIBED) for k in made.left}
    again = decide(given_, people | gone, barred | made.suppressed.keys())
    assert (again.suppressed, again.left) == ({}, {})


def test_who_left_before_she_agreed_again_stays() -> None:
    active = SubscriptionStatus.ACTIVE
    assert weighed(active, THEN + SECOND).rejoined == 1
    assert weighed(active, THEN - SECOND).left == {"anna@example.org": (7, THEN)}
    assert weighed(active, None).left
    assert weighed(SubscriptionStatus.PENDING, THEN + SECOND).rejoined == 1
    assert weighed(SubscriptionStatus.UNSUBSCRIBED, THEN + SECOND).known == 1


def test_within_the_same_second_the_wish_to_leave_counts() -> None:
    """SendGrid tells whole seconds, and so the consent may have come first."""
    assert weighed(SubscriptionStatus.ACTIVE, THEN + SECOND / 2).left


def test_the_first_reason_stays() -> None:
    made = decide([bar(BOUNCED), bar(COMPLAINED, THEN + SECOND)], {}, ())
    assert made.suppressed == {"anna@example.org": bar(BOUNCED)}
    assert made.known == 1


def test_who_is_on_the_list_is_not_suppressed_for_leaving_and_may_come_back() -> None:
    standing = Standing(7, SubscriptionStatus.ACTIVE, None)
    made = decide([bar(LEFT)], {"anna@example.org": standing}, ())
    assert not made.suppressed
    stranger = decide([bar(LEFT)], {}, ())
    assert stranger.suppressed == {"anna@example.org": bar(LEFT)}
