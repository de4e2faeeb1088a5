"""Kills `newsletter send` while it hands an edition over, and asks the provider who got it.

    PYTHONPATH=. python tests/acceptance/kill_delivery.py --kills 100 --seed 1

The provider is the stand-in, in this process, which outlives every kill. Half of the kills are at a
counted moment, before or after one of the run's commits or requests (`mortal.py`; `--every` takes
each of these moments once); the others at random moments. Each is followed by plain sends, a little
later each. With an undo window everybody has the edition exactly once then; without one (a third of
the trials) nobody has it twice, and whoever is not certain to have it is reported. Ends with 0 when
no trial found anything else.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from newsletter.demo import blog
from newsletter.demo.server import serve_demo_blog
from newsletter.standin.ledger import Ledger
from newsletter.standin.rules import KEY, Rules
from newsletter.standin.server import StandIn, serve
from tests.acceptance.newsroom import Newsroom, copy_sqlite, opened, take_in

MORTAL = Path(__file__).with_name("mortal.py")
PEOPLE, BATCH = 12, 3
UNDO_MINUTES = 60
WEEK = "2026-W46"
_BASE_URL = "NEWSLETTER_DELIVERY__SENDGRID__BASE_URL"
_MOST_SENDS = 6
_MOST_KILLS_A_TRIAL = 3


@dataclass(frozen=True, kw_only=True)
class Kill:
    """When a run is killed: at a counted moment, or so many seconds after its start."""

    moment: int = 0
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A newsroom's fate: the kills one after the other, and whether mails can be taken back."""

    number: int
    window: bool
    kills: tuple[Kill, ...]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What a trial came to. `killed` are the last moments before each kill, as far as counted."""

    trial: Trial
    killed: tuple[str, ...]
    unknown: int
    wrong: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where trials take place. `moments` are those of an undisturbed run, by window or not, and
    `seconds` how long one takes.
    """

    room: Callable[[str, bool], AbstractContextManager[Newsroom]]
    moments: dict[bool, tuple[str, ...]]
    seconds: float


class Clock:
    """The stand-in's time: it stands still between runs, and is moved on after each."""

    def __init__(self) -> None:
        self.now: datetime = blog.RUNS[0]

    def seconds(self) -> float:
        return self.now.timestamp()


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a send ended: its exit code (negative: killed), and what it said."""

    code: int
    outcome: str
    said: str


class Site:
    """A newsroom with its provider; runs sends in it."""

    def __init__(self, room: Newsroom, provider: StandIn, clock: Clock) -> None:
        self.room, self._provider, self._clock = room, provider, clock
        self.record = room.folder / "moments"

    def send(self, kill: Kill | None = None) -> Done:
        """One send as a process of its own, killed if that is given and the moment comes."""
        self.record.unlink(missing_ok=True)
        with subprocess.Popen(
            [sys.executable, str(MORTAL), "send", "--yes", "--json"],
            cwd=self.room.folder,
            env=self._environment(kill.moment if kill else 0),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            if kill is not None and kill.seconds is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(kill.seconds)
                process.kill()
            out, said = process.communicate(timeout=300)
        self._clock.now += timedelta(seconds=25)
        return Done(code=process.returncode, outcome=_outcome(out), said=f"{out}{said}")

    def moments(self) -> tuple[str, ...]:
        """The names of the last run's moments."""
        return tuple(self.record.read_text().splitlines()) if self.record.exists() else ()

    def free_leases(self) -> None:
        """On PostgreSQL a dead run's batches are its own for a minute: the minute is over."""
        if not self.room.url.startswith("sqlite"):
            with opened(self.room) as database, database.begin() as connection:
                connection.execute(text("UPDATE batch SET lease_until = now() - interval '1 s'"))

    def _environment(self, dies_at: int) -> dict[str, str]:
        return {
            **os.environ,
            **self.room.more,
            "NEWSLETTER_NOW": self._clock.now.isoformat(),
            "NEWSLETTER_STORE__URL": self.room.url,
            _BASE_URL: self._provider.url,
            "NEWSLETTER_DIES_AT": str(dies_at),
            "NEWSLETTER_MOMENTS": str(self.record),
        }


def _outcome(out: str) -> str:
    try:
        found: dict[str, Any] = json.loads(out)
    except ValueError:
        return ""
    return str(found.get("outcome") or found)


def _settings(*, window: bool) -> dict[str, str]:
    return {
        "NEWSLETTER_DELIVERY__TRANSPORT": "sendgrid",
        "NEWSLETTER_DELIVERY__UNDO_MINUTES": str(UNDO_MINUTES if window else 0),
        "NEWSLETTER_DELIVERY__BATCH_SIZE": str(BATCH),
        "NEWSLETTER_DELIVERY__CONCURRENCY": "2",
        "NEWSLETTER_DELIVERY__PER_SECOND": "1000",
        _BASE_URL: "http://127.0.0.1:9",  # each site has its own
        "NEWSLETTER_SECRET_KEY": "k" * 40,
        "SENDGRID_API_KEY": KEY,
    }


@contextmanager
def ground(kind: str = "sqlite") -> Iterator[Ground]:
    """Makes an approved edition for each kind of trial, and measures a run that nobody disturbs."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="newsletter-kill-")))
        feed_url = stack.enter_context(serve_demo_blog(1)).feed_url
        rooms = stack.enter_context(_ROOMS[kind](folder, feed_url))
        moments, begin = {}, time.monotonic()
        for window in (True, False):
            with rooms(f"quiet_{window}".lower(), window) as room, _site(room) as site:
                done = site.send()
                moments[window] = site.moments()
                if done.outcome != ("scheduled" if window else "sent"):
                    raise SystemExit(f"an undisturbed run fails: {done.said}")
        yield Ground(room=rooms, moments=moments, seconds=(time.monotonic() - begin) / 2)


Rooms = Callable[[str, bool], AbstractContextManager[Newsroom]]


def _approved(model: Newsroom, feed_url: str) -> None:
    """An edition that waits for nothing but a send."""
    model.prepare(feed_url)
    with serve(model.folder / "provider", Rules(), Clock().seconds) as provider:
        asked = replace(model, more={**model.more, _BASE_URL: provider.url})
        for arguments in (("collect",), ("compose",), ("preview",), ("editions", "approve", WEEK)):
            done = asked.run(*arguments)
            if done.code != 0:
                raise SystemExit(f"{arguments} fails: {done.document} {done.said}")
            if arguments == ("collect",):
                take_in(model, PEOPLE)


@contextmanager
def _sqlite(folder: Path, feed_url: str) -> Iterator[Rooms]:
    models = {}
    for window in (True, False):
        place = folder / f"model_{window}"
        url = f"sqlite:///{place / 'newsletter.db'}"
        models[window] = Newsroom(folder=place, url=url, more=_settings(window=window))
        _approved(models[window], feed_url)

    @contextmanager
    def room(name: str, window: bool) -> Iterator[Newsroom]:
        made = copy_sqlite(models[window], folder / name, feed_url)
        yield replace(made, more=models[window].more)

    yield room


@contextmanager
def _postgresql(folder: Path, feed_url: str) -> Iterator[Rooms]:
    from tests import postgresql

    installation = postgresql.binaries()
    if installation is None:
        raise SystemExit("There is no embedded PostgreSQL for this platform.")
    server = postgresql.start(installation)
    try:
        for window in (True, False):
            name = f"model_{window}".lower()
            server.create(name)
            more = _settings(window=window)
            _approved(Newsroom(folder=folder / name, url=server.url(name), more=more), feed_url)

        @contextmanager
        def room(name: str, window: bool) -> Iterator[Newsroom]:
            server.create(name, f"model_{window}".lower())
            more = _settings(window=window)
            made = Newsroom(folder=folder / name, url=server.url(name), more=more)
            made.prepare(feed_url)
            yield made
            server.drop(name)

        yield room
    finally:
        postgresql.stop(server)


_ROOMS = {"sqlite": _sqlite, "postgresql": _postgresql}


@contextmanager
def _site(room: Newsroom) -> Iterator[Site]:
    clock = Clock()
    with serve(room.folder / "provider", Rules(), clock.seconds) as provider:
        yield Site(room, provider, clock)


def plan(where: Ground, *, kills: int, seed: int, every: bool) -> list[Trial]:
    """Half of the kills at counted moments, spread evenly over all there are, half at random."""
    chance = random.Random(seed)
    moments = [
        (window, n + 1) for window, names in where.moments.items() for n in range(len(names))
    ]
    counted = len(moments) if every else min(kills // 2, len(moments))
    step = len(moments) / max(counted, 1)
    offset = chance.uniform(0, step)
    chosen = [moments[int(offset + n * step) % len(moments)] for n in range(counted)]
    groups: list[tuple[bool, tuple[Kill, ...]]] = [
        (window, (Kill(moment=n),)) for window, n in chosen
    ]
    left = kills if every else kills - counted
    while left > 0:
        some = min(chance.randint(1, _MOST_KILLS_A_TRIAL), left)
        times = tuple(Kill(seconds=chance.uniform(0.45, 1.1) * where.seconds) for _ in range(some))
        groups.append((chance.random() < 0.66, times))
        left -= some
    return [
        Trial(number=n, window=window, kills=fate) for n, (window, fate) in enumerate(groups, 1)
    ]


def tried(where: Ground, trial: Trial) -> Ended:
    """One newsroom: its kills, then plain sends until it is through, then the judge."""
    killed = []
    with where.room(f"trial_{trial.number}", trial.window) as room:
        with _site(room) as site:
            for kill in trial.kills:
                if site.send(kill).code >= 0:
                    break  # it was through before its time had come
                killed.append((site.moments() or ("before anything",))[-1])
                site.free_leases()
            done = _to_the_end(site)
            again = site.send()
        wrong, unknown = _judged(room, trial)
        if again.outcome not in (done.outcome, "already-sent"):
            wrong = [*wrong, f"one more send said {again.outcome} after {done.outcome}"]
        good = ("scheduled",) if trial.window else ("sent", "partial", "already-sent")
        if done.outcome not in good or done.code != (4 if unknown else 0):
            wrong = [*wrong, f"the last send ended with {done.code} {done.outcome}: {done.said}"]
    return Ended(trial=trial, killed=tuple(killed), unknown=unknown, wrong=tuple(wrong))


def _to_the_end(site: Site) -> Done:
    """Plain sends, until one does not stop half-way or find the lock of the dead one."""
    for done in (site.send() for _ in range(_MOST_SENDS)):
        if done.outcome not in ("paused", "continues") and "Another run" not in done.said:
            break
    return done


def _judged(room: Newsroom, trial: Trial) -> tuple[list[str], int]:
    """Where our ledger and the provider's records break the law, and how many are unknown."""
    live = Ledger(room.folder / "provider").live()
    with opened(room) as database, database.read() as connection:
        rows = connection.execute(text("SELECT id, state FROM delivery"))
        ours = {row.id: str(row.state) for row in rows}
    wrong = [f"{each} is live {times} times" for each, times in live.items() if times > 1]
    wrong += [
        f"{each} is {said}, and live {live[each]} times"
        for each, said in ours.items()
        if (said == "accepted") != bool(live[each]) and said != "unknown"
    ]
    counted = Counter(ours.values())
    if counted.total() != PEOPLE or (trial.window and set(counted) != {"accepted"}):
        wrong.append(f"of {PEOPLE} people: {dict(counted)}")
    return wrong, counted["unknown"]


def torture(
    where: Ground,
    trials: Sequence[Trial],
    *,
    jobs: int = 1,
    say: Callable[[str], None] = lambda _line: None,
) -> list[Ended]:
    """All trials, `jobs` at a time."""
    results = []
    with ThreadPoolExecutor(jobs) as pool:
        for ended in pool.map(tried, itertools.repeat(where), trials):
            results.append(ended)
            kind = "window" if ended.trial.window else "no window"
            say(
                f"trial {ended.trial.number} ({kind}): killed {', '.join(ended.killed) or 'never'};"
                f" {ended.unknown} unknown; {'; '.join(ended.wrong) or 'ok'}"
            )
    return results


def main() -> int:
    """1 when anything was wrong."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--every", action="store_true", help="each counted moment, and the kills")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--database", choices=sorted(_ROOMS), default="sqlite")
    given = parser.parse_args()
    begin = time.monotonic()
    with ground(given.database) as where:
        _say(
            f"An undisturbed send takes {where.seconds:.1f} s and has {len(where.moments[True])}"
            f" moments, without a window {len(where.moments[False])}."
        )
        trials = plan(where, kills=given.kills, seed=given.seed, every=given.every)
        results = torture(where, trials, jobs=given.jobs, say=_say)
    broken = [ended.trial.number for ended in results if ended.wrong]
    kills = Counter(name for ended in results for name in ended.killed)
    phases = ", ".join(f"{count} {name}" for name, count in sorted(kills.items()))
    _say(
        f"{kills.total()} kills ({phases}) in {len(results)} trials of {PEOPLE} people on"
        f" {given.database}, {sum(ended.unknown for ended in results)} people unknown without a"
        f" window: wrong in {broken or 'none'}; {time.monotonic() - begin:.0f} s,"
        f" seed {given.seed}"
    )
    return 1 if broken else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
