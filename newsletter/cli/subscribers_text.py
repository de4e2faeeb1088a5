"""What `newsletter subscribers` says to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subscribers.model import Dossier, ImportReport, Subscriber


def told(report: ImportReport, name: str, *, dry_run: bool) -> str:
    """How the import of the file `name` went."""
    lines = ["Dry run: nothing was written."] if dry_run else []
    lines.append(
        f"{report.rows:,} rows: {report.added:,} added, {report.updated:,} updated, "
        f"{report.unchanged:,} unchanged, {report.left_alone:,} left alone, "
        f"{report.rejected:,} rejected."
    )
    if report.left_alone:
        reasons = (
            f"{number:,} {reason.replace('_', ' ')}"
            for reason, number in report.left_alone_reasons.items()
        )
        lines.append(f"Left alone, as they must not be written to: {', '.join(reasons)}.")
    if report.added:
        lines.append(f"Where a row names no source of the consent, “{name}” stands for it.")
    if report.ignored_columns:
        lines.append(f"Columns that were not used: {', '.join(report.ignored_columns)}.")
    lines += [f"  line {line}: {reason}" for line, reason in report.first_rejects]
    if report.rejected > len(report.first_rejects):
        lines.append(f"  … and {report.rejected - len(report.first_rejects):,} more")
    if report.rejects_file:
        lines.append(f"Correct the rejected rows in {report.rejects_file} and import that file.")
    return "\n".join(lines)


def listed(found: list[Subscriber], total: int, *, more: bool) -> str:
    """A line for each person, and how many there are in all."""
    if not found:
        return "Nobody."
    wide = max(len(each.address) for each in found)
    lines = [
        f"{each.address:<{wide}}  {each.status.value:<12}  "
        f"{', '.join(each.topics) or 'everything'}  {each.name}".rstrip()
        for each in found
    ]
    if more:
        lines.append(f"{people(total)} in all; go on with --after {found[-1].id}")
    else:
        lines.append(f"{people(total)} in all")
    return "\n".join(lines)


def shown(email: str, dossier: Dossier) -> str:
    """All that is held about an address."""
    each = dossier.subscriber
    if each is None:
        lines = [f"{email} is not on the list."]
    else:
        lines = [
            each.address,
            f"  name      {each.name or '-'}",
            f"  status    {each.status.value} (last change {each.changed_at:%Y-%m-%d %H:%M} UTC)",
            f"  topics    {', '.join(each.topics) or 'everything'}",
            f"  form      {each.form.value}",
            f"  added     {each.created_at:%Y-%m-%d %H:%M} UTC",
        ]
    lines += [
        f"  consent   {c.kind.value} {c.happened_at:%Y-%m-%d %H:%M} UTC ({c.source})"
        for c in dossier.consents
    ]
    if bar := dossier.suppression:
        reason = bar.reason.value.replace("_", " ")
        lines.append(f"  must not be written to: {reason}, since {bar.since:%Y-%m-%d}")
    return "\n".join(lines)


def people(number: int) -> str:
    """So many people, in words."""
    return "1 person" if number == 1 else f"{number:,} people"
