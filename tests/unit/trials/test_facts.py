"""A card's facts are the register's word, in words that a patient understands."""

from __future__ import annotations

import pytest

from newsletter.model.trial import Site, TrialFacts, TrialRecord
from newsletter.trials.facts import facts_of, phase_and_purpose, site_words


def site(city: str, country: str) -> Site:
    return Site(facility="Hospital", city=city, country=country, status="RECRUITING")


SPREAD = [
    *(site(f"Town {n}", "France") for n in range(5)),
    *(site(f"City {n}", "Spain") for n in range(3)),
    site("Oslo", "Norway"),
]


def test_the_facts_of_a_record() -> None:
    record = TrialRecord(
        number="NCT03590119",
        acronym="LUTIA",
        status="COMPLETED",
        phases=("PHASE2", "PHASE3"),
        sites=(site("Utrecht", "Netherlands"),),
        last_updated="2022-11-08",
    )
    facts = facts_of(record, checked="checked 16 November 2026", remarks=["Results are posted."])
    assert facts == TrialFacts(
        acronym="LUTIA",
        status="Completed",
        phase="Phase 2/3",
        purpose="looks whether the treatment seems to work, then compares it with others",
        sites="1 site: Utrecht (Netherlands)",
        updated="8\u00a0November 2022",
        checked="checked 16 November 2026",
        remarks=("Results are posted.",),
    )


def test_what_the_register_leaves_open_stays_empty() -> None:
    facts = facts_of(TrialRecord(number="NCT1", status="UNKNOWN"), checked="")
    assert facts.status == "Not confirmed by the sponsor for a long time"
    assert (facts.phase, facts.purpose, facts.sites, facts.updated) == ("", "", "", "")


@pytest.mark.parametrize(
    ("phases", "phase", "explained"),
    [
        (("PHASE1",), "Phase 1", True),
        (("PHASE2", "PHASE1"), "Phase 1/2", True),
        (("EARLY_PHASE1",), "Early phase 1", True),
        (("PHASE1", "PHASE4"), "Phase 1/4", False),
        (("NA",), "", False),
        ((), "", False),
    ],
)
def test_a_phase_is_explained(phases: tuple[str, ...], phase: str, explained: bool) -> None:
    said, purpose = phase_and_purpose(phases)
    assert said == phase
    assert bool(purpose) is explained


@pytest.mark.parametrize(
    ("sites", "said"),
    [
        ([], ""),
        ([site("", "")], "1 site"),
        ([site("Utrecht", "Netherlands"), site("Lyon", "France")],
         "2 sites: Utrecht (Netherlands); Lyon (France)"),
        ([site(f"Town {n}", "France") for n in range(14)], "14 sites in one country: France"),
        (SPREAD, "9 sites in 3 countries: France, Spain and Norway"),
        ([*SPREAD, site("Rome", "Italy"), site("Bern", "Switzerland")],
         "11 sites in 5 countries: France, Spain, Norway, Italy and 1 more"),
        ([site(f"Town {n}", "") for n in range(4)], "4 sites: Town 0, Town 1, Town 2 and Town 3"),
    ],
)  # fmt: skip
def test_sites_are_counted_and_nobody_is_sent_to_one(sites: list[Site], said: str) -> None:
    words = site_words(sites)
    assert words == said
    assert "ecruiting" not in words
