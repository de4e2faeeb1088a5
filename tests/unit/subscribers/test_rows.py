"""What a row of a list says, and why one is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from subscribers.row import Row
from subscribers.rows import BadRow, Candidate, Checker

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
EMPTY = Row("anna@example.org", "", "", "", "", "", "")


def check(**cells: str) -> Candidate:
    return Checker(("trials", "Living-Well"), "list.csv", NOW).check(7, EMPTY._replace(**cells))


def test_an_address_alone_is_an_active_person_with_the_file_as_source() -> None:
    assert check() == (7, "anna@example.org", "anna@example.org", "", "", "active", None,
                       "list.csv", "", "", None, None, "list.csv", False)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "status"),
    [("Active", "active"), (" subscribed ", "active"), ("PENDING", "pending"),
     ("unconfirmed", "pending"), ("Unsubscribed", "unsubscribed"), ("  ", "active")],
)  # fmt: skip
def test_a_status_is_known_in_any_case(written: str, status: str) -> None:
    assert check(status=written).status == status


@pytest.mark.parametrize(
    ("written", "topics"),
    [("trials", "trials"), ("trials; living-well;trials", "Living-Well+trials"), (" ; ", "")],
)
def test_topics_get_their_one_spelling(written: str, topics: str) -> None:
    assert check(topics=written).topics == topics


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024-05-31", datetime(2024, 5, 31, tzinfo=UTC)),
        ("2024-05-31 10:20:30", datetime(2024, 5, 31, 10, 20, 30, tzinfo=UTC)),
        ("2024-05-31T10:20:30Z", datetime(2024, 5, 31, 10, 20, 30, tzinfo=UTC)),
        ("2024-05-31T10:20:30+02:00", datetime(2024, 5, 31, 8, 20, 30, tzinfo=UTC)),
        ("2026-11-16T20:00:00", datetime(2026, 11, 16, 20, tzinfo=UTC)),
        (" ", None),
    ],
)
def test_a_time_of_consent_without_a_zone_is_utc(written: str, moment: datetime | None) -> None:
    assert check(consented_at=written).consented_at == moment


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Anna\n\tBell ", "Anna Bell"),
        ("Anna\x00Bell", "Anna Bell"),
        ("Anna\u00a0Bell", "Anna Bell"),
        ("\u202eAnna", "Anna"),
        ("می\u200cرا", "می\u200cرا"),
        ("=1+1", "=1+1"),
    ],
)
def test_a_name_is_one_line_without_control_characters(typed: str, kept: str) -> None:
    assert check(name=typed).name == kept


@pytest.mark.parametrize(
    ("column", "written", "said"),
    [
        ("email", "anna", "@"),
        ("email", "", "empty"),
        ("topics", "trials;gardening", "“gardening”; known are: Living-Well, trials"),
        ("status", "cleaned", "“cleaned”; known are: pending, active, unsubscribed"),
        ("consented_at", "0000-00-00", "not a date"),
        ("consented_at", "0001-01-01T00:00:00+05:00", "cannot be true"),
        ("consented_at", "2026-11-18", "cannot be true"),
        ("name", "x" * 201, "longer than 200"),
        ("source", "x" * 501, "longer than 500"),
        ("suppressed", "because", "hard_bounce"),
    ],
)
def test_a_bad_row_says_why(column: str, written: str, said: str) -> None:
    with pytest.raises(BadRow) as caught:
        check(**{column: written})
    assert said in str(caught.value)


@pytest.mark.parametrize("gone", [{"status": "unsubscribed"}, {"suppressed": "hard_bounce"}])
@pytest.mark.parametrize(
    ("column", "written"),
    [("name", "x" * 201), ("topics", "gardening"), ("consented_at", "1970-01-01"),
     ("source", "x" * 501), ("form", "huge"), ("unsubscribed_at", "2099-01-01"),
     ("paused_until", "soon")],
)  # fmt: skip
def test_who_left_is_known_to_have_left_whatever_else_cannot_be_read(
    column: str, written: str, gone: dict[str, str]
) -> None:
    """A row that takes somebody off is never lost to a defect beside it."""
    clean = {"name": "Anna", "source": "form", "consented_at": "2020-01-01"}
    assert check(**(clean | gone | {column: written})) == check(**(clean | gone | {column: ""}))


def test_without_topics_in_the_settings_the_reason_says_so() -> None:
    with pytest.raises(BadRow, match="the settings name none"):
        Checker((), "list.csv", NOW).check(1, EMPTY._replace(topics="trials"))
