"""How results read on the terminal, and their JSON form: the contract of `--json`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from newsletter.editions.wording import local_time, trial_title
from newsletter.model.delivery import Outcome, Recipients
from newsletter.model.edition import (
    DigestItem,
    EditionState,
    ItemKind,
    TrialNote,
    TrialUpdate,
)

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from newsletter.pipeline.collect import FeedReport
    from newsletter.pipeline.report import Report

EXIT_CODES = {
    Outcome.FAILED: 1,
    Outcome.HELD: 3,
    Outcome.PARTIAL: 4,
}
"""Exit codes of outcomes that are not 0; `paused` depends on whether anything was accepted."""


def exit_code(report: Report) -> int:
    """The exit code of a `send`, interrupted editions that it finished included."""
    codes = [_code(part) for part in (report, *report.resumed)]
    return max(codes)


def send_json(report: Report) -> dict[str, Any]:
    """The document of `send --json`."""
    return {
        "edition": report.edition.key if report.edition else None,
        "outcome": report.outcome.value,
        "reasons": list(report.reasons),
        "subject": report.subject,
        "posts": posts_json(report.items, report.trials),
        "recipients": recipients_json(report.recipients),
        "cancel_before": report.cancel_before,
    }


def posts_json(
    items: tuple[DigestItem, ...], trials: tuple[TrialUpdate, ...]
) -> dict[str, list[dict[str, Any]]]:
    """The posts of an edition by kind, and the trials whose changes it tells."""
    new = [_item_json(item) for item in items if item.kind is ItemKind.NEW]
    updated = [
        {**_item_json(item), "change": item.change}
        for item in items
        if item.kind is ItemKind.UPDATED
    ]
    told = [_trial_json(note) for note in _told(items, trials)]
    return {"new": new, "updated": updated, "trials": told}


def recipients_json(recipients: Recipients) -> dict[str, Any]:
    """What became of everybody; `planned` is the sum of the others."""
    return {
        "planned": recipients.planned,
        "accepted": recipients.accepted,
        "rejected": recipients.rejected,
        "unknown": recipients.unknown,
        "cancelled": recipients.cancelled,
        "pending": recipients.pending,
        "skipped": recipients.skipped,
    }


def send_text(report: Report, zone: ZoneInfo | None = None) -> str:
    """What a `send` came to, for a person; times in `zone`, the newsletter's."""
    parts = [send_text(part, zone) for part in report.resumed]
    said = [*_headline(report), *item_lines(report.items, report.trials), *_numbers(report)]
    key = report.edition.key if report.edition else ""
    said += window_lines(key, report.send_at, report.cancel_before, zone)
    return "\n".join([*parts, *said])


def window_lines(
    key: str, send_at: datetime | None, cancel_before: datetime | None, zone: ZoneInfo | None
) -> list[str]:
    """When the mails leave, and how to stop them; nothing when none wait."""
    if send_at is None:
        return []
    said = [f"The mails leave at {local(send_at, zone)}."]
    if cancel_before is not None:
        said.append(
            f"Stop it until {local(cancel_before, zone)} with `newsletter editions cancel {key}`."
        )
    return said


def local(at: datetime, zone: ZoneInfo | None) -> str:
    """A time of these days for a person, in the newsletter's time zone."""
    return local_time(at, zone) if zone else moment(at)


def item_lines(items: tuple[DigestItem, ...], trials: tuple[TrialUpdate, ...] = ()) -> list[str]:
    """A line or two for each post, and for each trial whose change is told."""
    lines = []
    for note in _told(items, trials):
        lines.append(f"  trial    {trial_title(note)} ({note.number})")
        lines.append(f"           {note.change}")
    for item in items:
        lines.append(f"  {item.kind.value:<8} {item.title}")
        if item.change:
            lines.append(f"           {item.change}")
    return lines


def recipients_text(recipients: Recipients) -> str:
    """The numbers in one line: what there is none of is left out."""
    named = {
        "accepted": recipients.accepted,
        "rejected": recipients.rejected,
        "unknown": recipients.unknown,
        "cancelled": recipients.cancelled,
        "still to do": recipients.pending,
        **{f"skipped ({_words(reason)})": n for reason, n in recipients.skipped.items()},
    }
    shown = [f"{number:,} {name}" for name, number in named.items() if number]
    return ", ".join(shown) or "nobody"


def feed_line(report: FeedReport) -> str:
    """One feed's report in a line."""
    if report.status == "failed":
        return f"{report.url}: failed. {report.error} {report.mend}".rstrip()
    if report.status == "unchanged":
        return f"{report.url}: unchanged."
    return (
        f"{report.url}: {posts(report.entries)} in it, {report.new} new, {report.updated} updated,"
        f" {report.minor} changed a little."
    )


def feed_json(report: FeedReport) -> dict[str, Any]:
    """One feed's report in the form of `collect --json`."""
    names = ("url", "status", "http_status", "entries", "new", "updated", "minor", "error")
    return {name: getattr(report, name) for name in names}


def posts(number: int) -> str:
    """So many posts, in words."""
    return "1 post" if number == 1 else f"{number:,} posts"


def moment(at: datetime | None) -> str:
    """A time for a person, in UTC to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"


def _words(reason: str) -> str:
    return reason.replace("-", " ").replace("_", " ")


def _code(report: Report) -> int:
    if report.outcome is Outcome.PAUSED:
        return 4 if report.recipients.accepted else 3
    return EXIT_CODES.get(report.outcome, 0)


def _headline(report: Report) -> list[str]:
    key = report.edition.key if report.edition else ""
    state = report.edition.state if report.edition else None
    said = {
        Outcome.SENT: f"{key} is out.",
        Outcome.NOTHING_NEW: "Nothing new: no edition, no mail.",
        Outcome.ALREADY_SENT: f"{key} is out already; nothing was done.",
        Outcome.NOT_DUE: "No edition is due.",
        Outcome.HELD: f"{key} is held; nothing was sent.",
        Outcome.FAILED: "No feed could be read; nothing was sent.",
        Outcome.DRY_RUN: f"{key} would go out like this; nothing was sent.",
        Outcome.PARTIAL: f"{key} is out, but not to everybody.",
        Outcome.CANCELLED: f"{key} was cancelled; its period is closed.",
        Outcome.PAUSED: f"{key} is paused.",
        Outcome.CONTINUES: f"{key} is not finished; it goes on.",
        Outcome.SCHEDULED: f"{key} is handed over.",
    }
    head = said.get(report.outcome, f"{key}: {report.outcome.value}.")
    if state is EditionState.CANCELLING:
        head = f"{key} is being taken back, and that is not done yet."
    elif report.edition and state is EditionState.CANCELLED and report.edition.frozen_at:
        head += f" `newsletter editions reopen {key}` would send it after all."
    subject = [f"Subject: {report.subject}"] if report.subject else []
    return [head, *(f"  {reason}" for reason in report.reasons), *subject]


def _numbers(report: Report) -> list[str]:
    if report.edition is None or not report.recipients.planned:
        return []
    if report.outcome in (Outcome.HELD, Outcome.DRY_RUN):
        return [f"People: {report.recipients.planned:,} would get it"]
    return [f"People: {recipients_text(report.recipients)}"]


def _told(items: tuple[DigestItem, ...], trials: tuple[TrialUpdate, ...]) -> list[TrialNote]:
    """The trials whose changes are told, each once: by themselves, then beneath posts."""
    notes = [update.note for update in trials] + [note for item in items for note in item.trials]
    return list({note.record_id: note for note in notes if note.record_id is not None}.values())


def _trial_json(note: TrialNote) -> dict[str, Any]:
    return {"id": note.number, "title": note.title, "change": note.change}


def _item_json(item: DigestItem) -> dict[str, Any]:
    return {"id": item.post_id, "title": item.title, "url": item.url}
