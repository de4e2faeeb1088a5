"""What an edition shows of posts and trials, as the JSON in which it is kept, and back.

What was kept by an older version of this program has fewer fields; they are as if empty.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from newsletter.model.edition import DigestItem, ItemKind, PostLink, TrialNote, TrialUpdate
from newsletter.model.post import Image
from newsletter.model.trial import Register, RegisterLine, TrialFacts, TrialId


def item_row(item: DigestItem) -> dict[str, Any]:
    """A post as an edition shows it."""
    row = asdict(item)
    for name in ("published", "updated"):
        row[name] = row[name] and row[name].isoformat()
    return row


def item_of(row: dict[str, Any]) -> DigestItem:
    """The same, from what is kept."""
    values = dict(row)
    for name in ("published", "updated"):
        values[name] = values[name] and datetime.fromisoformat(values[name])
    values["image"] = Image(**values["image"]) if values["image"] else None
    values["kind"] = ItemKind(values["kind"])
    values["topics"] = tuple(values["topics"])
    values["trials"] = tuple(map(_note, values.get("trials", ())))
    return DigestItem(**values)


def update_row(update: TrialUpdate) -> dict[str, Any]:
    """A trial's change as an edition shows it by itself."""
    return asdict(update)


def update_of(row: dict[str, Any]) -> TrialUpdate:
    """The same, from what is kept."""
    return TrialUpdate(
        note=_note(row["note"]),
        posts=tuple(PostLink(**post) for post in row["posts"]),
        topics=tuple(row["topics"]),
    )


def _note(row: dict[str, Any]) -> TrialNote:
    values = {**row, "line": _line(row["line"])}
    return TrialNote(
        **{**values, "changes": tuple(row["changes"]), "details": tuple(row["details"])}
    )


def _line(row: dict[str, Any]) -> RegisterLine:
    trial = TrialId(Register(row["trial"]["register"]), row["trial"]["number"])
    facts = row.get("facts")
    if facts is not None:
        facts = TrialFacts(**{**facts, "remarks": tuple(facts["remarks"])})
    return RegisterLine(**{**row, "trial": trial, "facts": facts})
