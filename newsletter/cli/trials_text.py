"""How trials read on the terminal, and their JSON form: the contract of `newsletter trials`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from newsletter.cli.wording import moment

if TYPE_CHECKING:
    from newsletter.model.trial import (
        Attention,
        KnownTrial,
        RegisterLine,
        StalePost,
        TrialChange,
        TrialId,
    )
    from newsletter.pipeline.trial_lines import Story
    from newsletter.pipeline.trials import TrialsReport


def trial_json(known: KnownTrial, line: RegisterLine) -> dict[str, Any]:
    """A trial with the register's line."""
    return {
        "id": known.trial.number,
        "register": known.trial.register.value,
        "attention": known.attention.value,
        "posts": known.posts,
        "line": line.text,
        "url": line.url,
        "stale": line.stale,
        "checked_at": known.checked_at,
    }


def listed(found: Sequence[tuple[KnownTrial, RegisterLine]]) -> str:
    """The trials, a line each, and what to do about those that are proposed."""
    if not found:
        return "No trial is known yet. `newsletter collect` looks for them in the posts."
    lines = [f"{known.attention.value:<9}  {line.text}" for known, line in found]
    proposed = [known.trial.number for known, _ in found if known.attention.value == "proposed"]
    if proposed:
        lines.append(
            f"\n{len(proposed)} proposed: `newsletter trials follow {proposed[0]}` makes changes in"
            " the register news, `newsletter trials mute` does not."
        )
    return "\n".join(lines)


def story_json(story: Story) -> dict[str, Any]:
    """A trial with everything that is known of it."""
    return {
        **trial_json(story.known, story.line),
        "title": story.title,
        "history": [
            {
                "number": version.stored.number,
                "seen_at": version.stored.seen_at,
                "approved_at": version.stored.approved_at,
                "status": version.stored.record.status,
                "updated": version.stored.record.last_updated,
                "changes": [change_json(change) for change in version.changes],
            }
            for version in story.versions
        ],
        "mentioned_by": [
            {"id": post.id, "title": post.title, "url": post.url} for post in story.posts
        ],
    }


def story(story: Story) -> str:
    """The same for a person."""
    known = story.known
    lines = [story.title or known.trial.number, story.line.text, story.line.url]
    lines.append(f"Attention:    {known.attention.value}")
    lines.append(f"Last checked: {moment(known.checked_at)}")
    lines.append("In the register:" if story.versions else "In the register: nothing known yet")
    for version in story.versions:
        lines.append(f"  {moment(version.stored.seen_at)}  {_head(version.stored.number)}")
        lines += [f"      {_change(change)}" for change in version.changes]
        if version.stored.approved_at:
            lines.append(f"      approved {moment(version.stored.approved_at)}")
    lines.append("Mentioned by:" if story.posts else "No post mentions it.")
    lines += [f"  {post.id:>5}  {post.title}  {post.url}" for post in story.posts]
    return "\n".join(lines)


def check_json(report: TrialsReport, behind: Sequence[StalePost] | None = None) -> dict[str, Any]:
    """The document of `trials check`; `collect` has it under `trials`, without posts."""
    document: dict[str, Any] = {
        "status": report.status,
        "found": [trial.number for trial in report.found],
        "asked": report.asked,
        "answered": report.answered,
        "waiting": report.waiting,
        "missing": [trial.number for trial in report.missing],
        "changed": [
            {
                "id": each.trial.number,
                "title": each.title,
                "attention": each.attention.value,
                "changes": [change_json(change) for change in each.changes],
            }
            for each in report.changed
        ],
        "error": report.error or None,
    }
    if behind is not None:
        document["posts"] = [_behind_json(each) for each in behind]
    return document


def checked(report: TrialsReport, behind: Sequence[StalePost] | None = None) -> str:
    """What a check came to."""
    lines = [_summary(report)]
    for each in report.changed:
        lines.append(f"{each.trial.number} ({each.attention.value}) {each.title}")
        lines += [f"    {_change(change)}" for change in each.changes]
    lines += [f"{trial.number} is not in the register." for trial in report.missing]
    if behind is not None:
        lines += ["", *_behind(behind)]
    return "\n".join(lines)


def change_json(change: TrialChange) -> dict[str, Any]:
    """One change."""
    return {"kind": change.kind.value, "text": change.text, "news": change.matters}


def attention_json(trial: TrialId, attention: Attention) -> dict[str, Any]:
    """What a trial is from now on."""
    return {"id": trial.number, "register": trial.register.value, "attention": attention.value}


def trials_line(report: TrialsReport) -> str:
    """What collecting came to for trials, in a line; "" when there is nothing to say."""
    return "" if report.status in ("none", "off", "recent", "failed") else _summary(report)


_SUMMARIES = {
    "none": "No post mentions a trial of ClinicalTrials.gov.",
    "off": "ClinicalTrials.gov is not asked: [trials] check is false, or NEWSLETTER_NOW is set.",
    "recent": "ClinicalTrials.gov answered less than an hour ago.",
    "unchanged": "ClinicalTrials.gov: its data are the same as at the last check.",
    "failed": "ClinicalTrials.gov could not be asked about all trials.",
}


def _summary(report: TrialsReport) -> str:
    said = _SUMMARIES.get(report.status)
    if said is None:
        number = len(report.changed)
        changed = "nothing changed" if not number else f"{number} changed"
        said = f"ClinicalTrials.gov: {report.answered} of {report.asked} answered for, {changed}."
    more = f" {len(report.found)} new in posts." if report.found else ""
    return f"{said}{more}"


def _head(number: int) -> str:
    return "as first read" if number == 1 else "the entry was updated"


def _change(change: TrialChange) -> str:
    return change.text if change.matters else f"(detail) {change.text}"


def _behind(behind: Sequence[StalePost]) -> list[str]:
    if not behind:
        return ["No post is behind its register."]
    lines = ["Posts whose trial has moved on since they were written:"]
    for each in behind:
        lines.append(f"  {each.post_id:>5}  {each.title}")
        lines.append(f"         {each.trial.number}: {each.text}")
        lines.append(f"         {each.url}")
    return lines


def _behind_json(each: StalePost) -> dict[str, Any]:
    return {
        "id": each.post_id,
        "title": each.title,
        "url": each.url,
        "trial": each.trial.number,
        "behind": each.text,
        "line": each.lines[0].text if each.lines else "",
    }
