"""`newsletter serve`: the web application, in this process, until it is stopped."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.discretion import start_logging
from newsletter.cli.output import say

if TYPE_CHECKING:
    import uvicorn

    from newsletter.config import Settings
    from newsletter.wiring import Wiring

APPLICATION = "newsletter.web.app:create"
"""What makes the web application; a name only, since the command line does not know the web."""

CONNECTION = "newsletter.web.connection:Connection"
"""What reads its requests."""

BACKLOG = 2048
"""So many connections may wait to be answered."""

STOP_SECONDS = 15
"""So long a request under way may take to end when the server stops."""


@click.command("serve")
@click.option("--host", metavar="ADDRESS", help="Listen there.  [default: web.host]")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="At this port; 0 takes a free one.  "
    "[default: web.port]",
)  # fmt: skip
@pass_app
def command(app: App, host: str | None, port: int | None) -> int:
    """Serve the pages for readers: signing up, choices, leaving, the archive.

    It answers until it is stopped by Ctrl-C or SIGTERM; requests under way are ended first. Put a
    web server with a certificate in front of it: docs/how-to/run-the-server.md.
    """
    settings = app.wiring().settings
    start_logging(debug=app.debug)
    with listening(host or settings.web.host, settings.web.port if port is None else port) as at:
        server = server_for(app.wiring())
        say(_introduction(settings, at))
        with _stopped_by_signals():
            server.run(sockets=[at])
    say("Stopped.")
    return 0


def server_for(wiring: Wiring) -> uvicorn.Server:
    """The server with the web application in it; `run` it on a socket that listens."""
    import uvicorn
    from uvicorn.importer import import_from_string

    config = uvicorn.Config(
        import_from_string(APPLICATION)(wiring),
        http=import_from_string(CONNECTION),
        ws="none",
        log_config=None,
        access_log=False,  # its lines would have addresses of people and their tokens in them
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=list(wiring.settings.web.trusted_proxies),
        timeout_graceful_shutdown=STOP_SECONDS,
        lifespan="on",
    )
    return uvicorn.Server(config)


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens there. Raises UsageError when it cannot."""
    from newsletter.errors import UsageError

    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        made = socket.create_server((host, port), family=family, backlog=BACKLOG)
        # Its connections inherit this: else the second half of an answer waits for the visitor's
        # system to acknowledge the first, some 40 ms. (asyncio sets it for its own sockets only.)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise UsageError(
            f"Nothing can be served at {host}, port {port}: {_reason(error)}.",
            "Stop the program that is using it, or take another one with --host and --port, or with"
            " host and port under [web].",
        ) from None
    with made:
        yield made


def _reason(error: OSError) -> str:
    """In the system's words; the library adds the address to them, which was said already."""
    found = isinstance(error, socket.gaierror) or error.errno is None
    return str(error.strerror) if found else os.strerror(error.errno or 0)


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Uvicorn ends well at these signals, and then raises them again; here that was all."""
    wanted = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: None) for number in wanted]
    try:
        yield
    finally:
        for number, handler in zip(wanted, before, strict=True):
            signal.signal(number, handler)


def _introduction(settings: Settings, at: socket.socket) -> str:
    host, port = at.getsockname()[:2]
    here = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
    public = settings.newsletter.public_url
    known = f" Readers reach it as {public}/." if public else ""
    return f"Serving {settings.newsletter.title} at {here}{known} Ctrl-C ends it."
