"""What every answer of the web application has, whatever the page: headers, limits, words."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.webapp import SETTINGS, Served, served


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server on SQLite; these tests change nothing in it."""
    with served(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.mark.parametrize("path", ["/", "/no-such-page", "/healthz", "/static/style.css"])
def test_every_answer_has_the_protecting_headers(site: Served, path: str) -> None:
    headers = site.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script" not in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "set-cookie" not in headers
    assert "server" not in headers


def test_so_has_every_answer_of_every_route_and_no_personal_page_is_kept_or_found(
    site: Served,
) -> None:
    """Whether it is a page, a refusal, a wrong method, or one that only wants the headers."""
    paths = json.loads(site.get("/api/v1/openapi.json").text)["paths"]
    assert len([path for path in paths if "{token}" in path]) >= 7
    for path, method in itertools.product(paths, ("GET", "HEAD", "POST", "PUT")):
        token = "sample" if "unsubscribe" in path else "x"
        headers = site.ask(method, path.format(token=token, edition="2026-W47"), b"").headers
        where = f"{method} {path}"
        assert "frame-ancestors" in headers["content-security-policy"], where
        assert "script-src" not in headers["content-security-policy"], where
        assert headers["referrer-policy"] == "no-referrer", where
        assert headers["x-content-type-options"] == "nosniff", where
        assert headers["strict-transport-security"], where
        assert "set-cookie" not in headers, where
        assert "location" not in headers, where
        if "{token}" in path:
            assert headers["x-robots-tag"] == "noindex, nofollow", where
            assert headers["cache-control"] == "no-store", where


def test_without_https_no_browser_is_told_to_insist_on_it(tmp_path: Path) -> None:
    settings = SETTINGS.replace("https://news.example.org", "http://localhost:8000")
    with served(tmp_path, settings=settings) as plain:
        assert "strict-transport-security" not in plain.get("/healthz").headers


def test_health_says_whether_the_database_answers(site: Served) -> None:
    answer = site.get("/healthz")
    assert (answer.status, json.loads(answer.text)) == (200, {"status": "ok"})
    assert site.ask("HEAD", "/healthz").status == 200


def test_a_database_that_is_gone_is_said_in_words(tmp_path: Path) -> None:
    """503, so that a monitor and a mail provider know it will be better; no traceback."""
    with served(tmp_path) as broken:
        broken.wiring.database().engine.dispose()
        for file in tmp_path.glob("newsletter.db*"):
            file.unlink()
        (tmp_path / "newsletter.db").write_text("no database " * 1000, encoding="utf-8")
        answer = broken.get("/healthz")
        assert answer.status == 503
        assert "Traceback" not in answer.text


def test_the_counters_name_routes_and_nobody(site: Served) -> None:
    site.get("/unsubscribe/a-token-of-somebody")
    text = site.get("/metrics").text
    assert "a-token-of-somebody" not in text
    assert 'newsletter_requests_total{method="GET",route="/healthz",status="200"}' in text
    assert site.get("/metrics").headers["content-type"].startswith("text/plain; version=0.0.4")


def test_a_page_that_is_not_there_says_so(site: Served) -> None:
    answer = site.get("/no-such-page")
    assert answer.status == 404
    assert "There is no such page" in answer.text
    assert "morgan@blog.example.org" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"


def test_a_wrong_method_says_so_and_names_the_right_one(site: Served) -> None:
    answer = site.ask("PUT", "/healthz")
    assert answer.status == 405
    assert answer.headers["allow"] == "GET"
    assert "does not work here" in answer.text


def test_programs_get_failures_as_json(site: Served) -> None:
    answer = site.get("/api/v1/no-such-thing")
    assert answer.status == 404
    assert json.loads(answer.text)["error"]["code"] == "404"


def test_a_slash_too_many_leads_nowhere_else(site: Served) -> None:
    """A redirect would be made from the Host header, which the visitor chooses."""
    answer = site.get("/healthz/", Host="evil.example")
    assert answer.status == 404
    assert "location" not in answer.headers
    assert "evil.example" not in answer.text


def test_the_openapi_document_is_served(site: Served) -> None:
    document = json.loads(site.get("/api/v1/openapi.json").text)
    assert "/healthz" in document["paths"]


def _raw(site: Served, sent: bytes) -> bytes:
    """The first line of the answer to these bytes."""
    where = urlsplit(site.origin)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=30) as line:
        line.sendall(sent)
        return line.makefile("rb").readline()


def test_whatever_has_a_line_break_in_it_stays_one_request(site: Served) -> None:
    assert b" 400 " in _raw(site, b"GET / HTTP/1.1\r\nHost: x\r\nBad header\r\n\r\n")
