"""Fetching from a real server: what comes back, within limits, and what each failure is called."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path
from typing import Any

import pytest

from newsletter.errors import FeedError
from newsletter.feeds.answers import KINDS
from newsletter.feeds.fetch import Limits, fetch
from newsletter.model.feed import Fetched, Validators
from tests.webserver import Page, Request, WebServer, self_signed, serving

AGENT = "newsletter/0.1 (+https://news.example.org)"
FEED = b"<rss version='2.0'><channel><title>T</title></channel></rss>"


def get(url: str, **options: Any) -> Fetched:
    return fetch(url, user_agent=AGENT, **options)


def failure(url: str, **options: Any) -> FeedError:
    with pytest.raises(FeedError) as caught:
        get(url, **options)
    assert caught.value.kind in KINDS
    assert caught.value.mend
    return caught.value


def test_an_answer_carries_body_headers_and_validators(web: WebServer) -> None:
    web.pages["/feed"] = Page(
        body=FEED, headers={"ETag": '"a"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
    )
    got = get(web.url("/feed"))
    assert (got.body, got.http_status, got.not_modified) == (FEED, 200, False)
    assert got.url == got.final_url == web.url("/feed")
    assert got.headers["etag"] == '"a"'
    assert got.validators == Validators(etag='"a"', last_modified="Mon, 01 Jan 2024 00:00:00 GMT")


def test_the_server_learns_who_asks_and_what_for(web: WebServer) -> None:
    web.pages["/feed"] = Page(body=FEED)
    get(web.url("/feed"))
    headers = web.requests[0].headers
    assert headers["user-agent"] == AGENT
    assert "application/atom+xml" in headers["accept"]
    assert "if-none-match" not in headers
    assert "cookie" not in headers


def test_a_feed_that_did_not_change_is_not_sent_again(web: WebServer) -> None:
    def answer(request: Request) -> Page:
        seen = request.headers.get("if-none-match")
        return Page(status=304 if seen == '"a"' else 200, body=b"", headers={"ETag": '"b"'})

    web.pages["/feed"] = answer
    known = Validators(etag='"a-gzip"', last_modified="Mon, 01 Jan 2024 00:00:00 GMT")
    got = get(web.url("/feed"), validators=known)
    assert (got.not_modified, got.body, got.http_status) == (True, None, 304)
    assert got.validators == known
    assert web.requests[0].headers["if-modified-since"] == known.last_modified


def test_a_304_nobody_asked_for_is_a_failure(web: WebServer) -> None:
    web.pages["/feed"] = Page(status=304)
    assert failure(web.url("/feed")).kind == "http-status"


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("gzip", gzip.compress(FEED)),
        ("gzip", gzip.compress(FEED[:20]) + gzip.compress(FEED[20:])),
        ("deflate", zlib.compress(FEED)),
        ("deflate", zlib.compress(FEED)[2:-4]),
        ("gzip", FEED),
        ("identity", gzip.compress(FEED)),
        ("none", FEED),
    ],
    ids=["gzip", "two-members", "zlib", "bare-deflate", "false-claim", "unclaimed", "unknown"],
)
def test_a_body_is_decompressed_by_what_it_is(web: WebServer, coding: str, sent: bytes) -> None:
    web.pages["/feed"] = Page(body=sent, headers={"Content-Encoding": coding})
    assert get(web.url("/feed")).body == FEED


def test_a_chunked_body_is_put_together(web: WebServer) -> None:
    web.pages["/feed"] = Page(body=FEED, chunked=True)
    assert get(web.url("/feed")).body == FEED


@pytest.mark.parametrize("page", [
    Page(body=FEED, length=len(FEED) + 10),
    Page(body=FEED, length=0, chunked=True),
    Page(body=gzip.compress(FEED)[:-12], headers={"Content-Encoding": "gzip"}),
], ids=["length", "chunks", "gzip"])  # fmt: skip
def test_a_body_cut_short_is_not_taken_for_a_feed(web: WebServer, page: Page) -> None:
    web.pages["/feed"] = page
    assert failure(web.url("/feed")).kind == "cut-short"


@pytest.mark.parametrize("coding", ["br", "deflate"])
def test_a_body_that_cannot_be_decompressed_says_so(web: WebServer, coding: str) -> None:
    web.pages["/feed"] = Page(body=b"\xff" * 50, headers={"Content-Encoding": coding})
    assert failure(web.url("/feed")).kind == "encoding"


def test_a_small_answer_that_unpacks_to_gigabytes_is_stopped_at_the_limit(web: WebServer) -> None:
    bomb = gzip.compress(bytes(40 * 1024**2), 9)
    assert len(bomb) < 50_000
    web.pages["/feed"] = Page(body=bomb, headers={"Content-Encoding": "gzip"})
    error = failure(web.url("/feed"))
    assert error.kind == "too-large"
    assert "20 MB" in error.message


def test_the_limit_is_on_bytes_and_exact(web: WebServer) -> None:
    web.pages["/feed"] = Page(body=FEED)
    assert get(web.url("/feed"), limits=Limits(max_bytes=len(FEED))).body == FEED
    assert failure(web.url("/feed"), limits=Limits(max_bytes=len(FEED) - 1)).kind == "too-large"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(web: WebServer, status: int) -> None:
    web.redirect("/old", "/feed", status)
    web.pages["/feed"] = Page(body=FEED)
    got = get(web.url("/old"))
    assert (got.body, got.url, got.final_url) == (FEED, web.url("/old"), web.url("/feed"))


def test_five_redirects_are_followed_and_no_more(web: WebServer) -> None:
    for step in range(6):
        web.redirect(f"/{step}", f"/{step + 1}")
    web.pages["/6"] = Page(body=FEED)
    assert get(web.url("/1")).body == FEED
    assert failure(web.url("/0")).kind == "too-many-redirects"


def test_a_redirect_loop_ends(web: WebServer) -> None:
    web.redirect("/a", "/b")
    web.redirect("/b", "/a")
    assert failure(web.url("/a")).kind == "too-many-redirects"
    assert len(web.requests) == 6


@pytest.mark.parametrize("target", ["ftp://example.org/x", "javascript:alert(1)", "http://["])
def test_a_redirect_to_what_is_no_web_address_is_refused(web: WebServer, target: str) -> None:
    web.redirect("/a", target)
    assert failure(web.url("/a")).kind == "invalid-url"


def test_credentials_go_to_their_own_origin_only(web: WebServer) -> None:
    with serving() as other:
        other.pages["/feed"] = Page(body=FEED)
        web.redirect("/a", "/b")
        web.redirect("/b", other.url("/feed"))
        url = web.url("/a").replace("http://", "http://anna:s%20cret@")
        got = get(url)
        assert got.final_url == other.url("/feed")
        assert [request.headers.get("authorization") for request in web.requests] == [
            "Basic YW5uYTpzIGNyZXQ=",
            "Basic YW5uYTpzIGNyZXQ=",
        ]
        assert "authorization" not in other.requests[0].headers


def test_a_password_in_the_address_is_never_shown(web: WebServer) -> None:
    url = web.url("/none").replace("http://", "http://anna:secret@")
    assert "secret" not in str(failure(url))


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "http-status"), (401, "login"), (403, "forbidden"), (404, "not-found"), (410, "gone"),
     (429, "rate-limited"), (500, "server-error"), (503, "server-error"), (599, "server-error"),
     (300, "http-status"), (206, "http-status"), (451, "http-status")],
)  # fmt: skip
def test_each_status_has_its_own_error(web: WebServer, status: int, kind: str) -> None:
    web.pages["/feed"] = Page(status=status, body=b"<html>no</html>")
    error = failure(web.url("/feed"))
    assert (error.kind, error.http_status) == (kind, status)
    assert str(status) in error.message


@pytest.mark.parametrize("page", [
    Page(status=403, headers={"cf-mitigated": "challenge"}),
    Page(status=503, body=b"<html><title>Just a moment...</title></html>"),
    Page(status=403, body=gzip.compress(b"<script>window._cf_chl_opt={}</script>"),
         headers={"Content-Encoding": "gzip"}),
], ids=["header", "title", "gzip"])  # fmt: skip
def test_a_challenge_for_browsers_is_named(web: WebServer, page: Page) -> None:
    web.pages["/feed"] = page
    assert failure(web.url("/feed")).kind == "bot-protection"


def test_a_refused_connection_is_named() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        assert failure(f"http://127.0.0.1:{port}/feed").kind == "refused"


def test_a_name_that_does_not_exist_is_named_and_does_not_hang() -> None:
    error = failure("https://blog.invalid/feed", limits=Limits(total=20))
    assert error.kind == "dns"
    assert "blog.invalid" in error.message


@pytest.mark.parametrize(
    "url", ["", "nonsense", "ftp://example.org/", "https://", "http://a b/", "http://[::1/",
            "http://example.org:99999/", "file:///etc/passwd"],
)  # fmt: skip
def test_what_is_no_web_address_is_named(url: str) -> None:
    assert failure(url).kind == "invalid-url"


def test_a_connection_closed_without_an_answer_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)

        thread = threading.Thread(target=hang_up)
        thread.start()
        assert failure(f"http://127.0.0.1:{server.getsockname()[1]}/").kind == "connection"
        thread.join()


def test_a_silent_server_is_given_up_after_the_read_limit(web: WebServer) -> None:
    web.pages["/feed"] = Page(body=FEED, delay=30)
    error = failure(web.url("/feed"), limits=Limits(read=0.2))
    assert error.kind == "timeout"
    assert "0.2 seconds" in error.message


@pytest.mark.parametrize("page", [
    Page(body=FEED, drip=0.05), Page(head_drip=0.05), Page(body=FEED * 2000, drip=0.0001),
], ids=["body", "headers", "many"])  # fmt: skip
def test_a_dripping_server_is_given_up_after_the_total_limit(web: WebServer, page: Page) -> None:
    web.pages["/feed"] = page
    started = time.monotonic()
    error = failure(web.url("/feed"), limits=Limits(read=5, total=0.4))
    assert error.kind == "timeout"
    assert time.monotonic() - started < 10


def test_a_fetch_given_up_leaves_no_thread_behind(web: WebServer) -> None:
    web.pages["/feed"] = Page(head_drip=0.05)
    failure(web.url("/feed"), limits=Limits(read=30, total=0.2))
    ours = [thread for thread in threading.enumerate() if thread.name == "fetch"]
    for thread in ours:
        thread.join(timeout=5)
    assert not any(thread.is_alive() for thread in ours)


def test_redirects_share_the_total_limit(web: WebServer) -> None:
    for step in range(5):
        web.pages[f"/{step}"] = Page(status=302, headers={"Location": f"/{step + 1}"}, delay=0.15)
    assert failure(web.url("/0"), limits=Limits(total=0.4)).kind == "timeout"


def test_a_certificate_nobody_signed_is_refused(tmp_path: Path) -> None:
    context, _ = self_signed(tmp_path)
    with serving(context) as site:
        site.pages["/feed"] = Page(body=FEED)
        error = failure(site.url("/feed"))
    assert error.kind == "certificate"
    assert "self-signed" in error.message
    assert not site.requests


def test_https_works_and_is_not_given_up_by_a_redirect(tmp_path: Path, web: WebServer) -> None:
    context, certificate = self_signed(tmp_path)
    trust = ssl.create_default_context(cafile=certificate)
    web.pages["/feed"] = Page(body=FEED)
    with serving(context) as site:
        site.pages["/feed"] = Page(body=FEED)
        site.redirect("/down", web.url("/feed"))
        web.redirect("/up", site.url("/feed"))
        assert get(site.url("/feed"), trust=trust).body == FEED
        assert get(web.url("/up"), trust=trust).body == FEED
        assert failure(site.url("/down"), trust=trust).kind == "insecure-redirect"


def test_https_to_a_server_that_speaks_plain_http_is_named(web: WebServer) -> None:
    assert failure(web.url("/").replace("http:", "https:")).kind == "certificate"


def test_a_proxy_is_used_where_one_is_given_and_only_there(web: WebServer) -> None:
    web.pages["http://blog.invalid/feed"] = Page(body=FEED)
    assert get("http://blog.invalid/feed", proxy=web.origin).body == FEED
    assert failure("http://blog.invalid/feed").kind == "dns"


def test_a_proxy_that_is_not_there_is_named() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{closed.getsockname()[1]}"
        assert failure("http://blog.invalid/feed", proxy=proxy).kind == "proxy"


def test_fetching_does_not_load_the_parser() -> None:
    script = "import sys, newsletter.feeds.fetch; print('feedparser' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
