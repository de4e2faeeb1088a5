"""What changed between two records of a trial, in words a patient understands."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.model.trial import ChangeKind, RecordDate, Site, TrialChange, TrialRecord
from newsletter.trials.differences import changes_between

RECRUITING = TrialRecord(number="NCT00000001", status="RECRUITING", phases=("PHASE2",))

STATUSES = [
    "RECRUITING", "COMPLETED", "UNKNOWN", "SOMETHING_NEW", "TERMINATED", "NOT_YET_RECRUITING",
    "SUSPENDED", "WITHHELD", "ACTIVE_NOT_RECRUITING", "AVAILABLE", "WITHDRAWN",
    "NO_LONGER_AVAILABLE", "ENROLLING_BY_INVITATION", "APPROVED_FOR_MARKETING",
    "TEMPORARILY_NOT_AVAILABLE",
]  # fmt: skip


def told(old: TrialRecord, new: TrialRecord) -> list[str]:
    """The sentences that are news."""
    return [each.text for each in _changes(old, new) if each.matters]


def details(old: TrialRecord, new: TrialRecord) -> list[str]:
    """The sentences that belong under register details."""
    return [each.text for each in _changes(old, new) if not each.matters]


def _changes(old: TrialRecord, new: TrialRecord) -> list[TrialChange]:
    return list(changes_between(old, new, register="ClinicalTrials.gov"))


def at(city: str, country: str = "Netherlands", status: str = "", facility: str = "H") -> Site:
    """A site."""
    return Site(facility=facility, city=city, country=country, status=status)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("COMPLETED", "is listed as Completed."),
        ("ACTIVE_NOT_RECRUITING", "is listed as Active, not recruiting."),
        ("SUSPENDED", "is listed as Suspended (may start again)."),
        ("TERMINATED", "is listed as Terminated (stopped early)."),
        ("WITHDRAWN", "is listed as Withdrawn (stopped before it began)."),
        ("UNKNOWN", "is listed as not confirmed by the sponsor for a long time."),
        ("SOMETHING_NEW", "is listed as Something new."),
    ],
)
def test_a_new_status_is_told_with_the_old_one(status: str, words: str) -> None:
    """And never as what the trial is."""
    new = replace(RECRUITING, status=status)
    assert told(RECRUITING, new) == [f"Status in the register: was Recruiting, {words}"]


def test_what_is_unknown_names_what_was_known_last() -> None:
    """So that a reader is not told nothing at all."""
    new = replace(RECRUITING, status="UNKNOWN", last_known_status="RECRUITING")
    assert told(RECRUITING, new)[0].endswith("for a long time (last known status: Recruiting).")


def test_the_reason_for_stopping_is_a_quotation_with_its_source() -> None:
    """These are the sponsor's words, not ours."""
    new = replace(RECRUITING, status="TERMINATED", why_stopped="Slow  recruitment")
    assert told(RECRUITING, new)[1] == (
        "Reason given by the sponsor in ClinicalTrials.gov: “Slow recruitment”."
    )
    long = replace(new, why_stopped="Slow recruitment. " * 40)
    assert len(told(RECRUITING, long)[1]) < 370
    assert told(RECRUITING, long)[1].endswith("…”.")


def test_sites_that_opened_and_closed_are_told_by_country_and_city() -> None:
    """Only the difference."""
    old = replace(RECRUITING, sites=(at("Utrecht"), at("Lille", "France"), at("Paris", "France")))
    new = replace(RECRUITING, sites=(at("Utrecht"), at("Delft"), at("Leeds", "United Kingdom")))
    assert told(old, new) == [
        "Sites newly listed as open: Delft (Netherlands); Leeds (United Kingdom).",
        "Sites no longer listed as open: Lille and Paris (France).",
    ]


def test_a_hospital_that_is_only_spelled_otherwise_is_no_change() -> None:
    """Sites are counted by place."""
    old = replace(RECRUITING, sites=(at("Utrecht", facility="UMC Utrecht"),))
    new = replace(RECRUITING, sites=(at("Utrecht", facility="University Medical Center"),))
    assert _changes(old, new) == []


def test_a_second_hospital_in_a_place_is_told() -> None:
    """Somebody may live beside it."""
    old = replace(RECRUITING, sites=(at("Utrecht"),))
    new = replace(RECRUITING, sites=(at("Utrecht"), at("Utrecht", facility="Other")))
    assert told(old, new) == ["Sites newly listed as open: Utrecht (Netherlands)."]


def test_a_site_goes_by_its_own_status() -> None:
    """A site of a recruiting trial may be closed, and one that is listed may open."""
    old = replace(RECRUITING, sites=(at("Utrecht", status="NOT_YET_RECRUITING"), at("Delft")))
    new = replace(RECRUITING, sites=(at("Utrecht", status="RECRUITING"),
                                     at("Delft", status="COMPLETED")))  # fmt: skip
    assert told(old, new) == [
        "Sites newly listed as open: Utrecht (Netherlands).",
        "Sites no longer listed as open: Delft (Netherlands).",
    ]


def test_many_sites_of_a_country_are_counted() -> None:
    """Four hundred cities would help nobody."""
    new = replace(RECRUITING, sites=tuple(at(f"City {n}", "France") for n in range(14)))
    assert told(RECRUITING, new) == ["Sites newly listed as open: France (14 sites)."]


def test_sites_that_close_with_the_trial_go_unsaid() -> None:
    """The status says it, and the register no longer lists a status for sites."""
    old = replace(RECRUITING, sites=(at("Utrecht", status="RECRUITING"),))
    new = replace(RECRUITING, status="COMPLETED", sites=(at("Utrecht"),))
    assert [each.kind for each in changes_between(old, new, register="R")] == [ChangeKind.STATUS]


def test_results_and_phase_are_news() -> None:
    """With the day on which results were posted."""
    new = replace(RECRUITING, has_results=True, results_posted="2026-11-03",
                  phases=("PHASE2", "PHASE3"))  # fmt: skip
    assert told(RECRUITING, new) == [
        "Results were posted in the register on 3\u00a0November 2026.",
        "Phase: was Phase 2, is listed as Phase 2/3.",
    ]


def test_dates_are_details_unless_they_say_when_people_can_join() -> None:
    """The start of a trial that has not begun."""
    later = RecordDate(date="2027-03", kind="ESTIMATED")
    new = replace(RECRUITING, start=later, completion=later, primary_completion=later)
    assert told(RECRUITING, new) == []
    assert len(details(RECRUITING, new)) == 3
    waiting = replace(
        RECRUITING, status="NOT_YET_RECRUITING", start=RecordDate(date="2026-12-01", kind="ACTUAL")
    )
    assert told(waiting, replace(waiting, start=later)) == [
        "Start: was 1\u00a0December 2026, is listed as March 2027 (planned)."
    ]


def test_an_entry_that_was_only_confirmed_is_no_change() -> None:
    """Sponsors do that every year."""
    assert _changes(RECRUITING, replace(RECRUITING, verified="2026-11", last_updated="2026-11-03",
                                        aliases=("NCT00000009",))) == []  # fmt: skip


RECORDS = st.builds(
    TrialRecord,
    number=st.just("NCT00000001"),
    status=st.sampled_from(STATUSES),
    last_known_status=st.sampled_from(["", "RECRUITING"]),
    why_stopped=st.sampled_from(["", "Slow recruitment"]),
    has_results=st.booleans(),
    results_posted=st.sampled_from(["", "2026-11", "2026-11-03", "soon"]),
    phases=st.lists(st.sampled_from(["NA", "EARLY_PHASE1", "PHASE1", "PHASE9"]), max_size=2).map(
        tuple
    ),
    participants=st.none() | st.integers(0, 5000),
    start=st.builds(RecordDate, date=st.sampled_from(["", "2026-13", "2026-05"])),
    sites=st.lists(
        st.builds(Site, city=st.sampled_from(["", "Bonn", "Rome"]),
                  country=st.sampled_from(["", "Germany", "Italy"]),
                  status=st.sampled_from(["", *STATUSES])),
        max_size=4,
    ).map(tuple),
)  # fmt: skip


@given(RECORDS, RECORDS)
def test_every_change_is_said_without_advice(old: TrialRecord, new: TrialRecord) -> None:
    """Never "now", never "is" without "listed as", always a sentence; nothing between equals."""
    assert changes_between(old, old, register="R") == ()
    for change in changes_between(old, new, register="R"):
        words = change.text.lower().split()
        assert "now" not in words
        assert "you" not in words
        assert "the trial is" not in change.text.lower()
        assert change.text[0].isupper()
        assert change.text[-1] in ".!?"
        assert "_" not in change.text
