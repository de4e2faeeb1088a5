"""How long a delivery takes from `newsletter send` to its end, and what it costs others.

`--people` people get an edition from the stand-in for SendGrid, which is a process of its own and
answers at once. Measured, each against a target:

* the whole command, on SQLite and on PostgreSQL, against a floor that posts the same bodies and
  writes the same rows (see mailing/floor.py);
* the peak of its memory, and whether it grows with the number of people;
* with answers that take 0.2 s each, eight requests at a time: how near it comes to the ideal;
* how long another program has to wait that makes 300 commits a second meanwhile.

With fewer than a million people only gross regressions count as a target that was missed: starting
the command alone then takes a large part of the time.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.mailing.steps import Ran, command, done, part

FLOOR_TARGET = 3.0
MEMORY_MB = 150
GROWTH_MB = 15
IDEAL_TARGET = 0.90
LATENCY, CONCURRENCY = 0.2, 8
WRITES = 300
P99_SECONDS, WORST_SECONDS = 0.150, 1.0
WHOLE = 1_000_000
GROSS = 2.0
"""With fewer people a figure may be so many times as bad."""

_SETTINGS = """
[newsletter]
title = "A newsletter"
sender = "A Newsletter <news@example.org>"
postal_address = "1 Street, Town"
public_url = "https://news.example.org"
website = "https://blog.example.org"
[[feeds]]
url = "https://blog.example.org/feed/"
[store]
url = "{url}"
[delivery]
transport = "sendgrid"
concurrency = {concurrency}
per_second = 1000.0
undo_minutes = 0
[delivery.sendgrid]
base_url = "{provider}"
"""
PARTS = ("sqlite", "memory", "latency", "writer", "postgresql", "usual")
_SECRETS = {"NEWSLETTER_SECRET_KEY": "k" * 40, "SENDGRID_API_KEY": "SG.stand-in"}


@dataclass(slots=True)
class Verdicts:
    """Which targets were kept, at which size."""

    people: int
    missed: list[str] = field(default_factory=list)

    def line(self, what: str, figure: str, kept: bool, target: str) -> None:
        """Prints a figure beside its target."""
        print(f"{what:<52} {figure:>12}   ({target}: {'kept' if kept else 'MISSED'})", flush=True)
        if not kept:
            self.missed.append(what)

    def at_most(self, what: str, value: float, target: float, form: str) -> None:
        """A figure that may not be larger."""
        limit = target if self.people >= WHOLE else target * GROSS
        self.line(what, form.format(value), value <= limit, f"at most {form.format(limit)}")

    def at_least(self, what: str, value: float, target: float, form: str) -> None:
        """A figure that may not be smaller."""
        limit = target if self.people >= WHOLE else target / GROSS
        self.line(what, form.format(value), value >= limit, f"at least {form.format(limit)}")


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a send: its batches, and the seconds from the end of planning to the end."""

    batches: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Place:
    """A database with a frozen edition, and a stand-in for its provider."""

    url: str
    provider: str
    folder: Path

    def send(self) -> Ran:
        """`newsletter send`, from its start to its end."""
        config = self.folder / "newsletter.toml"
        return command("--config", config, "send", "--yes", environment=_SECRETS)


@contextmanager
def sqlite() -> Iterator[str]:
    """The address of a new SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder, 'newsletter.db')}"


@contextmanager
def postgresql() -> Iterator[str | None]:
    """The address of a new PostgreSQL database; None where there is none for this platform."""
    with part("server") as server:
        yield server.said()


@contextmanager
def place(url: str, people: int, *, concurrency: int = 4, latency: float = 0.0) -> Iterator[Place]:
    """Everything in its place for a send; afterwards everybody was accepted once, or it ends."""
    with (
        tempfile.TemporaryDirectory() as name,
        part("provider", Path(name, "provider"), latency) as provider,
    ):
        folder = Path(name)
        made = Place(url, provider.said(), folder)
        (folder / "newsletter.toml").write_text(
            _SETTINGS.format(url=url, concurrency=concurrency, provider=made.provider)
        )
        done("listing", folder, url, people)
        yield made


def sent(made: Place, people: int) -> tuple[Ran, Ended]:
    """A send, and what came of it: everybody has to be accepted."""
    ran = made.send()
    told = done("ended", made.url)
    if told["people"] != people:
        raise SystemExit(f"{told['people']} of {people} people were accepted")
    return ran, Ended(told["batches"], told["handing_over"])


def against_the_floor(verdicts: Verdicts, kind: str, url: str, people: int) -> Ran:
    """A send, and beside it the least that any program would have to do."""
    with place(url, people) as made:
        ran, ended = sent(made, people)
        floor = done("floor", url, made.provider)
    least = sum(floor.values())
    print(f"\n{kind}, {people:,} people; load {os.getloadavg()[0]:.1f}")
    print(
        f"  the command {ran.seconds:.2f} s, of which handing over {ended.seconds:.2f} s;"
        f" {ran.cpu:.2f} s of processor"
    )
    parts = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in floor.items())
    print(f"  the floor   {least:.2f} s: {parts}")
    verdicts.at_most(f"ratio to the floor, {kind}", ran.seconds / least, FLOOR_TARGET, "{:.2f}")
    return ran


def memory(verdicts: Verdicts, ran: Ran, people: int) -> None:
    """The same with a tenth of the people: memory must not grow with them."""
    few = max(people // 10, 1000)
    with sqlite() as url, place(url, few) as made:
        less, _ = sent(made, few)
    print(f"\nmemory: {less.peak_mb:.0f} MB at {few:,} people, {ran.peak_mb:.0f} MB at {people:,}")
    verdicts.at_most("peak of memory", ran.peak_mb, MEMORY_MB, "{:.0f} MB")
    verdicts.at_most("growth of memory", ran.peak_mb - less.peak_mb, GROWTH_MB, "{:.0f} MB")


def latency(verdicts: Verdicts, people: int) -> None:
    """Answers that take their time: the places have to be kept full."""
    with (
        sqlite() as url,
        place(url, people, concurrency=CONCURRENCY, latency=LATENCY) as made,
    ):
        _, ended = sent(made, people)
    ideal = ended.batches * LATENCY / CONCURRENCY
    print(f"\n{LATENCY} s of latency, {CONCURRENCY} at a time, {people:,} people")
    print(f"  handing over {ended.seconds:.2f} s; ideal {ideal:.2f} s for {ended.batches} requests")
    verdicts.at_least("ratio of the ideal", ideal / ended.seconds, IDEAL_TARGET, "{:.2f}")


def beside_a_writer(verdicts: Verdicts, people: int) -> None:
    """Another program makes so many commits a second while people are sent to."""
    with sqlite() as url, place(url, people) as made:
        with part("writer", url, WRITES) as writer:
            time.sleep(3)
            writer.end()
            alone = writer.said()
        with part("writer", url, WRITES) as writer:
            ran, _ = sent(made, people)
            writer.end()
            told = writer.said()
    print(f"\n{WRITES} commits a second beside a send to {people:,} people: {ran.seconds:.1f} s")
    for name, one in (("alone", alone), ("beside", told)):
        for since in ("due", "own"):
            times = "  ".join(f"{key} {1000 * value:.1f} ms" for key, value in one[since].items())
            rate = one["commits"] / one["seconds"]
            print(f"  {name:<7} {since:<4} {times}  {rate:.0f}/s")
    verdicts.at_most("wait of another writer, p99", told["due"]["p99"], P99_SECONDS, "{:.3f} s")
    verdicts.at_most(
        "wait of another writer, worst", told["due"]["worst"], WORST_SECONDS, "{:.3f} s"
    )


def usual(ran: Ran, people: int) -> None:
    """The table beside what one finds elsewhere."""
    with tempfile.TemporaryDirectory() as name, part("provider", name, 0) as provider:
        told = done("usual", provider.said(), min(3000, people))
    print("\nseconds for 100,000 people            requests    remembers")
    print(f"one Mail() a person        {told['one_by_one']:>9.1f}    100,000       nothing")
    print(f"helpers, 1,000 a request   {told['with_helpers']:>9.1f}        100       nothing")
    mine = ran.seconds / people * 100_000
    print(f"newsletter send            {mine:>9.1f}        100    each person")


def main() -> int:
    """1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=WHOLE)
    parser.add_argument("--only", choices=PARTS, action="append", help="may be repeated")
    given = parser.parse_args()
    verdicts, wanted = Verdicts(given.people), given.only or PARTS
    ran = None
    if {"sqlite", "memory", "usual"} & set(wanted):
        with sqlite() as url:
            ran = against_the_floor(verdicts, "SQLite", url, given.people)
    if ran and "memory" in wanted:
        memory(verdicts, ran, given.people)
    if "latency" in wanted:
        latency(verdicts, max(given.people * 2 // 5, 50_000))
    if "writer" in wanted:
        beside_a_writer(verdicts, given.people)
    if "postgresql" in wanted:
        with postgresql() as server:
            if server:
                against_the_floor(verdicts, "PostgreSQL", server, given.people)
            else:
                print("there is no PostgreSQL for this platform")
    if ran and "usual" in wanted:
        usual(ran, given.people)
    return 1 if verdicts.missed else 0


if __name__ == "__main__":
    sys.exit(main())
