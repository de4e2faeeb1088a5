"""Posts of real feeds become mails that pass the gate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.editions.check import check
from newsletter.editions.render import render
from newsletter.feeds.clean import clean
from newsletter.feeds.excerpt import excerpt, reading_minutes
from newsletter.feeds.parse import parse
from newsletter.model.edition import DigestItem, ItemKind
from newsletter.model.feed import Entry, Fetched
from tests.digests import MASTHEAD, TAGS, a_digest

FEEDS = Path(__file__).resolve().parents[2].parent / "shared" / "feeds"
FILES = sorted(path for path in FEEDS.glob("d[0-9]*") if path.suffix in {".xml", ".json"})
MOST = 15
"""Posts of a feed; a larger edition is held for its size, and that is another matter."""

if not FILES:
    pytest.skip(f"{FEEDS} is not here", allow_module_level=True)


def an_item(entry: Entry, number: int, kind: ItemKind) -> DigestItem:
    cleaned = clean(entry.content or entry.summary, base_url=entry.link or "https://x.example/")
    updated = kind is ItemKind.UPDATED
    return DigestItem(
        post_id=number,
        revision_id=number,
        kind=kind,
        title=entry.title,
        url=entry.link or "",
        published=entry.published,
        updated=entry.updated,
        excerpt=excerpt(cleaned),
        image=cleaned.image,
        reading_minutes=reading_minutes(cleaned.text),
        change="A new paragraph" if updated else "",
        quote_html=cleaned.html[:1500] if updated else "",
        quote_text=cleaned.text[:400] if updated else "",
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", list(ItemKind))
def test_a_real_feed_becomes_a_mail_that_passes_the_gate(path: Path, kind: ItemKind) -> None:
    address = "https://x.example/feed"
    feed = parse(
        Fetched(url=address, final_url=address, http_status=200, body=path.read_bytes(), headers={})
    )
    items = tuple(an_item(entry, n, kind) for n, entry in enumerate(feed.entries[:MOST]))
    masthead = replace(MASTHEAD, title=feed.title, website=feed.link or MASTHEAD.website)
    digest = replace(a_digest(masthead=masthead), **{kind.value: items})  # type: ignore[arg-type]
    rendered = render(digest, TAGS)
    found = check(rendered, TAGS, masthead)
    assert [finding for finding in found if finding.error] == []
    assert {finding.code for finding in found} <= {"insecure-link", "insecure-picture"}
    for item in items:
        assert " ".join(item.title.split()) in " ".join(rendered.text.split())
