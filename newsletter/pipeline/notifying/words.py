"""What the mails to the admin say: pure wording, from values.

No subscriber's address is ever in them: whatever looks like an address in a reason is masked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from newsletter.editions.wording import counted_people, long_date, shortened
from newsletter.model.delivery import Outcome, Recipients
from newsletter.model.edition import EditionState
from newsletter.model.notice import NoticeKind
from newsletter.pipeline.collect import FeedReport
from newsletter.pipeline.notifying.waiting import Waiting
from newsletter.pipeline.report import Report

_LONGEST_SUBJECT = 110
_LONGEST_TITLE = 40
_WORD = r"[^\s<>\"'(),;:\[\]/?=&]"
_AT = "(?:@|＠|%40)"
_ADDRESS = re.compile(
    rf"(?:\"[^\"]*\"|{_WORD}+?){_AT}{_WORD}+|{_AT}{_WORD}+\.{_WORD}+", re.IGNORECASE
)
"""An address; not the `@name` of some pages' addresses, which has nothing before and no dot."""

_DAILY = (Outcome.HELD, Outcome.PAUSED, Outcome.FAILED, Outcome.CONTINUES)
"""What goes on until somebody acts, or for some days: told again each day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One mail to the admin. `thing` names what it is about, the same for the same thing; `line`
    is all of it in one line, without a full stop; `first` and `more` are paragraphs, the first one
    being the line unless given. `daily`: as long as it is so, it may be said again another day.
    """

    kind: NoticeKind
    thing: str
    line: str
    first: str = ""
    more: tuple[str, ...] = ()
    daily: bool = False

    def text(self, title: str) -> str:
        """Subject, and below it the body, without any address."""
        parts = (self.first or f"{self.line}.", *self.more, _WHY)
        return without_addresses("\n\n".join((subject(self.line, title), *parts)) + "\n")


_WHY = (
    "--\nYou get this because your address is in newsletter.toml ([notify] to). `newsletter status`"
    " shows what waits for you."
)


def subject(line: str, title: str) -> str:
    """A line, and whose it is: short enough to be read in a list of mails."""
    return f"{shortened(line, _LONGEST_SUBJECT)} ({shortened(title, _LONGEST_TITLE)})"


def alarm_subject(text: str, title: str) -> str:
    """The subject of an alarm, by the first words of its text."""
    return f"[ALARM] {subject(without_addresses(' '.join(text.split())), title)}"


def without_addresses(text: str) -> str:
    """The text with "(an address)" in the place of whatever may be an e-mail address."""
    return _ADDRESS.sub("(an address)", text)


def for_edition(key: str, said: str) -> str:
    """What to type, with the edition's key in it: a line to be copied."""
    named = said.replace("`newsletter preview`", f"`newsletter preview {key}`")
    return re.sub(r"\bEDITION\b", key, named)


def unread(feed: FeedReport) -> str:
    """Which feed could not be read, and why."""
    error = feed.error or ""
    return error if feed.url in error else f"{feed.url}: {error}"


def receipt(report: Report, key: str) -> Message | None:
    """What a run came to; None when there is nothing to say. `key` is that of the period."""
    key = report.edition.key if report.edition else key
    if report.outcome is Outcome.ALREADY_SENT and report.recipients.rejected:
        report = replace(report, outcome=Outcome.PARTIAL)  # as it was told when it went out
    said = _line(report, key)
    if said is None:
        return None
    code, line = said
    return Message(
        kind=NoticeKind.RECEIPT,
        thing=f"{key}:{code}{_digest(report.reasons) if _varies(report) else ''}",
        line=line,
        more=(*_details(report, key), *_failing(report)),
        daily=report.outcome in _DAILY,
    )


def failure(key: str, error: str) -> Message:
    """A run that was ended by an error."""
    return Message(
        kind=NoticeKind.RECEIPT,
        thing=f"{key}:failed{_digest([error])}",
        line=f"{key} failed",
        more=(error, "The next run tries again."),
        daily=True,
    )


def handover(key: str, mail: str, found: Waiting, now: datetime, zone: ZoneInfo) -> Message:
    """Mails wait at the provider: when they leave, and until when they can be stopped.

    `mail` is the edition's subject.
    """
    today = now.astimezone(zone).date()
    leaves, people = _clock(found.leaves, today, zone), counted_people(found.people)
    until = _clock(found.cancel_before, today, zone) if found.cancel_before else ""
    stop = (
        f"stop it until {until} with `newsletter editions cancel {key}`."
        if until
        else "it is too late to stop it."
    )
    return Message(
        kind=NoticeKind.HANDOVER,
        thing=f"{key}:{found.leaves:%Y%m%dT%H%M}",
        line=f"{key}: going to {people} at {leaves}"
        + (f", stop it until {until}" if until else ""),
        first=f"Going to {people} at {leaves}; {stop}",
        more=(
            f"Today is {today:%A}, {long_date(today)}; the times are those of {zone.key}.",
            f"Subject of the mail: {mail}",
        ),
    )


def still(message: Message) -> Message:
    """The same, told on a later day."""
    return replace(message, more=("It was so before, and still is.", *message.more))


def numbers(recipients: Recipients) -> str:
    """What became of everybody, in a sentence; what there is none of is left out."""
    named = [
        (recipients.accepted, "handed over"),
        (recipients.rejected, "refused"),
        (recipients.unknown, "of unknown end"),
        (recipients.cancelled, "taken back"),
        (recipients.pending, "still to do"),
    ]
    named += [(n, reason.replace("_", " ").replace("-", " "))
              for reason, n in recipients.skipped.items()]  # fmt: skip
    return "People: " + (", ".join(f"{n:,} {what}" for n, what in named if n) or "nobody") + "."


def _line(report: Report, key: str) -> tuple[str, str] | None:
    """A code for what happened, and the line that says it."""
    told = report.recipients
    through = f"{told.accepted:,} of {counted_people(told.planned)}"
    out = "sent", f"{key} is out: {counted_people(told.accepted)}"
    missed = "missed", f"{key} did not go out in its time"
    said = {
        Outcome.SENT: out,
        Outcome.ALREADY_SENT: out,
        Outcome.PARTIAL: ("partly", f"{key} is out, but not to everybody: {through}"),
        Outcome.HELD: ("held", f"{key} is held, nobody got anything"),
        Outcome.PAUSED: ("paused", f"{key} is paused: {through} are through"),
        Outcome.CONTINUES: ("continues", f"{key} goes on by itself: {through} are through"),
        Outcome.NOTHING_NEW: ("nothing-new", f"{key}: nothing new, so no mail"),
        Outcome.FAILED: ("failed", f"{key} failed, no feed could be read"),
        Outcome.NOT_DUE: missed if report.reasons else None,
        Outcome.CANCELLED: missed if report.reasons else None,
    }
    if _is_cancelling(report):
        return "cancelling", f"{key} is not taken back completely yet"
    return said.get(report.outcome)


def _details(report: Report, key: str) -> list[str]:
    said = [f"- {for_edition(key, reason)}" for reason in report.reasons]
    if report.subject:
        said.append(f"Subject of the mail: {report.subject}")
    if report.recipients.planned and report.outcome is not Outcome.HELD:
        said.append(numbers(report.recipients))
    return said


def _failing(report: Report) -> list[str]:
    """The feeds that could not be read; where none could, the reasons name them."""
    if report.outcome is Outcome.FAILED:
        return []
    return [f"A feed could not be read. {unread(f)}" for f in report.feeds if f.status == "failed"]


def _varies(report: Report) -> bool:
    """Whether another reason is another thing to tell: an end is told once, however it is said."""
    return report.outcome in (*_DAILY, Outcome.PARTIAL)


def _is_cancelling(report: Report) -> bool:
    return report.edition is not None and report.edition.state is EditionState.CANCELLING


def _digest(reasons: Iterable[str]) -> str:
    """A short name for reasons; numbers in them do not count, or a clock would make new ones."""
    flat = "\n".join(re.sub(r"\d+", "0", reason) for reason in reasons)
    return f":{hashlib.sha256(flat.encode()).hexdigest()[:12]}"


def _clock(at: datetime, today: date, zone: ZoneInfo) -> str:
    """`11:53`, and the day too if it is another one."""
    local = at.astimezone(zone)
    day = "" if local.date() == today else f" on {local:%A}, {long_date(local.date())}"
    return f"{local:%H:%M}{day}"
