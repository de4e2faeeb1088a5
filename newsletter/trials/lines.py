"""The lines about trials: the register's word with its date and link, and which posts are behind.

"ClinicalTrials.gov (NCT03590119): Completed. Register entry updated 8 November 2022; checked
16 November 2026."
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from newsletter.model.trial import (
    ChangeKind,
    KnownTrial,
    Register,
    RegisterLine,
    TrialFacts,
    TrialId,
    TrialRecord,
)
from newsletter.trials.facts import facts_of
from newsletter.trials.registers import name_of, page_of
from newsletter.trials.words import (
    STOPPED,
    day,
    first_day,
    local_day,
    quotation,
    status_words,
)

POLLED: Final = frozenset({Register.CTGOV})
"""The registers that are asked; the others are recognised and linked."""

_BEGINNING: Final = frozenset({"NOT_YET_RECRUITING", "RECRUITING", "ENROLLING_BY_INVITATION"})
"""With these alone a post that announces a trial is not out of date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """How a line is looked at: when, where, and after how long data are old.

    `asks`: whether this newsletter asks the register at all.
    """

    now: datetime
    zone: ZoneInfo
    stale_after: timedelta
    asks: bool = True


def register_line(
    known: KnownTrial,
    record: TrialRecord | None,
    sight: Sight,
    *,
    others: Sequence[str] = (),
    told: Collection[ChangeKind] = (),
) -> RegisterLine:
    """A trial's line. `others` are sentences of what other registers say of the same trial; what is
    `told` as a change is not among the facts again.
    """
    stale = record is not None and _is_old(known, sight)
    said = [_said(known, record, sight, stale=stale), *others]
    return RegisterLine(
        trial=known.trial,
        label=_label(known.trial, record),
        said=" ".join(said),
        url=page_of(_listed_as(known.trial, record)),
        stale=stale,
        facts=_facts(known, record, sight, others, told, stale=stale),
    )


def _facts(
    known: KnownTrial,
    record: TrialRecord | None,
    sight: Sight,
    others: Sequence[str],
    told: Collection[ChangeKind],
    *,
    stale: bool,
) -> TrialFacts | None:
    """The same one by one; None where there is no entry, or it is not read by us."""
    if record is None or known.missing or known.trial.register not in POLLED:
        return None
    when = local_day(known.checked_at, sight.zone) if known.checked_at else ""
    checked = f"register not reached since {when}" if stale else f"checked {when}"
    remarks = _remarks(record, where="in the register", told=told)
    return facts_of(record, checked=checked, remarks=(*remarks, *others))


def _is_old(known: KnownTrial, sight: Sight) -> bool:
    return known.checked_at is None or sight.now - known.checked_at > sight.stale_after


def _listed_as(trial: TrialId, record: TrialRecord | None) -> TrialId:
    return TrialId(trial.register, record.number) if record else trial


def _label(trial: TrialId, record: TrialRecord | None) -> str:
    other = f", listed as {record.number}" if record and record.number != trial.number else ""
    return f"{name_of(trial.register)} ({trial.number}{other})"


def _said(known: KnownTrial, record: TrialRecord | None, sight: Sight, *, stale: bool) -> str:
    if known.trial.register not in POLLED or (record is None and not sight.asks):
        return "Entry not read by this newsletter; see the register."
    when = local_day(known.checked_at, sight.zone) if known.checked_at else ""
    if known.missing:
        return f"No entry of this number was found; looked for on {when}."
    if record is None:
        return "The register was not reached yet; see its entry."
    checked = f"register not reached since {when}" if stale else f"checked {when}"
    status = _first_upper(status_words(record.status, record.last_known_status))
    return " ".join([f"{status}.", *_remarks(record), _dates(record, checked)])


def _remarks(
    record: TrialRecord, *, where: str = "there", told: Collection[ChangeKind] = ()
) -> list[str]:
    said = []
    stopped = record.why_stopped and record.status in STOPPED
    if stopped and ChangeKind.REASON not in told:
        said.append(f"Reason given by the sponsor: {quotation(record.why_stopped)}.")
    if record.has_results and ChangeKind.RESULTS not in told:
        said.append(f"Results are posted {where}.")
    return said


def _dates(record: TrialRecord, checked: str) -> str:
    if not record.last_updated:
        return f"{_first_upper(checked)}."
    return f"Register entry updated {day(record.last_updated)}; {checked}."


def disagreements(records: Sequence[TrialRecord]) -> dict[TrialId, tuple[str, ...]]:
    """For each record what other registers say otherwise of the same trial.

    Two records are of one trial when one names the other's number.
    """
    return {
        _id_of(one): tuple(
            f"{name_of(other.register)} ({other.number}) says otherwise:"
            f" {status_words(other.status, other.last_known_status)}."
            for other in records
            if _same_trial(one, other) and one.status != other.status
        )
        for one in records
    }


def _same_trial(one: TrialRecord, other: TrialRecord) -> bool:
    if one.register is other.register:
        return False
    return other.number in one.same_as or one.number in other.same_as


def _id_of(record: TrialRecord) -> TrialId:
    return TrialId(record.register, record.number)


def moved_on(written: date, history: Sequence[TrialRecord]) -> str:
    """What the register says that a post of this day cannot have known; "" when nothing.

    `history` is what is known of the entry, oldest first. "Completed since 2022": by the trial's
    end where it has ended, else by the entry's last update.
    """
    newest = history[-1]
    since = _since(history)
    status = status_words(newest.status, newest.last_known_status)
    if since is not None and since > written and _is_other(history):
        when = ", last updated" if newest.status == "UNKNOWN" else " since"
        return f"{_first_upper(status)}{when} {since.year}"
    posted = first_day(newest.results_posted)
    if posted is not None and posted > written:
        return f"{_first_upper(status)}; results posted {posted.year}"
    return ""


def _is_other(history: Sequence[TrialRecord]) -> bool:
    """Whether the status is another than at the beginning, or than a post would have told."""
    newest = history[-1].status
    return newest not in _BEGINNING or any(record.status != newest for record in history)


def _since(history: Sequence[TrialRecord]) -> date | None:
    """Since when the register lists the newest status, as far as that can be said."""
    newest = history[-1]
    if newest.status in {"COMPLETED", "TERMINATED"} and newest.completion.kind != "ESTIMATED":
        ended = first_day(newest.completion.date)
        if ended is not None:
            return ended
    for record in reversed(history):
        if record.status != newest.status:
            break
        newest = record
    return first_day(newest.last_updated)


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
