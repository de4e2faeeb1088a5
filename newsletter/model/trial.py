"""Trials: which ones a post mentions, what a register says of them, and what changed there.

What is said of a trial is always the register's word, with its date and its link.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Register(StrEnum):
    """A public register of trials, by the name it has in the database and in JSON."""

    CTGOV = "clinicaltrials.gov"
    EUDRACT = "eudract"
    CTIS = "ctis"
    ISRCTN = "isrctn"
    DUTCH = "dutch"
    ANZCTR = "anzctr"
    JRCT = "jrct"
    CHICTR = "chictr"
    DRKS = "drks"
    UMIN = "umin"
    CTRI = "ctri"
    UTN = "who-utn"


class Attention(StrEnum):
    """Whether the register's changes of a trial are news; that is for the admin to say.

    A trial is proposed when a post is about it, and only mentioned when the posts that name it
    name many (a list, an index).
    """

    MENTIONED = "mentioned"
    PROPOSED = "proposed"
    FOLLOWED = "followed"
    MUTED = "muted"


class ChangeKind(StrEnum):
    """What of a record changed; in this order it is told."""

    STATUS = "status"
    REASON = "reason"
    SITES_OPENED = "sites-opened"
    SITES_CLOSED = "sites-closed"
    RESULTS = "results"
    PHASE = "phase"
    DATES = "dates"
    DETAILS = "details"


@dataclass(frozen=True, slots=True, order=True)
class TrialId:
    """A trial's number in a register, in its normal form: `NCT03590119`, `2017-000369-54`."""

    register: Register
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place where a trial takes place; each part "" where the register does not say."""

    facility: str = ""
    city: str = ""
    country: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDate:
    """A date as a register has it: `2022-09-01` or `2022-09`; "" when there is none.

    `kind` is ACTUAL, ESTIMATED or "".
    """

    date: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """What a register says of a trial, as far as this program needs it.

    `status` is the register's own constant (`ACTIVE_NOT_RECRUITING`); one that is not known here
    is kept as it is. `number` is the one the register has it under, which for an alias is another
    than the one that was asked for. `same_as` are the trial's numbers in other registers.
    """

    register: Register = Register.CTGOV
    number: str
    title: str = ""
    acronym: str = ""
    sponsor: str = ""
    status: str = ""
    last_known_status: str = ""
    why_stopped: str = ""
    verified: str = ""
    last_updated: str = ""
    start: RecordDate = RecordDate()
    primary_completion: RecordDate = RecordDate()
    completion: RecordDate = RecordDate()
    results_posted: str = ""
    has_results: bool = False
    phases: tuple[str, ...] = ()
    participants: int | None = None
    participants_kind: str = ""
    sites: tuple[Site, ...] = ()
    aliases: tuple[str, ...] = ()
    same_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record with its place in the trial's history; number 1 is the baseline. Times are UTC.

    `approved_at`: the admin wants what changed with it to be told.
    """

    id: int
    trial_id: int
    number: int
    seen_at: datetime
    record: TrialRecord
    approved_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialChange:
    """One thing that changed between two records, as a sentence for a patient.

    With `matters` it is news; else it belongs under "register details".
    """

    kind: ChangeKind
    text: str
    matters: bool = True
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFacts:
    """What a card says of a trial, in words for a patient; "" where the register says nothing.

    `purpose` says what a trial of this phase is for. `updated` is the day of the register's entry
    (`8 November 2022`), `checked` when we looked (`checked 16 November 2026`); `remarks` are
    sentences.
    """

    acronym: str = ""
    status: str = ""
    phase: str = ""
    purpose: str = ""
    sites: str = ""
    updated: str = ""
    checked: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLine:
    """What the register says of a trial, as it stands beside a post, changed or not.

    `label` is what the link is put on ("ClinicalTrials.gov (NCT03590119)"), `said` the sentences
    behind it; both are plain text. `facts` say the same one by one, where there is an entry.
    `stale`: the register was not reached for long.
    """

    trial: TrialId
    label: str
    said: str
    url: str
    stale: bool = False
    facts: TrialFacts | None = None

    @property
    def text(self) -> str:
        """The whole line: "ClinicalTrials.gov (NCT03590119): Completed. Register entry …"."""
        return f"{self.label}: {self.said}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialNews:
    """What changed in the register for a followed trial since readers were last told of it.

    `changes` are news, `details` belong under "register details"; one of the two may be empty.
    `record_id` is the newest record's; `posts` are the ids of the posts that mention the trial.
    `approved`: may be in an edition (the admin said so; nobody need when `trials.unattended`).
    """

    trial: TrialId
    title: str
    url: str
    line: RegisterLine
    changes: tuple[TrialChange, ...]
    details: tuple[TrialChange, ...] = ()
    noted_at: datetime
    record_id: int
    posts: tuple[int, ...] = ()
    approved: bool = False

    @property
    def summary(self) -> str:
        """What changed, in one text: its sentences in order of weight."""
        return " ".join(change.text for change in self.changes or self.details)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTrial:
    """A trial that posts mention. Times are UTC.

    `checked_at`: when the register last answered for it; `data_timestamp`: as of which state of its
    data. `missing`: the register has no entry of this number. `posts` counts those that mention it.
    """

    id: int
    trial: TrialId
    attention: Attention
    first_seen_at: datetime
    checked_at: datetime | None = None
    data_timestamp: str = ""
    missing: bool = False
    posts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterState:
    """How a register was last reached. `data_timestamp` is its own word for the state of its data;
    `reached_at` is UTC, None before the first time; `failures` in a row since.
    """

    register: Register
    data_timestamp: str = ""
    reached_at: datetime | None = None
    failures: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StalePost:
    """A post whose trial has moved on in the register since the post was written.

    `text` says it: "published 2019; register: Completed since 2022".
    """

    post_id: int
    title: str
    url: str
    trial: TrialId
    text: str
    written: date
    lines: tuple[RegisterLine, ...] = field(default=())
