"""What a card says of a trial, one fact at a time, in words that a patient understands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from newsletter.model.trial import Site, TrialFacts, TrialRecord
from newsletter.trials.words import day, listed, phase_words, places, status_words

FEW_SITES: Final = 3
"""So many sites are named by their cities; of more their countries are."""

_NAMED_COUNTRIES: Final = 4

_PURPOSES: Final = {
    ("EARLY_PHASE1",): "a first, very small test in people",
    ("PHASE1",): "looks for a safe dose, in few people",
    ("PHASE1", "PHASE2"): "looks for a safe dose, then whether the treatment seems to work",
    ("PHASE2",): "looks whether the treatment seems to work, and at its side effects",
    ("PHASE2", "PHASE3"): "looks whether the treatment seems to work, then compares it with others",
    ("PHASE3",): "compares the treatment with others, in many people",
    ("PHASE4",): "looks at a treatment that is approved, in everyday use",
}
"""After ClinicalTrials.gov's glossary (clinicaltrials.gov/study-basics/glossary, "Phase")."""


def facts_of(record: TrialRecord, *, checked: str, remarks: Sequence[str] = ()) -> TrialFacts:
    """The facts of a record. `checked` says when the register was asked, `remarks` what else."""
    status = status_words(record.status, record.last_known_status)
    phase, purpose = phase_and_purpose(record.phases)
    return TrialFacts(
        acronym=record.acronym,
        status=status[:1].upper() + status[1:],
        phase=phase,
        purpose=purpose,
        sites=site_words(record.sites),
        updated=day(record.last_updated),
        checked=checked,
        remarks=tuple(remarks),
    )


def phase_and_purpose(phases: Sequence[str]) -> tuple[str, str]:
    """`Phase 2`, and what it is for; both "" where the register gives none, or says none applies.

    The purpose is "" for phases that do not go together.
    """
    if not phases or tuple(phases) == ("NA",):
        return "", ""
    ordered = tuple(sorted(phases))
    return phase_words(ordered), _PURPOSES.get(ordered, "")


def site_words(sites: Sequence[Site]) -> str:
    """`1 site: Utrecht (Netherlands)`, `14 sites in 2 countries: France and Spain`; "" for none.

    The countries with most sites come first.
    """
    if not sites:
        return ""
    number = "1 site" if len(sites) == 1 else f"{len(sites)} sites"
    countries = Counter(site.country for site in sites if site.country)
    if len(sites) <= FEW_SITES or not countries:
        named = places(sites) if any(site.city or site.country for site in sites) else ""
        return f"{number}: {named}" if named else number
    if len(countries) == 1:
        return f"{number} in one country: {next(iter(countries))}"
    return f"{number} in {len(countries)} countries: {_countries(countries)}"


def _countries(countries: Counter[str]) -> str:
    named = [country for country, _ in countries.most_common()]
    if len(named) <= _NAMED_COUNTRIES:
        return listed(named)
    return listed([*named[:_NAMED_COUNTRIES], f"{len(named) - _NAMED_COUNTRIES} more"])
