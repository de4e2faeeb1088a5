"""Digests to try the making of a mail on."""

from __future__ import annotations

from datetime import UTC, date, datetime

from newsletter.model.edition import (
    Digest,
    DigestItem,
    Form,
    ItemKind,
    Masthead,
    Period,
    PostLink,
    Tags,
    TrialNote,
    TrialUpdate,
)
from newsletter.model.post import Image
from newsletter.model.trial import (
    ChangeKind,
    Register,
    RegisterLine,
    TrialChange,
    TrialId,
    TrialNews,
)

TAGS = Tags.of("0123abcd")

MASTHEAD = Masthead(
    title="A Slow Kind of Luck",
    website="https://www.blog.example.org",
    language="en-GB",
    direction="ltr",
    timezone="Europe/London",
    disclaimer="I am a patient, not a doctor.",
    postal_address="PO Box 1, Exampleton, EX1 1AA, United Kingdom",
    reply_address="morgan@blog.example.org",
)

WEEK = Period(
    key="2026-W47",
    scheduled_at=datetime(2026, 11, 16, 7, 30, tzinfo=UTC),
    first_day=date(2026, 11, 16),
)

PICTURE = Image(
    url="https://cdn.blog.example.org/walk.png", alt="A path over hills", width=1152, height=576
)


def new_post(number: int = 1, **changes: object) -> DigestItem:
    values: dict[str, object] = {
        "post_id": number,
        "revision_id": number,
        "kind": ItemKind.NEW,
        "title": f"New post {number}",
        "url": f"https://blog.example.org/2026/11/new-{number}/",
        "published": datetime(2026, 11, 12, 9, tzinfo=UTC),
        "updated": None,
        "excerpt": "The days are short now, and so is my battery.",
        "reading_minutes": 4,
    }
    return DigestItem(**{**values, **changes})  # type: ignore[arg-type]


def updated_post(number: int = 100, **changes: object) -> DigestItem:
    values: dict[str, object] = {
        "kind": ItemKind.UPDATED,
        "title": "Clinical trial: Lutetium-177 dotatate through the liver artery (LUTIA)",
        "url": f"https://blog.example.org/2019/01/trial-{number}/",
        "published": datetime(2019, 1, 16, 9, tzinfo=UTC),
        "updated": datetime(2026, 11, 14, 9, tzinfo=UTC),
        "change": "New section of 14 November 2026.",
        "quote_html": "<h3>Update 14 November 2026</h3><p>The <b>main goal</b> was missed.</p>",
        "quote_text": "Update 14 November 2026\nThe main goal was missed.",
    }
    return new_post(number, **{**values, **changes})


def a_digest(
    *, updated: tuple[DigestItem, ...] = (), new: tuple[DigestItem, ...] = (), **changes: object
) -> Digest:
    values: dict[str, object] = {
        "period": WEEK,
        "masthead": MASTHEAD,
        "variant": "all",
        "form": Form.NORMAL,
        "note": "",
        "updated": updated,
        "new": new,
    }
    return Digest(**{**values, **changes})  # type: ignore[arg-type]


def a_line(number: str = "NCT03590119", **changes: object) -> RegisterLine:
    values: dict[str, object] = {
        "trial": TrialId(Register.CTGOV, number),
        "label": f"ClinicalTrials.gov ({number})",
        "said": "Completed. Register entry updated 8\u00a0November 2022; checked"
        " 16\u00a0November 2026.",
        "url": f"https://clinicaltrials.gov/study/{number}",
    }
    return RegisterLine(**{**values, **changes})  # type: ignore[arg-type]


def a_note(number: str = "NCT03590119", **changes: object) -> TrialNote:
    values: dict[str, object] = {
        "line": a_line(number),
        "title": "LUTIA",
        "changes": ("Status in the register: was Recruiting, is listed as Completed.",),
        "details": ("Participants: was 30 (planned), is listed as 27.",),
        "record_id": 2,
    }
    return TrialNote(**{**values, **changes})  # type: ignore[arg-type]


def trial_update(number: str = "NCT03590119", **changes: object) -> TrialUpdate:
    values: dict[str, object] = {
        "note": a_note(number),
        "posts": (PostLink(title="The LUTIA trial", url="https://blog.example.org/lutia/"),),
    }
    return TrialUpdate(**{**values, **changes})  # type: ignore[arg-type]


def trial_news(number: str = "NCT03590119", **changes: object) -> TrialNews:
    line = a_line(number)
    values: dict[str, object] = {
        "trial": line.trial,
        "title": "LUTIA",
        "url": line.url,
        "line": line,
        "changes": (TrialChange(kind=ChangeKind.STATUS, text=a_note().changes[0]),),
        "details": (TrialChange(kind=ChangeKind.DETAILS, text=a_note().details[0], matters=False),),
        "noted_at": datetime(2026, 11, 15, 9, tzinfo=UTC),
        "record_id": 2,
    }
    return TrialNews(**{**values, **changes})  # type: ignore[arg-type]
