"""What changed between two records of a trial: a decision over values.

The dates of the entry itself (last updated, status verified) are no change: sponsors confirm their
entries every year without changing anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from newsletter.model.trial import ChangeKind, Site, TrialChange, TrialRecord
from newsletter.trials.words import (
    OPEN,
    STOPPED,
    dated,
    day,
    ended,
    phase_words,
    places,
    quotation,
    status_words,
)


def changes_between(
    old: TrialRecord, new: TrialRecord, *, register: str
) -> tuple[TrialChange, ...]:
    """Everything that changed, the most important first; `register` is its name for readers."""
    return tuple(
        change for look in _LOOKS for change in look(old, new, register) if change.old != change.new
    )


def _status(old: TrialRecord, new: TrialRecord, _: str) -> Iterator[TrialChange]:
    was = status_words(old.status, old.last_known_status)
    is_listed = status_words(new.status, new.last_known_status)
    yield TrialChange(
        kind=ChangeKind.STATUS,
        text=ended(f"Status in the register: was {was}, is listed as {is_listed}"),
        matters=old.status != new.status,
        old=was,
        new=is_listed,
    )


def _reason(old: TrialRecord, new: TrialRecord, register: str) -> Iterator[TrialChange]:
    """The sponsor's reason for stopping; only ever as a quotation."""
    if new.why_stopped and new.status in STOPPED:
        yield TrialChange(
            kind=ChangeKind.REASON,
            text=f"Reason given by the sponsor in {register}: {quotation(new.why_stopped)}.",
            old=old.why_stopped,
            new=new.why_stopped,
        )


def _sites(old: TrialRecord, new: TrialRecord, _: str) -> Iterator[TrialChange]:
    """Only while the register says that people can join: what closes at the end goes unsaid."""
    if new.status not in OPEN:
        return
    before, after = _open_sites(old), _open_sites(new)
    for kind, label, found in (
        (ChangeKind.SITES_OPENED, "Sites newly listed as open", after - before),
        (ChangeKind.SITES_CLOSED, "Sites no longer listed as open", before - after),
    ):
        if found:
            said = places(Site(country=c, city=t) for c, t in sorted(found.elements()))
            yield TrialChange(kind=kind, text=ended(f"{label}: {said}"), new=said)


def _open_sites(record: TrialRecord) -> Counter[tuple[str, str]]:
    """How many sites of a place are open; one without a status of its own has the trial's.

    Counted by place, since the same hospital is spelled in many ways.
    """
    return Counter(
        (site.country, site.city) for site in record.sites if (site.status or record.status) in OPEN
    )


def _results(old: TrialRecord, new: TrialRecord, _: str) -> Iterator[TrialChange]:
    if new.has_results and not old.has_results:
        when = f" on {day(new.results_posted)}" if new.results_posted else ""
        yield TrialChange(
            kind=ChangeKind.RESULTS, text=f"Results were posted in the register{when}.", new="yes"
        )


def _phase(old: TrialRecord, new: TrialRecord, _: str) -> Iterator[TrialChange]:
    yield _replaced(
        "Phase", phase_words(old.phases), phase_words(new.phases), ChangeKind.PHASE, matters=True
    )


def _dates(old: TrialRecord, new: TrialRecord, _: str) -> Iterator[TrialChange]:
    """Only one date says what a patient can do: when a trial that has not begun will let people in.

    When it ends, and when an entry was verified, are register details.
    """
    for label, was, is_listed, matters in (
        ("Start", old.start, new.start, new.status == "NOT_YET_RECRUITING"),
        ("Main results expected", old.primary_completion, new.primary_completion, False),
        ("End", old.completion, new.completion, False),
    ):
        yield _replaced(label, dated(was), dated(is_listed), ChangeKind.DATES, matters=matters)


def _details(old: TrialRecord, new: TrialRecord, _: str) -> Iterator[TrialChange]:
    for label, was, is_listed in (
        ("Title", old.title, new.title),
        ("Sponsor", old.sponsor, new.sponsor),
        ("Participants", _participants(old), _participants(new)),
    ):
        yield _replaced(label, was or "not given", is_listed or "not given", ChangeKind.DETAILS)


def _participants(record: TrialRecord) -> str:
    if record.participants is None:
        return "not given"
    planned = " (planned)" if record.participants_kind == "ESTIMATED" else ""
    return f"{record.participants:,}{planned}"


def _replaced(
    label: str, was: str, is_listed: str, kind: ChangeKind, *, matters: bool = False
) -> TrialChange:
    return TrialChange(
        kind=kind,
        text=ended(f"{label}: was {was}, is listed as {is_listed}"),
        matters=matters,
        old=was,
        new=is_listed,
    )


_Look = Callable[[TrialRecord, TrialRecord, str], Iterator[TrialChange]]
_LOOKS: Final[tuple[_Look, ...]] = (_status, _reason, _sites, _results, _phase, _dates, _details)
