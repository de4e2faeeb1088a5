"""Delivers editions through a storm of faults, and asks the provider's own records who got what.

    PYTHONPATH=. python tests/acceptance/fault_storm.py --seeds 200 --batches 50 --rate 0.3

Each seed is an edition of its own, a provider (the stand-in) of its own, and its own mix of faults:
answers that leave open whether the mails were taken (`--rate` is their share at the most),
refusals, and faults of everything else that is asked. A run that stops is followed by a plain run,
as a timer would do, until the edition has ended. The law:

- nobody is accepted twice under ids that are not cancelled,
- whoever we call accepted is accepted exactly once, and whoever we call planned or rejected is not:
  nobody is lost without being said so,
- with an undo window and up to 30 % (`--law settles`, the default there) everybody is accepted in
  the end, and nobody had to decide anything.

Without a window (`--no-window`) what the provider reports later is taken in at the end; it has to
settle all that were accepted. Ends with 0 when the law held for every seed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from newsletter.model.edition import EditionState
from newsletter.pipeline.absorb import absorb
from newsletter.standin.ledger import Ledger
from newsletter.standin.rules import Rules
from tests.delivery_desk import DeliveryDesk, desk

UNCLEAR = (
    *("500", "502", "503", "504", "500-after", "502-after", "503-after", "504-after"),
    *("reset", "reset-after", "close", "close-after", "cut", "cut-after"),
    *("hang", "hang-after", "late"),
)
"""Of these nobody who asked can say whether the mails were taken."""

CLEAR = ("429",)
REFUSING = ("400",)
"""Without a reason and at random: people for whom it falls three times in a row are rejected."""

PAUSING = ("401", "403", "404", "302", "200", "302-after", "200-after")
ASIDE = (
    *("cancel-500", "cancel-502-after", "cancel-close", "cancel-close-after", "cancel-reset-after"),
    *("cancel-hang-after", "cancel-late", "cancel-429", "cancel-400", "cancel-cut-after"),
    *("batch-502", "batch-close-after", "batch-429", "batch-cut-after"),
    *("delete-502", "delete-close-after", "read-502", "read-close", "read-cut", "read-429"),
)
"""Faults of what is asked beside sending: ids, cancels, and questions."""

TIMEOUT, HOLD = 0.5, 0.8
MOST_RUNS = 25
_QUIET_ROUNDS = 3
_ENDED = (EditionState.SCHEDULED, EditionState.SENT, EditionState.PARTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """A kind of storm. `rate` is the share of unclear answers; `aside` that of other questions'
    faults; `undo_minutes` 0 is without a window. `settles`: whether everybody has to get it.
    """

    batches: int = 50
    people: int = 3
    rate: float = 0.3
    aside: float = 0.1
    undo_minutes: int = 60
    settles: bool = True
    concurrency: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one edition came to: runs, requests by fault, people by state, and what was wrong."""

    seed: int
    state: str
    runs: int
    ids: int
    people: dict[str, int]
    faults: dict[str, int]
    settled_by_events: int = 0
    wrong: tuple[str, ...] = field(default=())


def mix(chance: random.Random, weather: Weather) -> dict[str, float]:
    """Which faults befall which share of the requests: another mix for each seed."""
    return {
        **_shares(chance, UNCLEAR, weather.rate * chance.choice((1.0, chance.uniform(0.3, 1.0)))),
        **_shares(chance, CLEAR, chance.uniform(0, 0.08)),
        **({} if weather.settles else _shares(chance, REFUSING, chance.uniform(0, 0.05))),
        **_shares(chance, PAUSING, chance.uniform(0, 0.01)),
        **_by_place(chance, weather.aside),
    }


def _shares(chance: random.Random, names: Sequence[str], whole: float) -> dict[str, float]:
    """Some of the faults, and how much of the whole falls to each."""
    some = [name for name in names if chance.random() < 0.6] or [chance.choice(names)]
    weights = {name: chance.random() + 0.05 for name in some}
    total = sum(weights.values())
    return {name: whole * weight / total for name, weight in weights.items()}


def _by_place(chance: random.Random, most: float) -> dict[str, float]:
    found: dict[str, float] = {}
    for place in ("cancel", "batch", "delete", "read"):
        names = [name for name in ASIDE if name.startswith(place)]
        found |= _shares(chance, names, chance.uniform(0, most))
    return found


def deliver(seed: int, weather: Weather) -> Result:
    """One edition, from its first run to its end, and what the provider has on record of it."""
    chance = random.Random(f"storm {seed}")
    rules = Rules(seed=seed, faults=mix(chance, weather), hold=HOLD)
    with tempfile.TemporaryDirectory(prefix="newsletter-storm-") as place:
        folder = Path(place)
        with desk(
            folder,
            people=weather.batches * weather.people,
            batch_size=weather.people,
            undo_minutes=weather.undo_minutes,
            concurrency=weather.concurrency,
            timeout=TIMEOUT,
            rules=rules,
        ) as one:
            runs = _runs(one, chance)
            one.provider.service.letting_go.set()
            settled = _take_events(one) if not weather.undo_minutes else 0
            state, ours = one.edition().state, one.ours()
            ids = sum(seen.path == "/v3/mail/batch" for seen in one.judge.requests())
        # The stand-in has ended: what came late has come by now.
        judge = Ledger(folder / "provider")
        return Result(
            seed=seed,
            state=state.value,
            runs=runs,
            ids=ids,
            people=dict(Counter(ours.values())),
            faults=dict(Counter(seen.fault for seen in judge.requests() if seen.fault)),
            settled_by_events=settled,
            wrong=tuple(_wrong(ours, judge.live(), state, weather)),
        )


def _runs(one: DeliveryDesk, chance: random.Random) -> int:
    """Plain runs until the edition has ended: a little later each; then, when its time is over, two
    hours; then a day later, when the provider has room for more ids.
    """
    for number in range(1, MOST_RUNS + 1):
        if one.run().state in _ENDED:
            return number
        pauses = {MOST_RUNS - 5: 7200.0, MOST_RUNS - 3: 95_000.0}
        one.clock.move(pauses.get(number, chance.uniform(5, 45)))
    return MOST_RUNS


def _take_events(one: DeliveryDesk) -> int:
    """What the provider reports, in its disorder; the number of batches it settles.

    Requests that are carried out late may still be on their way: it ends when nothing new has been
    reported for a while.
    """
    settled = quiet = 0
    while quiet < _QUIET_ROUNDS:
        time.sleep(HOLD / 2)
        one.clock.move(60)
        one.provider.service.release()
        posts = one.provider.service.reports.take(10_000)
        quiet = 0 if posts else quiet + 1
        settled += sum(_absorbed(one, post.body) for post in posts)
    return settled


def _absorbed(one: DeliveryDesk, body: bytes) -> int:
    done = absorb(one.database, json.loads(body), now=one.clock.now(), retention=timedelta(days=90))
    return done.settled_batches


def _wrong(
    ours: dict[str, str], live: Counter[str], state: EditionState, weather: Weather
) -> Iterator[str]:
    """Where our ledger and the provider's do not agree, or the law is broken."""
    twice = [each for each, times in live.items() if times > 1]
    if twice:
        yield f"{len(twice)} people twice"
    for mine, told in (("accepted", 1), ("planned", 0), ("rejected", 0), ("skipped", 0)):
        lies = [each for each, said in ours.items() if said == mine and live[each] != told]
        if lies:
            yield f"{len(lies)} people are {mine}, and live {Counter(live[e] for e in lies)}"
    if strangers := set(live) - set(ours):
        yield f"{len(strangers)} deliveries that we do not know"
    counted = Counter(ours.values())
    if weather.settles and (state is not EditionState.SCHEDULED or set(counted) != {"accepted"}):
        yield f"ended {state.value} with {dict(counted)}"
    if not weather.undo_minutes and any(
        said == "unknown" and live[each] for each, said in ours.items()
    ):
        yield "people stayed unknown whom the provider reported"
    if state not in _ENDED and not counted["planned"]:
        yield f"nothing is left to hand over, and it is {state.value}"


def storm(
    seeds: Sequence[int],
    weather: Weather,
    *,
    jobs: int = 1,
    say: Callable[[str], None] = lambda _line: None,
) -> list[Result]:
    """One edition for each seed, `jobs` of them at a time."""
    if jobs == 1:
        return [_said(deliver(seed, weather), say) for seed in seeds]
    with ProcessPoolExecutor(jobs) as pool:
        made = pool.map(deliver, seeds, [weather] * len(seeds))
        return [_said(each, say) for each in made]


def _said(result: Result, say: Callable[[str], None]) -> Result:
    wrong = "; ".join(result.wrong) or "ok"
    say(
        f"seed {result.seed}: {result.state} after {result.runs} runs, {result.ids} ids,"
        f" {sum(result.faults.values())} faults, {result.people}: {wrong}"
    )
    return result


def summary(results: Sequence[Result]) -> str:
    """The numbers of all."""
    people: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for each in results:
        people.update(each.people)
        faults.update(each.faults)
    unclear = sum(count for name, count in faults.items() if name in UNCLEAR)
    broken = [each.seed for each in results if each.wrong]
    return (
        f"{len(results)} editions: {dict(Counter(each.state for each in results))};"
        f" people: {dict(people)}; {faults.total()} faults, {unclear} of them unclear answers;"
        f" {sum(each.runs for each in results)} runs (at most {max(r.runs for r in results)}),"
        f" {sum(each.ids for each in results)} ids (at most {max(r.ids for r in results)});"
        f" settled by reports: {sum(each.settled_by_events for each in results)} batches;"
        f" the law is broken for {broken or 'none'}"
    )


def main() -> int:
    """1 when the law was broken."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--batches", type=int, default=50)
    parser.add_argument("--people-per-batch", type=int, default=3)
    parser.add_argument("--rate", type=float, default=0.3)
    parser.add_argument("--window", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--law", choices=["settles", "truth"], default="")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    weather = Weather(
        batches=given.batches,
        people=given.people_per_batch,
        rate=given.rate,
        undo_minutes=60 if given.window else 0,
        settles=given.window and (given.law or "settles") == "settles",
    )
    begin = time.monotonic()
    seeds = range(given.first, given.first + given.seeds)
    results = storm(seeds, weather, jobs=given.jobs, say=_say)
    _say(f"{summary(results)}; {time.monotonic() - begin:.0f} s")
    return 1 if any(each.wrong for each in results) else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
