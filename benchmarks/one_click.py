"""How soon one-click requests to leave are answered while an edition is sent.

`--people` people get an edition from the stand-in for SendGrid, which answers at once, while
`newsletter serve` works on the same SQLite file and mail programs press "Unsubscribe" (RFC 8058),
`--rate` times a second, each for another person. Each answer comes after a durable commit.
Afterwards whoever pressed it is off the list, and everybody else has the edition. The same is
measured before without a send.

The target is for 100,000 people on a quiet machine of two cores; with fewer, only a gross
regression counts.
"""

from __future__ import annotations

import argparse
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.deliver_million import Place, place, sqlite
from benchmarks.mailing.steps import part

RATE = 300
"""Clicks a second that are to be answered; so many and a few more are asked."""

ASKED = 1.05
P99_SECONDS = 0.100
WHOLE = 100_000
GROSS = 3.0
_SECRETS = {"NEWSLETTER_SECRET_KEY": "k" * 40, "SENDGRID_API_KEY": "SG.stand-in"}
_ALONE_SECONDS = 4


@contextmanager
def serving(made: Place) -> Iterator[int]:
    """`newsletter serve` on the place's database; the port it answers at."""
    program = Path(sys.executable).with_name("newsletter")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NEWSLETTER_")}
    process = subprocess.Popen(
        [program, "--config", made.folder / "newsletter.toml", "serve", "--port", "0"],
        env=kept | _SECRETS,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        said = (re.search(r" at http://\S+:(\d+)/", line) for line in process.stderr)
        found = next(filter(None, said), None)
        if found is None:
            raise SystemExit("the server does not say where it listens")
        yield int(found[1])
    finally:
        process.terminate()
        process.wait()


def shown(what: str, told: dict[str, Any]) -> float:
    """Prints what the mail programs saw; the clicks a second."""
    rate = float(told["clicks"] / told["seconds"])
    print(
        f"{what:<22} {told['clicks']:>6,} clicks, {rate:>5.0f} a second; half within"
        f" {told['half'] * 1000:.0f} ms, 99 % within {told['p99'] * 1000:.0f} ms, all within"
        f" {told['worst'] * 1000:.0f} ms",
        flush=True,
    )
    return rate


def unsubscribed(url: str) -> int:
    """How many people are off the list."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    query = "SELECT count(*) FROM subscriber_person WHERE status = 'unsubscribed'"
    (count,) = connection.execute(query).fetchone()
    connection.close()
    return int(count)


def main() -> int:
    """Measures; 1 if the target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=WHOLE)
    parser.add_argument("--rate", type=float, default=RATE * ASKED)
    given = parser.parse_args()
    with sqlite() as url, place(url, given.people) as made, serving(made) as port:
        with part("clicker", port, given.rate) as clicker:
            time.sleep(_ALONE_SECONDS)
            clicker.end()
            shown("without a send", clicker.said())
        before = unsubscribed(url)
        with part("clicker", port, given.rate) as clicker:
            ran = made.send()
            clicker.end()
            told = clicker.said()
        gone = unsubscribed(url)
    print(
        f"a send to {given.people:,} people took {ran.seconds:.1f} s; load {os.getloadavg()[0]:.1f}"
    )
    rate = shown("beside the send", told)
    if gone != max(before, told["clicks"]):
        raise SystemExit(f"{told['clicks']} people left, and {gone} are off the list")
    limit = P99_SECONDS if given.people >= WHOLE else P99_SECONDS * GROSS
    least = RATE if given.people >= WHOLE else RATE / GROSS
    kept = rate >= least and told["p99"] <= limit
    print(
        f"ratio {rate:.0f} clicks a second, 99 % within {told['p99'] * 1000:.0f} ms"
        f" (at least {least:.0f}, at most {limit * 1000:.0f} ms: {'kept' if kept else 'MISSED'})"
    )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
