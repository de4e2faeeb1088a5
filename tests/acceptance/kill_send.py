"""Kills `newsletter send` again and again, and looks whether everybody got exactly one message.

    PYTHONPATH=. python tests/acceptance/kill_send.py --kills 100 --people 20000 --seed 1

Each trial is a new newsroom with the same list. A `send` is killed (SIGKILL) at a random moment, so
is the next one, a few times over; then a plain `send` has to bring it to its end. Half of the
moments are spread evenly over the time that an undisturbed run takes, the others over what it does:
before the ledger, while planning, after so many messages, while a message is being written, and
while it finishes. Ends with 0 when no trial found anything wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from newsletter.demo.server import serve_demo_blog
from newsletter.store.engine import Database
from tests.acceptance.newsroom import BATCH_SIZE, Newsroom, copy_sqlite, faults, opened, write_list

Moment = Callable[[float], bool]
"""Whether the time has come to kill, given the seconds since the start."""

_MOST_KILLS_A_TRIAL = 8
_LOOK_EVERY = 0.002
_BUSY_TRIES = 50


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where trials take place: `room` makes a new newsroom; `seconds` is an undisturbed run's."""

    room: Callable[[str], AbstractContextManager[Newsroom]]
    people: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Result:
    """What the trials came to. `phases` counts kills by what the edition was at."""

    kills: int
    trials: int
    phases: dict[str, int]
    faults: list[str]


@contextmanager
def ground(people: int, kind: str = "sqlite") -> Iterator[Ground]:
    """Imports the list once and measures a run that nobody disturbs."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="newsletter-kill-")))
        feed_url = stack.enter_context(serve_demo_blog(1)).feed_url
        rooms = _sqlite if kind == "sqlite" else stack.enter_context(_postgresql())
        room = rooms(folder, feed_url, people)
        with room("undisturbed") as first:
            begin = time.monotonic()
            done = first.run("send")
            seconds = time.monotonic() - begin
            wrong = faults(first, people)
            if done.code != 0 or wrong:
                raise SystemExit(f"an undisturbed run fails: {done.said} {wrong}")
        yield Ground(room=room, people=people, seconds=seconds)


Rooms = Callable[[str], AbstractContextManager[Newsroom]]


def _sqlite(folder: Path, feed_url: str, people: int) -> Rooms:
    model = Newsroom(folder=folder / "model", url=f"sqlite:///{folder / 'model' / 'newsletter.db'}")
    model.prepare(feed_url)
    _import(model, people)

    @contextmanager
    def room(name: str) -> Iterator[Newsroom]:
        made = copy_sqlite(model, folder / name, feed_url)
        yield made
        _remove(made.folder)

    return room


@contextmanager
def _postgresql() -> Iterator[Callable[[Path, str, int], Rooms]]:
    from tests import postgresql

    installation = postgresql.binaries()
    if installation is None:
        raise SystemExit("There is no embedded PostgreSQL for this platform.")
    server = postgresql.start(installation)

    def rooms(folder: Path, feed_url: str, people: int) -> Rooms:
        server.create("model")
        model = Newsroom(folder=folder / "model", url=server.url("model"))
        model.prepare(feed_url)
        _import(model, people)

        @contextmanager
        def room(name: str) -> Iterator[Newsroom]:
            server.create(name, "model")
            made = Newsroom(folder=folder / name, url=server.url(name))
            made.prepare(feed_url)
            yield made
            _remove(made.folder)
            server.drop(name)

        return room

    try:
        yield rooms
    finally:
        postgresql.stop(server)


def _import(model: Newsroom, people: int) -> None:
    write_list(model.folder / "people.csv", people)
    done = model.run("subscribers", "import", "people.csv")
    if done.code != 0 or done.document["rejected"]:
        raise SystemExit(f"the list cannot be imported: {done.document} {done.said}")


def _remove(folder: Path) -> None:
    """Twenty thousand files a trial would fill the disk."""
    shutil.rmtree(folder)


def torture(
    where: Ground, *, kills: int, seed: int, say: Callable[[str], None] = lambda _line: None
) -> Result:
    """Spends the kills over as many trials as it takes."""
    chance = random.Random(seed)
    phases: Counter[str] = Counter()
    found: list[str] = []
    trials = 0
    while phases.total() < kills:
        trials += 1
        spent: Counter[str] = Counter()
        most = min(chance.randint(1, _MOST_KILLS_A_TRIAL), kills - phases.total())
        with where.room(f"trial_{trials}") as room:
            wrong = _trial(where, room, most, chance, spent)
        phases += spent
        found += [f"trial {trials} ({dict(spent)}): {fault}" for fault in wrong]
        say(f"trial {trials}: {dict(spent)}; {phases.total()} of {kills} kills {wrong or 'ok'}")
    return Result(kills=phases.total(), trials=trials, phases=dict(phases), faults=found)


def _trial(
    where: Ground, room: Newsroom, most: int, chance: random.Random, spent: Counter[str]
) -> list[str]:
    """Kills up to `most` runs, lets one end, and judges."""
    with opened(room) as database:
        for _ in range(most):
            moment = _moment(chance, where, room, database)
            if not _killed(room, moment):
                break  # it was through before its time had come
            spent[_phase(database)] += 1
    last = _patient(room)
    again = _patient(room)
    return [
        *([] if last[0] == 0 else [f"the last send ended with {last}"]),
        *([] if last[1] in ("sent", "already-sent") else [f"the last send said {last[1]}"]),
        *([] if again == (0, "already-sent") else [f"one more send: {again}"]),
        *faults(room, where.people),
    ]


def _patient(room: Newsroom) -> tuple[int, str]:
    """A plain send; a server may need a moment to see that a client was killed."""
    for _ in range(_BUSY_TRIES):
        done = room.run("send")
        outcome = str(done.document.get("outcome") or done.document)
        if outcome != "busy" or room.url.startswith("sqlite"):
            break
        time.sleep(0.1)
    return done.code, outcome


def _killed(room: Newsroom, moment: Moment) -> bool:
    """Starts a run and kills it when the moment has come; False if it ended before."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with room.start("send", **quiet) as process:
        begin = time.monotonic()
        while process.poll() is None:
            if moment(time.monotonic() - begin):
                process.kill()
                break
            time.sleep(_LOOK_EVERY)
    return process.returncode < 0


def _moment(chance: random.Random, where: Ground, room: Newsroom, database: Database) -> Moment:
    """A random moment of a random kind."""
    kind = chance.choice(["time", "time", "time", "ledger", "messages", "writing"])
    if kind == "time":
        when = chance.uniform(0, where.seconds)
        return lambda seconds: seconds >= when
    if kind == "ledger":
        state = chance.choice(_STATES)
        later = chance.uniform(0, 0.02)
        return _after(later, lambda: _holds(database, state))
    if kind == "messages":
        enough = chance.randint(1, where.people)
        return lambda _seconds: _messages(room.outbox) >= enough
    enough = chance.randint(0, where.people - 1)
    return lambda _seconds: _writing(room.outbox, enough)


def _after(delay: float, seen: Callable[[], bool]) -> Moment:
    """A little after something is seen for the first time."""
    first: list[float] = []

    def moment(seconds: float) -> bool:
        if not first and seen():
            first.append(seconds)
        return bool(first) and seconds >= first[0] + delay

    return moment


_STATES = (
    "SELECT count(*) FROM post",
    "SELECT count(*) FROM edition",
    "SELECT count(*) FROM edition WHERE state = 'frozen'",
    "SELECT count(*) FROM edition WHERE planned_at IS NOT NULL",
    "SELECT count(*) FROM batch WHERE state = 'submitting'",
    "SELECT min(CASE state WHEN 'accepted' THEN 1 ELSE 0 END) FROM batch",
)
"""What the ledger may say: seen when it is more than 0. The last: nothing is left but to finish."""


def _holds(database: Database, query: str) -> bool:
    with database.read() as connection:
        return bool(connection.execute(text(query)).scalar())


def _names(outbox: Path) -> list[str]:
    try:
        return [path.name for path in outbox.iterdir()]
    except FileNotFoundError:
        return []


def _messages(outbox: Path) -> int:
    return sum(name.endswith(".eml") for name in _names(outbox))


def _writing(outbox: Path, enough: int) -> bool:
    names = _names(outbox)
    return len(names) > enough and any(name.endswith(".part") for name in names)


def _phase(database: Database) -> str:
    """What a killed run was at, as the ledger has it."""
    with database.read() as connection:
        edition = connection.execute(text("SELECT state, planned_at FROM edition")).one_or_none()
        states = set(connection.execute(text("SELECT DISTINCT state FROM batch")).scalars())
    if edition is None or edition.state == "draft":
        return "before it was frozen"
    if edition.planned_at is None:
        return "planning"
    if edition.state != "sending":
        return "after the end"
    return "submitting" if states - {"accepted"} else "finishing"


def main() -> int:
    """1 when anything was wrong."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    arguments = parser.parse_args()
    begin = time.monotonic()
    with ground(arguments.people, arguments.database) as where:
        _say(
            f"An undisturbed send to {where.people:,} people takes {where.seconds:.1f} s,"
            f" in batches of {BATCH_SIZE}."
        )
        result = torture(where, kills=arguments.kills, seed=arguments.seed, say=_say)
    for fault in result.faults:
        _say(f"FAULT {fault}")
    phases = ", ".join(f"{count} {phase}" for phase, count in sorted(result.phases.items()))
    _say(
        f"{result.kills} kills ({phases}) in {result.trials} trials of {arguments.people:,} people"
        f" on {arguments.database}: {len(result.faults)} faults,"
        f" {time.monotonic() - begin:.0f} s, seed {arguments.seed}"
    )
    return 1 if result.faults else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
