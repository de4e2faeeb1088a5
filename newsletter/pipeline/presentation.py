"""A post as an edition shows it: excerpt, reading time, and for an updated one what changed."""

from __future__ import annotations

from newsletter.feeds.excerpt import excerpt, reading_minutes
from newsletter.model.edition import DigestItem, ItemKind
from newsletter.model.post import Candidate, Change, Cleaned


def present(candidate: Candidate, kind: ItemKind, change: Change | None) -> DigestItem:
    """The item of a candidate; `change` is given for an updated one. Topics are added later."""
    text = candidate.newest.revision
    cleaned = Cleaned(html=text.html, text=text.text)
    return DigestItem(
        post_id=candidate.post_id,
        revision_id=candidate.newest.id,
        kind=kind,
        title=candidate.title,
        url=candidate.url,
        published=candidate.published,
        updated=candidate.updated or (candidate.newest.seen_at if change else None),
        excerpt=excerpt(cleaned),
        image=candidate.image,
        reading_minutes=reading_minutes(text.text),
        change=change.summary if change else "",
        quote_html=change.quote_html if change else "",
        quote_text=change.quote_text if change else "",
    )
