"""Digests to try the making of a mail on."""

from __future__ import annotations

from datetime import UTC, date, datetime

from newsletter.model.edition import Digest, DigestItem, Form, ItemKind, Masthead, Period, Tags
from newsletter.model.post import Image

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
