"""How much the stand-in for SendGrid can take: the ceiling of every measurement made against it.

Requests of 1,000 personalizations are made before the clock starts, and posted as they are by
clients in a process of their own: over one kept-alive connection, and over four. With and without
the fast mode, each request accepted and committed before its answer.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from newsletter.standin.rules import KEY, Rules
from newsletter.standin.server import serve

PEOPLE = 1000
TARGET_FAST = 100_000
"""Recipients a second in the fast mode, over one connection."""

_HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}


def body(number: int) -> bytes:
    """A request as the newsletter makes it: one digest of 30 kB, and a thousand people."""
    first = number * PEOPLE
    content = [("text/plain", "Words. " * 1000), ("text/html", "<p>Words and more.</p>" * 1000)]
    document = {
        "personalizations": [_person(n) for n in range(first, first + PEOPLE)],
        "from": {"email": "news@example.org", "name": "News"},
        "subject": "This week",
        "content": [{"type": kind, "value": text} for kind, text in content],
        "categories": ["newsletter"],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _person(number: int) -> dict[str, object]:
    link = f"https://news.example.org/unsubscribe/{number:028d}"
    return {
        "to": [{"email": f"reader{number}@host{number % 997}.example.org"}],
        "headers": {
            "List-Unsubscribe": f"<{link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": "<news.example.org>",
            "Auto-Submitted": "auto-generated",
        },
        "substitutions": {"-7f3a:u-": link, "-7f3a:p-": link, "-7f3a:v-": link},
        "custom_args": {"nl_delivery": f"{number:032d}", "nl_attempt": "1"},
    }


def post(host: str, bodies: list[bytes]) -> int:
    """Posts over one connection; how many were accepted."""
    connection = http.client.HTTPConnection(host)
    accepted = 0
    for one in bodies:
        connection.request("POST", "/v3/mail/send", one, _HEADERS)
        response = connection.getresponse()
        response.read()
        accepted += response.status == 202
    connection.close()
    return accepted


def client(host: str, requests: int, connections: int) -> float:
    """The seconds in which all requests were accepted over so many connections."""
    bodies = [body(number) for number in range(requests)]
    shares = [bodies[start::connections] for start in range(connections)]
    begin = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        accepted = sum(pool.map(lambda share: post(host, share), shares))
    seconds = time.perf_counter() - begin
    if accepted != requests:
        raise SystemExit(f"only {accepted} of {requests} requests were accepted")
    return seconds


def measure(requests: int, connections: int, *, fast: bool) -> float:
    """Requests a second, with the client in another process."""
    rules = Rules(fast=fast, rate_limit=1_000_000)
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder), rules, time.time) as stand_in,
        context.Pool(1) as pool,
    ):
        host = stand_in.url.removeprefix("http://")
        seconds = pool.apply(client, (host, requests, connections))
        accepted = stand_in.service.summary()["accepted"]
    if accepted != requests * PEOPLE:
        raise SystemExit(f"the ledger has {accepted} recipients instead of {requests * PEOPLE}")
    return requests / seconds


def main() -> int:
    """Prints the table; 1 if the fast mode is slower than its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=120)
    requests = parser.parse_args().requests
    print(f"{'mode':<10} {'connections':>11} {'requests/s':>11} {'recipients/s':>13}")
    rates = {}
    for fast in (False, True):
        for connections in (1, 4):
            rates[fast, connections] = rate = measure(requests, connections, fast=fast)
            name = "fast" if fast else "checking"
            print(f"{name:<10} {connections:>11} {rate:>11.0f} {rate * PEOPLE:>13,.0f}")
    ratio = rates[True, 1] * PEOPLE / TARGET_FAST
    print(f"ratio of the fast mode to its target of {TARGET_FAST:,} recipients/s: {ratio:.1f}")
    return 0 if ratio >= 1 else 1


if __name__ == "__main__":
    sys.exit(main())
