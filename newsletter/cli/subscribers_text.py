"""What `newsletter subscribers` says to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subscribers.model import Consent, Dossier, Request, Subscriber


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
        if each.paused_until is not None:
            lines.append(f"  paused    until {each.paused_until:%Y-%m-%d %H:%M} UTC")
    lines += [f"  consent   {_consent(each)}" for each in dossier.consents]
    lines += [f"  asked     {_request(each)}" for each in dossier.requests]
    if bar := dossier.suppression:
        reason = bar.reason.value.replace("_", " ")
        note = f" ({bar.note})" if bar.note else ""
        lines.append(f"  must not be written to: {reason}, since {bar.since:%Y-%m-%d}{note}")
    return "\n".join(lines)


def _consent(line: Consent) -> str:
    """What happened, when, by which way, and where; what was shown by its version."""
    source = line.source if line.source != line.method.value else ""
    where = ", ".join(part for part in (_way(line), source, line.network) if part)
    shown = f"; shown was version {line.wording_version}" if line.wording_version else ""
    detail = f"; {line.detail}" if line.detail else ""
    when = f"{line.happened_at:%Y-%m-%d %H:%M} UTC"
    return f"{line.kind.value} {when} ({where}){detail}{shown}"


def _way(line: Consent) -> str:
    """The way in words; that the admin did it is clear from the source."""
    return "" if line.method.value == "admin" else line.method.value.replace("-", " ")


def _request(asked: Request) -> str:
    """What was asked on a page, and what became of it."""
    reason = f", {asked.reason.replace('-', ' ')}" if asked.reason else ""
    when = f"{asked.asked_at:%Y-%m-%d %H:%M} UTC"
    return f"{asked.purpose.value} {when} ({asked.state.value}{reason})"


def people(number: int) -> str:
    """So many people, in words."""
    return "1 person" if number == 1 else f"{number:,} people"
