"""Posts and revisions to try the store on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from newsletter.model.post import Change, Identity, Image, PostDraft, Revision, Weight
from newsletter.store import feeds, posts
from tests.integration.store.ledger import NOW

MAJOR = Change(weight=Weight.MAJOR, summary="New section.", reasons=("a new heading",))
MINOR = Change(weight=Weight.MINOR, reasons=("three letters",))


def feed(connection: Connection, url: str = "https://blog.example.org/feed/") -> int:
    """A feed's number."""
    feeds.register(connection, [url])
    return feeds.states(connection, [url])[0].id


def text(words: str) -> Revision:
    """A version of a post."""
    return Revision(title="A title", html=f"<p>{words}</p>", text=words, text_hash=words[:64])


def draft(number: int = 1, **changes: Any) -> PostDraft:
    """What an entry says of a post."""
    values: dict[str, Any] = {
        "identity": Identity(
            guid=f"blog.example.org/?p={number}",
            post_number=number,
            slug=f"post-{number}",
            fingerprint=f"f{number}",
        ),
        "url": f"https://blog.example.org/post-{number}/",
        "title": f"Post {number}",
        "published": NOW,
        "updated": None,
        "categories": ("Clinical Trials", "Ünïcode 🎗"),
        "image": Image(url="https://blog.example.org/a.png", alt="A path", width=100, height=50),
        "protected": False,
        "revision": text(f"first of {number}"),
    }
    return PostDraft(**{**values, **changes})


def post(
    connection: Connection,
    number: int = 1,
    *,
    baseline: bool = False,
    now: datetime = NOW,
    **changes: Any,
) -> int:
    """Records a post with its first revision."""
    of = draft(number, **changes)
    return posts.add_post(connection, feed(connection), of, baseline=baseline, now=now)


def revise(
    connection: Connection, post_id: int, number: int, *, now: datetime, change: Change = MAJOR
) -> None:
    """Adds a revision."""
    new = text(f"revision {number} of {post_id}")
    posts.add_revision(connection, post_id, new, change, now=now, number=number)
