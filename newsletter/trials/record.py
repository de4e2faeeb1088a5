"""From ClinicalTrials.gov's JSON to a record: only what the newsletter needs.

Source: the register's OpenAPI document 2.0.5, schema Study. Everything in it is optional there; a
value of another kind than the document says counts as not given.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from newsletter.model.trial import RecordDate, Site, TrialRecord

FIELDS: Final = (
    "IdentificationModule",
    "StatusModule",
    "DesignModule",
    "SponsorCollaboratorsModule",
    "LocationFacility",
    "LocationCity",
    "LocationCountry",
    "LocationStatus",
    "HasResults",
)
"""What is asked for: whole modules where they are small; of the sites no contacts and no maps."""


def record_of(study: object) -> TrialRecord | None:
    """The record in a `Study`; None for something that has no number, and so is none."""
    protocol = _part(study, "protocolSection")
    identification = _part(protocol, "identificationModule")
    number = _text(identification, "nctId")
    if not number:
        return None
    status = _part(protocol, "statusModule")
    design = _part(protocol, "designModule")
    enrolled = _part(design, "enrollmentInfo")
    sponsor = _part(_part(protocol, "sponsorCollaboratorsModule"), "leadSponsor")
    return TrialRecord(
        number=number.upper(),
        title=_text(identification, "briefTitle"),
        acronym=_text(identification, "acronym"),
        sponsor=_text(sponsor, "name"),
        status=_text(status, "overallStatus"),
        last_known_status=_text(status, "lastKnownStatus"),
        why_stopped=_text(status, "whyStopped"),
        verified=_text(status, "statusVerifiedDate"),
        last_updated=_date(status, "lastUpdatePostDateStruct").date,
        start=_date(status, "startDateStruct"),
        primary_completion=_date(status, "primaryCompletionDateStruct"),
        completion=_date(status, "completionDateStruct"),
        results_posted=_date(status, "resultsFirstPostDateStruct").date,
        has_results=_has_results(study),
        phases=tuple(_texts(design, "phases")),
        participants=_number(enrolled, "count"),
        participants_kind=_text(enrolled, "type"),
        sites=_sites(_part(protocol, "contactsLocationsModule")),
        aliases=tuple(alias.upper() for alias in _texts(identification, "nctIdAliases")),
        same_as=tuple(_other_numbers(identification)),
    )


def _has_results(study: object) -> bool:
    return isinstance(study, dict) and study.get("hasResults") is True


def _sites(module: dict[str, Any]) -> tuple[Site, ...]:
    """In an order of their own, so that the register may list them in any."""
    found = [
        Site(
            facility=_text(each, "facility"),
            city=_text(each, "city"),
            country=_text(each, "country"),
            status=_text(each, "status"),
        )
        for each in _items(module, "locations")
    ]
    return tuple(sorted(found, key=lambda s: (s.country, s.city, s.facility, s.status)))


def _other_numbers(identification: dict[str, Any]) -> Iterator[str]:
    """The sponsor's own number, and those of other registers."""
    yield from filter(None, [_text(_part(identification, "orgStudyIdInfo"), "id")])
    for each in _items(identification, "secondaryIdInfos"):
        yield from filter(None, [_text(each, "id")])


def _part(value: object, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _items(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = value.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _text(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    return " ".join(found.split()) if isinstance(found, str) else ""


def _texts(value: dict[str, Any], name: str) -> list[str]:
    found = value.get(name)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _number(value: dict[str, Any], name: str) -> int | None:
    found = value.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _date(value: dict[str, Any], name: str) -> RecordDate:
    part = _part(value, name)
    return RecordDate(date=_text(part, "date"), kind=_text(part, "type"))
