"""How SendGrid's lists are turned over, against a list in memory that others may change."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.provider_lists import ListPage
from newsletter.delivery.transports.sendgrid_account import NotAccepted, NotAllowed, Passing
from newsletter.delivery.transports.sendgrid_lists import LONGEST_PAUSE, PAGE, TRIES, SendGridLists
from newsletter.errors import TransportError

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
NOW_SECOND = int(NOW.timestamp())
BEGINNING = datetime.fromtimestamp(0, UTC)

Row = dict[str, Any]
Clusters = list[tuple[int, int]]

clusters = st.lists(
    st.tuples(
        st.integers(0, NOW_SECOND) | st.integers(NOW_SECOND - 50, NOW_SECOND + 50),
        st.sampled_from([1, 3, 40, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE + 7]),
    ),
    max_size=8,
)
"""So many rows of one second each."""
orders = st.sampled_from(["newest first", "oldest first", "by address"])


def rows_of(given_: Clusters) -> list[Row]:
    return [
        {"email": f"r{number}.{place}@example.org", "created": second}
        for place, (second, size) in enumerate(given_)
        for number in range(size)
    ]


class ListInMemory:
    """One list, in any order, that changes as it likes before each answer."""

    def __init__(
        self, rows: list[Row], order: str = "newest first", change: Callable[[], None] | None = None
    ) -> None:
        self.rows, self.order, self.change = rows, order, change
        self.asked: list[dict[str, Any]] = []

    def get(self, *path: str, **query: int | str) -> object:
        assert path == ("suppression", "bounces")
        self.asked.append(query)
        if self.change is not None:
            self.change()
        start, end = int(query["start_time"]), int(query.get("end_time", 2**62))
        found = sorted((r for r in self.rows if start <= r["created"] <= end), key=self._place)
        offset = int(query["offset"])
        return found[offset : offset + int(query["limit"])]

    def _place(self, row: Row) -> tuple[int, str]:
        sign = {"newest first": -1, "oldest first": 1, "by address": 0}[self.order]
        return (sign * row["created"], row["email"])


class Fixed:
    """Answers with the same document, or error, again and again."""

    def __init__(self, answer: object) -> None:
        self.answer, self.asked = answer, 0

    def get(self, *_path: str, **_query: int | str) -> object:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def pages(source: Any, *, since: datetime = BEGINNING, pause: Any = None) -> Iterator[ListPage]:
    waiting = pause or (lambda _seconds: pytest.fail("nobody needs to wait here"))
    return SendGridLists(source).read("bounces", since=since, now=NOW, pause=waiting)


def read(source: Any, **more: Any) -> Counter[str]:
    return Counter(each.key for page in pages(source, **more) for each in page.listed)


@given(clusters, orders)
def test_a_list_that_rests_is_read_whole_and_every_row_once(given_: Clusters, order: str) -> None:
    rows = rows_of(given_)
    assert read(ListInMemory(rows, order)) == Counter(row["email"] for row in rows)


@given(clusters, orders, st.randoms(use_true_random=False))
def test_no_row_that_stays_is_missed_while_others_come_and_go(
    given_: Clusters, order: str, chance: Any
) -> None:
    """Rows of one second are left alone here: they are turned over by offset (next test)."""
    sizes = {second: min(size, PAGE // 2) for second, size in given_}
    rows = rows_of(list(sizes.items()))
    staying = {row["email"] for row in rows[::2]}
    source = ListInMemory(rows, order)

    def change() -> None:
        going = [row for row in source.rows if row["email"] not in staying]
        for row in chance.sample(going, min(len(going), 30)):
            source.rows.remove(row)
        number = len(source.asked)
        new = {"email": f"new{number}@example.org", "created": NOW_SECOND + number}
        source.rows.append(new)

    source.change = change
    assert staying <= set(read(source))


def test_newcomers_of_the_same_second_push_no_row_off_the_pages() -> None:
    source = ListInMemory(rows_of([(NOW_SECOND, 3 * PAGE)]))
    there = {row["email"] for row in source.rows}
    source.change = lambda: source.rows.append(
        {"email": f"a{len(source.asked)}@example.org", "created": NOW_SECOND}
    )
    assert there <= set(read(source))


@given(clusters, st.integers(0, NOW_SECOND))
def test_only_what_came_since_is_asked_for(given_: Clusters, second: int) -> None:
    rows = rows_of(given_)
    found = read(ListInMemory(rows), since=datetime.fromtimestamp(second, UTC))
    assert set(found) == {row["email"] for row in rows if row["created"] >= second}


def test_a_list_with_nothing_new_is_one_small_request() -> None:
    source = ListInMemory(rows_of([(NOW_SECOND - 90_000, 5)]))
    assert read(source, since=NOW - timedelta(days=1)) == Counter()
    since = NOW_SECOND - 86_400
    assert source.asked == [{"start_time": since, "limit": PAGE, "offset": 0}]


@pytest.mark.parametrize("order", ["newest first", "oldest first", "by address"])
def test_a_long_list_takes_few_requests(order: str) -> None:
    """Two a page where the list is in the order of time, and no more than five where it is not."""
    step = 10 * 365 * 86_400 // 20_000
    rows = [
        {"email": f"r{number}@example.org", "created": NOW_SECOND - number * step}
        for number in range(20_000)
    ]
    source = ListInMemory(rows, order)
    assert len(read(source)) == 20_000
    assert len(source.asked) < (5 if order == "by address" else 2.2) * 20_000 / PAGE


@pytest.mark.parametrize(
    "row",
    [
        None, 7, "anna@example.org", [], {}, {"created": 1}, {"email": None, "created": 1},
        {"email": "", "created": 1}, {"email": "anna@@example", "created": 1},
        {"email": "anna\x00@example.org"}, {"email": "jürgen@example.org"}, {"email": ["x"]},
    ],
)  # fmt: skip
def test_a_row_without_a_usable_address_is_counted_and_passed_over(row: object) -> None:
    (page,) = pages(Fixed([row, {"email": "Ben@Example.org", "created": 5}]))
    assert page.unusable == 1
    assert [(each.key, each.at) for each in page.listed] == [
        ("ben@example.org", datetime.fromtimestamp(5, UTC))
    ]


@pytest.mark.parametrize("created", [None, -1, True, 2.5, "5", 10**20, [], {}])
def test_an_address_without_a_usable_time_still_counts(created: object) -> None:
    (page,) = pages(Fixed([{"email": "anna@example.org", "created": created}]))
    assert [(each.key, each.at) for each in page.listed] == [("anna@example.org", None)]


def test_why_is_kept_in_one_short_line_without_addresses() -> None:
    reason = "550 5.1.1 <anna@example.org>:\r\n\x00no such\ufeff user " + "x" * 500
    (page,) = pages(Fixed([{"email": "anna@example.org", "created": 1, "reason": reason}]))
    note = page.listed[0].note
    assert note.startswith("SendGrid: bounces: 550 5.1.1 … no such user xxx")
    assert note.isprintable()
    assert len(note) == 200
    (page,) = pages(Fixed([{"email": "anna@example.org", "created": 1, "reason": " "}]))
    assert page.listed[0].note == "SendGrid: bounces"


@pytest.mark.parametrize(
    "answer",
    [
        {}, "x", None, [{}] * (PAGE + 1),
        [{"email": f"r{n}@example.org", "created": NOW_SECOND - 90_000} for n in range(PAGE)],
        [{"email": f"r{n}@example.org"} for n in range(PAGE)],
    ],
    ids=["object", "text", "nothing", "too long", "ignores the times", "ignores the offset"],
)  # fmt: skip
def test_what_does_not_answer_like_sendgrid_is_left_at_once(answer: object) -> None:
    """Else a list without an end would be read for ever."""
    source = Fixed(answer)
    with pytest.raises(TransportError, match="is not SendGrid"):
        read(source, since=NOW - timedelta(days=1))
    assert source.asked <= 2


@pytest.mark.parametrize("error", [NotAccepted("No.", "Mend."), NotAllowed("No.", "Mend.")])
def test_a_key_that_may_not_read_them_is_told_what_it_lacks(error: TransportError) -> None:
    source = Fixed(error)
    with pytest.raises(TransportError) as refused:
        read(source)
    assert "suppression.read" in refused.value.mend
    assert source.asked == 1


@pytest.mark.parametrize(
    ("told", "waited"),
    [
        (None, [1, 2, 4, 8]),
        (7.5, [7.5] * 4),
        (-3.0, [1.0] * 4),
        (1e9, [LONGEST_PAUSE] * 4),
        (math.nan, [1, 2, 4, 8]),
        (math.inf, [1, 2, 4, 8]),
    ],
)
def test_what_passes_is_waited_for_a_few_times_and_as_told(
    told: float | None, waited: list[float]
) -> None:
    source, pauses = Fixed(Passing("Later.", "Mend.", wait=told)), list[float]()
    with pytest.raises(Passing, match=r"Later\."):
        read(source, pause=pauses.append)
    assert pauses == waited
    assert source.asked == TRIES
