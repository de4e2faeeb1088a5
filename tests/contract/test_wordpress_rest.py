"""The blog's snapshots by the REST API read as they do by feed: same marks, text and dates."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.feeds.parse import parse
from newsletter.feeds.restposts import RestPost, read_posts
from newsletter.model.feed import Entry, Fetched
from newsletter.pipeline.reading import draft_of

BLOG = Path(__file__).parents[2].parent / "shared" / "blog"
pytestmark = pytest.mark.skipif(
    not BLOG.is_dir(),
    reason="the sample blog is not here: it belongs at ../shared, seen from the repository",
)
HOME = "https://ronnyallan.example"


def answer(name: str) -> Fetched:
    body = (BLOG / name).read_bytes()
    return Fetched(url=HOME, final_url=HOME, http_status=200, body=body, headers={})


def by_feed(name: str) -> dict[int | None, Entry]:
    return {entry.post_number: entry for entry in parse(answer(name)).entries}


def by_rest(name: str) -> tuple[RestPost, ...]:
    return read_posts(answer(name)).posts


@pytest.mark.parametrize("week", ["week1", "week2"])
@pytest.mark.parametrize("feed", ["blog-{}.xml", "blog-atom-{}.xml", "blog-{}-nosharing.xml"])
def test_a_post_is_the_same_by_either(week: str, feed: str) -> None:
    shown = by_feed(feed.format(week))
    told = by_rest(f"blog-wpjson-{week}.json")
    assert len(told) == len(shown) >= 10
    for post in told:
        ours, theirs = draft_of(post.entry, HOME), draft_of(shown[post.number], HOME)
        assert ours.revision == theirs.revision, post.number
        assert ours.identity == theirs.identity
        assert ours.protected == theirs.protected
        assert (ours.title, ours.url, ours.published) == (
            theirs.title, theirs.url, theirs.published,
        )  # fmt: skip
        if theirs.updated is not None:
            assert ours.updated == theirs.updated


def test_what_was_edited_after_a_time_is_in_order_of_edits() -> None:
    told = by_rest("blog-wpjson-modified-after-2026-11-09T08.json")
    dates = [post.entry.updated for post in told if post.entry.updated]
    assert len(dates) == len(told) == 7
    assert dates == sorted(dates, reverse=True)
