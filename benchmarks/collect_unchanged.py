"""How long collecting a WordPress blog of 200 posts takes that did not change, per bare request.

The blog is served on loopback by another process as core answers: feed, REST API and conditional
requests. It is read once, with all its posts; after that one conditional request must do. The floor
is that request alone, with the limits of time and size that each has here, and nothing read or
noted. The same by the standard library's client, without any limits, is shown beside it. All are
made in turns of ten, and their first quartiles compared.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from newsletter.demo import blog as demo
from newsletter.model.feed import Validators
from newsletter.pipeline.collect import collect
from newsletter.pipeline.context import Context
from newsletter.store.lock import run_lock
from newsletter.wiring import Wiring, wire
from tests.webserver import serving
from tests.wordpress import Post, install

TARGET = 3.0
TURN = 10
NOW = datetime(2026, 11, 9, 8, tzinfo=UTC)


def posts(count: int) -> list[Post]:
    """Posts of some 3 kB, one a day."""
    return [
        Post(
            number=at + 1,
            slug=f"note-{at}",
            title=f"Note {at}",
            content=f"<p>{f'On day {at} nothing new was seen by the river. ' * 60}</p>",
            published=NOW - timedelta(days=count - at),
            modified=NOW - timedelta(days=count - at),
        )
        for at in range(count)
    ]


def timed(run: Callable[[], object]) -> float:
    """Seconds that it takes."""
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def serve(count: int, pipe: Connection) -> None:
    """Serves the blog, and says how often it was asked, until the other end closes."""
    with serving() as web:
        blog = install(web, posts(count))
        pipe.send((web.url("/feed/atom/"), blog.etag, blog.last_modified))
        while pipe.recv():
            pipe.send(len(blog.requests))


@contextmanager
def served(count: int) -> Iterator[Connection]:
    """The blog in a process of its own, so that it takes none of this one's time."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(count, theirs))
    process.start()
    try:
        yield ours
    finally:
        ours.send(None)
        process.join()


def asked(pipe: Connection) -> int:
    """How many requests there were."""
    pipe.send("?")
    return int(pipe.recv())


def unlimited(url: str, etag: str, last_modified: str) -> Callable[[], None]:
    """One conditional request by http.client."""
    parts = urlsplit(url)

    def ask() -> None:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        headers = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        connection.request("GET", parts.path, headers=headers)
        if connection.getresponse().status != 304:
            raise SystemExit("the blog did change")
        connection.close()

    return ask


def context_of(wiring: Wiring) -> Context:
    """A run's world, an hour after the first reading."""
    made = wiring.context(tell=lambda _: None, progress=lambda _: None)
    return replace(made, pause=lambda _: None)


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of collecting, of the bare request, and of one without limits; and the requests."""

    collected: float
    bare: float
    unlimited: float
    requests: int


def measure(count: int, runs: int) -> Figures:
    """Reads the blog, and then finds it unchanged, again and again."""
    with tempfile.TemporaryDirectory() as name, served(count) as pipe:
        url, etag, last_modified = pipe.recv()
        config = Path(name) / "newsletter.toml"
        config.write_text(demo.settings_for(url), "utf-8")
        wiring = wire(config)
        context = context_of(wiring)
        with run_lock(context.database):
            collect(context)
            known = asked(pipe)
            collect(context)
            more = asked(pipe) - known
            known_by = Validators(etag=etag, last_modified=last_modified)
            ways: tuple[Callable[[], object], ...] = (
                lambda: collect(context),
                lambda: context.fetch(url, known_by),
                unlimited(url, etag, last_modified),
            )
            times: list[list[float]] = [[] for _ in ways]
            for _ in range(runs // TURN):
                for way, taken in zip(ways, times, strict=True):
                    taken += [timed(way) for _ in range(TURN)]
        wiring.close()
    collected, bare, plain = map(fast, times)
    return Figures(collected, bare, plain, more)


def fast(times: list[float]) -> float:
    """The first quartile: a request to another process waits for it, and for whatever else runs."""
    return statistics.quantiles(times, n=4)[0]


def main() -> int:
    """Prints the two times and their ratio; 1 if it is above the target, or more was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=200)
    parser.add_argument("--runs", type=int, default=200)
    arguments = parser.parse_args()
    found = measure(arguments.posts, arguments.runs)
    ratio = found.collected / found.bare
    print(
        f"collecting, nothing changed   {found.collected * 1000:8.2f} ms, {found.requests} request"
    )
    print(f"one conditional request       {found.bare * 1000:8.2f} ms")
    print(f"the same by http.client       {found.unlimited * 1000:8.2f} ms (no target)")
    print(f"ratio to the bare request     {ratio:8.2f}    (target: under {TARGET})")
    return 0 if found.requests == 1 and ratio < TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
