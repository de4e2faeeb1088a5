"""A WordPress behind Apache, by its own rule for conditional requests, answers 304 to us."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newsletter.feeds.fetch import fetch
from newsletter.feeds.parse import parse
from tests.webserver import Page, Request, WebServer

BLOG = Path(__file__).parents[2].parent / "shared" / "blog"

pytestmark = pytest.mark.skipif(
    not BLOG.is_dir(),
    reason="the sample blog is not here: it belongs at ../shared, seen from the repository",
)


class Blog:
    """Answers as class-wp.php does: with both headers given, both must match."""

    def __init__(self, week: str, etag: str) -> None:
        told = json.loads((BLOG / "http-headers.json").read_text("utf-8"))[week]
        self.etag, self.modified, self.sent = told["ETag"], told["Last-Modified"], told[etag]
        self.body = (BLOG / f"blog-{week}.xml").read_bytes()

    def __call__(self, request: Request) -> Page:
        headers = {"ETag": self.sent, "Last-Modified": self.modified}
        asked = [("if-none-match", self.etag), ("if-modified-since", self.modified)]
        given = [(request.headers[name], known) for name, known in asked if name in request.headers]
        if given and all(value == known for value, known in given):
            return Page(status=304, headers=headers)
        return Page(body=self.body, headers={"Content-Type": "application/rss+xml", **headers})


@pytest.mark.parametrize("etag", ["ETag", "ETag behind Apache mod_deflate"])
def test_an_unchanged_blog_is_not_sent_twice_and_a_changed_one_is(
    web: WebServer, etag: str
) -> None:
    url = web.url("/feed/")
    web.pages["/feed/"] = Blog("week1", etag)
    first = fetch(url, user_agent="newsletter/test")
    again = fetch(url, user_agent="newsletter/test", validators=first.validators)
    assert again.not_modified
    assert again.validators == first.validators
    web.pages["/feed/"] = Blog("week2", etag)
    changed = fetch(url, user_agent="newsletter/test", validators=again.validators)
    assert not changed.not_modified
    assert len(parse(changed).entries) == 12
