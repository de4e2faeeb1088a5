"""The bundled blog, served on the loopback address."""

from __future__ import annotations

import csv
import struct
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from http.client import HTTPResponse

import feedparser
import pytest

from newsletter.demo import blog
from newsletter.demo.server import DemoBlog, serve_demo_blog

LUTIA = "https://blog.example.org/?p=1207"


@pytest.fixture(name="served")
def _served() -> Iterator[DemoBlog]:
    with serve_demo_blog(1) as demo:
        yield demo


def get(url: str, **headers: str) -> HTTPResponse:
    request = urllib.request.Request(
        url, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    answer = urllib.request.urlopen(request, timeout=10)
    assert isinstance(answer, HTTPResponse)
    return answer


def status_of(url: str, **headers: str) -> int:
    try:
        with get(url, **headers) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def entries(week: int) -> dict[str, dict[str, str]]:
    parsed = feedparser.parse(blog.feed_of(week))
    assert not parsed.bozo
    return {
        entry.id: {
            "title": entry.title,
            "updated": entry.updated,
            "published": entry.published,
            "content": entry.content[0].value,
        }
        for entry in parsed.entries
    }


def test_the_feed_is_served_until_the_block_is_left() -> None:
    with serve_demo_blog(1) as demo, get(demo.feed_url) as answer:
        assert answer.read() == blog.feed_of(1)
        assert answer.headers["Content-Type"] == "application/atom+xml; charset=UTF-8"
    with pytest.raises(urllib.error.URLError):
        get(demo.feed_url)


def test_a_client_that_has_it_all_gets_304_as_from_wordpress(served: DemoBlog) -> None:
    with get(served.feed_url) as answer:
        etag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
    url = served.feed_url
    assert modified == "Sat, 07 Nov 2026 09:10:00 GMT"
    assert status_of(url, If_None_Match=etag) == 304
    assert status_of(url, If_Modified_Since=modified) == 304
    assert status_of(url, If_None_Match=etag, If_Modified_Since=modified) == 304
    assert status_of(url, If_None_Match='"other"', If_Modified_Since=modified) == 200


def test_a_week_later_the_same_address_has_the_new_feed(served: DemoBlog) -> None:
    etag = served.etag
    served.turn_to(2)
    assert status_of(served.feed_url, If_None_Match=etag) == 200


def test_the_home_page_leads_to_the_feed_and_the_pictures_are_there(served: DemoBlog) -> None:
    with get(served.url + "/") as answer:
        assert b'rel="alternate" type="application/atom+xml"' in answer.read()
    for path, picture in blog.pictures().items():
        with get(served.url + path) as answer:
            assert answer.read() == picture
    assert status_of(served.url + "/nothing") == 404


def test_week_two_brings_two_posts_a_dated_section_and_a_corrected_word() -> None:
    first, second = entries(1), entries(2)
    assert len(second.keys() - first.keys()) == 2
    changed = {key for key in first if first[key] != second[key]}
    assert len(changed) == 2
    assert LUTIA in changed
    assert first.keys() <= second.keys()
    assert second[LUTIA]["content"].startswith("<h3>Update 14 November 2026</h3>")
    assert second[LUTIA]["content"].endswith(first[LUTIA]["content"][-500:])
    assert second[LUTIA]["published"].startswith("2019-01-16")
    (typo,) = changed - {LUTIA}
    corrected = first[typo]["content"].replace("recieve", "receive")
    assert second[typo]["content"] == corrected != first[typo]["content"]


def test_each_week_has_posts_of_the_seven_days_before_its_run() -> None:
    for week, run in enumerate(blog.RUNS, start=1):
        fresh = [
            entry["published"]
            for entry in entries(week).values()
            if 0 <= (run.date() - datetime.fromisoformat(entry["published"]).date()).days <= 7
        ]
        assert len(fresh) == 2


def test_pictures_are_small_png_of_the_size_the_feed_says() -> None:
    for path, picture in blog.pictures().items():
        assert picture.startswith(b"\x89PNG")
        assert struct.unpack(">II", picture[16:24]) == (1152, 576)
        assert len(picture) < 30_000
        assert blog.WEBSITE + path in blog.feed_of(2).decode()
        assert blog.pictures_inline()[blog.WEBSITE + path].startswith("data:image/png;base64,")


def test_the_settings_take_the_feeds_address() -> None:
    settings = tomllib.loads(blog.settings_for("http://127.0.0.1:4711/feed/atom/"))
    assert settings["feeds"] == [{"url": "http://127.0.0.1:4711/feed/atom/"}]
    assert settings["delivery"]["transport"] == "outbox"


def test_the_subscribers_do_not_exist_and_know_the_topics() -> None:
    rows = list(csv.DictReader(blog.subscribers().splitlines()))
    settings = tomllib.loads(blog.settings_for("x"))
    topics = {topic["key"] for topic in settings["topics"]}
    assert len(rows) == 8
    for row in rows:
        assert row["email"].rpartition("@")[2] in {"example.org", "example.net", "example.com"}
        assert set(filter(None, row["topics"].split(";"))) <= topics
    assert {row["topics"] for row in rows} == {"", "trials", "living", "trials;living"}
    assert [row["status"] for row in rows].count("unsubscribed") == 1
