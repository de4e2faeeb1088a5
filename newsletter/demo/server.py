"""Serves the bundled blog on the loopback address, with the headers WordPress gives.

And a register of one trial beside it, so that the demo can ask one without leaving the computer.

WordPress derives one Last-Modified from its newest change and the ETag from that, the same for
every feed; it answers 304 when each of the conditions that the client sent holds.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import Message
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from newsletter.demo import blog

_FEED_PATH = "/feed/atom/"
_REGISTER_PATH = "/register"
_VERSION = b'{"apiVersion": "2.0.5", "dataTimestamp": "2026-11-06T09:00:05"}'
_UPDATED = re.compile(rb"<updated>([^<]+)</updated>")
_HOME = (
    '<!doctype html><html lang="en-GB"><head><title>A Slow Kind of Luck</title>'
    f'<link rel="alternate" type="application/atom+xml" href="{_FEED_PATH}">'
    "</head><body><h1>A Slow Kind of Luck</h1></body></html>"
)


class DemoBlog:
    """The blog while it is being served: `url` is its base, without a slash at the end."""

    def __init__(self, url: str, week: int) -> None:
        self.url = url
        self.feed_url = url + _FEED_PATH
        self.register_url = url + _REGISTER_PATH
        self.turn_to(week)

    def turn_to(self, week: int) -> None:
        """From now on the feed is that of this week (1 or 2), at the same address."""
        self.feed = blog.feed_of(week)
        changes = _UPDATED.findall(self.feed)
        newest = max(datetime.fromisoformat(change.decode()) for change in changes)
        self.last_modified = format_datetime(newest.astimezone(UTC), usegmt=True)
        digest = hashlib.md5(self.last_modified.encode(), usedforsecurity=False).hexdigest()
        self.etag = f'"{digest}"'

    def unchanged(self, headers: Message) -> bool:
        """Whether the client already has this state of the blog (as WordPress decides it)."""
        etag, since = headers.get("If-None-Match"), headers.get("If-Modified-Since")
        held = [etag == self.etag] if etag else []
        held += [since == self.last_modified] if since else []
        return bool(held) and all(held)


@contextmanager
def serve_demo_blog(week: int) -> Iterator[DemoBlog]:
    """The blog of this week on a free port of 127.0.0.1, until the block is left."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    demo = DemoBlog(f"http://127.0.0.1:{server.server_address[1]}", week)
    server.demo = demo  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield demo
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD for the feed, the home page, the pictures and the register."""

    def do_GET(self) -> None:
        demo: DemoBlog = self.server.demo  # type: ignore[attr-defined]
        path = self.path.partition("?")[0]
        if path == _FEED_PATH and demo.unchanged(self.headers):
            self._answer(HTTPStatus.NOT_MODIFIED, demo=demo)
        elif path == _FEED_PATH:
            self._answer(HTTPStatus.OK, demo.feed, "application/atom+xml; charset=UTF-8", demo)
        elif path == "/":
            self._answer(HTTPStatus.OK, _HOME.encode(), "text/html; charset=UTF-8")
        elif path == f"{_REGISTER_PATH}/version":
            self._answer(HTTPStatus.OK, _VERSION, "application/json")
        elif path == f"{_REGISTER_PATH}/studies":
            self._answer(HTTPStatus.OK, blog.study(), "application/json")
        elif path in blog.pictures():
            self._answer(HTTPStatus.OK, blog.pictures()[path], "image/png")
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"Not found\n", "text/plain; charset=UTF-8")

    do_HEAD = do_GET  # noqa: N815 - the standard library looks for this name

    def _answer(
        self, status: HTTPStatus, body: bytes = b"", kind: str = "", demo: DemoBlog | None = None
    ) -> None:
        self.send_response(status)
        if demo is not None:
            self.send_header("Last-Modified", demo.last_modified)
            self.send_header("ETag", demo.etag)
        if kind:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Says nothing: the demo's own output is for a person to read."""
