"""What `newsletter privacy` says to a person, and for a record of processing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from newsletter.config import NewsletterSettings
    from newsletter.pipeline.privacy.holdings import Holding
    from newsletter.pipeline.privacy.processors import Processor
    from newsletter.pipeline.privacy.pruning import Pruned

NEVER_PRUNED: Final = (
    "the consent of anybody on the list, or of who left",
    "suppressions, those of erased people among them",
    "the ledger: which edition went to which number",
)

_NOT_LISTED: Final = (
    "Not listed, and yours to delete: exports and backups that you made yourself, and rejected rows"
    " of lists that lay in another folder."
)
_HEALTH: Final = "Being on this list can say something about a person's health."


def pruned(done: Sequence[Pruned], *, dry_run: bool) -> str:
    """What was forgotten, or would be; a line for each thing."""
    found = [each for each in done if each.number]
    if not found:
        return "Nothing is older than it may be kept."
    lines = ["Old enough to be forgotten:" if dry_run else "Forgotten:"]
    lines += [
        f"  {each.number:>9,}  {each.kept.what} (kept {each.kept.kept.days} days)" for each in found
    ]
    if dry_run:
        lines.append("Dry run: nothing was forgotten.")
    return "\n".join(lines)


def record(
    given: NewsletterSettings,
    held: Sequence[Holding],
    seen: Sequence[Processor],
    made_at: datetime,
) -> str:
    """All of it as Markdown."""
    lines = [f"# Personal data of “{given.title}”", "", *_head(given, made_at), ""]
    lines += [
        "## What is held",
        "",
        "| what | how many now | why | where | how long |",
        "|---|---:|---|---|---|",
    ]
    lines += [
        f"| {_cell(h.what)} | {h.number:,} | {_cell(h.why)} | {_cell(h.where)} | {_cell(h.kept)} |"
        for h in held
    ]
    lines += [
        "",
        "Time by itself never removes " + "; ".join(NEVER_PRUNED) + ".",
        "",
        _NOT_LISTED,
        "",
        "## Who else sees what",
        "",
    ]
    if not seen:
        lines.append("Nobody: mails are only written to files on this computer.")
    for each in seen:
        lines += [f"### {each.name}", "", f"What it does: {each.role}.", ""]
        lines.append(f"- Sees: {'; '.join(each.sees)}")
        if each.not_seen:
            lines.append(f"- Does not get: {'; '.join(each.not_seen)}")
        if each.todo:
            lines.append(f"- For you to see to: {each.todo}")
        lines.append("")
    return "\n".join(lines).rstrip()


def _head(given: NewsletterSettings, made_at: datetime) -> list[str]:
    made = f"Made by `newsletter privacy report` on {made_at:%d %B %Y}"
    address = given.postal_address or "(no postal address is set)"
    about = "people who asked for the newsletter, or whose address a mail provider reported"
    ground = "their consent, which each of them can withdraw with one click"
    after = "what is kept after that serves to show it, and to keep to it"
    return [
        f"{made} from the settings and the database as they are. {_HEALTH}",
        "",
        f"- Who is responsible: {given.sender}, {address}",
        f"- Who the data is about: {about}",
        f"- On what ground: {ground}; {after}",
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
