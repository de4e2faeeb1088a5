"""What an import or export of a list says to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from subscribers.model import ImportReport

TITLES: Final = {
    "mailchimp": "Mailchimp",
    "jetpack": "Jetpack or WordPress.com",
    "mailpoet": "MailPoet",
    "substack": "Substack",
    "buttondown": "Buttondown",
    "listmonk": "listmonk",
    "ghost": "Ghost",
}
_LEFT_ALONE: Final = {
    "unsubscribed": "unsubscribed",
    "hard_bounce": "whose mail came back",
    "soft_bounces": "whose mail came back too often",
    "complaint": "who reported a mail as spam",
    "manual": "blocked there, or suppressed here by hand",
    "erased": "erased",
    "joined_again_since": "who left there, and agreed again after that",
    "reader_only": "who follow in the WordPress.com Reader only",
    "never_subscribed": "who never subscribed",
    "archived": "archived there",
    "gets_no_mails_there": "who get no mails there",
}
_MOST_SOURCES: Final = 8


def told(report: ImportReport, name: str, *, dry_run: bool) -> str:
    """How the import of the file `name` went."""
    lines = ["Dry run: nothing was written."] if dry_run else []
    lines += _recognised(report, name)
    if not report.rows:
        return "\n".join([*lines, f"There is nobody in {name}."])
    if dry_run:
        lines += _said(report)
    lines.append(
        f"{_rows(report.rows)}: {report.added:,} added, {report.updated:,} updated, "
        f"{report.unchanged:,} unchanged, {report.left_alone:,} left alone, "
        f"{report.rejected:,} rejected."
    )
    gone = report.by_status.get("unsubscribed", 0)
    if gone and not dry_run:
        are = "is" if gone == 1 else "are"
        lines.append(
            f"{_rows(gone)} {are} of people who left: unsubscribed here, too, unless they have "
            "agreed again since."
        )
    if report.left_alone:
        reasons = (f"{number:,} {_word(why)}" for why, number in report.left_alone_reasons.items())
        lines.append(f"Left alone, as they must not be written to: {', '.join(reasons)}.")
    if report.suppressed:
        one = report.suppressed == 1
        named = "1 address" if one else f"{report.suppressed:,} addresses"
        done = "would be" if dry_run else ("is" if one else "are")
        lines.append(f"{named} that must not be written to {done} suppressed here as well.")
    if report.added and not report.preset:
        came = "would come" if dry_run else "came"
        lines.append(
            f"Where a row has no status it {came} in as active, and where it names no source of "
            f"the consent, “{name}” stands for it."
        )
    if report.ignored_columns:
        lines.append(f"Columns that were not used: {', '.join(report.ignored_columns)}.")
    return "\n".join([*lines, *_rejected(report)])


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"


def _recognised(report: ImportReport, name: str) -> list[str]:
    if not report.preset:
        return []
    whose = TITLES[report.preset]
    if report.files == (name,):
        lines = [f"{name} is read as an export of {whose}."]
    else:
        lines = [f"{name} is read as an export of {whose}, in this order:"]
        lines += [f"  {each}" for each in report.files]
    if report.other_files:
        lines.append(f"No lists of subscribers, and not read: {', '.join(report.other_files[:5])}.")
    return lines


def _said(report: ImportReport) -> list[str]:
    """What the list itself says, whatever becomes of it here."""
    if not report.by_status:
        return []
    lines = ["What the list says:", "  by status"]
    lines += [f"    {number:>7,}  {_word(each)}" for each, number in report.by_status.items()]
    if report.by_year:
        lines.append("  by the year of the consent")
        lines += [f"    {number:>7,}  {year}" for year, number in report.by_year.items()]
    if report.by_source:
        lines.append("  by the source of the consent")
        shown = list(report.by_source.items())
        lines += [f"    {number:>7,}  {source}" for source, number in shown[:_MOST_SOURCES]]
        if len(shown) > _MOST_SOURCES:
            lines.append(f"             … and {len(shown) - _MOST_SOURCES} other sources")
    lines.append("What an import would come to:")
    return lines


def _word(status: str) -> str:
    return status if status in ("active", "pending") else _LEFT_ALONE.get(status, status)


def _rejected(report: ImportReport) -> list[str]:
    lines = [f"  line {line}: {reason}" for line, reason in report.first_rejects]
    if report.rejected > len(report.first_rejects):
        lines.append(f"  … and {report.rejected - len(report.first_rejects):,} more")
    if report.rejects_file:
        lines.append(f"Correct the rejected rows in {report.rejects_file} and import that file.")
    return lines
