"""The line beside a post says whose word it is, how old it is, and when it was checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.model.trial import (
    Attention,
    ChangeKind,
    KnownTrial,
    RecordDate,
    Register,
    TrialId,
    TrialRecord,
)
from newsletter.trials.lines import Sight, disagreements, moved_on, register_line
from newsletter.trials.words import day, phase_words, places

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
SIGHT = Sight(now=NOW, zone=ZoneInfo("Europe/London"), stale_after=timedelta(days=10))
KNOWN = KnownTrial(
    id=1,
    trial=TrialId(Register.CTGOV, "NCT03590119"),
    attention=Attention.PROPOSED,
    first_seen_at=NOW,
    checked_at=NOW,
)
COMPLETED = TrialRecord(
    number="NCT03590119",
    status="COMPLETED",
    last_updated="2022-11-08",
    completion=RecordDate(date="2022-09-01", kind="ACTUAL"),
)


def plain(text: str) -> str:
    """With ordinary spaces."""
    return text.replace("\u00a0", " ")


def line(known: KnownTrial = KNOWN, record: TrialRecord | None = COMPLETED) -> str:
    """The text of a line."""
    return plain(register_line(known, record, SIGHT).text)


def test_the_line_of_a_trial() -> None:
    """The register, the number, its word, its date, and the day of the check; with the link."""
    assert line() == (
        "ClinicalTrials.gov (NCT03590119): Completed."
        " Register entry updated 8 November 2022; checked 16 November 2026."
    )
    found = register_line(KNOWN, COMPLETED, SIGHT)
    assert (found.label, found.url) == (
        "ClinicalTrials.gov (NCT03590119)",
        "https://clinicaltrials.gov/study/NCT03590119",
    )


def test_the_day_of_the_check_is_that_of_the_newsletter_s_time_zone() -> None:
    """Shortly before midnight in London it is the next day in Sydney."""
    there = replace(SIGHT, zone=ZoneInfo("Australia/Sydney"))
    late = replace(KNOWN, checked_at=datetime(2026, 11, 16, 22, tzinfo=UTC))
    assert "checked 17" in register_line(late, COMPLETED, there).said


def test_old_data_say_since_when_the_register_was_not_reached() -> None:
    """Instead of the day of the check; exactly at the limit they are not old yet."""
    old = replace(KNOWN, checked_at=NOW - timedelta(days=10, seconds=1))
    assert line(old).endswith("; register not reached since 6 November 2026.")
    assert register_line(old, COMPLETED, SIGHT).stale
    limit = replace(KNOWN, checked_at=NOW - timedelta(days=10))
    assert not register_line(limit, COMPLETED, SIGHT).stale


def test_what_is_not_known_is_not_claimed() -> None:
    """Never read, not there, not read by us, and without a date."""
    never = replace(KNOWN, checked_at=None)
    assert line(never, None).endswith(": The register was not reached yet; see its entry.")
    assert line(replace(KNOWN, missing=True), None).endswith(
        ": No entry of this number was found; looked for on 16 November 2026."
    )
    other = replace(KNOWN, trial=TrialId(Register.EUDRACT, "2017-000369-54"))
    assert line(other, None) == (
        "EU Clinical Trials Register (2017-000369-54):"
        " Entry not read by this newsletter; see the register."
    )
    assert line(KNOWN, replace(COMPLETED, last_updated="")).endswith(
        ": Completed. Checked 16 November 2026."
    )
    silent = replace(SIGHT, asks=False)
    assert "not read by this newsletter" in register_line(never, None, silent).said


def test_an_unknown_status_is_said_in_words() -> None:
    """The register's word "Unknown" would be taken for ours."""
    record = replace(COMPLETED, status="UNKNOWN", last_known_status="RECRUITING")
    assert ": Not confirmed by the sponsor for a long time (last known status: Recruiting). " in (
        line(KNOWN, record)
    )


def test_the_reason_for_stopping_is_quoted_and_results_are_mentioned() -> None:
    """With who said so."""
    record = replace(COMPLETED, status="TERMINATED", why_stopped="No funds", has_results=True)
    assert ": Terminated (stopped early). Reason given by the sponsor: “No funds”. Results are" in (
        line(KNOWN, record)
    )
    assert "No funds" not in line(KNOWN, replace(record, status="RECRUITING"))


def test_on_a_card_what_changed_is_not_said_again_among_the_facts() -> None:
    record = replace(COMPLETED, status="TERMINATED", why_stopped="No funds", has_results=True)
    reason, results = (
        "Reason given by the sponsor: “No funds”.",
        "Results are posted in the register.",
    )
    for told, expected in (
        ((), (reason, results)),
        ((ChangeKind.STATUS, ChangeKind.REASON), (results,)),
        ((ChangeKind.RESULTS,), (reason,)),
    ):
        facts = register_line(KNOWN, record, SIGHT, told=told).facts
        assert facts is not None
        assert facts.remarks == expected


def test_a_number_that_was_given_up_leads_to_the_one_that_took_its_place() -> None:
    """The reader finds the number of the post, and the link works."""
    known = replace(KNOWN, trial=TrialId(Register.CTGOV, "NCT00000009"))
    found = register_line(known, COMPLETED, SIGHT)
    assert found.label == "ClinicalTrials.gov (NCT00000009, listed as NCT03590119)"
    assert found.url.endswith("/NCT03590119")


def test_two_registers_that_disagree_are_both_named() -> None:
    """Each line names the other one; who is right is not for us to say."""
    ours = replace(COMPLETED, same_as=("NL60725.041.17", "2017-000369-54"))
    theirs = TrialRecord(
        register=Register.EUDRACT, number="2017-000369-54", status="ACTIVE_NOT_RECRUITING"
    )
    found = disagreements([ours, theirs])
    others = found[TrialId(Register.CTGOV, "NCT03590119")]
    assert register_line(KNOWN, ours, SIGHT, others=others).said.endswith(
        " EU Clinical Trials Register (2017-000369-54) says otherwise: Active, not recruiting."
    )
    assert found[TrialId(Register.EUDRACT, "2017-000369-54")] == (
        "ClinicalTrials.gov (NCT03590119) says otherwise: Completed.",
    )
    agree = replace(theirs, status="COMPLETED")
    assert not any(disagreements([ours, agree]).values())
    stranger = replace(theirs, number="2018-000000-00")
    assert not any(disagreements([ours, stranger]).values())


@pytest.mark.parametrize(
    ("written", "history", "said"),
    [
        (date(2019, 1, 16), [COMPLETED], "Completed since 2022"),
        (date(2023, 1, 1), [COMPLETED], ""),
        (date(2019, 1, 16), [replace(COMPLETED, status="RECRUITING")], ""),
        (date(2019, 1, 16), [replace(COMPLETED, status="ACTIVE_NOT_RECRUITING")],
         "Active, not recruiting since 2022"),
        (date(2019, 1, 16), [replace(COMPLETED, status="UNKNOWN")],
         "Not confirmed by the sponsor for a long time, last updated 2022"),
        (date(2019, 1, 16), [replace(COMPLETED, completion=RecordDate())], "Completed since 2022"),
        (date(2019, 1, 16),
         [replace(COMPLETED, status="NOT_YET_RECRUITING", last_updated="2018-01-01"),
          replace(COMPLETED, status="RECRUITING")], "Recruiting since 2022"),
        (date(2023, 1, 16),
         [replace(COMPLETED, has_results=True, results_posted="2024-02-01")],
         "Completed; results posted 2024"),
        (date(2019, 1, 16), [TrialRecord(number="NCT03590119", status="COMPLETED")], ""),
    ],
)  # fmt: skip
def test_a_post_is_behind_when_the_register_moved_on(
    written: date, history: list[TrialRecord], said: str
) -> None:
    """By the status, since when it is listed, and the results."""
    assert moved_on(written, history) == said


def test_dates_phases_and_places_in_words() -> None:
    """Partial dates stay partial; what is none is shown as it is."""
    assert [plain(day(given)) for given in ("2022-11-08", "2022-11", "2022", "2022-13-01", "")] == [
        "8 November 2022", "November 2022", "2022", "2022-13-01", ""
    ]  # fmt: skip
    assert [phase_words(p) for p in ((), ("NA",), ("EARLY_PHASE1",), ("PHASE1", "PHASE2"))] == [
        "not given", "not applicable", "Early phase 1", "Phase 1/2"
    ]  # fmt: skip
    assert places([]) == ""
